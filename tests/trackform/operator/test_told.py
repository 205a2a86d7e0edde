"""Steps, their page and the evidence as a person reads them, to the letter."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from tests.kept import as_kept
from tests.trackform.export.living import composed
from tests.trackform.operator.test_evidence import BILLING, DEMO, NOW, row, weighed
from tests.trackform.operator.test_page import ACME, AT, CONNECTION, REMOVED, TYPE
from tests.trackform.operator.test_steps import FILE, TOKEN, Office
from tests.trackform.operator.test_terminal import OWN
from trackform.operator.evidence import MEANING, SETTLING, ArrivalCount, Evidence, weigh
from trackform.operator.forms import FORMS
from trackform.operator.live_steps import ServiceAnswers, live_steps
from trackform.operator.page import StackSteps, render
from trackform.operator.step import OperatorStep
from trackform.operator.steps import config_secrets
from trackform.operator.terminal import step_lines
from trackform_core.no_api.ledger import Ledger, LedgerEntry

SPELLED = """\
  upsell: {slot: 3, duplicates: increment, on_delete: delete, forward: {facebook: AddToCart, spare: Sale}}
  chargeback: {slot: 10, title: Charge Back, show_in_journey: true, forward: {spare: Loss}}
"""


def told(steps: list[OperatorStep], *, secrets: bool = False) -> str:
    return click.unstyle("\n\n".join("\n".join(step_lines(step, secrets=secrets)) for step in steps))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    made.write("postbacks:", f"{SPELLED}postbacks:")
    made.write("{facebook: {preset: facebook}}", "{facebook: {preset: facebook}, spare: {}}")
    return made


def test_every_step_of_a_new_account(office: Office) -> None:
    steps = office.desk.open()
    as_kept("operator/new.txt", told(steps))
    shown, whole = (told(steps, secrets=secrets).splitlines() for secrets in (False, True))
    url, hint = (line for line in shown if line not in whole)
    assert [line for line in whole if line not in shown] == [re.sub(r"\(fingerprint \w+\)", TOKEN, url)]
    assert hint.startswith("    (…) is the token's fingerprint. Whole it is shown where `trackform operator` asks")


def test_every_step_of_an_account_that_changed(office: Office) -> None:
    office.confirm()
    assert office.desk.open() == []
    upsell = next(line for line in SPELLED.splitlines(keepends=True) if line.startswith("  upsell"))
    for old, new in (
        ("currency: USD, notify: ops@acme.test", "currency: EUR"),
        ("{events: [payment]", "{active: false, events: [payment, refund]"),
        ("upsells: [411531]", "upsells: [411532]"),
        ("duplicates: by_event_id, forward: none", "duplicates: edit, role: Refund, forward: {spare: Back}"),
        ("title: Charge Back, show_in_journey: true,", "title: Charged Back, show_in_journey: false,"),
        (upsell, "  'up sell': {slot: 4, forward: {facebook: AddToCart}}\n"),
    ):
        office.write(old, new)
    as_kept("operator/changed.txt", told(office.desk.open()))
    office.write("  sales: {", "  sold: {was: sales, ")
    office.secrets = {}
    moved = [step for step in office.desk.open() if step.id.startswith("postbacks/")]
    as_kept("operator/renamed.txt", told(moved))
    (step,) = moved
    assert (step.forgets, step.unread, step.record and step.record.key) == (
        "postbacks/tf.sales", ("ptoken",), "postbacks/tf.sold",
    )  # fmt: skip
    office.write("  sold: {was: sales, ", "  other: {")
    as_kept("operator/removed.txt", told([step for step in office.desk.open() if step.id.startswith("postbacks/")]))


def test_what_only_the_services_can_tell() -> None:
    answers = ServiceAnswers(
        frozenset(), frozenset(),
        {
            "1": {"affiliation_status": "wait_for_approval", "affiliation_status_msg": "Wait!"},
            "4": {"affiliation_status": "no_affiliation", "invite_url": "https://b.test/invite"},
        },
    )  # fmt: skip
    as_kept("operator/asked.txt", told(live_steps(composed(own=OWN), answers)))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("one", [ACME]),
        ("several", [
            StackSteps("acme", (replace(TYPE, unread=("a",)), replace(CONNECTION, unread=("a", "b")))),
            StackSteps("beta", (REMOVED, replace(REMOVED, id="products/x", service="RedTrack", forgets=""))),
            StackSteps("done", ()),
        ]),
        ("single", [StackSteps("acme", (replace(TYPE, fields=()),))]),
        ("nothing", [StackSteps("acme", ())]),
    ],
)  # fmt: skip
def test_the_page(name: str, parts: list[StackSteps]) -> None:
    """Without what a browser's tests look at: how it is drawn, and its script."""
    text = render(parts, AT)
    assert re.search(r"style-src 'sha256-[\w+/]{43}='; script-src 'sha256-[\w+/]{43}='", text)
    text = re.sub(r"sha256-[\w+/]{43}=", "sha256-…", text)
    as_kept(f"operator/page-{name}.html", re.sub(r"(?s)(<style>|<script>).*?(?=</)", r"\1", text).rstrip())


