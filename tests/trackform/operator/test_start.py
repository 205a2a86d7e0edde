"""Which campaigns wait for which connections, by the file and the ledger."""

from pathlib import Path

import pytest

from tests.trackform.export.living import composed
from trackform.account_file.compose import Composition
from trackform.operator.desk import OperatorDesk
from trackform.operator.start import awaited
from trackform.operator.steps import open_steps
from trackform_core.no_api.ledger import Ledger

FILE = """
account: {currency: USD}
domains: {main: track.acme.test}
digistore24: {affiliate: acme, currency: USD, notify: ops@acme.test}
offer_sources: {digistore24: {preset: digistore24}, other: {title: Other}}
products: {keto: {id: 1, upsells: [3]}, club: {id: 2}}
offers:
  keto: {offer_source: digistore24}
  club: {offer_source: digistore24}
  else: {offer_source: other, url: 'https://x.test/?c={clickid}'}
  link: {offer_source: digistore24, url: 'https://www.digistore24.com/redir/3/acme?cid={clickid}'}
  kept: {existing: Kept, product: club}
conversion_types: {initial_sale: {slot: 1}, refund: {slot: 2}}
postbacks:
  keto: {events: [payment], type: order_type, sum: commission, products: [keto], offer_source: digistore24}
  both: {events: [payment, refund], type: order_type, sum: commission, offer_source: digistore24}
  back: {events: [refund], type: transaction_type, sum: commission, offer_source: digistore24}
  none: {events: [payment], type: billing_type, sum: 0, offer_source: digistore24}
  off: {events: [payment], type: order_type, sum: commission, active: false, offer_source: digistore24}
traffic_channels: {fb: {}}
funnels:
  k: {offers: {keto: 100}}
  c: {offers: {club: 100}}
  e: {offers: {else: 100}}
  all: {offers: {keto: 1, else: 1}}
  l: {offers: {link: 100}}
  r: {offers: {kept: 100}}
campaigns:
  keto: {channel: fb, funnel: k}
  club: {channel: fb, funnel: c, status: active}
  split: {channel: fb, funnels: {all: 1, c: 1}}
  else: {channel: fb, funnel: e}
  link: {channel: fb, funnel: l}
  kept: {channel: fb, funnel: r}
  still: {channel: fb, funnel: k, status: paused}
  theirs: {existing: Theirs}
"""


@pytest.fixture(scope="module")
def file() -> Composition:
    return composed(own=FILE)


def confirmed(file: Composition, folder: Path, *names: str) -> Ledger:
    """The ledger once these connections were confirmed."""
    desk = OperatorDesk("acme", file, lambda _: None, folder=folder)
    for step in desk.open():
        if step.id in {f"postbacks/{name}" for name in names}:
            desk.confirm(step, "Ann")
    return desk.ledger()


def test_each_waits_for_what_books_its_sales(file: Composition, tmp_path: Path) -> None:
    assert awaited(file, confirmed(file, tmp_path)) == {
        "keto": ["tf.keto", "tf.both"], "club": ["tf.both"], "split": ["tf.keto", "tf.both"],
        "link": ["tf.keto", "tf.both"], "kept": ["tf.both"],
    }  # fmt: skip
    assert awaited(file, confirmed(file, tmp_path, "both", "back")) == {
        "keto": ["tf.keto"], "split": ["tf.keto"], "link": ["tf.keto"],
    }  # fmt: skip
    assert awaited(file, confirmed(file, tmp_path, "keto")) == {}


def test_a_connection_that_changed_has_to_be_confirmed_again(file: Composition, tmp_path: Path) -> None:
    """But for who is told of its errors: that books nothing."""
    ledger = confirmed(file, tmp_path, "both", "keto")
    told = composed(own=FILE.replace("ops@acme.test", "others@acme.test"))
    assert "postbacks/both" in {step.id for step in open_steps(told, ledger)}
    assert awaited(told, ledger) == {}
    wider = composed(own=FILE.replace("club: {id: 2}", "club: {id: 2, upsells: [4]}"))
    assert awaited(wider, ledger) == {
        "keto": ["tf.both"],
        "club": ["tf.both"],
        "split": ["tf.both"],
        "link": ["tf.both"],
        "kept": ["tf.both"],
    }


def test_the_operator_names_what_waits(file: Composition, tmp_path: Path) -> None:
    desk = OperatorDesk("acme", file, lambda _: None, folder=tmp_path)
    said = {step.id: step.reason for step in desk.open() if "started by the next `pulumi up`" in step.reason}
    assert said.keys() == {"postbacks/keto", "postbacks/both"}
    assert said["postbacks/both"].endswith("`pulumi up`; it books the sales of keto, club, split, link, kept.")
    at_once = OperatorDesk("acme", file, lambda _: None, folder=tmp_path, holds=False)
    assert not [step for step in at_once.open() if "started by" in step.reason]
