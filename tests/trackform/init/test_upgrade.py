"""``trackform upgrade``: what an earlier version made comes to this one's form; what people edited stays."""

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.trackform.init.conftest import Run, tree
from trackform.init.written import digest

NEW = "from trackform.program import run\nrun()\n"


@pytest.fixture
def project(run: Run, folder: Path) -> Path:
    assert run("init", "acme").exit_code == 0
    return folder


def made_by_an_earlier_version(project: Path, name: str, text: str) -> None:
    (project / name).write_text(text)
    record = json.loads((project / ".trackform" / "generated.json").read_text())
    record["files"][name] = digest(text)
    record["version"] = "0.0.9"
    (project / ".trackform" / "generated.json").write_text(json.dumps(record))


def test_nothing_to_do(run: Run, project: Path) -> None:
    before = tree(project)
    done = run("upgrade")
    assert (done.exit_code, done.output) == (
        0,
        "every generated file that is here is as this version makes it, but for what is yours\n",
    )
    assert tree(project) == before


def test_what_nobody_edited_is_changed_and_shown(run: Run, project: Path) -> None:
    made_by_an_earlier_version(project, "__main__.py", "from trackform.program import run\nrun('.')\n")
    shown = run("upgrade", "--dry-run")
    assert shown.exit_code == 2
    assert "-run('.')\n+run()\n" in shown.output
    assert (project / "__main__.py").read_text() != NEW
    done = run("upgrade")
    assert done.exit_code == 0
    assert done.output.startswith(f"these files are of trackform 0.0.9, and this is {version('trackform')}\n")
    assert "__main__.py is as trackform 0.0.9 made it\n--- __main__.py (here)\n" in done.output
    assert done.output.endswith("1 changed, 0 left as they are\n")
    assert (project / "__main__.py").read_text() == NEW
    assert "every generated file" in run("upgrade").output


def edited_since(project: Path, name: str, text: str) -> None:
    """An earlier version made another text, and somebody edited that."""
    made_by_an_earlier_version(project, name, "# as it was\n")
    (project / name).write_text(text)


def test_what_was_edited_stays_and_what_is_new_for_it_is_shown_once(run: Run, project: Path) -> None:
    edited_since(project, "stacks/policy.yaml", "rules: {}\n")
    made_by_an_earlier_version(project, ".gitignore", ".venv/\n")
    for verb in (("upgrade", "--dry-run"), ("upgrade", "--dry-run"), ("upgrade",)):
        done = run(*verb)
        assert done.exit_code == 2
        assert "stacks/policy.yaml was edited here, and stays as it is" in done.output
        assert "+live: {}\n" in done.output
    done = run("upgrade")
    assert (done.exit_code, "policy.yaml" in done.output) == (0, False)
    assert (project / "stacks" / "policy.yaml").read_text() == "rules: {}\n"
    assert ".state/" in (project / ".gitignore").read_text()


def test_what_is_theirs_is_no_matter_of_versions(run: Run, project: Path) -> None:
    """Edited where this version has nothing new, or made before we came."""
    (project / "README.md").write_text("# Ours\n")
    record = json.loads((project / ".trackform" / "generated.json").read_text())
    del record["files"]["stacks/policy.yaml"]
    (project / ".trackform" / "generated.json").write_text(json.dumps(record, indent=2) + "\n")
    (project / "stacks" / "policy.yaml").write_text("rules: {}\n")
    before = tree(project)
    for verb in (("upgrade", "--dry-run"), ("upgrade",), ("upgrade",)):
        done = run(*verb)
        assert (done.exit_code, done.output) == (
            0, "every generated file that is here is as this version makes it, but for what is yours\n",
        )  # fmt: skip
        assert tree(project) == before


def test_what_was_taken_away_stays_so_and_is_named_each_time(run: Run, project: Path) -> None:
    """An account file that extends it would otherwise be all that speaks of it."""
    made_by_an_earlier_version(project, "stacks/shared/digistore24.yaml", "products: {}\n")
    (project / "stacks" / "shared" / "digistore24.yaml").unlink()
    made_by_an_earlier_version(project, ".gitignore", ".venv/\n")
    done = [run(*verb) for verb in (("upgrade", "--dry-run"), ("upgrade",), ("upgrade",))]
    said = "stacks/shared/digistore24.yaml was taken away here, and stays so: `trackform init` makes it again\n"
    assert [(each.exit_code, said in each.output) for each in done] == [(2, True), (0, True), (0, True)]
    assert done[1].output.endswith("1 changed, 0 left as they are\n")
    assert not (project / "stacks" / "shared" / "digistore24.yaml").exists()
    assert "wrote stacks/shared/digistore24.yaml" in run("init").output
    assert "taken away" not in run("upgrade").output


