"""A project folder with previews that are made up, or played on a sandbox."""

import shutil
from pathlib import Path

import pytest

from tests.trackform.accept.desk import OWN, Desk
from tests.trackform.accept.desk import SHARED as SHARED_TEXT
from tests.trackform.accept.played import Played
from tests.trackform.export.conftest import house
from tests.trackform.export.living import House

__all__ = ["house"]

SHARED = Path(__file__).resolve().parents[3] / "stacks" / "shared"

ACCOUNT = """\
# Kept: every comment, the order and the quotes.
extends: [shared/digistore24.yaml]

account: {currency: USD}
domains:
  main: track.acme.test          # short for url
  spare: {url: go.acme.test}
traffic_channels:
  facebook: {preset: facebook, extra: {enable_parallel_tracking: false}}
  second: {preset: taboola}
digistore24: {affiliate: acme, currency: USD, notify: ops@acme.test}
offer_sources:
  shop: {clickid: '{cid}', sum: '{amount}', currency: USD, notes: "before"}
offers:
  keto-guide:
    offer_source: digistore24
    countries:
      - DE   # home
      - AT
    payout: 12.5
    notes: to be emptied
    status: active
  other: {offer_source: shop, url: 'https://shop.test/?cid={clickid}'}
postbacks:
  sales: {domain: main, offer_source: digistore24}
  returns: {domain: main, offer_source: digistore24}
  billing: {domain: main, offer_source: digistore24}
landings:
  advertorial: {url: 'https://l.acme.test/a', tags: [long]}
  quiz: {url: 'https://l.acme.test/q', type: prelanding}
funnels:
  keto: {offers: {keto-guide: 100}, landings: {advertorial: 100}}
  spare: {offers: {other: 100}}
campaigns:
  # Germany
  fb: {channel: facebook, domain: main, funnel: keto, cost_model: CPC, cpc: 0.25, tags: [a, b]}
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    (tmp_path / "stacks").mkdir()
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)


@pytest.fixture
def made(desk: Desk) -> Desk:
    """The folder with the account file of `tests/trackform/accept/desk.py`."""
    desk.write(OWN, SHARED_TEXT)
    return desk


@pytest.fixture
def account(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Played:
    """An account that was set up from a file."""
    shutil.copytree(SHARED, tmp_path / "stacks" / "shared")
    monkeypatch.chdir(tmp_path)
    played = Played(house.living(), tmp_path)
    played.file.write_text(ACCOUNT)
    assert played.up()
    assert played.planned() == {}
    return played
