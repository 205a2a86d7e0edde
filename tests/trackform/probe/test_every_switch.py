"""The heart: what `trackform probe` answers is what the sandbox is switched to, on every value of every switch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

import pytest

from tests.trackform.probe.stage import SALES, ProbeStage, url
from trackform.flow.assumptions import AXES
from trackform.flow.live_settings import SETTINGS
from trackform.probe.probes import PROBES
from trackform.sandbox.switches import Switches

Play = Callable[[ProbeStage], object]

WITHOUT_A_SWITCH = {"order", "missing_object", "log_time_zone", "put_sources", "unwritable"}
OF_THE_SANDBOX = {"latency"}
"""A switch that is no behaviour of the services."""
BY_WRITING = {"put", "post_networks"}
"""Of these nothing shows but a write."""


def values_of(name: str) -> tuple[Any, ...]:
    """The values that a switch has, or a few where it is a number."""
    given = get_args(Switches.model_fields[name].annotation)
    return given or {"page_cap": (2, 5), "requests_per_minute": (500, 700)}[name]


@dataclass(frozen=True)
class Scene:
    """What happens, after which the setting shows.

    Attributes:
        file: arguments of the account file.
        switches: further switches that have to be set for it to show.
        unlikely: values that are only likely, for want of what did not come.
        silent: values of which nothing shows without a write.
    """

    play: Play
    file: Mapping[str, Any] = field(default_factory=dict)
    switches: Mapping[str, Any] = field(default_factory=dict)
    unlikely: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


def sold(stage: ProbeStage) -> str:
    return stage.sale()


def refunded(stage: ProbeStage) -> None:
    stage.follow("refund", stage.sale())
    stage.advance(minutes=120)


def upsold(stage: ProbeStage) -> None:
    stage.follow("upsell", stage.sale(), product_id="411531")
    stage.advance(minutes=120)


def subscribed(stage: ProbeStage, *then: str, days: int = 2) -> None:
    """A subscription, and what comes of it after some days."""
    stage.control("products", {"id": "411530", "billing_type": "subscription"})
    order = stage.sale()
    for event in then:
        stage.advance(days=days)
        stage.follow(event, order)
    stage.advance(minutes=120)


def delivered_again(stage: ProbeStage) -> None:
    order = stage.sale()
    stage.advance(minutes=5)
    stage.follow("repeat", order)


def deleted(stage: ProbeStage) -> None:
    offer = stage.edit("offer", title="old", url="https://shop.test/?cid={clickid}", program_id=stage.network)
    stage.control("webapp", {"kind": "offer", "key": "canary-rt-0f1e2d3c4b", "id": offer, "delete": True})


def filtered(stage: ProbeStage) -> None:
    only = {"country": {"active": True, "exclude": False, "values": ["DE"]}}
    stage.edit("stream", title="filtered", filters=only, offers=[{"id": stage.offer, "weight": 100}])


def written_in_the_form(stage: ProbeStage) -> None:
    form = "{{{}}}" if stage.sandbox.switches.clickid == "with_braces" else "{}"
    stage.edit("network", stage.network, clickid=form.format("cid"), sum=form.format("amount_affiliate"))


def addressed(stage: ProbeStage) -> None:
    """Offer sources with macros: one whose postback URL nobody touched, and one with an address of somebody's own."""
    stage.edit("network", stage.network, clickid="{cid}", sum="{amount_affiliate}", sub1="{product_id}")
    own = "https://track.acme.test/postback?clickid={click}&sum={amount}"
    stage.edit("network", title="other", clickid="{cid}", sum="{amount_affiliate}", postback_url=own)


def many(stage: ProbeStage) -> None:
    for number in range(8):
        stage.edit("source", title=f"channel {number}")


def twins(stage: ProbeStage) -> None:
    if stage.sandbox.switches.titles == "not_unique":
        stage.edit("source", title="twin")
        stage.edit("source", title="twin")


def nothing(_stage: ProbeStage) -> None:
    """What shows by asking alone."""


NOTICES = {"events": ["payment_missed"], "url": url("notices", "{transaction_type}", sub11="{amount_affiliate}")}
BARE = {"events": ["payment"], "url": url("bare", "single_payment", "", rdtk_event_id="{transaction_id}-bare")}
FREE = {"events": ["payment"], "url": url("free", "subscription", "0", rdtk_event_id="{transaction_id}-free")}
TWICE = {"events": ["payment"], "url": url("sales", "{order_type}", sub12="one&sub12=two")}
TIMED = {"events": ["payment"], "url": url("sales", "{order_type}", sub11="{random}", sub12="{datetime_unix}")}
EUROS = {"events": ["payment"], "url": url("sales", "{order_type}"), "currency": "EUR"}
TOLD_APART = {"events": ["refund"], "url": url("returns", "{transaction_type}",
                                               rdtk_event_id="{transaction_id}-{transaction_type}")}  # fmt: skip
BILLING = {"events": ["payment"], "url": url("billing", "{billing_type}")}
FORM = "https://www.digistore24.com/product/411530?aff=acme&cid={clickid}"

