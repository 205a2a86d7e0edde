"""Commands that messages tell to type exist: their verb, and each of their options."""

import ast
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache

import click
import pytest

from tests.engine.project import REPOSITORY
from tests.engine.warm import PULUMI
from trackform.cli import main

COMMAND = re.compile(r"`((?:TRACKFORM_ALLOW=\S+ )?(trackform|pulumi|git|make)( [^`]+)?)`")
BEGUN = re.compile(r"`(TRACKFORM_ALLOW|trackform|pulumi|git|make)\b")
"""In a module's source: one without it need not be parsed, which takes its time where tests are only collected."""
SOURCES = [path for root in ("providers", "trackform") for path in sorted((REPOSITORY / root).rglob("*.py"))]


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, text) of all that the module may say: what is filled in stands as a word, docstrings are left out."""
    passed_over: set[int] = set()
    for node in ast.walk(tree):  # a docstring or a part comes after what it belongs to
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            passed_over |= {id(first.value) for first in node.body[:1] if isinstance(first, ast.Expr)}
        elif isinstance(node, ast.JoinedStr):
            passed_over |= {id(part) for part in node.values}
            yield (
                node.lineno,
                "".join(str(part.value) if isinstance(part, ast.Constant) else "demo" for part in node.values),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed_over:
            yield node.lineno, node.value.replace("%s", "demo")


@cache
def commands() -> dict[str, str]:
    """Command -> where it is said first."""
    found: dict[str, str] = {}
    for path in SOURCES:
        source = path.read_text()
        for line, text in texts(ast.parse(source)) if BEGUN.search(source) else ():
            for match in COMMAND.finditer(text):
                found.setdefault(match[1], f"{path.relative_to(REPOSITORY)}:{line}")
    return found


def of(program: str) -> list[str]:
    return sorted(command for command in commands() if command.split()[0] == program)


def test_there_are_commands() -> None:
    assert [program for program in ("trackform", "pulumi", "make") if not of(program)] == []


@pytest.mark.parametrize("command", of("trackform"))
def test_a_command_of_ours(command: str) -> None:
    words = shlex.split(command.replace(" > ", " ").replace("'", ""))[1:]
    context = click.Context(main)
    group: click.Command = main
    while isinstance(group, click.Group) and words:
        known = group.get_command(context, words[0])
        assert known is not None, f"{commands()[command]}: `{command}`"
        group, words = known, words[1:]
    known_options = {option for parameter in group.params for option in parameter.opts} | {"--help"}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known_options, commands()[command]


@pytest.mark.parametrize("command", of("make"))
def test_a_target_of_the_makefile(command: str) -> None:
    target = command.split()[1]
    assert re.search(rf"^{target}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE), commands()[command]


@cache
def manual(verb: str) -> str:
    done = subprocess.run([PULUMI, *verb.split(), "--help"], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.engine
@pytest.mark.parametrize("command", of("pulumi"))
def test_a_command_of_pulumi(command: str) -> None:
    words = command.replace(" > ", " ").split()[1:]
    verb = " ".join(words[: 2 if words[0] in ("config", "stack", "state") else 1])
    assert f"pulumi {verb}" in manual(verb), commands()[command]
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in manual(verb)]
    assert unknown == [], commands()[command]
