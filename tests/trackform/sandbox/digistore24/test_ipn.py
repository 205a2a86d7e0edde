"""ipnSetup, ipnInfo and ipnDelete."""

from collections.abc import Callable
from typing import Any, Literal

import pytest

from trackform.sandbox.world import Sandbox

Call = Callable[..., Any]

WANTED = {"ipn_url": "https://ipn.acme.test/in", "name": "acme", "product_ids": "all", "domain_id": "acme-1"}


def test_setup_creates_once_and_updates_in_place(data: Call) -> None:
    created = data("ipnSetup", **WANTED)
    updated = data("ipnSetup", **WANTED | {"product_ids": "411530,411531", "timing": "delayed"})

    assert (created["created"], created["updated"], created["deleted"]) == ("Y", "N", "N")
    assert (updated["created"], updated["updated"]) == ("N", "Y")
    assert updated["ipn_id"] == created["ipn_id"] == created["ipn_config_id"]
    info = data("ipnInfo", domain_id="acme-1")
    assert info["have_settings"] == "Y"
    assert (info["product_ids"], info["timing"], info["categories"]) == ("411530,411531", "delayed", "orders")


def test_info_shows_the_documented_defaults_and_no_passphrase(data: Call) -> None:
    data("ipnSetup", **WANTED, sha_passphrase="not-to-be-told")

    info = data("ipnInfo", domain_id="acme-1")
    assert info["transactions"] == "payment,refund,chargeback,payment_missed"
    assert "not-to-be-told" not in str(info)


def test_a_passphrase_is_echoed_made_or_absent(data: Call, refused: Call) -> None:
    assert data("ipnSetup", **WANTED)["sha_passphrase"] is None
    assert data("ipnSetup", **WANTED, sha_passphrase="abc")["sha_passphrase"] == "abc"
    made = data("ipnSetup", **WANTED, sha_passphrase="random")["sha_passphrase"]
    assert len(made) == 30
    assert made.isalnum()
    assert refused("ipnSetup", **WANTED, sha_passphrase="x" * 64) == 3


def test_domains_keys_and_the_blank_domain_are_slots_of_their_own(data: Call) -> None:
    first = data("ipnSetup", **WANTED)
    second = data("ipnSetup", **WANTED | {"domain_id": "acme-2"})
    blank = data("ipnSetup", **WANTED | {"domain_id": ""})
    other_key = data("ipnSetup", key="123456-another-key", **WANTED)

    assert len({row["ipn_id"] for row in (first, second, blank, other_key)}) == 4
    assert data("ipnInfo")["domain_id"] == ""
    assert data("ipnDelete", domain_id="acme-1") == {"modified": "Y"}
    assert data("ipnInfo", domain_id="acme-1") == {"have_settings": "N"}
    assert data("ipnInfo", key="123456-another-key", domain_id="acme-1")["have_settings"] == "Y"


def test_deleting_twice_is_harmless_but_needs_a_domain(data: Call, refused: Call) -> None:
    data("ipnSetup", **WANTED)
    assert data("ipnDelete", domain_id="acme-1") == {"modified": "Y"}
    assert data("ipnDelete", domain_id="acme-1") == {"modified": "N"}
    assert refused("ipnDelete") == 3


@pytest.mark.parametrize("setting", ["N", "error"])
def test_a_missing_connection_answers_as_the_switch_says(
    sandbox: Sandbox, envelope: Call, setting: Literal["N", "error"]
) -> None:
    sandbox.switches.ipn_info_missing = setting

    answer = envelope("ipnInfo", domain_id="nobody")

    if setting == "N":
        assert answer["data"] == {"have_settings": "N"}
    else:
        assert (answer["result"], answer["code"]) == ("error", 4)


@pytest.mark.parametrize(
    "url",
    [
        "http://ipn.acme.test/in",
        "https://localhost/in",
        "https://127.0.0.1/in",
        "https://[::1]/in",
        "https://app.localhost/in",
        "https://intranet/in",
        "ftp://ipn.acme.test/in",
        "ipn.acme.test/in",
        "https://",
    ],
)
def test_urls_that_are_not_public_https_are_refused(refused: Call, url: str) -> None:
    assert refused("ipnSetup", **WANTED | {"ipn_url": url}) == 3


@pytest.mark.parametrize("name", ["ipn_url", "name", "product_ids"])
def test_required_parameters_are_required(refused: Call, name: str) -> None:
    assert refused("ipnSetup", **{key: value for key, value in WANTED.items() if key != name}) == 3


@pytest.mark.parametrize("wrong", [{"transactions": "payment,everything"}, {"timing": "tomorrow"}])
def test_values_outside_the_documented_ones_are_refused(refused: Call, wrong: dict[str, str]) -> None:
    assert refused("ipnSetup", **WANTED | wrong) == 3