def test_when_an_object_of_the_page_was_last_confirmed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "acme.ledger.yaml")
    for key, when in (("postbacks/tf.sales", "yesterday"), ("postbacks/tf.old", "long ago")):
        ledger = ledger.with_entry(LedgerEntry(key, {}, when, "Ann"))
    part = StackSteps("acme", (TYPE, CONNECTION, REMOVED), ledger)
    assert [part.last(step) for step in part.steps] == ["", "yesterday by Ann", "long ago by Ann"]
    assert [replace(part, ledger=None).last(step) for step in part.steps] == ["", "", ""]
    assert part.last(replace(CONNECTION, forgets="postbacks/tf.old")) == "long ago by Ann"


def test_a_tick_is_for_one_step_of_one_stack_as_it_was_shown() -> None:
    """Whatever a person can see of it makes another step of it."""
    field = CONNECTION.fields[0]
    others = [
        CONNECTION, replace(CONNECTION, id="postbacks/other"), replace(CONNECTION, action="create"),
        replace(CONNECTION, form="elsewhere"), replace(CONNECTION, fields=()),
        *(replace(CONNECTION, fields=(other,)) for other in (
            replace(field, label="x"), replace(field, value="x"), replace(field, before="x"),
        )),
    ]  # fmt: skip
    marks = [re.findall(r'data-mark="(\w+)"', render([StackSteps(stack, (step,))], AT))
             for stack, step in (("acme", CONNECTION), *(("beta", other) for other in others))]  # fmt: skip
    assert len({mark for (mark,) in marks}) == len(others) + 1
    assert {len(mark) for (mark,) in marks} == {16}
    unseen = replace(CONNECTION, reason="another reason", account="1")
    assert re.findall(r'data-mark="(\w+)"', render([StackSteps("acme", (unseen,))], AT)) == marks[0]


def test_what_the_log_shows_is_told() -> None:
    sent_as_default: dict[str, Any] = {"type": "default", "default_type": 1}
    found = weighed(
        row(days=12), row("Sales"), row("old", days=2), row("old", "upsell", days=3), row("returns", "Refund"),
        row("returns", "charge-back"), row("returns", "chargeback", **sent_as_default), row(p_sub20=""),
        row(p_sub20="", days=2, event="upsell"), row("returns", "refund"), BILLING,
    )  # fmt: skip
    as_kept("operator/evidence.txt", "\n".join(
        [f"{one.kind} | {one.connection} | {one.type} | {one.message}" for one in found.findings]
        + [f"{one.connection} | {one.type} | {one.booked_as} | {one.last} | {one.recent} | {one.total} | {one.tests}"
           for one in found.seen]
        + [", ".join(found.silent_types), *(f"{kind}: {meaning}" for kind, meaning in MEANING.items())]
    ))  # fmt: skip


def silent(composition: str, *rows: dict[str, object], clicks: dict[str, int], **confirmed: datetime) -> Evidence:
    return weigh(composed(own=composition), rows, at=NOW, confirmed=confirmed, clicks=clicks)


