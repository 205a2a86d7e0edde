"""The Python that a project runs with, and what is installed in it."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any


class UnusableEnvironmentError(Exception):
    """The project's Python cannot be used; the text tells the person what to do."""


@dataclass(frozen=True)
class Dependency:
    name: str
    version: str


@dataclass(frozen=True)
class PulumiPackage:
    """A Pulumi package that an installed distribution brings along, as its ``pulumi-plugin.json`` says."""

    name: str
    version: str
    server: str
    parameterization: dict[str, str] | None


class Environment:
    """The interpreter chosen by ``runtime.options`` in Pulumi.yaml.

    ``virtualenv`` is relative to the project's root. Without it ``PULUMI_PYTHON_CMD``, else ``python3`` on PATH is
    used, as Pulumi's own host does.
    """

    def __init__(self, root: str, options: dict[str, Any]) -> None:
        """Raise UnusableEnvironmentError for a toolchain other than ``pip``."""
        toolchain = options.get("toolchain") or "pip"
        if toolchain != "pip":
            raise UnusableEnvironmentError(
                f"runtime.options.toolchain is {toolchain!r}: this Pulumi CLI was built from source, and its Python "
                "language host knows only 'pip'. Install Pulumi's own CLI, or set toolchain: pip in Pulumi.yaml."
            )
        named = options.get("virtualenv")
        self.venv: Path | None = Path(root, str(named)).absolute() if named else None

    @cached_property
    def base_python(self) -> str:
        command = os.environ.get("PULUMI_PYTHON_CMD") or "python3"
        found = shutil.which(command) or shutil.which("python")
        if found is None:
            raise UnusableEnvironmentError(f"no {command!r} on PATH: install Python 3.11 or later")
        return found

    @cached_property
    def python(self) -> str:
        """Path of the interpreter; UnusableEnvironmentError when the virtual environment is not there."""
        if self.venv is None:
            return self.base_python
        python = self.venv / "bin" / "python"
        if not python.is_file():
            raise UnusableEnvironmentError(
                f"runtime.options.virtualenv in Pulumi.yaml names {self.venv}, which has no bin/python: "
                "run `pulumi install` to create it"
            )
        return str(python)

    def variables(self) -> dict[str, str]:
        """The process environment for a program: the virtual environment comes first, as if activated."""
        variables = dict(os.environ)
        if self.venv is not None:
            variables["VIRTUAL_ENV"] = str(self.venv)
            variables["PATH"] = f"{self.venv / 'bin'}{os.pathsep}{variables.get('PATH', '')}"
            variables.pop("PYTHONHOME", None)
        return variables

    @cached_property
    def version(self) -> str:
        return self._ask("import platform; print(platform.python_version())")

    def dependencies(self, *, transitive: bool) -> list[Dependency]:
        """Installed distributions by name; without the transitive ones, those that no other one requires."""
        found = {_canonical(dist.name): dist for dist in metadata.distributions(path=self._site_packages)}
        if not transitive:
            needed = {name for dist in found.values() for name in _requirements(dist)}
            found = {name: dist for name, dist in found.items() if name not in needed}
        return [Dependency(dist.name, dist.version) for _, dist in sorted(found.items())]

    def pulumi_packages(self) -> Iterator[PulumiPackage]:
        for site in self._site_packages:
            for manifest in sorted(Path(site).glob("*/pulumi-plugin.json")):
                described = json.loads(manifest.read_text())
                if not described.get("resource"):
                    continue
                package = manifest.parent.name
                yield PulumiPackage(
                    name=described.get("name") or package.removeprefix("pulumi_").replace("_", "-"),
                    version="v" + str(described.get("version") or self._version_of(package)).removeprefix("v"),
                    server=described.get("server") or "",
                    parameterization=described.get("parameterization"),
                )

    def _version_of(self, package: str) -> str:
        names = {_canonical(package)}
        return next(
            (d.version for d in metadata.distributions(path=self._site_packages) if _canonical(d.name) in names), ""
        )

    @cached_property
    def _site_packages(self) -> list[str]:
        if self.venv is not None:
            # Looked up, not asked for: a second interpreter start would cost every command 30 ms.
            return [str(path) for path in sorted(self.venv.glob("lib/python*/site-packages"))]
        return list(json.loads(self._ask("import json, sys; print(json.dumps([p for p in sys.path if p]))")))

    def _ask(self, code: str) -> str:
        return subprocess.run([self.python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _requirements(dist: metadata.Distribution) -> Iterator[str]:
    for requirement in dist.requires or []:
        name = re.match(r"[A-Za-z0-9._-]+", requirement)
        if name and "extra ==" not in requirement:
            yield _canonical(name.group())
