"""validate, links and render: offline, without a key."""

import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from tests.machines import for_machines
from trackform.cli import main

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_the_demo_has_no_mistakes(project: Path) -> None:
    done = call("validate")
    assert done.exit_code == 0
    assert done.stdout == "demo: 16 objects, no mistakes, 3 warnings\n"


def test_mistakes_of_all_stacks_are_told_at_once(project: Path) -> None:
    text = (project / "stacks/demo.yaml").read_text()
    (project / "stacks/one.yaml").write_text(text.replace("countries", "contries"))
    (project / "stacks/two.yaml").write_text(text.replace("funnel: keto,", "funnel: kato,"))
    done = call("validate", "--all")
    assert done.exit_code == 1
    assert 'stacks/one.yaml:16: offers.keto-guide.contries: unknown key; did you mean "countries"?' in done.output
    assert (
        "stacks/two.yaml:22: campaigns.fb-keto-de.funnel: funnels has no 'kato'; did you mean \"keto\"?" in done.output
    )
    assert "Traceback" not in done.output


def test_mistakes_for_machines(project: Path) -> None:
    text = (project / "stacks/demo.yaml").read_text()
    (project / "stacks/one.yaml").write_text(text.replace("countries", "contries"))
    done = call("validate", "one", "--json")
    assert done.exit_code == 1
    (problem,) = for_machines(done.output)["problems"]
    assert problem["where"] == "offers.keto-guide.contries"
    assert (problem["file"], problem["line"]) == ("stacks/one.yaml", 16)


def test_a_stack_that_does_not_exist(project: Path) -> None:
    done = call("validate", "dmo")
    assert done.exit_code == 1
    assert 'there is no such account file; did you mean "demo"?' in done.output


def test_which_stack_must_be_said_when_there_are_several(project: Path) -> None:
    shutil.copy(project / "stacks/demo.yaml", project / "stacks/acme.yaml")
    done = call("links")
    assert done.exit_code == 1
    assert "known: acme, demo" in done.output
    assert call("links", "--stacks", "ac*").output.startswith("acme offer keto-guide: ")
    assert call("links", "--stacks", "x*").exit_code == 1


@pytest.mark.parametrize("arguments", [("lnks",), ("links", "--jsn"), ("export", "one", "two")], ids=" ".join)
def test_a_call_that_cannot_be_understood_is_no_finding(project: Path, arguments: tuple[str, ...]) -> None:
    done = call(*arguments)
    assert done.exit_code == 1
    assert done.output.startswith("Usage: ")


def test_links(project: Path) -> None:
    done = call("links", "demo", "--json")
    urls = for_machines(done.output)["demo"]
    assert urls["offer_urls"] == {"keto-guide": "https://www.digistore24.com/redir/411530/acme?cid={clickid}"}
    assert urls["postback_urls"]["sales"].startswith(
        "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&type={order_type}&rdtk_event_id="
    )
    assert urls["postback_urls"]["sales"].endswith("&sub20=tf.sales")


def test_render_resolves_everything(project: Path) -> None:
    rendered = yaml.safe_load(call("render", "demo").output)["demo"]
    assert rendered["campaigns"]["fb-keto-de"]["funnel_ids"] == ["funnels.keto"]
    assert rendered["postbacks"]["sales"]["product_ids"] == ["411530", "411531", "411532"]
    assert rendered["offer_sources"]["digistore24"]["click_expiration"] == "off"
    assert rendered == for_machines(call("render", "demo", "--json").output)["demo"]


def test_a_secret_is_rendered_by_its_name_only(project: Path) -> None:
    text = (project / "stacks/demo.yaml").read_text()
    text += "offer_sources: {digistore24: {postback_token: {secret: ptoken}}}\n"
    (project / "stacks/demo.yaml").write_text(text)
    rendered = yaml.safe_load(call("render", "demo").output)["demo"]
    assert rendered["offer_sources"]["digistore24"]["postback_token"] == "secret ptoken"
