"""Whatever in the project deletes or replaces a file is listed here, with the reason why it harms nobody.

A new one fails here first: it has to be thought about. What it removes must be its own, and be told from what is not.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("trackform", "providers", "tools", "docs/examples")

METHODS = {"rmtree", "unlink", "rmdir", "removedirs", "truncate", "write_text", "write_bytes", "copyfile", "copytree"}
OF_A_MODULE = {"os": {"remove", "rename", "replace"}, "shutil": {"copy", "copy2", "move"}}
BLOCK = re.DOTALL | re.MULTILINE
WRITES = re.compile(r"[waxr]b?\+|[wax]")

IN_PYTHON = {
    "providers/trackform_core/no_api/atomic.py write open": "what a caller named; never anything beside it",
    "providers/trackform_core/no_api/atomic.py write replace": "the same",
    "providers/trackform_core/no_api/atomic.py write unlink": "the new file that was to replace it",
    "trackform/commands/demo.py empty rmtree": ".state/demo, where no stack but its own is, and no link leads",
    "trackform/commands/demo.py empty unlink": "the same",
    "trackform/init/written.py _fill unlink": "what it could not write whole, and had made itself",
    "trackform/init/written.py put open": "makes a file, and fails where something has its name",
    "trackform/accept/workspace.py __init__ copytree": "into a temporary folder",
    "trackform/accept/workspace.py _put write_bytes": "into the same",
    "trackform/rules/history.py _read write_bytes": "into a temporary folder",
    "tools/bench/stacks.py __init__ copy": "into a temporary folder",
    "tools/bench/stacks.py __init__ write_text": "into the same",
    "tools/bench/shapes.py measured write_text": "into a temporary folder",
    "tools/bench/__main__.py main open": "adds to what it measured, in the file that was named",
    "tools/bench/__main__.py write write_text": "the page that it makes, in the folder that was named",
    "tools/dist.py build copyfile": "into a temporary folder",
    "tools/pulumi/bundle.py put open": "into a new folder, where nothing has its name",
    "tools/pulumi/bundle.py put unlink": "the archive that it put there",
    "tools/pulumi/bundle.py _unpack open": "into a folder that it made for this",
    "tools/pulumi/install.py alone open": "an empty lock file in our cache",
    "tools/pulumi/install.py link unlink": "a link that an interrupted set-up left",
    "tools/pulumi/install.py link replace": "another link; what is no link is refused",
    "tools/pulumi/obtain.py cli rename": "to a place that was made free in our cache",
    "tools/pulumi/obtain.py cli rmtree": "what an interrupted set-up left in our cache, named by version",
    "tools/pulumi/obtain.py build copyfile": "into a new folder",
    "tools/pulumi/host_setup.py put copytree": "into a new folder",
    "tools/pulumi/host_setup.py put rename": "to a place in our cache where nothing is",
    "tools/pulumi/host_setup.py put replace": "a launcher of ours, in our cache",
    "tools/pulumi/host_setup.py put write_text": "the new launcher",
    "tools/pulumi/host_setup.py _make_python rename": "to a place that was made free in our cache",
    "tools/pulumi/host_setup.py _make_python rmtree": "an environment of ours without its Python, named by content",
    "tools/pulumi/host_setup.py _make_python write_text": "into a new folder",
    "tools/mutants/__main__.py main write_text": "what it found, in the folder of its own, .state/mutants",
    "tools/mutants/clone.py __init__ copytree": "into a temporary folder",
    "tools/mutants/clone.py __init__ write_text": "into the same",
    "tools/mutants/clone.py __init__ write_bytes": "into the same",
    "tools/mutants/clone.py _command write_bytes": "into the same",
    "tools/mutants/clone.py pytest unlink": "a file in the same",
    "tools/mutants/clone.py pytest rmtree": "a folder that it made for one run",
    "tools/mutants/clone.py changed write_text": "a file of the copy",
    "tools/mutants/clone.py changed write_bytes": "the same file as it was",
    "tools/mutants/clone.py _forget unlink": "what Python compiled of it, in the copy",
    "tools/mutants/covering.py covering write_text": "the map, in the folder of its own, .state/mutants",
    "tools/mutants/covering.py _measured write_text": "into the copy",
    "tools/mutants/covering.py _measured unlink": "a file in the copy",
    "tools/mutants/outcomes.py pytest_sessionfinish write_text": "a file that its caller made for it",
    "tools/mutants/report.py write write_text": "the figures between their marks, in the page that was named",
    "tools/mutants/trial.py _as_file write_text": "into a temporary folder",
    "tools/torture/saved.py forget unlink": "what it played, in the folder of its own, .state/torture",
    "tools/torture/saved.py put open": "adds a line to the same",
    "tools/torture/__main__.py write write_text": "the figures between their marks, in the page that was named",
}
"""`file function call` -> why it takes nothing that somebody else made."""

IN_SHELL = {
    "Makefile rm $(VENV)": "a link, not what it leads to",
    "Makefile rm -f $(READY)": "our own mark",
    "Makefile --clear $(VENV)": "an environment, which can be made again; what is none is refused above",
    "Makefile rm -rf $(VENV)": "the same, told by its pyvenv.cfg",
    "Makefile rm -rf .state/demo": "the demo's own folder, where no other stack is in it",
    "Makefile rm -rf .state/mutants": "what make mutants measured, which it measures again",
    "Makefile rm -rf .state/torture": "what make torture played, which it plays again",
    "Makefile rm -rf dist": "packages and caches, which can be made again",
    "Makefile rm -rf {}": "__pycache__ in our own packages",
    "Makefile rmdir .state": "where it is empty",
    ".github/workflows/release.yml > ../SHA256SUMS": "on the machine of a run of its own",
    "tools/ci/apply.sh rm -f": "a file of mktemp",
    "tools/ci/apply.sh > $policy": "the same",
    "tools/ci/nightly.sh > $folder/$stack.$check.txt": "what a check said, in the folder that it was told",
    "tools/ci/preview.sh rm -f": "a file of mktemp",
    "tools/ci/preview.sh > $policy": "the same",
    "tools/ci/preview.sh > $folder/$stack.status": "its own result, in the folder that it was told",
    "README.md cp stacks/Pulumi.demo.yaml stacks/Pulumi.demo-full.yaml": "a stack of the walk-through alone",
    "README.md cp stacks/Pulumi.demo.yaml stacks/Pulumi.demo-twin.yaml": "the same",
    "README.md > stacks/demo-twin.yaml": "the same",
    "docs/accept.md > preview.json": "a preview that the reader saves",
    "docs/operator.md stack rm acme --preserve-config": "a stack that is empty, as without --force, and in a sandbox",
    "docs/examples/README.md cp ../../../stacks/Pulumi.demo.yaml Pulumi.python.yaml": "the example's own settings",
}
"""`file words` -> the same, for commands in scripts and for those that pages tell people to type."""

RISKY = re.compile(
    r"\b(?:rm|rmdir|mv|shred|truncate|dd|tee)\s[^|&;]*"
    r"|\bcp\s[^|&;]*|\bsed -i|\bgit (?:clean|reset|checkout|restore)\b[^|&;]*"
    r"|--clear\b[^|&;]*|--force\b|--reset\b|-delete\b|\bstack rm\b[^|&;]*|\bstate delete\b[^|&;]*"
    r"|(?<![<>&=\w$-])>\|?\s*[\"']?(?!/dev/null|&)[\w$./{][^\s\"';|&)]*"
)


def calls(path: Path) -> Iterator[tuple[str, str]]:
    """(function, call) of each call that may delete or replace."""

    def walk(node: ast.AST, function: str) -> Iterator[tuple[str, str]]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = node.name
        if isinstance(node, ast.Call) and (name := risky(node)):
            yield function, name
        for child in ast.iter_child_nodes(node):
            yield from walk(child, function)

    return walk(ast.parse(path.read_text(encoding="utf-8")), "")


def risky(call: ast.Call) -> str:
    """The name of a call that may delete or replace a file, else nothing."""
    function = call.func
    if isinstance(function, ast.Name):
        return "open" if function.id == "open" and opens_to_write(call, 1) else ""
    if not isinstance(function, ast.Attribute):
        return ""
    name, of = function.attr, function.value.id if isinstance(function.value, ast.Name) else ""
    if name in METHODS or name in OF_A_MODULE.get(of, ()):
        return name
    if name in ("open", "fdopen") and opens_to_write(call, 0 if of != "os" else 1):
        return "open"
    # A path's own: a text's takes two arguments, a date's and a dataclass's take names.
    alone = len(call.args) == 1 and not call.keywords
    return name if name in ("replace", "rename") and alone and of != "dataclasses" else ""


def opens_to_write(call: ast.Call, at: int) -> bool:
    modes = [*call.args[at : at + 1], *(each.value for each in call.keywords if each.arg == "mode")]
    return any(isinstance(mode, ast.Constant) and WRITES.match(str(mode.value)) for mode in modes)


def in_python() -> set[str]:
    files = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    assert files
    return {
        f"{path.relative_to(ROOT).as_posix()} {function} {name}" for path in files for function, name in calls(path)
    }


def scripts() -> Iterator[tuple[str, str]]:
    """(file, line) of every script, and of every command that a page tells people to type."""
    shell = [ROOT / "Makefile", ROOT / ".ci/run", ROOT / "stacks/demo.env", *(ROOT / "tools").rglob("*.sh")]
    shell += (ROOT / ".github/workflows").glob("*.yml")
    for path in sorted(shell):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield path.relative_to(ROOT).as_posix(), "" if line.lstrip().startswith("#") else line
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", path.read_text(encoding="utf-8"), BLOCK):
            for line in block.splitlines() if language in ("", "sh") else ():
                yield path.relative_to(ROOT).as_posix(), line.partition(" #")[0]


def in_shell() -> Counter[str]:
    found = Counter[str]()
    for file, line in scripts():
        for words in RISKY.findall(line):
            said = " ".join(words.replace('"', "").replace("'", "").split())
            known = [key for key in IN_SHELL if f"{file} {said} ".startswith(f"{key} ") or f"{file} {said}" == key]
            found[max(known, key=len) if known else f"{file} {said}"] += 1
    return found


def test_what_deletes_or_replaces_in_python_is_known() -> None:
    assert in_python() == set(IN_PYTHON)


def test_what_deletes_or_replaces_in_scripts_and_pages_is_known() -> None:
    assert set(in_shell()) == set(IN_SHELL)


@pytest.mark.parametrize(
    "line",
    [
        "rm -rf .state", "cat > stacks/zeta.yaml <<'YAML'", "cp a stacks/acme.yaml", "git checkout -- stacks", "x >$y",
        "find . -delete", "trackform export acme --force", 'mv "$a" "$b"', "pulumi stack rm acme", "sed -i s/a/b/ x",
    ],
)  # fmt: skip
def test_a_risky_line_is_seen(line: str) -> None:
    assert RISKY.search(line)


@pytest.mark.parametrize(
    "line", ["echo x >&2", "make x > /dev/null 2>&1", "echo a >> b", "python -c 'a >= b'", "git -C x show a", "a -> b"]
)
def test_a_harmless_line_is_not(line: str) -> None:
    assert not RISKY.search(line)


@pytest.mark.parametrize(
    "code",
    [
        "shutil.rmtree(x)", "p.unlink()", "os.remove(x)", "p.write_text('')", "open(p, 'w')", "p.open('wb')",
        "p.open(mode='a')", "a.replace(b)", "p.rename(q)", "os.replace(a, b)", "os.fdopen(h, 'w')",
    ],
)  # fmt: skip
def test_a_risky_call_is_seen(code: str) -> None:
    (expression,) = ast.parse(code).body
    assert isinstance(expression, ast.Expr)
    assert isinstance(expression.value, ast.Call)
    assert risky(expression.value)
