"""``trackform init``: what it makes, what it never replaces, and what it adds when it is run again."""

import errno
import io
import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.engine.reader import lines
from tests.trackform.init.conftest import Run, tree
from trackform.commands import init
from trackform.documents.shipped import ROOT
from trackform.export.seal import sealed
from trackform.init import written
from trackform.init.account import NewAccount
from trackform.init.project_files import first
from trackform.init.written import _fill
from trackform.urls.presets import presets
from trackform_core.errors import TrackformError

ACCOUNT = (
    "--affiliate", "acme", "--currency", "USD", "--domain", "track.acme.test", "--product", "keto-guide=411530",
    "--notify", "ops@acme.test",
)  # fmt: skip
FILES = {
    ".gitignore", ".trackform/account-file.schema.json", ".trackform/generated.json", "Pulumi.yaml", "README.md",
    "__main__.py", "requirements.txt", "stacks/Pulumi.acme.yaml", "stacks/acme.yaml", "stacks/policy.yaml",
    "stacks/shared/digistore24.yaml",
}  # fmt: skip
EMPTY = [
    "account.currency", "digistore24.affiliate", "digistore24.currency", "digistore24.notify", "domains.main",
    "products.first-product.id",
]  # fmt: skip


def places(said: str) -> list[str]:
    return [line.split(": ")[1] for line in said.splitlines() if ": has no value" in line]


def test_what_it_makes(run: Run, folder: Path) -> None:
    done = run("init", "acme", *ACCOUNT)
    assert done.exit_code == 0, done.output
    made = tree(folder)
    assert made.keys() == FILES
    assert made["__main__.py"].count("\n") == 2
    assert made["Pulumi.yaml"] == (ROOT / "Pulumi.yaml").read_text()
    schema = (folder / "stacks" / made["stacks/acme.yaml"].splitlines()[0].partition("$schema=")[2]).resolve()
    assert schema == folder.resolve() / ".trackform" / "account-file.schema.json"
    assert json.loads(schema.read_text())["title"] == "trackform account file"
    checked = run("validate", "acme")
    assert (checked.exit_code, "no mistakes" in checked.output) == (0, True), checked.output
    assert "pip install -r requirements.txt" in made["README.md"]
    assert ".state/\n" in made[".gitignore"]


def test_the_way_to_a_live_account_is_one_list(run: Run, folder: Path) -> None:
    """`init` prints it, the project's README has it, and docs/getting-started.md says why, in the same order."""
    way = first("acme")
    printed = [line.strip() for line in run("init", "acme", *ACCOUNT).output.splitlines() if line.startswith("  ")]
    assert printed[-len(way) :] == way
    assert "\n".join(["```sh", *way, "```"]) in (folder / "README.md").read_text()
    page = lines((ROOT / "docs" / "getting-started.md").read_text())
    assert [line for line in page if line in way] == way
    assert "trackform operator acme" in way


def test_the_catalog_is_the_demos_without_what_is_the_demos_own(run: Run, folder: Path) -> None:
    assert run("init", "acme", *ACCOUNT).exit_code == 0
    shared = (folder / "stacks" / "shared" / "digistore24.yaml").read_text()
    demos = yaml.safe_load((ROOT / "stacks" / "shared" / "digistore24.yaml").read_text())
    del demos["products"], demos["conversion_types"]["initial_sale"]["forward"]
    assert yaml.safe_load(shared) == demos
    assert "facebook" not in shared
    assert "Article, step 2.2." in shared


@pytest.mark.parametrize("channel", presets("traffic_channels"))
def test_each_channel_needs_no_more_than_its_event(run: Run, channel: str) -> None:
    assert run("init", "acme", *ACCOUNT, "--channel", channel).exit_code == 0
    checked = run("validate", "acme")
    wanted = [] if channel == "facebook" else [f"conversion_types.initial_sale.forward.{channel}"]
    assert places(checked.output) == wanted, checked.output
    assert checked.exit_code == bool(wanted), checked.output


def test_what_nobody_knows_yet_is_empty_and_named_line_by_line(run: Run, folder: Path) -> None:
    assert run("init", "acme").exit_code == 0
    checked = run("validate", "acme")
    assert (checked.exit_code, places(checked.output)) == (1, EMPTY)


