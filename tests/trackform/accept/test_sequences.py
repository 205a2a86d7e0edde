"""accept again and again: what was accepted is never called changed, and what people steer is never healed."""

from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.thorough import examples
from tests.trackform.accept.played import Played

Edit = tuple[str, str, str, Any]
"""What a person does: stored kind, title, field, and its value; a text in braces is the id of what has that title."""

STEERED: tuple[Edit, ...] = (
    ("campaign", "fb", "cpc", 0.25), ("campaign", "fb", "cpc", 0.4), ("campaign", "fb", "cpc", 0),
    ("offer", "keto-guide", "status", 1), ("offer", "keto-guide", "status", 2),
    ("stream", "keto", "offers", {"keto-guide": 70, "other": 30}),
    ("stream", "keto", "offers", {"other": 60, "keto-guide": 40}),
)  # fmt: skip
NAMED = ("campaigns/fb.cpc", "offers/keto-guide.status", "funnels/keto.offer_weights")
MANAGED: tuple[Edit, ...] = (
    ("campaign", "fb", "domain_id", ""), ("campaign", "fb", "domain_id", "{track.acme.test}"),
    ("campaign", "fb", "tags", []), ("campaign", "fb", "tags", ["b", "z"]), ("campaign", "fb", "cost_model", "CPM"),
    ("campaign", "fb", "cost_model", "CPC"), ("campaign", "fb", "postbacks", [{"url": "https://hook.test/"}]),
    ("campaign", "fb", "source_id", "{second}"), ("campaign", "fb", "source_id", "{facebook}"),
    ("offer", "keto-guide", "notes", ""), ("offer", "keto-guide", "notes", "x"),
    ("offer", "keto-guide", "country_codes", ["AT", "CH"]), ("offer", "keto-guide", "payment", {"amount": 0}),
    ("network", "shop", "notes", ""), ("source", "facebook", "enable_parallel_tracking", True),
    ("source", "facebook", "enable_parallel_tracking", False), ("source", "second", "ref_id_alias", ""),
    ("stream", "keto", "landings", {}), ("stream", "keto", "landings", {"advertorial": 50}),
    ("stream", "keto", "filters", {"country": {"active": True, "values": ["DE"]}}),
)  # fmt: skip
ROUNDS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(MANAGED), max_size=4), st.lists(st.sampled_from(STEERED), max_size=3), st.booleans()
    ),
    min_size=2, max_size=4,
)  # fmt: skip
FILE = "keto: {offers: {keto-guide: 70, other: 30}, landings: {advertorial: 100}}"


def change(account: Played, edit: Edit) -> None:
    kind, title, field, value = edit
    if isinstance(value, str) and value.startswith("{"):
        key = "url" if field == "domain_id" else "title"
        value = account.row("domain" if field == "domain_id" else "source", **{key: value[1:-1]})["id"]
    if field in ("offers", "landings"):
        of = field.removesuffix("s")
        value = [{"id": account.row(of, title=member)["id"], "weight": weight} for member, weight in value.items()]
    account.change(kind, {"title": title}, **{field: value})


@settings(max_examples=examples(3, thorough=8), deadline=None, suppress_health_check=list(HealthCheck))
@example([([], [STEERED[1]], True), ([], [STEERED[0]], True)])
@example([([MANAGED[0], MANAGED[2], MANAGED[9], MANAGED[12]], [], True), ([MANAGED[1]], [STEERED[5]], False)])
@example([([MANAGED[17]], [STEERED[6]], True), ([], [STEERED[5]], False)])
@given(rounds=ROUNDS)
def test_what_was_accepted_is_never_called_changed_again(
    account: Played, rounds: list[tuple[list[Edit], list[Edit], bool]]
) -> None:
    if FILE not in account.file.read_text():
        account.file.write_text(account.file.read_text().replace(
            "keto: {offers: {keto-guide: 100}, landings: {advertorial: 100}}", FILE
        ))  # fmt: skip
    account.up()
    assert account.planned() == {}
    for managed, steered, taken_over in rounds:
        for edit in managed:
            change(account, edit)
        assert account.accept("--yes").exit_code == 0
        assert account.planned() == {}
        assert account.up() == []
        for edit in steered:
            change(account, edit)
        assert account.planned() == {}, "what people steer is theirs, whatever was accepted before"
        assert account.up() == []
        for name in NAMED if taken_over else ():
            done = account.accept("--yes", name)
            assert done.exit_code == 0 or "differs in nothing" in done.output, done.output
        assert account.planned() == {}
        assert account.up() == []
        assert account.accept("--yes").stdout.startswith("demo: nothing to accept.\n")