SCENES: dict[str, Scene] = {
    "missing_sum": Scene(sold, {"postbacks": {"sales": SALES, "bare": BARE}}),
    "zero_sum": Scene(
        sold, {"postbacks": {"sales": SALES, "bare": BARE, "free": FREE}}, {"missing_sum": "offer_payout"}
    ),
    "notice_amount": Scene(
        lambda stage: subscribed(stage, "missed_payment"), {"postbacks": {"sales": SALES, "notices": NOTICES}}
    ),
    "return_ids": Scene(refunded),
    "event_ids": Scene(upsold, {"postbacks": {"sales": SALES, "billing": BILLING}}, unlikely=("across_types",)),
    "refund_amount": Scene(refunded),
    "negative_sum": Scene(refunded, {"postbacks": {"sales": SALES, "returns": TOLD_APART}}, unlikely=("ignored",)),
    "upsell_ids": Scene(upsold),
    "rebill_type": Scene(lambda stage: subscribed(stage, "rebill", days=30)),
    "retries": Scene(delivered_again, {"postbacks": {"sales": TIMED}, "duplicates": "create_new"}),
    "currency_macro": Scene(sold, {"postbacks": {"sales": EUROS}}),
    "repeated_parameter": Scene(sold, {"postbacks": {"sales": TWICE}}),
    "duplicates": Scene(upsold, {"duplicates": "new_repeated"}),
    "expiration_unit": Scene(lambda stage: subscribed(stage, "rebill"), {"expires": 30}, unlikely=("hours",)),
    "link_cid": Scene(sold, {"offer_url": FORM}, unlikely=("lost",)),
    "deleted": Scene(deleted),
    "missing_script": Scene(nothing),
    "empty_list": Scene(nothing),
    "bad_key": Scene(nothing),
    "clickid": Scene(written_in_the_form),
    "campaign_list": Scene(nothing),
    "postback_url": Scene(addressed, unlikely=("computed", "writable")),
    "titles": Scene(twins, silent=("unique",)),
    "filters": Scene(filtered),
    "ipn_info_missing": Scene(nothing),
    "utc_offset": Scene(nothing),
    "products": Scene(nothing),
    "page_cap": Scene(many),
    "requests_per_minute": Scene(nothing),
}

CASES = [(name, value) for name in SCENES for value in values_of(name)]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_the_answer_is_what_the_sandbox_is_switched_to(stage: ProbeStage, name: str, value: Any) -> None:
    """And a recording of it shows this switch to be another than the default one's, and nothing else."""
    scene = SCENES[name]
    stage.switch(**{**scene.switches, name: value})
    stage.declare(**scene.file)
    scene.play(stage)
    answer = stage.answers("--record", "recording.json")[name]
    assert answer["answer"] == (None if value in scene.silent else str(value))
    if answer["answer"]:
        assert answer["sure"] == ("likely" if value in scene.unlikely else "certain")
        assert answer["since"]
        assert SETTINGS[name].takes(answer["answer"])
    default = str(Switches.model_fields[name].default)
    unlike = [("switch", name, str(value), default)] if answer["answer"] not in (None, default) else []
    assert stage.unlike(scene.switches) == unlike


@pytest.mark.parametrize(("first", "answer"), [("sales", "declared"), ("bare", "reversed")])
def test_the_order_of_calls_shows_by_the_times_and_is_only_likely(
    stage: ProbeStage, first: str, answer: str
) -> None:  # fmt: skip
    """No switch of the sandbox has it; a minute later it is a repetition."""
    stage.declare(postbacks={"sales": SALES, "bare": BARE})
    for orders, (seconds, later) in enumerate([(2, 1), (0, 59), (0, 0), (0, 60)]):
        clicks = {row["clickid"] for row in stage.conversions}
        stage.sale()
        day = stage.conversions[0]["created_at"][:10]
        for row in [row for row in stage.conversions if row["clickid"] not in clicks]:
            at = seconds if row["p_sub20"] == f"tf.{first}" else seconds + later
            stage.put(row, created_at=f"{day}T13:{orders}{at // 60}:{at % 60:02}.000Z")
    said = stage.answers()["order"]
    assert (said["answer"], said["sure"]) == (answer, "likely")
    assert said["evidence"] == f"pairs of connections that one order event called: 2, {day}"


@pytest.mark.parametrize("name", [name for name, scene in SCENES.items() if scene.play is not nothing])
def test_without_evidence_a_setting_is_open_and_says_what_it_takes(stage: ProbeStage, name: str) -> None:
    stage.switch(**SCENES[name].switches)
    stage.declare(**SCENES[name].file)
    answer = stage.answers()[name]
    assert (answer["answer"], answer["sure"], answer["since"]) == (None, None, None)
    assert answer["evidence"] == PROBES[name].takes


def test_no_switch_is_left_out() -> None:
    readable = {name for name, probe in PROBES.items() if probe.read is not None}
    assert readable - WITHOUT_A_SWITCH == SCENES.keys()
    assert Switches.model_fields.keys() - OF_THE_SANDBOX == SCENES.keys() | BY_WRITING
    assert PROBES.keys() == SETTINGS.keys()


@pytest.mark.parametrize("name", [name for name in SETTINGS if name in Switches.model_fields])
def test_a_setting_has_the_values_of_its_switch(name: str) -> None:
    assert SETTINGS[name].values == tuple(map(str, get_args(Switches.model_fields[name].annotation)))


def test_what_decides_a_proof_comes_first() -> None:
    assert tuple(SETTINGS)[: len(AXES)] == tuple(AXES)