def test_a_person_is_asked_for_what_no_option_says(run: Run, folder: Path) -> None:
    answers = ["acme", "acme-affiliate", "EUR", "track.acme.test", "tiktok", "411530", "ops@acme.test"]
    done = run("init", answers=answers)
    assert done.exit_code == 0, done.output
    text = (folder / "stacks" / "acme.yaml").read_text()
    for words in ("affiliate: acme-affiliate ", "currency: EUR ", "main: track.acme.test ", "id: 411530}", "tiktok:"):
        assert words in text, words
    asked = run("init", "other", "--affiliate", "x", "--product", "1", answers=["USD", "", "", ""])
    assert asked.exit_code == 0, asked.output
    assert "Affiliate" not in asked.output
    assert "facebook: {preset: facebook}" in (folder / "stacks" / "other.yaml").read_text()


def test_what_cannot_be_is_asked_for_again(run: Run, folder: Path) -> None:
    """With the words of `validate`, before a file has it; what is left open is filled in later."""
    answers = [
        "acme.yaml", "acme",
        "@acme", "acme-affiliate",
        "usd", "USD",
        "https://track.acme.test/", "track.acme.test",
        "Facebook", "bing", "facebook",
        "https://www.digistore24.com/product/411530", "keto-guide=411530",
        "ops", "",
    ]  # fmt: skip
    done = run("init", answers=answers)
    assert done.exit_code == 0, done.output
    for said in (
        "  'acme.yaml' cannot be the name of a stack: ",
        "write USD (got 'usd')",
        "write track.acme.test (got 'https://track.acme.test/')",
        "  there is no preset of a channel 'Facebook'; did you mean \"facebook\"?\n",
        "  there is no preset of a channel 'bing'; known: facebook, google_ads, taboola, tiktok\n",
        "write 411530 (got 'https://www.digistore24.com/product/411530')",
        "must be an e-mail address",
    ):
        assert " ".join(said.split()) in " ".join(done.output.split()), said
    assert places(run("validate", "acme").output) == ["digistore24.notify"]


@pytest.mark.parametrize(
    ("option", "given", "said"),
    [
        ("--affiliate", "@acme", "write acme (got '@acme')"),
        ("--currency", "usd", "write USD (got 'usd')"),
        ("--domain", "https://track.acme.test/", "write track.acme.test (got 'https://track.acme.test/')"),
        ("--product", "keto=https://www.digistore24.com/product/411530", "write 411530"),
        ("--notify", "ops", "must be an e-mail address"),
    ],
)
def test_an_option_is_looked_at_as_an_answer_is(run: Run, folder: Path, option: str, given: str, said: str) -> None:
    done = run("init", "acme", option, given)
    assert (done.exit_code, f"Error: {option}: " in done.output, said in done.output) == (1, True, True), done.output
    assert tree(folder) == {}
    assert run("init", "acme", option, "").exit_code == 0, "what is not known yet"


def test_whatever_is_answered_is_data() -> None:
    hostile = "x: {y}\n#'\"\\"
    data = yaml.safe_load(NewAccount("acme", hostile, "1e3", "", "facebook", hostile, "0123", "off").text())
    assert data["digistore24"] == {"affiliate": hostile, "currency": "1e3", "notify": "off"}
    assert data["products"] == {hostile: {"id": "0123"}}
    assert data["campaigns"] == {f"facebook-{hostile}": {"channel": "facebook", "funnel": hostile}}


def test_without_a_name_and_a_terminal_the_folder_names_the_stack(run: Run, folder: Path) -> None:
    assert run("init").exit_code == 0
    assert (folder / "stacks" / "our-tracking.yaml").exists()


@pytest.mark.parametrize("name", ["policy", "a b", "-x", "Pulumi.acme", "acme.ledger", "../x", "ä", "", " ",
                                  "acme.yaml", "acme.yml", "org/project/acme", "a" * 101, "a" * 300])  # fmt: skip
def test_names_that_are_no_stacks(run: Run, folder: Path, name: str) -> None:
    done = run("init", "--", name)
    assert (done.exit_code, "cannot be the name of a stack" in done.output) == (1, True)
    assert tree(folder) == {}


