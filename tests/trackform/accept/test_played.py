"""accept on a living account: what was changed outside is in the file afterwards, and the next preview is clean."""

from typing import Any

from tests.machines import for_machines
from tests.trackform.accept.conftest import ACCOUNT
from tests.trackform.accept.played import Played


def clean(account: Played) -> None:
    assert account.planned() == {}
    assert account.up() == []


def test_a_value_of_every_sort_is_accepted(account: Played) -> None:
    ids = {row["title"]: row["id"] for kind in ("network", "source", "stream") for row in account.living.rows(kind)}
    domains = {row["url"]: row["id"] for row in account.living.rows("domain")}
    account.change("network", {"title": "shop"}, currency="EUR", notes="after: 100%")
    account.change("network", {"title": "digistore24"}, click_expiration=30)
    account.change("source", {"title": "facebook"}, ref_id_alias="gclid", enable_parallel_tracking=True)
    account.change("conversion_type", {"name": "upsell"}, duplicates="ignore")
    account.living.edit("connection", account.connection("sales")["id"], events=["chargeback", "payment"])
    for name in ("sales", "returns", "billing"):
        emails = ["a@acme.test", "ops@acme.test"]
        account.living.edit("connection", account.connection(name)["id"], error_emails=emails)
    account.change(
        "offer", {"title": "keto-guide"}, url="https://elsewhere.test/?cid={clickid}", country_codes=["CH", "DE"],
        notes="", payment={"amount": 13}, program_id=ids["shop"],
    )  # fmt: skip
    account.change("landing", {"title": "advertorial"}, url="https://l.acme.test/b", domain_id=domains["go.acme.test"])
    account.change("campaign", {"title": "fb"}, cost_model="CPM", tags=["b", "c"], source_id=ids["second"])
    streams = account.row("campaign", title="fb")["streams"]
    held = [{**streams[0], "id": ids["spare"]}]
    account.change("campaign", {"title": "fb"}, domain_id=domains["go.acme.test"], streams=held)

    assert account.planned()
    before = account.file.read_text()
    shown = account.accept("--dry-run")
    assert account.file.read_text() == before
    done = account.accept("--yes")
    assert done.exit_code == 0, done.output
    for told in ("stacks/demo.yaml", "stacks/shared/digistore24.yaml", "--- a/stacks/demo.yaml", "gclid"):
        assert told in done.stdout
        assert told in shown.stdout
    after = account.file.read_text()
    for kept in ("# Kept: every comment", "# short for url", "# home", "# Germany", "clickid: '{cid}'"):
        assert kept in after
    for line in (
        "  shop: {clickid: '{cid}', sum: '{amount}', currency: EUR, notes: \"after: 100%\"}",
        "  facebook: {preset: facebook, extra: {enable_parallel_tracking: true}, ref_id_alias: gclid}",
        "      - DE   # home\n      - CH\n",
        "    payout: 13\n",
        '    notes: ""\n',
        "  advertorial: {url: 'https://l.acme.test/b', tags: [long]}",
        "  fb: {channel: second, domain: spare, funnel: spare, cost_model: CPM, cpc: 0.25, tags: [b, c]}",
    ):
        assert line in after, after
    shared = account.shared.read_text()
    assert "  upsell: {slot: 2, duplicates: ignore, forward: none}" in shared
    assert "{preset: digistore24, click_expiration: 30}" in shared
    clean(account)

    again = account.accept("--yes")
    assert (again.exit_code, again.stdout) == (0, "demo: nothing to accept.\n")


def test_what_people_steer_is_clean_at_once(account: Played) -> None:
    account.change("campaign", {"title": "fb"}, cpc=0.4)
    account.change("offer", {"title": "keto-guide"}, status=2)
    done = account.accept("--yes")
    assert done.exit_code == 0, done.output
    assert "Changed outside, not managed: campaigns/fb.cpc is 0.4. Name it to accept it" in done.stdout
    assert account.file.read_text() == ACCOUNT
    named = account.accept("campaigns/*.cpc", "offers/keto-guide.status")
    assert named.exit_code == 0, named.output
    assert "`pulumi up`" not in named.stdout
    assert "cpc: 0.4" in account.file.read_text()
    assert "status: paused" in account.file.read_text()
    assert account.accept("--yes").stdout == "demo: nothing to accept.\n"
    clean(account)


