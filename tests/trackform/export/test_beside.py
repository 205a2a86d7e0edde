"""What an export without a bridge says of connections: nobody could read them, and a shared file beside it has some."""

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from tests.trackform.export.living import Living
from tests.trackform.export.test_verb import living, sells
from trackform.cli import main

__all__ = ["living"]
FILE = Path("stacks/acme.yaml")


def call(*arguments: str) -> Result:
    done = CliRunner().invoke(main, arguments)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def by_hand(living: Living) -> Living:
    """An account without a bridge, with a domain."""
    settings = Path("stacks/Pulumi.acme.yaml")
    settings.write_text("".join(line for line in settings.read_text().splitlines(True) if "bridgeUrl" not in line))
    sells(living, "Keto")
    living.make("domain", url="track.acme.test")
    return living


def typed() -> None:
    """What the comment tells to type, where it says."""
    text = FILE.read_text()
    (extends,) = re.findall(r"^ *# +(extends: .*)$", text, re.MULTILINE)
    text = re.sub(r"^extends: .*\n", "", text, flags=re.MULTILINE)
    for line in re.findall(r"^ *# +(\S+: null)$", text, re.MULTILINE):
        text = text.replace("\noffer_sources:\n", f"\noffer_sources:\n  {line}\n") if "offer_sources:\n" in text else (
            f"{text}offer_sources: {{{line}}}\n"
        )  # fmt: skip
    FILE.write_text(f"{extends}\n{text}")


def findings() -> str:
    return call("validate", "acme").output


def test_what_the_comment_says_takes_the_shared_connections_in(by_hand: Living) -> None:
    assert call("init", "acme", "--from-account").exit_code == 0
    assert "the file has no postback connection" in findings()
    assert "extends: [shared/digistore24.yaml]" in findings()
    typed()
    assert yaml.safe_load(FILE.read_text())["extends"] == ["shared/digistore24.yaml"]
    said = findings()
    assert "which of the offer_sources" not in said
    assert "no postback connection" not in said
    assert "postbacks/sales" in call("operator", "acme", "--list").output


def test_an_own_offer_source_of_that_name_is_the_one(by_hand: Living) -> None:
    for row in by_hand.rows("network"):
        by_hand.edit("network", row["id"], title="digistore24")
    assert call("init", "acme", "--from-account").exit_code == 0
    assert "null" not in FILE.read_text()
    typed()
    assert "no postback connection" not in findings()


def test_with_split_an_own_offer_source_of_that_name_is_kept(by_hand: Living) -> None:
    """Though the account's own file has but another one."""
    assert call("init", "acme", "--from-account").exit_code == 0
    by_hand.edit("network", by_hand.rows("network")[0]["id"], title="digistore24", currency="")
    by_hand.make("network", title=f"of {by_hand.owner}")
    assert call("export", "acme", "--out", str(FILE), "--split", "stacks/shared/catalog.yaml").exit_code == 0
    own = yaml.safe_load(FILE.read_text())
    assert own["offer_sources"].keys() == {"of"}, own
    assert "digistore24: null" not in FILE.read_text()


def test_with_split_the_other_file_stays_extended(by_hand: Living) -> None:
    assert call("init", "acme", "--from-account").exit_code == 0
    assert call("export", "acme", "--out", str(FILE), "--split", "stacks/shared/catalog.yaml").exit_code == 0
    typed()
    assert yaml.safe_load(FILE.read_text())["extends"] == ["shared/catalog.yaml", "shared/digistore24.yaml"]
    said = findings()
    assert "which of the offer_sources" not in said
    assert "no postback connection" not in said


@pytest.mark.usefixtures("by_hand")
@pytest.mark.parametrize("text", ["postbacks: [\n", "offers: {}\n", "postbacks: null\n"])
def test_a_file_without_connections_is_not_offered(text: str) -> None:
    Path("stacks/shared").mkdir()
    Path("stacks/shared/other.yaml").write_text(text)
    assert call("export", "acme", "--out", str(FILE)).exit_code == 0
    assert "extends" not in FILE.read_text()
    assert "not read: postback connections have no public API" in FILE.read_text()


def test_what_a_bridge_told_needs_no_other(living: Living) -> None:
    sells(living, "Keto")
    assert call("init", "acme", "--from-account").exit_code == 0
    assert "extends" not in FILE.read_text()