def test_no_file_is_replaced_and_what_theirs_should_have_is_said(run: Run, folder: Path) -> None:
    mine = {name: f"{name} of somebody\n" for name in sorted(FILES - {"Pulumi.yaml", "__main__.py"})}
    del mine[".trackform/generated.json"]
    (folder / "elsewhere").write_text("x")
    for name, text in mine.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to("nowhere")
    del mine["README.md"]
    done = run("init", "acme")
    assert done.exit_code == 0, done.output
    after = tree(folder)
    assert {name: after[name] for name in mine} == mine
    assert (folder / "README.md").readlink() == Path("nowhere")
    assert "left .gitignore as it was; it should have .venv/, .state/, __pycache__/" in done.output
    assert "wrote Pulumi.yaml\nwrote __main__.py\n" in done.output
    assert "left requirements.txt as it was; it should have the line trackform @ file://" in done.output


def test_run_again_it_adds_what_is_missing(run: Run, folder: Path) -> None:
    assert run("init", "acme", *ACCOUNT).exit_code == 0
    before = tree(folder)
    assert "nothing was missing" in run("init").output
    assert "nothing was missing" in run("init", "acme").output
    (folder / "stacks" / "policy.yaml").unlink()
    (folder / "stacks" / "acme.yaml").write_text("empty: true\n")
    done = run("init")
    assert [line for line in done.output.splitlines() if line.startswith("wrote")] == ["wrote stacks/policy.yaml"]
    assert tree(folder) == before | {"stacks/acme.yaml": "empty: true\n"}
    done = run("init", "other")
    wrote = [line for line in done.output.splitlines() if line.startswith("wrote")]
    assert wrote == ["wrote stacks/Pulumi.other.yaml", "wrote stacks/other.yaml"]
    assert "REDTRACK_API_KEY__OTHER" in done.output


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Pulumi.yaml", "name: website\nruntime: nodejs\n", "another project, 'website'"),
        ("Pulumi.yaml", "[", "another project, None"),
        ("__main__.py", "import pulumi\n", "__main__.py is another program"),
        ("__main__.py", b"\xff\xfe", "__main__.py"),
    ],
)
def test_another_project_is_refused(run: Run, folder: Path, name: str, text: str | bytes, said: str) -> None:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    done = run("init", "acme")
    assert (done.exit_code, said in done.output, "Nothing was written" in done.output) == (1, True, True), done.output
    assert len(list(folder.iterdir())) == 1


def test_what_cannot_be_written_is_said(run: Run, folder: Path) -> None:
    (folder / "stacks").write_text("no folder")
    done = run("init", "acme")
    assert (
        done.exit_code,
        "stacks/policy.yaml cannot be written: a file is in the place of a folder" in done.output,
    ) == (1, True), done.output


def test_a_channel_that_no_preset_has(run: Run, folder: Path) -> None:
    done = run("init", "acme", "--channel", "bing")
    assert (done.exit_code, "known: facebook, google_ads, taboola, tiktok" in done.output) == (1, True)
    assert tree(folder) == {}


def test_an_empty_option_says_nothing(run: Run, folder: Path) -> None:
    """As a script gives it that has no value for it."""
    empty = [word for option in ("channel", "product", "domain") for word in (f"--{option}", "")]
    assert run("init", "acme", *empty).exit_code == 0
    said = (folder / "stacks" / "acme.yaml").read_text()
    assert run("init", "other").exit_code == 0
    assert (folder / "stacks" / "other.yaml").read_text() == said.replace("acme", "other")


def test_a_projects_own_presets_are_channels_too(run: Run, folder: Path) -> None:
    (folder / "templates" / "presets" / "traffic_channels").mkdir(parents=True)
    (folder / "templates" / "presets" / "traffic_channels" / "bing.yaml").write_text("title: Bing\n")
    assert run("init", "acme", "--channel", "bing").exit_code == 0


def test_a_channel_that_no_preset_has_is_asked_for_again(run: Run, folder: Path) -> None:
    done = run("init", "acme", answers=["acme", "USD", "track.acme.test", "facebok", "tiktok", "411530", ""])
    assert done.exit_code == 0, done.output
    assert "there is no preset of a channel 'facebok'; did you mean \"facebook\"?" in done.output
    assert "tiktok: {preset: tiktok}" in (folder / "stacks" / "acme.yaml").read_text()


