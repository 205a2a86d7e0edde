"""Where a command line does not say it: which project and which stack are meant, from which folder files are named."""

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trackform import cli
from trackform.cli import main
from trackform.project import environment

BACKEND = "file:///somewhere/state"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the stacks `acme` and `beta`, and a Pulumi that knows of nothing yet."""
    folder = tmp_path / "project"
    (folder / "stacks").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: ads\nruntime: python\n")
    for name in ("acme", "beta"):
        (folder / "stacks" / f"{name}.yaml").write_text(
            f"conversion_types: {{{name}: {{title: {name}, slot: 1}}}}\naccount: {{currency: USD}}\n"
        )
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PULUMI_BACKEND_URL", BACKEND)
    monkeypatch.chdir(folder)
    return folder


def select(project: Path, stack: str, backend: str = BACKEND) -> None:
    """As `pulumi stack select` of Pulumi 3.259.0 leaves it."""
    folder = project.parent / "home" / "workspaces"
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha1(str(project / "Pulumi.yaml").encode(), usedforsecurity=False).hexdigest()
    (folder / f"ads-{digest}-workspace.json").write_text(json.dumps({"stacks": {backend: stack}}))


def taken(*arguments: str) -> tuple[list[str], str]:
    """The stacks that a verb took, and what it said of that."""
    done = call("render", "--json", *arguments)
    assert done.exit_code == 0, done.output
    return list(json.loads(done.stdout)), done.stderr


def test_of_several_none_is_guessed(project: Path) -> None:
    del project
    for verb in (["links"], ["validate"], ["operator", "--list"], ["export"]):
        done = call(*verb)
        assert (done.exit_code, "name a stack, or use --all; known: acme, beta" in done.stderr) == (1, True)
    assert "name a stack; known: acme, beta" in call("verify").stderr


def test_the_environment_goes_before_what_is_selected(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    select(project, "organization/ads/beta")
    assert taken() == (["beta"], "stack beta: selected in Pulumi\n")
    monkeypatch.setenv("PULUMI_STACK", "acme")
    assert taken() == (["acme"], "stack acme: PULUMI_STACK\n")
    assert taken("beta") == (["beta"], "")
    assert taken("--all") == (["acme", "beta"], "")


def test_the_only_one_needs_no_word(project: Path) -> None:
    (project / "stacks" / "beta.yaml").unlink()
    assert taken() == (["acme"], "")
    select(project, "acme")
    assert taken() == (["acme"], "")


def test_what_is_selected_goes_before_the_only_one(project: Path) -> None:
    """Or a verb would look at another stack than `pulumi preview` beside it."""
    (project / "stacks" / "beta.yaml").unlink()
    select(project, "beta")
    done = call("validate")
    assert (done.exit_code, "stack beta: selected in Pulumi" in done.stderr) == (1, True)
    assert "stacks/beta.yaml" in done.stderr


def test_the_backend_is_that_of_the_project_else_that_of_the_login(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    select(project, "beta", "s3://states")
    assert call("links").exit_code == 1
    monkeypatch.delenv("PULUMI_BACKEND_URL")
    (project.parent / "home" / "credentials.json").write_text('{"current": "s3://states"}')
    assert taken()[0] == ["beta"]
    (project / "Pulumi.yaml").write_text("name: ads\nruntime: python\nbackend: {url: 's3://other'}\n")
    assert call("links").exit_code == 1
    (project / "Pulumi.yaml").write_text("name: ads\nruntime: python\nbackend: {url: 's3://states'}\n")
    assert taken()[0] == ["beta"]


@pytest.mark.parametrize("text", ["{", "[]", '{"stacks": []}', '{"stacks": {"file:///somewhere/state": 7}}', "", "\0"])
def test_what_pulumi_left_otherwise_is_no_selection(project: Path, text: str) -> None:
    select(project, "beta")
    (file,) = (project.parent / "home" / "workspaces").iterdir()
    file.write_text(text)
    assert call("links").exit_code == 1


def test_full_names_are_those_of_this_project(project: Path) -> None:
    assert taken("organization/ads/beta", "me/acme", "beta") == (["beta", "acme"], "")
    done = call("links", "organization/shop/beta")
    assert done.exit_code == 1
    assert "organization/shop/beta is a stack of the project shop, and Pulumi.yaml here is that of ads" in done.stderr


def test_a_verb_works_from_a_folder_below(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "notes" / "deep").mkdir(parents=True)
    monkeypatch.chdir(project / "notes" / "deep")
    stacks, said = taken("beta")
    assert (stacks, said) == (["beta"], f"in {project}, where Pulumi.yaml is\n")


def test_files_are_named_from_where_one_is(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "notes").mkdir()
    monkeypatch.chdir(project / "notes")
    preview = project / "notes" / "plan.json"
    preview.write_text("{}")
    done = call("review", "acme", "--preview", "plan.json")
    assert "this preview has no steps" in done.stderr
    monkeypatch.chdir(project / "notes")
    absent = call("accept", "--stack", "acme", "--preview", "other.json")
    assert "File 'notes/other.json' does not exist." in " ".join(absent.stderr.split())
    monkeypatch.chdir(project / "notes")
    absolute = call("accept", "--stack", "acme", "--preview", str(preview))
    assert "this preview has no steps" in absolute.stderr


def test_what_needs_no_project_stays_where_it_is(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "notes").mkdir()
    monkeypatch.chdir(project / "notes")
    done = call("schema", "--out", "schema.json")
    assert (done.exit_code, done.stderr) == (0, "wrote schema.json\n")
    assert (project / "notes" / "schema.json").exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["valdate"], "No such command 'valdate'. Did you mean 'validate'?"),
        (["opertor", "--list"], "No such command 'opertor'. Did you mean 'operator'?"),
        (["sandbox", "serv"], "No such command 'serv'. Did you mean 'serve'?"),
        (["frobnicate"], "No such command 'frobnicate'.\n"),
        (["sandbox", "frobnicate"], "No such command 'frobnicate'.\n"),
    ],
)
def test_a_misspelt_verb_is_told_the_right_one(typed: list[str], said: str) -> None:
    done = call(*typed)
    assert (done.exit_code, said in done.stderr) == (1, True)


@pytest.mark.parametrize("below", ["", "notes/deep"])
def test_the_projects_own_environment_does_it_from_wherever(
    project: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    (project / "notes" / "deep").mkdir(parents=True)
    handed: list[Path] = []
    monkeypatch.setattr(environment, "hand_over", lambda _, folder: handed.append(folder.resolve()))
    monkeypatch.setattr(cli, "main", lambda: None)
    monkeypatch.chdir(project / below)
    cli.start()
    assert handed == [project.resolve()]


@pytest.mark.parametrize("name", ["beta/", "/", "ads/beta/"])
def test_a_name_that_ends_where_the_stack_should_be(project: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    del project
    said = f"Error: '{name}' names no stack: its name is what stands behind the last /\n"
    assert call("links", name).stderr == said
    monkeypatch.setenv("PULUMI_STACK", name)
    assert call("links").stderr == said


OUTSIDE = "none; run this in the project's folder, where Pulumi.yaml is\n"


@pytest.mark.parametrize("verb", ["validate", "status", "operator", "links", "export", "doctor", "render", "verify"])
def test_outside_of_a_project_one_is_told_where_to_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    monkeypatch.chdir(tmp_path)
    assert call(verb).stderr.endswith(f"known: {OUTSIDE}")
    if verb not in ("export", "doctor"):
        said = "stacks/acme.yaml: there is no such account file; stacks with a file: "
        assert call(verb, "acme").stderr == said + OUTSIDE
    if verb == "validate":
        assert call(verb, "--all").stderr.endswith(f"there is no account file in stacks/{OUTSIDE.removeprefix('none')}")
    (tmp_path / "Pulumi.yaml").write_text("name: ads\nruntime: python\n")
    assert call(verb).stderr.endswith("known: none\n")


@pytest.mark.parametrize("below", ["", "notes"])
@pytest.mark.parametrize(
    "verb",
    [
        ["export", "acme", "--out", "-"], ["export", "acme", "--split", "-"], ["reconcile", "acme", "--csv", "-"],
        ["probe", "acme", "--record", "-"], ["operator", "acme", "--html", "-"], ["review", "acme", "--write", "-"],
        ["schema", "--out", "-"], ["accept", "acme", "--preview", "-"], ["sandbox", "check", "-"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_dash_is_a_file_where_one_is_read_alone(
    project: Path, monkeypatch: pytest.MonkeyPatch, verb: list[str], below: str
) -> None:
    (project / "notes").mkdir()
    monkeypatch.chdir(project / below)
    done = call(*verb)
    assert (done.exit_code, "- is no file here: name one; a file of that name is ./-" in done.stderr) == (1, True)
    assert not list(project.rglob("-"))