def test_what_people_steer_is_accepted_though_the_file_says_otherwise_by_now(account: Played) -> None:
    account.change("campaign", {"title": "fb"}, cpc=0.4)
    account.edit("cpc: 0.25", "cpc: 0.5")
    done = account.accept("campaigns/fb.cpc")
    assert done.exit_code == 0, done.output
    assert "cpc: 0.4" in account.file.read_text()
    clean(account)


def test_a_new_member_comes_with_its_weight(account: Played) -> None:
    offer = account.row("offer", title="other")["id"]
    landing = account.row("landing", title="quiz")["id"]
    offers = [{**account.row("stream", title="keto")["offers"][0], "weight": 60}, {"id": offer, "weight": 40}]
    account.change("stream", {"title": "keto"}, offers=offers, prelandings=[{"id": landing, "weight": 30}])
    done = account.accept("--yes", "funnels/keto.offer_ids", "funnels/keto.offer_weights")
    assert done.exit_code == 0, done.output
    assert "keto: {offers: {keto-guide: 60, other: 40}, landings: {advertorial: 100}}" in account.file.read_text()
    clean(account)


def test_a_new_member_does_not_take_the_steered_weights_along(account: Played) -> None:
    offer = account.row("offer", title="other")["id"]
    offers = [{**account.row("stream", title="keto")["offers"][0], "weight": 60}, {"id": offer, "weight": 40}]
    account.change("stream", {"title": "keto"}, offers=offers)
    done = account.accept("--yes")
    assert done.exit_code == 0, done.output
    assert "keto: {offers: {keto-guide: 100, other: 40}," in account.file.read_text()
    clean(account)


def test_a_member_that_left(account: Played) -> None:
    account.edit("keto: {offers: {keto-guide: 100}", "keto: {offers: {keto-guide: 70, other: 30}")
    assert account.up()
    offers = account.row("stream", title="keto")["offers"]
    account.change("stream", {"title": "keto"}, offers=offers[:1], landings=[])
    done = account.accept("--yes")
    assert done.exit_code == 0, done.output
    assert "keto: {offers: {keto-guide: 70}}" in account.file.read_text()
    clean(account)


def test_what_was_deleted_there_is_removed_unless_something_refers_to_it(account: Played) -> None:
    for name in ("installment", "subscription"):
        account.delete("conversion_type", name=name)
    account.delete("stream", title="spare")
    account.delete("offer", title="other")
    account.delete("landing", title="quiz")
    account.delete("source", title="facebook")
    done = account.accept("--yes")
    assert done.exit_code == 2, done.output
    assert "Not accepted: traffic_channels/facebook: campaigns/fb refers to it" in done.stderr
    text = account.file.read_text()
    assert "  other:" not in text
    assert "  spare: {offers" not in text
    assert "  quiz:" not in text
    assert "installment" not in account.shared.read_text()
    assert account.planned()["facebook"] == "create"


def test_the_files_own_change_is_not_drift(account: Played) -> None:
    account.edit("cost_model: CPC", "cost_model: CPM")
    account.change("campaign", {"title": "fb"}, tags=["c"])
    done = account.accept("--yes", "--json")
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = for_machines(done.stdout)
    assert [one["what"] for one in told["accepted"]] == ["campaigns/fb.tags"]
    assert [(one["what"], one["why"]) for one in told["left"]] == [("campaigns/fb.cost_model", "file")]
    assert "cost_model: CPM, cpc: 0.25, tags: [c]" in account.file.read_text()