def test_a_folder_below_a_project_is_none_of_its_own(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("init", "acme").exit_code == 0
    before = tree(folder)
    monkeypatch.chdir(folder / "stacks")
    done = run("init", "other")
    assert (done.exit_code, f"cd {shlex.quote(str(folder))}" in done.output) == (1, True), done.output
    assert tree(folder) == before


def test_a_folder_below_another_project_may_be_one(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "Pulumi.yaml").write_text("name: website\nruntime: nodejs\n")
    (folder / "tracking").mkdir()
    monkeypatch.chdir(folder / "tracking")
    assert run("init", "acme").exit_code == 0


def test_of_an_address_that_somebody_wrote_nothing_is_doubted(run: Run, folder: Path) -> None:
    assert "of this machine" in run("init", "acme").output
    address = "trackform @ https://example.test/trackform-0.1.0-py3-none-any.whl\n"
    (folder / "requirements.txt").write_text(address)
    done = run("init")
    assert "of this machine" not in done.output
    assert "requirements.txt" not in done.output.partition("Next")[0].replace("left requirements.txt as it was\n", "")


@pytest.mark.parametrize("called", ["by its name", "by a link"])
def test_no_project_is_made_of_the_home_folder(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, called: str
) -> None:
    home = folder
    if called == "by a link":
        home = folder.parent / "home"
        home.symlink_to(folder)
    monkeypatch.setenv("HOME", str(home))
    done = run("init", "acme")
    assert (done.exit_code, "this is your home folder" in done.output) == (1, True), done.output
    assert tree(folder) == {}
    _, _, way_out = done.output.strip().rpartition("run this there: ")
    subprocess.run(way_out.split(" && ")[0].split(), cwd=folder, check=True)
    monkeypatch.chdir(folder / way_out.rpartition(" ")[2])
    assert run("init", "acme").exit_code == 0
    # What somebody made of it before goes on to be one.
    for path in Path.cwd().iterdir():
        path.rename(folder / path.name)
    monkeypatch.chdir(folder)
    assert run("init").exit_code == 0


def test_no_project_is_made_of_the_root(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(init, "make", lambda *_: pytest.fail("written"))
    monkeypatch.chdir("/")
    done = run("init", "acme")
    monkeypatch.chdir(folder)
    assert (done.exit_code, "this is the root of all folders" in done.output) == (1, True), done.output


@pytest.mark.parametrize("name", ["stacks", ".trackform", ".github"])
def test_nothing_is_written_where_a_link_leads_out(run: Run, folder: Path, name: str) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (folder / name).symlink_to(outside)
    done = run("init", "acme", "--github", "--owner", "@acme/ops")
    assert (done.exit_code, f"{name} is a link" in done.output) == (1, True), done.output
    assert list(outside.iterdir()) == []
    assert [path.name for path in folder.iterdir()] == [name]


def test_a_living_account_replaces_no_file_of_a_persons(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REDTRACK_API_KEY", raising=False)
    assert run("init", "acme").exit_code == 0
    before = tree(folder)
    done = run("init", "acme", "--from-account")
    way_out = "mv stacks/acme.yaml stacks/acme.yaml.before"
    assert (done.exit_code, way_out in done.output) == (1, True), done.output
    assert tree(folder) == before
    subprocess.run(shlex.split(way_out), cwd=folder, check=True)
    done = run("init", "acme", "--from-account")
    assert (done.exit_code, "RedTrack: no API key" in done.output) == (1, True), done.output
    exported = sealed("# Written by `trackform export`.\nadopt: true\n", "acme")
    (folder / "stacks" / "acme.yaml").write_text(exported)
    assert "no API key" in run("init", "acme", "--from-account").output
    (folder / "stacks" / "acme.yaml").write_text(exported + "# mine\n")
    assert way_out in run("init", "acme", "--from-account").output


def test_what_a_living_account_says_no_option_says(run: Run, folder: Path) -> None:
    done = run("init", "acme", "--from-account", "--currency", "USD")
    assert (done.exit_code, "the account itself says" in done.output) == (1, True), done.output
    assert tree(folder) == {}


class FullDisk(io.StringIO):
    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_of_a_file_that_could_not_be_written_whole_nothing_is_left(folder: Path) -> None:
    (folder / "README.md").touch()
    with pytest.raises(OSError, match="No space left"):
        _fill(FullDisk(), folder / "README.md", "text")
    assert not (folder / "README.md").exists()


def test_a_disk_that_is_full_is_told_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(written, "_fill", full)
    with pytest.raises(TrackformError, match=r"^a/b\.txt cannot be written: No space left on device$"):
        written.put(tmp_path, {"a/b.txt": "text"})
