"""Files of a pull request, read by somebody else's CI: each verb says which file, where, and what to do."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trackform.account_file.compose import read_composition
from trackform.cli import main
from trackform.documents.problems import Problems
from trackform_core.text.files import LARGEST

ROOT = Path(__file__).parents[2]
DEEP = "[" * 30_000
ENDING = "nested too deeply"
MANY = 30_000
BOMB = "\na: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*{'a' if not n else f'b{n - 1}'}, x]\n" for n in range(40))

VERBS = {
    "validate": ("validate", "demo"),
    "render": ("render", "demo"),
    "links": ("links", "demo"),
    "operator": ("operator", "demo", "--list"),
    "doctor": ("doctor", "demo"),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("stacks", "templates"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    return tmp_path


@pytest.fixture
def kept(project: Path) -> Iterator[None]:
    """Nothing is written."""
    yield
    there = {path.name for path in project.rglob("*") if path.is_file()}
    assert not [name for name in there if name.endswith((".new", ".pulumi"))]


def call(*arguments: str, stdin: str | None = None) -> Result:
    done = CliRunner().invoke(main, arguments, input=stdin)
    assert done.exit_code == 1, done.output
    assert isinstance(done.exception, SystemExit), done.exception
    assert len(done.output) < MANY
    return done


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", ["demo.yaml", "shared/digistore24.yaml"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"domains:\n  main: {DEEP}", f":2: {ENDING}"),
        ("domains: {" * 30_000, f":1: {ENDING}"),
        ("x: " + "y" * (LARGEST + 1), f": larger than {LARGEST // 1024:,} KB"),
        (BOMB, "aliases are not supported"),
        ("domains: {main: \udcff}", "not UTF-8 text; save the file as UTF-8"),
        ("domains: {main: '\x1b[31mx'}", "not valid YAML"),
        ("domains: {main: " + "9" * 1_000_000 + "}", "characters)"),
        ("? " + "k" * 1_000_000 + "\n: 1", "characters)"),
    ],
    ids=["deep", "deeper maps", "large", "aliases", "bytes", "escapes", "digits", "key"],
)
def test_account_files(verb: str, name: str, text: str, said: str, project: Path) -> None:
    (project / "stacks" / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    output = call(*VERBS[verb]).output
    assert f"stacks/{name}" in output
    assert said in output
    assert "\x1b" not in output


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("name", "verb"),
    [
        ("stacks/policy.yaml", "validate"),
        ("stacks/demo.ledger.yaml", "operator"),
    ],
)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DEEP, f":1: {ENDING}"),
        ("x: " + "y" * (LARGEST + 1), f": larger than {LARGEST // 1024:,} KB"),
        (BOMB, "aliases are not supported"),
        ("# \udcff\n", ":1: not UTF-8 text; save the file as UTF-8"),
    ],
    ids=["deep", "large", "aliases", "bytes"],
)
def test_the_other_files_of_a_project(name: str, verb: str, text: str, said: str, project: Path) -> None:
    (project / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    output = call(*VERBS[verb]).output
    assert Path(name).name + said in output or (name in output and said in output)


NO_FILE: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
    "circle": lambda path: path.symlink_to(path.name),
    "nowhere": lambda path: path.symlink_to("none.yaml"),
    "device": lambda path: path.symlink_to("/dev/zero"),
}
READ = {
    "stacks/demo.yaml": VERBS["validate"],
    "stacks/policy.yaml": VERBS["validate"],
    "stacks/shared/digistore24.yaml": VERBS["validate"],
    "stacks/demo.ledger.yaml": VERBS["operator"],
    "stacks/Pulumi.demo.yaml": VERBS["doctor"],
    "preview.json": ("review", "demo", "--preview", "preview.json"),
    "saved.json": ("accept", "--stack", "demo", "--preview", "saved.json"),
    "recording.json": ("sandbox", "check", "recording.json"),
}


@pytest.mark.parametrize("sort", NO_FILE)
@pytest.mark.parametrize("name", READ)
def test_what_is_no_file(name: str, sort: str, project: Path) -> None:
    path = project / name
    path.unlink(missing_ok=True)
    NO_FILE[sort](path)
    done = CliRunner().invoke(main, READ[name])
    # The doctor tells it as one line of many.
    assert done.exit_code == (2 if READ[name] is VERBS["doctor"] else 1), done.output
    assert isinstance(done.exception, SystemExit), done.exception
    assert name.removeprefix("stacks/") in done.output or "/dev/zero: this is a device" in done.output


@pytest.mark.parametrize("name", ["a\\0b", "x" * 5_000])
def test_what_is_no_name_of_a_file(name: str, project: Path) -> None:
    (project / "stacks" / "demo.yaml").write_text(f'extends: ["{name}"]\n')
    assert "stacks/demo.yaml:1: extends[0]: " in call("validate", "demo").output


@pytest.mark.parametrize(
    ("text", "said"),
    [(DEEP, ENDING), ("[1, 2]", "no recording"), ("9" * 5_000, "too many digits"), ("\udcff", "not UTF-8 text")],
    ids=["deep", "list", "digits", "bytes"],
)
def test_recordings(text: str, said: str, project: Path) -> None:
    (project / "recording.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert said in call("sandbox", "check", "recording.json").output


@pytest.mark.parametrize("more", ["x", -5, None, True, 10**12])
def test_a_recording_of_endless_rows(more: object, project: Path) -> None:
    exchange = {
        "service": "redtrack", "method": "GET", "path": "offers", "query": {"per": 1}, "sent": None, "status": 200,
        "headers": {}, "answer": [{"id": "a"}, {"$more": more}], "is_empty": False, "key": "own",
    }  # fmt: skip
    recording = {"trackform_recording": 1, "exchanges": [exchange], "answers": {}}
    (project / "recording.json").write_text(json.dumps(recording))
    done = CliRunner().invoke(main, ["sandbox", "check", "recording.json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert ("to say a number of rows" in done.output) == (more != 10**12)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("offer_url.j2", "\n{{ 'A' * 1000000000 }}", "offers.keto-guide: * takes two numbers in a template"),
        ("presets/offer_sources/own.yaml", DEEP, f"presets/offer_sources/own.yaml:1: {ENDING}"),
    ],
)
def test_templates_and_presets_of_a_project(name: str, text: str, said: str, project: Path) -> None:
    (project / "templates" / name).write_text(text)
    with pytest.raises(Problems) as caught:
        read_composition(project / "stacks" / "demo.yaml", project / "templates")
    assert said in str(caught.value)


@pytest.mark.usefixtures("kept", "project")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DEEP, ENDING),
        ("[" * 500 + "]" * 500, ENDING),
        ('{"steps": ' + "9" * 5_000 + "}", "too many digits"),
        ('{\n"steps": }', "this is no JSON: Expecting value"),
        ("\udcff", "not UTF-8 text; save the file as UTF-8"),
    ],
    ids=["deep", "levels", "digits", "no JSON", "bytes"],
)
def test_previews(text: str, said: str, project: Path) -> None:
    file = project / "preview.json"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    for arguments in (
        ("review", "demo", "--preview", "preview.json"),
        ("accept", "--stack", "demo", "--preview", "preview.json"),
    ):
        assert said in call(*arguments).output
    assert said in CliRunner().invoke(main, ("review", "demo", "--preview", "-"), input=file.read_bytes()).output


@pytest.mark.usefixtures("kept")
def test_a_file_that_accept_would_edit(project: Path) -> None:
    """What cannot be read is the account file, and not the preview."""
    (project / "stacks" / "demo.yaml").write_bytes("# f\xfcr uns\n".encode("latin-1"))
    (project / "preview.json").write_text('{"steps": [], "diagnostics": []}')
    output = call("validate", "demo").output
    assert "stacks/demo.yaml:1: not UTF-8 text; save the file as UTF-8" in output