def test_a_shared_value_changes_another_stack_too(account: Played) -> None:
    """Which is said; with --own it does not."""
    (account.folder / "stacks" / "beta.yaml").write_text(ACCOUNT)
    account.change("conversion_type", {"name": "upsell"}, duplicates="ignore")
    shown = account.accept("--dry-run")
    told = "Stack beta extends a changed file: conversion_types/upsell.duplicates: 'by_event_id' -> 'ignore'"
    assert told in shown.output
    asked = account.accept("conversion_types/upsell")
    assert asked.exit_code == 1, "asked, as another stack is concerned, and there is nobody to answer"
    shared = account.shared.read_text()
    done = account.accept("conversion_types/upsell", "--own", "--json", "--yes")
    assert done.exit_code == 0, done.output
    assert for_machines(done.stdout)["other_stacks"] == {}
    assert account.shared.read_text() == shared
    assert account.file.read_text().endswith("conversion_types:\n  upsell: {duplicates: ignore}\n")
    clean(account)


def test_a_connection_by_its_keys(account: Played) -> None:
    """What a person can change in Digistore24's form: the products, and parts of the URL."""
    account.edit("offers:", "products: {second: {id: 600}}\noffers:")
    account.edit("billing: {domain: main", "billing: {products: [keto-guide, second], domain: main")
    assert account.up()
    sales, billing = account.connection("sales"), account.connection("billing")
    url = sales["url"].replace("track.acme.test", "go.acme.test").replace("sum={amount_affiliate}", "sum=0")
    account.living.edit("connection", sales["id"], url=url)
    account.living.edit("connection", billing["id"], product_ids=["600"], active=False)
    done = account.accept("--yes", "postbacks")
    assert done.exit_code == 0, done.output
    text = account.file.read_text()
    assert "  sales: {domain: spare, offer_source: digistore24}" in text, text
    shared = account.shared.read_text()
    assert "  sales: {events: [payment], type: order_type, sum: 0, " in shared, shared
    assert "  billing: {products: [second], domain: main, offer_source: digistore24, active: false}" in text, text
    clean(account)


def test_what_was_made_again_as_it_is_declared_stays_in_the_file(account: Played) -> None:
    before = account.file.read_text()
    row = account.row("landing", title="quiz")
    account.delete("landing", title="quiz")
    account.living.edit("landing", "", **{name: row[name] for name in ("title", "url", "type")})
    assert account.accept("--yes").stdout == "demo: nothing to accept.\n"
    assert account.file.read_text() == before
    assert account.up() == []
    clean(account)


def test_a_reference_that_was_taken_away_is_not_shown_again(account: Played) -> None:
    account.change("campaign", {"title": "fb"}, domain_id="")
    assert account.accept("--yes").exit_code == 0
    assert "domain: none" in account.file.read_text()
    clean(account)
    clean(account)


def test_what_was_made_again_otherwise_is_accepted_field_by_field(account: Played) -> None:
    row = account.row("landing", title="quiz")
    account.delete("landing", title="quiz")
    account.living.edit("landing", "", title="quiz", type=row["type"], url="https://quiz.test/theirs?c={clickid}")
    done = account.accept("--yes")
    assert done.exit_code == 0, done.output
    assert "https://quiz.test/theirs?c={clickid}" in account.file.read_text()
    assert account.up() == []
    clean(account)


def test_what_refers_to_what_was_made_again_follows_it(account: Played) -> None:
    offer = account.row("offer", title="keto-guide")
    account.delete("offer", title="keto-guide")
    known = {name: value for name, value in offer.items() if name not in ("id", "serial_number")}
    account.living.edit("offer", "", **{**known, "notes": "theirs", "payment": {**offer["payment"], "amount": 14}})
    assert account.planned() == {"keto-guide": "create", "keto": "update"}
    done = account.accept("--yes")
    assert done.exit_code == 0, done.output
    text = account.file.read_text()
    assert "payout: 14" in text
    assert "notes: theirs" in text
    assert [write.split()[0] for write in account.up()] == ["PUT"], "the funnel refers to the new one"
    clean(account)
