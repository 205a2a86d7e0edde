"""Which lines of a module were executed, and which of them say why something is refused."""

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any


@contextmanager
def traced(modules: Iterable[ModuleType]) -> Iterator[set[tuple[str, int]]]:
    """Collects (name of the file, line) of what this thread executes in these modules."""
    watched = {path_of(module): path_of(module).name for module in modules}
    names = {str(path): name for path, name in watched.items()}
    reached: set[tuple[str, int]] = set()

    def line(frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        reached.add((names[frame.f_code.co_filename], frame.f_lineno))
        return line

    def call(frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        return line if frame.f_code.co_filename in names else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        yield reached
    finally:
        sys.settrace(before)


def path_of(module: ModuleType) -> Path:
    assert module.__file__
    return Path(module.__file__)


def places(module: ModuleType, tells: Callable[[ast.stmt], bool]) -> dict[tuple[str, int], str]:
    """(name of the file, line) -> statement, of those that tell a reason."""
    path = path_of(module)
    found = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.stmt))
    return {(path.name, node.lineno): ast.unparse(node) for node in found if tells(node)}


def raises(*names: str) -> Callable[[ast.stmt], bool]:
    """Statements that raise one of these, or hand it to a method of this name."""

    def tells(node: ast.stmt) -> bool:
        called = node.exc if isinstance(node, ast.Raise) else node.value if isinstance(node, ast.Expr) else None
        if not isinstance(called, ast.Call):
            return False
        name = called.func.attr if isinstance(called.func, ast.Attribute) else getattr(called.func, "id", "")
        return name in names

    return tells
