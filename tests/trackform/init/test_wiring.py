"""``trackform schema --wire``, and the hook that other repositories take from this one."""

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.trackform.init.conftest import Run, tree
from trackform.export.seal import sealed
from trackform.init.written import digest, read_record

ROOT = Path(__file__).parents[3]
LINE = "# yaml-language-server: $schema="


def test_the_schema_says_of_which_version_it_is(run: Run) -> None:
    assert json.loads(run("schema").output)["$comment"] == f"trackform {version('trackform')}"


def test_each_file_names_the_schema_of_its_project(run: Run, folder: Path) -> None:
    (folder / "stacks" / "shared" / "more").mkdir(parents=True)
    texts = {
        "acme.yaml": f"{LINE}../docs/account-file.schema.json\n# mine\nempty: true\n", "zeta.yaml": "empty: true\n",
        "shared/more/x.yaml": f"# head\n{LINE}nowhere\noffers: {{}}\n", "policy.yaml": "rules: {}\n",
        "Pulumi.acme.yaml": "config: {}\n", "acme.ledger.yaml": "x: 1\n", "full.yaml": sealed("# head\n", "full"),
    }  # fmt: skip
    for name, text in texts.items():
        (folder / "stacks" / name).write_text(text)
    done = run("schema", "--wire")
    assert done.exit_code == 0, done.output
    after = {name: (folder / "stacks" / name).read_text() for name in texts}
    changed = {
        "acme.yaml": f"{LINE}../.trackform/account-file.schema.json\n# mine\nempty: true\n",
        "zeta.yaml": f"{LINE}../.trackform/account-file.schema.json\nempty: true\n",
        "shared/more/x.yaml": f"# head\n{LINE}../../../.trackform/account-file.schema.json\noffers: {{}}\n",
    }
    assert after == texts | changed
    assert "left stacks/full.yaml" in done.output
    assert (folder / ".trackform" / "account-file.schema.json").read_text() == run("schema").output
    before = tree(folder)
    assert run("schema", "--wire").output.startswith("wrote .trackform/account-file.schema.json\nleft ")
    assert tree(folder) == before


def test_what_init_made_is_wired_and_stays_known(run: Run, folder: Path) -> None:
    run("init", "acme")
    (folder / ".trackform" / "account-file.schema.json").write_text("{}\n")
    assert run("schema", "--wire").output == "wrote .trackform/account-file.schema.json\n"
    schema = folder / ".trackform" / "account-file.schema.json"
    record = read_record(folder)
    assert record is not None
    assert record.digests[".trackform/account-file.schema.json"] == digest(schema.read_text())
    assert run("upgrade").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--wire",), "no folder stacks here"), (("--wire", "--out", "x.json"), "leave out --out")],
)
def test_what_cannot_be_wired(run: Run, folder: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run("schema", *arguments)
    assert (done.exit_code, said in done.output) == (1, True)
    assert tree(folder) == {}


def test_a_file_that_cannot_be_read_is_named(run: Run, folder: Path) -> None:
    (folder / "stacks").mkdir()
    (folder / "stacks" / "acme.yaml").write_bytes(b"\xff\xfe\xff")
    done = run("schema", "--wire")
    assert (done.exit_code, "stacks/acme.yaml" in done.output) == (1, True)


def test_what_cannot_be_written_is_named(run: Run, folder: Path) -> None:
    (folder / "stacks").mkdir()
    (folder / ".trackform" / "account-file.schema.json").mkdir(parents=True)
    done = run("schema", "--wire")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert ".trackform" in done.stderr
    assert done.stderr.endswith(" cannot be written: Is a directory\n")
