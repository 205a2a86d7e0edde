"""`trackform export` as a person runs it: files, progress, exit statuses, and what it refuses."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.machines import for_machines
from tests.terminal import seen
from tests.trackform.export.living import BASE, House, Living
from trackform.cli import main
from trackform.export import take
from trackform.export.seal import is_export
from trackform.project.live import live_session
from trackform_redtrack.service import REDTRACK, REDTRACK_BRIDGE

FEW = "account: {currency: USD}\n"


@pytest.fixture
def living(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Living:
    """An account of the stack ``acme``, in whose project folder we are."""
    found = house.living()
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/Pulumi.acme.yaml").write_text(
        "config:\n"
        f"  trackform:redtrackUrl: {BASE}/redtrack\n"
        f"  trackform:digistore24Url: {BASE}/digistore24/api/call\n"
        f"  trackform:bridgeUrl: {BASE}/bridge\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDTRACK_API_KEY", found.redtrack_key)
    monkeypatch.setenv("DIGISTORE24_API_KEY", found.digistore24_key)
    monkeypatch.setenv("TRACKFORM_BRIDGE_KEY", "bridge-key")
    return found


def run(*arguments: str) -> Result:
    done = CliRunner().invoke(main, ["export", "acme", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def sells(living: Living, title: str, *, status: int = 1) -> str:
    """A campaign with all that it needs; the id of its offer."""
    network = living.make("network", title=f"network of {title}")
    link = "https://www.digistore24.com/redir/411530/acme?cid={clickid}"
    offer = living.make("offer", title=title, url=link, program_id=network)
    stream = living.make("stream", title=f"funnel of {title}", offers=[{"id": offer, "weight": 100}], template=True)
    source = living.make("source", title=f"channel of {title}")
    campaign = {"source_id": source, "streams": [{"id": stream, "weight": 100}], "status": status}
    living.make("campaign", title=f"campaign of {title}", **campaign)
    return offer


def test_to_the_screen_with_its_progress_beside(living: Living) -> None:
    sells(living, "Keto")
    done = run()
    assert done.exit_code == 0, done.output
    assert "reading" not in done.output
    assert living.apply(own=done.stdout) == []


def test_hundreds_of_rows_over_many_pages(living: Living) -> None:
    living.house.empty(page_cap=50)
    network = living.make("network", title="shop")
    for at in range(230):
        url = f"https://shop.test/{at}?cid={{clickid}}"
        living.make("offer", title=f"offer {at:03}", url=url, program_id=network)
    done = run()
    assert re.search(
        r"reading the account: \d of \d+: offers, 100 so far", seen("export", "acme", width=120, progress=True).told
    )
    assert done.stdout.count("https://shop.test/") == 230
    assert living.apply(own=done.stdout) == []
    assert run().stdout == done.stdout


def test_what_a_person_wrote_is_not_replaced(living: Living) -> None:
    sells(living, "Keto")
    path = Path("stacks/acme.yaml")
    path.write_text(FEW)
    done = run("--out", str(path))
    assert done.exit_code == 1
    assert "holds more than `trackform export` wrote. Name another file, or replace it with --force" in done.stderr
    assert path.read_text() == FEW
    assert run("--out", str(path), "--force").exit_code == 0
    written = path.read_text()
    assert run("--out", str(path)).exit_code == 0
    assert path.read_text() == written
    path.write_text(written.replace("\n", "\r\n"), newline="")
    assert run("--out", str(path)).exit_code == 0
    path.write_text(written.replace("domain: none", "domain: none  # for good"))
    assert run("--out", str(path)).exit_code == 1
    assert "# for good" in path.read_text()


def test_two_files_one_of_which_extends_the_other(living: Living) -> None:
    sells(living, "Keto")
    done = run("--out", "stacks/acme.yaml", "--split", "stacks/shared/base.yaml")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "extends: [shared/base.yaml]" in Path("stacks/acme.yaml").read_text()
    assert "Keto" in Path("stacks/shared/base.yaml").read_text()
    assert run("--unmanaged").exit_code == 0


def test_what_was_written_is_said_beside(living: Living) -> None:
    sells(living, "Keto")
    whole = run("--out", "stacks/acme.yaml")
    assert (whole.exit_code, whole.stdout) == (0, "")
    assert "wrote stacks/acme.yaml: 5 objects\n" in whole.stderr
    parts = run("--out", "stacks/acme.yaml", "--split", "stacks/shared/base.yaml")
    assert "wrote stacks/acme.yaml and stacks/shared/base.yaml: 5 objects\n" in parts.stderr
    for piped in (run("--split", "stacks/shared/base.yaml"), run()):
        assert is_export(piped.stdout)
        assert "wrote" not in piped.stdout
    assert "wrote" not in piped.stderr


def test_what_is_left_to_each_account_is_counted_and_validate_of_each_twin_names_it(living: Living) -> None:
    sells(living, "Keto")
    network = living.rows("network")[0]["id"]
    living.make("offer", title="Hop", url="https://cbaff.v.hop.clickbank.net/?tid={clickid}", program_id=network)
    shared = Path("stacks/shared/base.yaml")
    done = run("--out", "stacks/acme.yaml", "--split", str(shared))
    named = json.loads(run("--json").stdout)["not_shared"]
    assert named["offers"] == {"Hop": {"url": "it credits an affiliate, and each account earns for its own"}}
    assert "cbaff" not in shared.read_text()
    (said,) = (line for line in done.stderr.splitlines() if "not_shared" in line)
    assert said.endswith(f"fields and objects are left to each account; `not_shared` in {shared} names each, and why")
    twin = "extends: [shared/base.yaml]\ndigistore24: {affiliate: zeta}\n"
    Path("stacks/zeta.yaml").write_text(twin)
    validate = ["validate", "zeta", "--json"]
    problems = json.loads(CliRunner().invoke(main, validate).stdout)["problems"]
    assert [each["where"] for each in problems] == ["offers.Hop.url"]
    for stack in ("zeta", "eta"):
        Path(f"stacks/{stack}.yaml").write_text(f"{twin}offers: {{Hop: {{url: 'https://x.test/?cid={{clickid}}'}}}}\n")
    told = json.loads(CliRunner().invoke(main, ["validate", "--stacks", "*eta", "--json"]).stdout)["findings"]
    left = {(each["stack"], each["where"]) for each in told if each["rule"] == "not-shared"}
    assert {where for _, where in left} == {"not_shared.ipn_connections"} | {
        f"not_shared.traffic_channels.{name}.currency" for name in named["traffic_channels"]
    } | {f"not_shared.offer_sources.{name}.currency" for name in named.get("offer_sources", {})}  # fmt: skip
    assert {stack for stack, _ in left} == {"zeta", "eta"}


def test_what_accounts_share_in_a_file_and_the_rest_on_the_screen(living: Living) -> None:
    """The account's own file is meant for the stacks' folder."""
    sells(living, "Keto")
    done = run("--split", "stacks/shared/base.yaml")
    assert done.exit_code == 0
    assert "extends: [shared/base.yaml]" in done.stdout
    assert "Keto" in Path("stacks/shared/base.yaml").read_text()
    assert not Path("stacks/acme.yaml").exists()


def test_for_machines(living: Living) -> None:
    living.make("connection", url="https://t.test/?x=1", product_ids=["1"], events=["payment"], currency="EUR")
    sells(living, "Keto")
    done = run("--json")
    told = for_machines(done.stdout)
    assert told["file"]["campaigns"]["campaign of Keto"]["funnel"] == "funnel of Keto"
    assert [(row["section"], row["reason"][:22]) for row in told["not_declared"]] == [
        ("postbacks", "its URL has no marker ")
    ]
    assert "1 object could not be declared" in done.stderr


def test_what_the_file_does_not_mention(living: Living) -> None:
    sells(living, "Keto")
    run("--out", "stacks/acme.yaml")
    assert run("--unmanaged").exit_code == 0
    sells(living, "old one [2019]", status=2)
    offer = sells(living, "running")
    network = living.rows("network")[0]["id"]
    living.make("offer", title="test 1", url="https://x.test/", program_id=network)
    done = run("--unmanaged")
    assert done.exit_code == 2
    lines = done.stdout.splitlines()
    assert f"offers/running ({offer}): active; no click in 30 days; used by campaign of running (active)" in lines
    assert any(line.startswith("offers/test 1 ") and "used by" not in line for line in lines)
    assert any("used by campaign of old one [2019] (paused)" in line for line in lines)
    assert not any("Keto" in line for line in lines)

    path = Path("stacks/acme.yaml")
    patterns = ["offers/test *", "*/*running", "offers/old one [2019]", "*/*of old one*"]
    path.write_text(f"ignore: {json.dumps(patterns)}\n" + path.read_text())
    assert (run("--unmanaged").exit_code, run("--unmanaged").stdout) == (0, "")
    living.make("landing", title="page", url="https://l.test/", type="l")
    (row,) = for_machines(run("--unmanaged", "--json").stdout)["unmanaged"]
    assert (row["section"], row["key"], row["used_by"]) == ("landings", "page", [])


def test_of_several_with_one_title_none_passes_for_the_declared_one(living: Living) -> None:
    first = sells(living, "Keto")
    run("--out", "stacks/acme.yaml")
    network = living.rows("network")[0]["id"]
    second = living.make("offer", title="Keto", url="https://x.test/", program_id=network)
    done = run("--unmanaged")
    assert done.exit_code == 2
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        f"offers/Keto ({first})", f"offers/Keto ({second})",
    ]  # fmt: skip
    told = "one of 2 of this title, and the file means 1: say with `id` which"
    assert done.stdout.count(told) == 2
    path = Path("stacks/acme.yaml")
    path.write_text(path.read_text().replace("offers:\n  Keto: {", f"offers:\n  Keto: {{id: '{first}', "))
    assert f"offers/Keto ({second}): " in run("--unmanaged").stdout
    assert f"({first})" not in run("--unmanaged").stdout


def test_all_stacks_in_one_list(living: Living) -> None:
    sells(living, "Keto")
    run("--out", "stacks/acme.yaml")
    settings = Path("stacks/Pulumi.acme.yaml").read_text()
    Path("stacks/Pulumi.beta.yaml").write_text(settings)
    Path("stacks/beta.yaml").write_text(FEW)
    done = CliRunner().invoke(main, ["export", "--all", "--unmanaged"])
    assert done.exit_code == 2
    assert {line.partition(":")[0] for line in done.stdout.splitlines()} == {"beta"}
    told = for_machines(CliRunner().invoke(main, ["export", "--stacks", "b*", "--unmanaged", "--json"]).stdout)
    assert {row["stack"] for row in told["unmanaged"]} == {"beta"}
    refused = CliRunner().invoke(main, ["export", "--all"])
    assert refused.exit_code == 1
    assert "one stack at a time is exported; several go with --unmanaged" in refused.stderr


def test_clicks_are_those_of_thirty_days(living: Living) -> None:
    sells(living, "Keto")
    campaign = next(row for row in living.rows("campaign") if row["title"] == "campaign of Keto")
    living.click(campaign["id"])
    Path("stacks/acme.yaml").write_text(FEW)
    lines = run("--unmanaged").stdout.splitlines()
    (line,) = (line for line in lines if line.startswith("campaigns/"))
    assert "1 click in 30 days" in line


def test_another_accounts_key_is_noticed(living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    run("--out", "stacks/acme.yaml")
    monkeypatch.setenv("REDTRACK_API_KEY", "redtrack-key-of-somebody-else")
    for arguments in ((), ("--unmanaged",)):
        done = run(*arguments)
        assert done.exit_code == 1
        assert "this stack belongs to the RedTrack account" in done.stderr
        assert done.stdout == ""


def test_without_a_key(living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    sells(living, "Keto")
    monkeypatch.delenv("REDTRACK_API_KEY")
    done = run()
    assert done.exit_code == 1
    assert "no API key: set REDTRACK_API_KEY" in done.stderr


@pytest.mark.usefixtures("living")
def test_what_cannot_go_together() -> None:
    assert run("--unmanaged", "--out", "x.yaml").exit_code == 1
    assert run("--out", "x.yaml", "--split", "./x.yaml").exit_code == 1
    assert "there is no such account file" in run("--unmanaged").stderr


@pytest.mark.usefixtures("living")
def test_no_stack_gets_the_settings_of_another() -> None:
    Path("stacks/Pulumi.beta.yaml").write_text("config:\n  trackform:redtrackUrl: http://beta.test\n")
    acme, beta = (live_session(stack).settings for stack in ("acme", "beta"))
    assert acme.url(REDTRACK_BRIDGE) == f"{BASE}/bridge"
    assert beta.url(REDTRACK_BRIDGE) == ""
    assert acme.url(REDTRACK) == f"{BASE}/redtrack"


def test_another_stacks_export_is_not_replaced(living: Living) -> None:
    sells(living, "Keto")
    shared = Path("stacks/shared/catalog.yaml")
    assert run("--out", "stacks/acme.yaml", "--split", str(shared)).exit_code == 0
    before = shared.read_bytes(), Path("stacks/acme.yaml").read_bytes()
    Path("stacks/Pulumi.beta.yaml").write_text(Path("stacks/Pulumi.acme.yaml").read_text())
    for options in (["--split", str(shared)], ["--out", "stacks/acme.yaml"]):
        done = CliRunner().invoke(main, ["export", "beta", *options])
        assert done.exit_code == 1
        assert "is another stack's. Name another file, or replace it with --force" in done.stderr
    assert (shared.read_bytes(), Path("stacks/acme.yaml").read_bytes()) == before


def test_what_is_edited_while_the_account_is_read_is_kept(living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    sells(living, "Keto")
    path = Path("stacks/acme.yaml")
    assert run("--out", str(path)).exit_code == 0

    def edited(*arguments: Any) -> Any:
        path.write_text(path.read_text() + "# mine\n")
        return take(*arguments)

    monkeypatch.setattr("trackform.commands.export.take", edited)
    assert run("--out", str(path)).exit_code == 1
    assert path.read_text().endswith("# mine\n")


def test_a_file_with_mistakes_does_not_say_whose_it_is(living: Living) -> None:
    path = Path("stacks/acme.yaml")
    path.write_text("zzz: 1\n")
    done = run("--out", "other.yaml")
    assert done.exit_code == 1
    assert "stacks/acme.yaml has mistakes, so its account is not known\nstacks/acme.yaml:1: zzz: unknown key" in (
        done.stderr
    )
    assert not Path("other.yaml").exists()
    assert living.writes() == []


def test_what_is_not_proven_is_said(living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackform.export.proof._judge", lambda *_: ["offers x: y"])
    sells(living, "Keto")
    done = run()
    assert done.exit_code == 1
    assert "not proven to change nothing: offers x: y\n" in done.stderr


def test_a_screen_that_cannot_hold_the_file_gets_none(living: Living, tmp_path: Path) -> None:
    """Half of a name would be another object."""
    sells(living, "Łódź Büro")
    refused = CliRunner(charset="latin-1").invoke(main, ["export", "acme"])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "standard output is latin-1 here" in refused.stderr
    assert CliRunner(charset="latin-1").invoke(main, ["export", "acme", "--out", "whole.yaml"]).exit_code == 0
    assert "Łódź Büro" in (tmp_path / "whole.yaml").read_text()
    assert "Łódź Büro" in run().stdout


def test_a_file_that_cannot_be_written_is_named(living: Living) -> None:
    Path("file").write_text("")
    done = run("--out", "file/below.yaml")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1] == "Error: file/below.yaml cannot be written: File exists"


def test_a_project_is_made_around_a_living_account(living: Living) -> None:
    sells(living, "Keto")
    done = CliRunner().invoke(main, ["init", "beta", "--from-account"])
    assert done.exit_code == 1, "the settings are another stack's"
    assert not Path("stacks/beta.yaml").exists()
    Path("stacks/Pulumi.beta.yaml").write_text(Path("stacks/Pulumi.acme.yaml").read_text())
    done = CliRunner().invoke(main, ["init", "beta", "--from-account"])
    assert done.exit_code == 0, done.output
    assert "wrote stacks/beta.yaml: 5 objects\n" in done.stderr
    assert "Keto" in Path("stacks/beta.yaml").read_text()
    assert is_export(Path("stacks/beta.yaml").read_text())
