"""A clone of the project in a folder of its own, driven with the real Pulumi CLI."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.engine import vault, warm
from tests.engine.served import Served
from tests.engine.warm import PULUMI
from trackform.preview.urn import read_urn
from trackform.rules import rule_ids

REPOSITORY = Path(__file__).resolve().parents[2]
PREFIXES = ("pulumi-python:dynamic/",)
LONGEST_S = 900
"""Far more than any run takes: a busy machine is no failure."""


@dataclass(frozen=True)
class Result:
    """What a run of the CLI came to."""

    status: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout + self.stderr

    @property
    def told(self) -> str:
        """What the CLI says at the end, without the outputs: the part that a person reads."""
        return self.text.partition("Diagnostics:")[2].partition("\nOutputs:")[0] or self.text

    @cached_property
    def json(self) -> Any:
        return json.loads(self.stdout)


@dataclass(frozen=True)
class Step:
    """One step of a preview: what is planned for one object."""

    op: str
    kind: str
    name: str
    old: dict[str, Any]
    new: dict[str, Any]

    @property
    def changed(self) -> dict[str, tuple[Any, Any]]:
        """Field -> (live, wanted), as the inputs tell it."""
        names = self.old.keys() | self.new.keys()
        return {
            name: (self.old.get(name), self.new.get(name)) for name in names if self.old.get(name) != self.new.get(name)
        }


def named(urn: str) -> tuple[str, str]:
    """(type, name) of a URN, the type without what all dynamic resources begin with."""
    found = read_urn(urn)
    return found.type.removeprefix(*PREFIXES), found.name


class Project:
    """One stack of the project, on one account of the sandbox."""

    def __init__(
        self,
        folder: Path,
        sandbox: Served,
        *,
        stack: str = "demo",
        program: Path = REPOSITORY,
        blank: Path | None = None,
        is_clone: bool = False,
    ) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.stack = stack
        self.stacks = folder / "stacks"
        self.account_file = self.stacks / f"{stack}.yaml"
        self.config_file = self.stacks / f"Pulumi.{stack}.yaml"
        self.pulumi = warm.environment() / "bin" / "pulumi"
        if program != REPOSITORY:
            # The example's own project has its stack's configuration where Pulumi puts it by default.
            self.config_file = folder / f"Pulumi.{stack}.yaml"
        if not is_clone:
            self._clone(program, blank)

    def _clone(self, program: Path, blank: Path | None) -> None:
        self.stacks.mkdir(parents=True, exist_ok=True)
        project_file = (program / "Pulumi.yaml").read_text()
        assert "virtualenv: " in project_file
        lines = [
            line.split("virtualenv: ")[0] + f"virtualenv: {warm.environment()}" if "virtualenv: " in line else line
            for line in project_file.splitlines()
        ]
        (self.folder / "Pulumi.yaml").write_text("\n".join(lines) + "\n")
        shutil.copy(program / "__main__.py", self.folder)
        if not (self.folder / "templates").exists():
            (self.folder / "templates").symlink_to(REPOSITORY / "templates")
            shutil.copytree(REPOSITORY / "stacks" / "shared", self.stacks / "shared")
        url = self.sandbox.url
        self.config_file.write_text(
            "config:\n"
            f"  trackform:redtrackUrl: {url}/redtrack\n"
            f"  trackform:digistore24Url: {url}/digistore24/api/call\n"
            f"  trackform:bridgeUrl: {url}/bridge\n"
        )
        if blank is not None:
            shutil.copytree(blank / "state", self.folder / "state")
            wrapped = (blank / "stacks" / self.config_file.name).read_text().splitlines()
            key = [line for line in wrapped if line.startswith(("secretsprovider: ", "encryptedkey: "))]
            with self.config_file.open("a") as file:
                file.write("\n".join(key) + "\n")
            return
        (self.folder / "state").mkdir(exist_ok=True)
        self.ok("stack", "init", self.stack, "--secrets-provider", vault.PROVIDER)

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PULUMI_", "TRACKFORM_", "REDTRACK_", "DIGISTORE24_"))
        }
        return {
            **kept,
            "PATH": f"{self.pulumi.parent}{os.pathsep}{PULUMI.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder / "home"),
            "PULUMI_HOME": str(self.folder / "home" / ".pulumi"),
            "PULUMI_BACKEND_URL": f"file://{self.folder}/state",
            "PULUMI_CONFIG_PASSPHRASE": "",
            **vault.variables(),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_CHECKPOINTS": "true",
            # The CLI lives for seconds: it need not look for garbage as often as a server.
            "GOGC": "400",
            "REDTRACK_API_KEY": self.sandbox.keys.redtrack,
            "DIGISTORE24_API_KEY": self.sandbox.keys.digistore24,
            "TRACKFORM_BRIDGE_KEY": self.sandbox.keys.bridge,
        }

    @contextmanager
    def cold(self) -> Iterator[None]:
        """For a while with the interpreter that users have: each run starts its own, and ends it."""
        file = self.folder / "Pulumi.yaml"
        text, pulumi = file.read_text(), self.pulumi
        file.write_text(text.replace(str(warm.environment()), sys.prefix))
        self.pulumi = PULUMI
        yield
        file.write_text(text)
        self.pulumi = pulumi

    def command(self, *arguments: str) -> list[str]:
        options = [] if arguments[:2] == ("stack", "init") else ["--stack", self.stack]
        return [str(self.pulumi), *arguments, *options, "--non-interactive", "--color", "never"]

    def run(self, *arguments: str, env: dict[str, str | None] | None = None) -> Result:
        """Run the CLI in this project; ``None`` in ``env`` takes a variable away."""
        (self.folder / "home").mkdir(exist_ok=True)
        changed = {**self.environment, **(env or {})}
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env={name: value for name, value in changed.items() if value is not None},
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str, env: dict[str, str | None] | None = None) -> Result:
        """Run the CLI; it must succeed, and say nothing in Python's words."""
        result = self.run(*arguments, env=env)
        assert result.status == 0, result.told
        assert "Traceback" not in result.text, result.told
        return result

    def trackform(self, *arguments: str, env: dict[str, str] | None = None) -> Result:
        """Run our own command line in this project, as a person or CI does."""
        done = subprocess.run(
            [warm.environment() / "bin" / "trackform", *arguments],
            cwd=self.folder, env={**self.environment, **(env or {})},
            capture_output=True, text=True, timeout=LONGEST_S, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return Result(done.returncode, done.stdout, done.stderr)

    def up(self, *arguments: str, env: dict[str, str | None] | None = None) -> Result:
        return self.run("up", "--yes", "--skip-preview", *arguments, env=env)

    def up_ok(self, *arguments: str, env: dict[str, str | None] | None = None) -> Result:
        return self.ok("up", "--yes", "--skip-preview", *arguments, env=env)

    def preview(self, *arguments: str, env: dict[str, str | None] | None = None) -> Result:
        return self.run("preview", *arguments, env=env)

    def planned(self) -> dict[str, Step]:
        """What a preview plans, by name of the object, without what stays as it is."""
        return steps(self.ok("preview", "--json"))

    def secrets(self, **settings: str) -> None:
        """Set secrets of the stack's configuration, all in one run."""
        named = [word for name, value in settings.items() for word in ("--secret", f"trackform:{name}={value}")]
        self.ok("config", "set-all", *named)

    def refresh_only(self) -> Result:
        """The fast form for nightly checks."""
        return self.run("refresh", "--preview-only", "--expect-no-changes")

    def destroy(self) -> Result:
        return self.run("destroy", "--yes", "--skip-preview")

    def state(self) -> dict[str, dict[str, Any]]:
        """The state's objects by name, without the stack itself and providers."""
        return {named(each["urn"])[1]: each for each in self._resources() if each["type"].startswith(PREFIXES)}

    def output(self, name: str) -> Any:
        """An output of the stack, as the state has it: a run of the CLI less."""
        (stack,) = (each for each in self._resources() if each["type"] == "pulumi:pulumi:Stack")
        return stack["outputs"][name]

    def _resources(self) -> list[dict[str, Any]]:
        resources: list[dict[str, Any]] = self._latest().get("resources") or []
        return resources

    def pending(self) -> list[str]:
        """What the state has in mind as begun and not ended."""
        operations = self._latest().get("pending_operations") or ()
        return [f"{each['type']} {named(each['resource']['urn'])[1]}" for each in operations]

    def _latest(self) -> dict[str, Any]:
        latest: dict[str, Any] = json.loads(self.state_file.read_text())["checkpoint"]["latest"] or {}
        return latest

    @property
    def state_file(self) -> Path:
        (folder,) = (self.folder / "state" / ".pulumi" / "stacks").iterdir()
        return folder / f"{self.stack}.json"

    def state_text(self) -> str:
        """Everything that the backend keeps, history and backups too."""
        return "\n".join(path.read_text() for path in (self.folder / "state").rglob("*.json"))

    def write(self, text: str) -> None:
        self.account_file.write_text(text)

    def write_whatever_the_rules_say(self, text: str) -> None:
        """An account that is made up for something else than what it books: no rule counts as an error."""
        self.write(text)
        rules = dict.fromkeys(rule_ids(), "warning")
        (self.stacks / "policy.yaml").write_text(json.dumps({"rules": rules}))

    def demo(self) -> None:
        """Take the demo account's own file."""
        self.account_file.write_text((REPOSITORY / "stacks" / "demo.yaml").read_text())

    def edit(self, old: str, new: str, file: str = "") -> None:
        """Change the account file, or one that it extends."""
        path = self.stacks / file if file else self.account_file
        text = path.read_text()
        assert old in text, f"{old!r} is not in {path.name}"
        path.write_text(text.replace(old, new, 1))


def steps(result: Result) -> dict[str, Step]:
    found = {}
    for step in result.json["steps"]:
        kind, name = named(step["urn"])
        if step["op"] not in ("same", "refresh", "read") and kind != "pulumi:pulumi:Stack":
            old, new = (step.get(state, {}).get("inputs", {}) for state in ("oldState", "newState"))
            found[name] = Step(step["op"], kind, name, old, new)
    return found
