"""Imports point one way."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = "providers/trackform_core"
PURE = ("model", "http", "no_api", "session", "lifecycle", "guard")
KINDS = ("redtrack", "digistore24")


def files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it; ``from a import b`` counts as ``a`` and ``a.b``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it points"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offenders(paths: list[Path], *banned: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in paths
        for name in imports(path)
        if any(name == module or name.startswith(f"{module}.") for module in banned)
    ]


def test_the_providers_know_no_account_file_and_no_sandbox() -> None:
    assert files("providers")
    assert offenders(files("providers"), "trackform") == []


def test_the_sandbox_knows_nobody() -> None:
    found = offenders(files("trackform/sandbox"), "trackform", "providers", "pulumi")
    assert [each for each in found if " imports trackform.sandbox" not in each] == []


@pytest.mark.parametrize("room", PURE)
def test_the_resource_logic_knows_no_pulumi(room: str) -> None:
    found = files(f"{CORE}/{room}")
    assert found
    assert offenders(found, "pulumi", "trackform_core.dynamic", "providers") == []


@pytest.mark.parametrize("package", KINDS)
def test_the_kinds_know_no_pulumi_and_no_lifecycle(package: str) -> None:
    found = files(f"providers/trackform_{package}")
    banned = ("pulumi", "trackform_core.dynamic", "providers.resources", "trackform_core.lifecycle.service")
    assert offenders(found, *banned) == []


def test_what_a_kind_is_knows_neither_http_nor_a_service() -> None:
    assert offenders(files(f"{CORE}/model"), "httpx", "trackform_core.http", "providers") == []


def test_what_people_write_knows_no_http() -> None:
    inner = [path for path in files("trackform") if not {"commands", "sandbox"} & {*path.parts}]
    assert offenders(inner, "httpx", "trackform.sandbox") == []
