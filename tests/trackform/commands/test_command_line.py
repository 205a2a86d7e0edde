"""What each verb takes, by what flags and with what defaults; and what the offline verbs print, to the letter."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tests.kept import as_kept
from tests.machines import for_machines
from trackform.cli import VERBS, main

ROOT = Path(__file__).parents[3]
KIND = ("choices", "min", "max", "min_open", "max_open", "clamp", "formats", "exists", "file_okay", "dir_okay")
"""What tells one type of click's from another of its name."""


def told(value: object) -> bool:
    return value is not None and value is not False


def parameters(command: click.Command, path: str) -> Iterator[str]:
    yield path
    for each in command.params:
        kind = {name: value for name, value in vars(each.type).items() if name in KIND and told(value)}
        said = {
            "is": " ".join([each.type.name, *(f"{name}={value}" for name, value in kind.items())]),
            "default": each.default
            if isinstance(each.default, str | int | float) and each.default is not False
            else "",
            "env": each.envvar or "",
            "required": each.required or "",
            "many": (each.multiple if isinstance(each, click.Option) else each.nargs != 1) or "",
            "flag": each.flag_value if isinstance(each, click.Option) and isinstance(each.flag_value, str) else "",
            "shows its default": getattr(each, "show_default", None) or "",
            "called": each.make_metavar(click.Context(command)),
        }
        row = ", ".join(f"{name}: {value}" for name, value in said.items() if value != "")
        yield f"    {' '.join(each.opts)} -> {each.name}: {row}"
    for name, inner in (command.commands if isinstance(command, click.Group) else {}).items():
        yield from parameters(inner, f"{path} {name}")


def test_what_each_verb_takes() -> None:
    lines: list[str] = []
    for verb in VERBS:
        command = main.get_command(click.Context(main), verb)
        assert command is not None
        lines += parameters(command, verb)
    as_kept("commands/parameters.txt", "\n".join(lines))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo's stack and one beside it."""
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    text = (tmp_path / "stacks/demo.yaml").read_text()
    (tmp_path / "stacks/beta.yaml").write_text(text.replace("affiliate: acme", "affiliate: beta"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return tmp_path


def call(*arguments: str, status: int = 0) -> Result:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == status, done.output
    return done


OFFLINE: dict[str, tuple[str, ...]] = {
    "links": ("links", "--all"),
    "links-json": ("links", "demo", "--json"),
    "render": ("render", "demo"),
    "validate": ("validate", "--all"),
    "validate-json": ("validate", "--all", "--json"),
    "matrix": ("validate", "demo", "--matrix"),
    "matrix-markdown": ("validate", "demo", "--matrix", "--format", "markdown"),
    "matrix-json": ("validate", "demo", "--matrix", "--format", "json"),
}


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("name", OFFLINE)
def test_what_an_offline_verb_prints(name: str) -> None:
    done = call(*OFFLINE[name])
    as_kept(f"commands/{name}.txt", f"{done.stdout}--\n{done.stderr}".rstrip())


def test_mistakes_in_many_files_are_told_in_one_order(project: Path) -> None:
    for name, old, new in (
        ("demo", "countries", "contries"), ("demo", "funnel: keto,", "funnel: kato,"), ("beta", "offers:", "ofers:"),
    ):  # fmt: skip
        path = project / f"stacks/{name}.yaml"
        path.write_text(path.read_text().replace(old, new))
    done = call("validate", "--all", status=1)
    assert done.stdout == ""
    as_kept("commands/mistakes.txt", done.stderr.rstrip())
    rows = for_machines(call("validate", "--all", "--json", status=1).stdout)["problems"]
    assert [row.keys() for row in rows] == [{"file", "line", "where", "message", "suggestion"}] * len(rows)
    lines = [
        f"{row['file']}:{row['line']}: {row['where']}: {row['message']}"
        + (f"; {row['suggestion']}" if row["suggestion"] else "")
        for row in rows
    ]
    assert lines == done.stderr.splitlines()
