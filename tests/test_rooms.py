"""Rooms: where everything lives, and that imports only go down."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

RANKS = {
    "trackform_core/text": -1,
    "trackform_core/sdk": -1,
    "trackform_core/errors": 0,
    "trackform_core/model": 1,
    "trackform_core/http": 2,
    "trackform_core/no_api": 3,
    "trackform_core/session": 4,
    "trackform_core/lifecycle": 5,
    "trackform_core/guard": 6,
    "trackform_core/dynamic": 7,
    "trackform_core/account": 8,
    "trackform_redtrack": 9,
    "trackform_digistore24": 9,
    "trackform/resources": 10,
    "trackform/documents": 10,
    "trackform/urls": 11,
    "trackform/account_file": 12,
    "trackform/project": 13,
    "trackform/init": 14,
    "trackform/flow": 13,
    "trackform/preview": 13,
    "trackform/reconcile": 13,
    "trackform/export": 13,
    "trackform/policy": 14,
    "trackform/operator": 14,
    "trackform/alerts": 15,
    "trackform/rules": 15,
    "trackform/doctor": 15,
    "trackform/probe": 15,
    "trackform/program": 16,
    "trackform/verify": 16,
    "trackform/accept": 17,
    "trackform/review": 17,
    "trackform/picture": 18,
    "trackform/status": 18,
    "trackform/sandbox": 18,
    "trackform/recording": 19,
    "trackform/commands": 20,
    "trackform/cli": 21,
    "trackform/reference": 22,
}
"""Each room, and each module that stands alone, with its floor. A room imports what is below, never beside or above."""

NO_PULUMI = [room for room, rank in RANKS.items() if rank < RANKS["trackform_core/dynamic"]]
HTTP_FREE = ("trackform_core/text", "trackform_core/errors", "trackform_core/model")
SOURCES = {"trackform": ROOT, "trackform_core": ROOT / "providers", "trackform_redtrack": ROOT / "providers",
           "trackform_digistore24": ROOT / "providers"}  # fmt: skip
FLAT = ("trackform_redtrack", "trackform_digistore24")
"""A vendor's package is one room."""
LOOSE = {"trackform_core": 3, "trackform": 6}
"""Most modules that stand alone; `__init__` is none."""


@cache
def modules() -> dict[str, Path]:
    """Dotted name -> file, of all that is installed."""
    found = {}
    for package, source in SOURCES.items():
        for path in sorted((source / package).rglob("*.py")):
            parts = path.relative_to(source).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[0] if parts[0] in FLAT else "/".join(parts[:2])


@cache
def imports(module: str) -> tuple[str, ...]:
    """What a module imports, wherever in it; ``from a import b`` counts as ``a.b`` where that is a module."""

    def names() -> Iterator[str]:
        path = modules()[module]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: a relative import hides where it points"
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    yield inner if inner in modules() else str(node.module)

    return tuple(dict.fromkeys(names()))


def ours() -> Iterator[tuple[str, str]]:
    """Every import of one module of ours by another."""
    for module in modules():
        yield from ((module, name) for name in imports(module) if name in modules() and name != module)


def test_every_room_has_a_floor() -> None:
    assert {room_of(module) for module in modules() if "." in module or module in FLAT} == RANKS.keys()


def test_imports_only_go_down() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, name in ours()
        if "." in name and room_of(module) != room_of(name) and RANKS[room_of(module)] <= RANKS[room_of(name)]
    ]
    assert wrong == []


def arrows() -> dict[str, set[str]]:
    """Room -> the rooms that it imports, without those that one of them stands on."""
    above: dict[str, set[str]] = {room: set() for room in RANKS}
    for module, name in ours():
        if "." in name and room_of(module) != room_of(name):
            above[room_of(module)].add(room_of(name))

    @cache
    def under(room: str) -> frozenset[str]:
        return frozenset(above[room]).union(*map(under, above[room]))

    return {room: known - set().union(*map(under, known)) for room, known in above.items()}


def test_contributing_draws_the_arrows_as_they_are() -> None:
    short = {room: room.rpartition("/")[2] for room in RANKS}
    top = sorted(RANKS, key=lambda room: (-RANKS[room], room))
    below = arrows()
    lines = [f"{short[room]:22} -> {', '.join(short[each] for each in top if each in below[room])}" for room in top]
    assert len(set(short.values())) == len(short), "two rooms of one name cannot be told apart"
    text = "\n".join(line.rstrip() for line in lines if not line.endswith("-> "))
    assert f"```text\n{text}\n```" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), text


def test_no_circle_between_modules() -> None:
    below: dict[str, set[str]] = {module: set() for module in modules()}
    for module, name in ours():
        below[module].add(name)
    while free := [module for module, names in below.items() if not names]:
        for module in free:
            del below[module]
        for names in below.values():
            names.difference_update(free)
    assert below == {}


@pytest.mark.parametrize("package", LOOSE)
def test_few_modules_stand_alone(package: str) -> None:
    alone = [path.name for path in (SOURCES[package] / package).glob("*.py") if path.name != "__init__.py"]
    assert len(alone) <= LOOSE[package], alone


@pytest.mark.parametrize("package", FLAT)
def test_a_vendors_package_is_flat(package: str) -> None:
    assert {path.parent for path in (SOURCES[package] / package).rglob("*.py")} == {SOURCES[package] / package}


@pytest.mark.parametrize(
    ("rooms", "banned"),
    [
        (NO_PULUMI, ("pulumi",)),
        (HTTP_FREE, ("httpx",)),
        (["trackform/sandbox"], ("pulumi", "trackform_core", "trackform_redtrack", "trackform_digistore24")),
        ([room for room in RANKS if room.startswith("trackform/") and room not in {"trackform/commands",
          "trackform/sandbox", "trackform/verify"}], ("httpx", "flask")),
    ],
)  # fmt: skip
def test_what_a_room_knows_nothing_of(rooms: list[str], banned: tuple[str, ...]) -> None:
    wrong = [
        f"{module} imports {name}"
        for module in modules()
        if room_of(module) in rooms
        for name in imports(module)
        if name.split(".")[0] in banned
    ]
    assert wrong == []


def test_the_sandbox_knows_nobody_else() -> None:
    known = [name for module, name in ours() if room_of(module) == "trackform/sandbox"]
    assert {room_of(name) for name in known} == {"trackform/sandbox"}


@pytest.mark.parametrize("vendor", FLAT)
def test_the_core_and_other_vendors_know_no_vendor(vendor: str) -> None:
    wrong = [
        f"{module} imports {name}"
        for module, name in ours()
        if name.split(".")[0] == vendor and module.split(".")[0] in {"trackform_core", *FLAT} - {vendor}
    ]
    assert wrong == []


def test_tests_stand_in_rooms_of_the_same_names() -> None:
    """What spans rooms: `scenarios`, `engine` (the real CLI), `contract` (other people's bridges)."""
    known = RANKS.keys() | {room.split("/")[0] for room in RANKS}
    for root in (ROOT / "tests" / "providers", ROOT / "tests"):
        for folder in root.rglob("*/"):
            room = folder.relative_to(root).as_posix()
            if room.startswith(tuple(SOURCES)) and any(folder.glob("test_*.py")):
                assert room in known or "/".join(room.split("/")[:2]) in known, folder
