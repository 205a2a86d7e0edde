"""Which tests execute which line, from one run of them all with coverage's contexts; kept until a file changes."""

import ast
import hashlib
import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from clone import MEASURED, Clone
from coverage import Coverage

KEPT = Path(".state") / "mutants"
PHASE = re.compile(r"\|(?:setup|run|teardown)$| \((?:setup|call|teardown)\)$")
# What a test starts as a process of its own is measured too, and knows from its environment whose it is.
SETTINGS = """
[run]
source = {sources}
data_file = {data}
parallel = true
patch = _exit
context = ${{PYTEST_CURRENT_TEST-}}
"""
# Not from outside: some tests start processes whose environment is made for them.
MEASURE = "import os; os.environ['COVERAGE_PROCESS_START'] = {config!r}\n"


@dataclass(frozen=True)
class Settings:
    """`[tool.mutants]` in pyproject.toml."""

    sources: list[str]
    """Folders that are changed."""
    measured: list[str]
    """Folders of which each statement should be executed."""
    pytest: list[str]
    """Arguments that choose the tests."""


@dataclass(frozen=True)
class Covering:
    seconds: dict[str, float]
    """What a test took, by its id; those that failed without any change are missing."""
    failed: list[str]
    names: list[str]
    """The ids of all tests that execute anything."""
    tests: dict[str, dict[str, list[int]]]
    """By file and line: the tests that execute it, by their place among the names."""
    missing: dict[str, list[int]]
    """By file: the statements that no test executes."""
    statements: dict[str, int]

    def of(self, file: str, lines: Iterable[int]) -> set[str]:
        """The tests that execute one of the lines."""
        known = self.tests.get(file, {})
        names = {self.names[test] for line in lines for test in known.get(str(line), ())}
        return names & self.seconds.keys()

    def executed(self, file: str, lines: Iterable[int]) -> bool:
        """Whether anything executed one of the lines, a test or not."""
        return any(str(line) in self.tests.get(file, {}) for line in lines)


def settings_of(project: Path) -> Settings:
    table = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutants"]
    return Settings(table["sources"], table["measured"], table["pytest"])


def source_files(project: Path, folders: Iterable[str]) -> Iterator[str]:
    for folder in folders:
        yield from sorted(str(path.relative_to(project)) for path in (project / folder).rglob("*.py"))


def covering(project: Path, clone: Clone, settings: Settings, workers: int) -> Covering:
    """What the last run found out, as long as nothing changed, or a new run in the copy."""
    kept = project / KEPT / "covering.json"
    seal = _seal(project, settings)
    if kept.exists():
        known: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        if known.pop("seal") == seal:
            return Covering(**known)
    print("mutants: every test runs once, to know which lines it executes", flush=True)
    found = _measured(clone, settings, workers)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"seal": seal, **asdict(found)}), encoding="utf-8")
    return found


def _seal(project: Path, settings: Settings) -> str:
    digest = hashlib.sha256()
    for folder in (*settings.measured, "tests"):
        for path in sorted((project / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(project)}\0".encode() + path.read_bytes())
    digest.update((project / "pyproject.toml").read_bytes())
    return digest.hexdigest()


def _measured(clone: Clone, settings: Settings, workers: int) -> Covering:
    data = clone.folder.parent / "coverage" / "data"
    data.parent.mkdir()
    config = data.parent / "settings.ini"
    folders = ",".join(str(clone.folder / folder) for folder in settings.measured)
    config.write_text(SETTINGS.format(sources=folders, data=data), encoding="utf-8")
    hook = clone.packages / MEASURED
    hook.write_text(MEASURE.format(config=str(config)), encoding="utf-8")
    run = clone.pytest(
        [*settings.pytest, "-n", str(workers), "--cov", f"--cov-config={config}",
         "--cov-context=test", "--cov-report="],
    )  # fmt: skip
    hook.unlink()
    if not run.outcomes or any(outcome == "not collected" for outcome, _ in run.outcomes.values()):
        raise SystemExit(f"mutants: the tests could not be run:\n{run.out}")
    measured = Coverage(data_file=str(data), config_file=False)
    if not data.exists():
        measured.combine([str(data.parent)])
    measured.load()
    numbers: dict[str, int] = {}
    tests, missing, statements = {}, {}, {}
    for file in source_files(clone.folder, settings.measured):
        path = str(clone.folder / file)
        by_line = measured.get_data().contexts_by_lineno(path)
        tests[file] = {
            str(line): [numbers.setdefault(test, len(numbers)) for test in _tests(contexts)]
            for line, contexts in by_line.items()
        }
        _, executable, _, never, _ = measured.analysis2(path)
        missing[file], statements[file] = never, len(executable)
    took = {test: seconds for test, (outcome, seconds) in run.outcomes.items() if outcome == "passed"}
    failed = [test for test, (outcome, _) in run.outcomes.items() if outcome not in {"passed", "skipped"}]
    return Covering(took, failed, list(numbers), tests, missing, statements)


def _tests(contexts: Iterable[str]) -> list[str]:
    return sorted({PHASE.sub("", context) for context in contexts} - {""})


class Importers:
    """The tests of what runs when a module is imported: those of its functions, and of the modules that need it."""

    def __init__(self, project: Path, files: Iterable[str], known: Covering) -> None:
        self._project = project
        self._known = known
        self._inside: dict[str, set[int]] = {}
        self._imported_by: Mapping[str, set[str]] = defaultdict(set)
        loaded = _entry_points(project)
        for file in files:
            tree = ast.parse((project / file).read_text(encoding="utf-8"))
            self._inside[file] = {line for each in ast.walk(tree) for line in _body(each)}
            for name in (*_imports(tree), *(loaded if _loads(tree) else ())):
                self._imported_by[name].add(file)

    def inside(self, file: str, line: int) -> bool:
        """Whether a line stands in a function."""
        return line in self._inside[file]

    def of(self, file: str) -> set[str]:
        """Those of the file's own functions and of its importers: a default may be used by them alone."""
        own = self._known.of(file, self._inside[file])
        return own | self._nearest(self._importing(file))

    def _nearest(self, todo: set[str]) -> set[str]:
        """The tests of these modules; where none executes any, of those that import them, and so on."""
        seen: set[str] = set()
        while todo := todo - seen:
            found: set[str] = set().union(*(self._known.of(each, self._inside[each]) for each in todo))
            if found:
                return found
            seen |= todo
            todo = {more for each in todo for more in self._importing(each)}
        return set()

    def _importing(self, file: str) -> set[str]:
        return {more for name in self._names(file) for more in self._imported_by[name]}

    def _names(self, file: str) -> Iterator[str]:
        """What a module is called: without the first folder where that is a source root and no package."""
        name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        yield name
        root, _, inside = name.partition(".")
        if inside and not (self._project / root / "__init__.py").exists():
            yield inside


def _body(node: ast.AST) -> range:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
    return range(0)


def _entry_points(project: Path) -> set[str]:
    """Modules that nobody imports: whoever asks the installation for its entry points loads them."""
    file = project / "pyproject.toml"
    table = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {}) if file.exists() else {}
    groups: Iterable[dict[str, str]] = table.get("entry-points", {}).values()
    return {value.partition(":")[0] for group in groups for value in group.values()}


def _loads(tree: ast.Module) -> bool:
    called = (each.func for each in ast.walk(tree) if isinstance(each, ast.Call))
    return any(
        "entry_points" in (getattr(each, "id", ""), getattr(each, "attr", "")) for each in called
    )  # fmt: skip


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