def test_what_silence_is_told_with() -> None:
    own = FILE.replace("offers: {keto: {}}", "offers: {keto: {}, b: {product: keto}, c: {product: other}}").replace(
        "products: {", "products: {other: {id: 9}, "
    )
    others = (
        "second: {type: order_type, events: [payment], products: [other]}\n  back: {type: order_type, events: [refund]}"
    )
    own = own.replace("sales: {", f"{others}\n  sales: {{")
    since = dict.fromkeys(("sales", "second", "back"), NOW - SETTLING)
    found = silent(own, clicks={"keto": 1, "b": 2, "c": 3, "d": 4}, **since)
    one_sold = silent(own, row("sales"), row("back", "refund"), clicks={"c": 1}, **since)
    findings = [*found.findings, *one_sold.findings]
    as_kept("operator/silence.txt", "\n".join(f"{one.connection}: {one.message}" for one in findings))
    asleep = own.replace("second: {", "second: {active: false, ")
    assert [one.connection for one in silent(asleep, clicks={"c": 3}, **since).findings] == ["sales"]


@pytest.mark.parametrize(("ago", "found"), [(SETTLING, 1), (SETTLING * 0.99, 0)])
def test_how_long_a_connection_may_be_silent_after_it_was_confirmed(ago: timedelta, found: int) -> None:
    since = {"sales": NOW - ago}
    assert len(weighed(confirmed=since).findings) == found


def test_the_secrets_that_objects_without_an_api_need() -> None:
    more = FILE.replace(
        "  sales: {", "  back: {type: order_type, events: [refund], token: {secret: a-token}}\n  sales: {"
    )
    assert config_secrets(composed(own=more)) == ["a-token", "ptoken"]
    assert config_secrets(DEMO) == []


SLOT = "conversion_types/type4"


@pytest.mark.parametrize(
    ("more", "known"),
    [
        ({"record": LedgerEntry(SLOT, {"name": "Charge Back"}, "", "")}, ("conversion_types", "Charge Back")),
        ({"record": LedgerEntry(SLOT, {"slot": 4}, "", "")}, ("conversion_types", "chargeback")),
        ({"record": None, "forgets": SLOT}, ("conversion_types", "chargeback")),
        ({"id": SLOT, "record": None, "forgets": SLOT}, ("conversion_types", "")),
        ({"id": "postbacks/a/b"}, ("postbacks", "a/b")),
    ],
)  # fmt: skip
def test_by_which_name_the_log_knows_an_object(more: dict[str, Any], known: tuple[str, str]) -> None:
    step = replace(TYPE, **{"id": "conversion_types/chargeback", **more})
    assert step.sent_as == known


def test_a_step_asks_the_log_for_its_own_object(office: Office) -> None:
    """By the name that is sent, not by that of the file."""
    at = NOW - timedelta(days=1)
    log = Evidence(
        [ArrivalCount("sales", "Charge Back", "Charge Back", at, 3, 3), ArrivalCount("sales", "upsell", "x", at, 1, 1)],
        [],
    )
    said = {step.id: step.evidence for step in replace(office.desk, log=log).open()}
    seen = "RedTrack's log: last seen 2026-11-22 12:00 UTC, "
    assert said["conversion_types/chargeback"] == f"{seen}3 in 7 days."
    assert said["conversion_types/upsell"] == f"{seen}1 in 7 days, 1 of them counted as another type."
    assert said["postbacks/sales"] == f"{seen}4 in 7 days."
    assert said["conversion_types/refund"] == "RedTrack's log: nothing seen in 30 days."
    assert said["traffic_channels/facebook"] == ""
    assert {step.evidence for step in office.desk.open()} == {""}


def test_what_a_removal_is_known_by_is_a_field_of_its_form() -> None:
    known = {section: sorted(form.known_by) for section, form in FORMS.items() if form.known_by}
    assert known == {"conversion_types": ["name", "slot"], "postbacks": ["url"]}
    assert all(form.known_by <= {line.field for line in form.lines} for form in FORMS.values())