def test_what_is_new_comes(run: Run, project: Path) -> None:
    record = json.loads((project / ".trackform" / "generated.json").read_text())
    del record["files"]["stacks/policy.yaml"]
    (project / ".trackform" / "generated.json").write_text(json.dumps(record))
    (project / "stacks" / "policy.yaml").unlink()
    done = run("upgrade")
    assert (done.exit_code, "stacks/policy.yaml is new in this version" in done.output) == (0, True)
    assert (project / "stacks" / "policy.yaml").exists()
    assert run("upgrade").exit_code == 0


def test_what_people_write_is_no_matter_of_versions(run: Run, project: Path) -> None:
    for name in ("acme.yaml", "Pulumi.acme.yaml"):
        (project / "stacks" / name).write_text("config: {}\n")
    assert "every generated file" in run("upgrade").output


def test_what_git_does_to_lines_is_no_edit(run: Run, project: Path) -> None:
    for name in ("Pulumi.yaml", "__main__.py"):
        path = project / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert "every generated file" in run("upgrade").output


def test_a_file_that_cannot_be_read_counts_as_edited(run: Run, project: Path) -> None:
    edited_since(project, "README.md", "")
    (project / "README.md").write_bytes(b"\xff\xfe\xff")
    done = run("upgrade")
    assert (done.exit_code, "README.md was edited here" in done.output) == (2, True)
    assert (project / "README.md").read_bytes() == b"\xff\xfe\xff"


def test_another_version_is_to_be_installed_next(run: Run, project: Path) -> None:
    made_by_an_earlier_version(project, "requirements.txt", "trackform==0.0.9\n")
    done = run("upgrade")
    assert done.output.endswith("next, in the project's environment: pip install -r requirements.txt\n")


@pytest.mark.parametrize("text", [
    "{", "[]", "{}", '{"stack": "a", "owners": 1, "files": {}}', "null",
    '{"version": "1", "stack": "a", "owners": "@us", "files": {}}',
    '{"version": "1", "stack": "a", "owners": ["@us\\n* @them"], "files": {}}',
    '{"version": "1", "stack": "../a", "owners": [], "files": {}}',
])  # fmt: skip
def test_a_record_that_nobody_can_read(run: Run, project: Path, text: str) -> None:
    (project / ".trackform" / "generated.json").write_text(text)
    before = tree(project)
    for verb in ("upgrade", "init"):
        done = run(verb)
        assert (done.exit_code, "cannot be read. Get it back from git" in done.output) == (1, True), done.output
    assert tree(project) == before
    # The way out, as it is said.
    (project / ".trackform" / "generated.json").unlink()
    assert run("init").exit_code == 0
    assert run("upgrade").exit_code == 0


def test_where_there_is_no_project(run: Run, folder: Path) -> None:
    done = run("upgrade")
    assert (done.exit_code, "`trackform init` did not make" in done.output) == (1, True)
    assert tree(folder) == {}


def test_files_that_init_adds_do_not_make_the_others_newer(run: Run, project: Path) -> None:
    made_by_an_earlier_version(project, "__main__.py", "from trackform.program import run\nrun('.')\n")
    (project / "README.md").unlink()
    assert "wrote README.md" in run("init").output
    assert "__main__.py is as trackform 0.0.9 made it" in run("upgrade").output
    assert "of trackform 0.0.9" not in run("upgrade").output


def test_what_a_link_leads_out_to_is_not_changed(run: Run, project: Path) -> None:
    made_by_an_earlier_version(project, "stacks/policy.yaml", "{}\n")
    (project / "stacks").rename(project.parent / "elsewhere")
    (project / "stacks").symlink_to(project.parent / "elsewhere")
    done = run("upgrade")
    assert (done.exit_code, "Nothing was written" in done.output) == (1, True), done.output
    assert (project.parent / "elsewhere" / "policy.yaml").read_text() == "{}\n"


def test_nor_is_a_file_that_is_a_link_out(run: Run, project: Path) -> None:
    made_by_an_earlier_version(project, "README.md", "# Ours\n")
    (project / "README.md").rename(project.parent / "README.md")
    (project / "README.md").symlink_to("../README.md")
    done = run("upgrade")
    assert (done.exit_code, "README.md was edited here" in done.output) == (2, True), done.output
    assert (project.parent / "README.md").read_text() == "# Ours\n"


def test_what_cannot_be_changed_is_said(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_by_an_earlier_version(project, "__main__.py", "from trackform.program import run\nrun('.')\n")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("trackform.init.written.atomic.write", refuse)
    done = run("upgrade")
    assert (done.exit_code, "Error: __main__.py cannot be written: Permission denied" in done.output) == (1, True)
    assert isinstance(done.exception, SystemExit)
