"""What others need is not deleted: what a live object refers to, and what another stack of the project manages."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS
from tests.providers.small_engine import Engine, Stopped
from tests.providers.trackform_core.guard.guarded import Program, live
from trackform_core.lifecycle import service as lifecycle

if TYPE_CHECKING:
    from tests.providers.conftest import Room
    from tests.providers.said import Said
    from trackform_core.model.wire import Values

SOURCE = {"offer_source": {"shop": {"title": "shop"}}}
CHANNEL = {"channel": {"ads": {"title": "ads"}}}


class Account:
    """A stack with an offer in a funnel in a campaign; a person's own objects may use them too."""

    def __init__(self, engine: Engine, room: "Room") -> None:
        self.engine = engine
        self.room = room
        engine.up(SOURCE | CHANNEL)
        self.source = engine.state["offer_source", "shop"].object_id
        self.ads = engine.state["channel", "ads"].object_id
        self.offer = self._made("offer", "keto", {"url": "https://p.test/", "offer_source_id": self.source})
        self.funnel = self._made("funnel", "keto", {"offer_ids": [self.offer]})
        self.campaign = self._made("campaign", "keto", {"channel_id": self.ads, "funnel_ids": [self.funnel]})

    def _made(self, kind: str, title: str, fields: "Values") -> str:
        self.fields: dict[str, Values] = getattr(self, "fields", {}) | {kind: {"title": title} | fields}
        self.up()
        return self.engine.state[kind, title].object_id

    def program(self, *without: str, **more: dict[str, "Values"]) -> Program:
        program = SOURCE | CHANNEL | {kind: {"keto": of} for kind, of in self.fields.items() if kind not in without}
        return {kind: of | more.get(kind, {}) for kind, of in program.items() if kind not in without} | {
            kind: of for kind, of in more.items() if kind not in program
        }

    def references(self, program: Program) -> dict[str, Any]:
        """As the project's own program tells them."""
        return {
            kind: {name: [field for field in KINDS[kind].references if field in fields] for name, fields in of.items()}
            for kind, of in program.items()
        }

    def up(self, *without: str, **account: Any) -> None:
        program = self.program(*without)
        self.engine.up(program, references=self.references(program), **account)

    def said(self, said: "Said", *without: str, **account: Any) -> dict[str, str]:
        """Kind -> what a preview says of what leaves; an `up` does just that."""
        said.clear()
        program = self.program(*without)
        self.engine.preview(program, references=self.references(program), **account)
        fates = {
            text.partition(" '")[0]: text.partition(" leaves the file: ")[2]
            for text in said.messages
            if " leaves the file: " in text
        }
        before = {kind: {row["id"] for row in live(self.room, kind)} for kind in ("offer", "funnel", "campaign")}
        self.up(*without, **account)
        for kind, ids in before.items():
            left = ids - {row["id"] for row in live(self.room, kind)}
            assert bool(left) == fates.get(kind, "").startswith("deleted"), (kind, fates)
        return fates


@pytest.fixture
def account(engine: Engine, room: "Room") -> Account:
    return Account(engine, room)


@pytest.mark.parametrize("refreshes", [True, False])
def test_what_goes_together_goes(account: Account, said: "Said", *, refreshes: bool) -> None:
    account.engine.refreshes = refreshes
    deleted = (
        "deleted"
        if refreshes
        else ("deleted, unless it was adopted or its `on_delete` said otherwise, which cannot be told here")
    )
    assert account.said(said, "campaign", "funnel", "offer") == dict.fromkeys(("campaign", "funnel", "offer"), deleted)


@pytest.mark.parametrize("refreshes", [True, False])
@pytest.mark.parametrize(
    ("kind", "user"), [("offer", "funnel 'mine' still uses it"), ("funnel", "campaign 'mine' still uses it")]
)
def test_what_somebody_elses_object_uses_is_kept(
    account: Account, room: "Room", said: "Said", kind: str, user: str, *, refreshes: bool
) -> None:
    if kind == "offer":
        room.edit(KINDS["funnel"], set={"title": "mine", "offers": [{"id": account.offer, "weight": 100}]})
    else:
        streams = [{"id": account.funnel, "weight": 100}]
        room.edit(KINDS["campaign"], set={"title": "mine", "source_id": account.ads, "streams": streams})
    account.engine.refreshes = refreshes
    fates = account.said(said, "campaign", "funnel", "offer")
    assert fates[kind] == f"kept: {user}"
    assert fates["campaign"].startswith("deleted")
    # What is kept needs what it uses.
    assert fates["offer"].startswith("kept: funnel ")


def test_what_is_paused_for_its_clicks_keeps_what_it_leads_to(
    account: Account, said: "Said", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(KINDS["campaign"]), "clicked", lambda *_: True)
    monkeypatch.setattr(type(KINDS["offer"]), "clicked", lambda *_: False)
    assert account.said(said, "campaign", "funnel", "offer") == {
        "campaign": "paused, not deleted: it had clicks in the last 30 days",
        "funnel": "kept: campaign 'keto' still uses it",
        "offer": "kept: funnel 'keto' still uses it",
    }


def test_what_stays_and_no_longer_names_it_keeps_nothing(account: Account, room: "Room", said: "Said") -> None:
    other = {"title": "other", "url": "https://p.test/", "offer_source_id": account.source}
    program = account.program(offer={"other": other})
    account.engine.up(program, references=account.references(program))
    other_id = account.engine.state["offer", "other"].object_id
    program["funnel"] = {"keto": {"title": "keto", "offer_ids": [other_id]}}
    program["offer"] = {"other": other}
    said.clear()
    account.engine.preview(program, references=account.references(program))
    assert "offer 'keto' leaves the file: deleted" in said.messages
    account.engine.up(program, references=account.references(program))
    assert [row["id"] for row in live(room, "offer")] == [other_id]


@pytest.mark.parametrize("how", ["leave", "not declared"])
def test_what_stays_as_it_is_keeps_what_it_refers_to(account: Account, room: "Room", said: "Said", how: str) -> None:
    """A funnel whose file says nothing of its landings keeps those that it has."""
    landing = room.edit(KINDS["landing"], set={"title": "page", "url": "https://l.test/", "type": "l"})["id"]
    with_landing = account.program(landing={"page": {"title": "page", "url": "https://l.test/", "type": "landing"}})
    with_landing["landing"]["page"] |= {"adopt": True, "on_delete": "delete"}
    with_landing["funnel"]["keto"] = with_landing["funnel"]["keto"] | {"landing_ids": [landing]}
    account.engine.up(with_landing, references=account.references(with_landing))
    after = {kind: of for kind, of in with_landing.items() if kind != "landing"}
    references = account.references(after)
    references["funnel"]["keto"] = ["offer_ids"]
    funnel = dict(after["funnel"]["keto"])
    del funnel["landing_ids"]
    after["funnel"] = {"keto": funnel | ({"leave": ["landing_ids"]} if how == "leave" else {})}
    said.clear()
    account.engine.preview(after, references=references)
    assert "landing 'page' leaves the file: kept: funnel 'keto' still uses it" in said.messages
    account.engine.up(after, references=references)
    assert [row["id"] for row in live(room, "landing")] == [landing]


def test_a_program_that_does_not_tell_its_references_is_told_both(account: Account, said: "Said") -> None:
    account.engine.preview(account.program("offer"))
    assert "offer 'keto' leaves the file: deleted, unless a live object still uses it" in said.messages


def test_an_offer_inside_a_campaign_of_its_own(account: Account, room: "Room", said: "Said") -> None:
    """A funnel that lives inside a campaign needs its offers as long as the campaign lives."""
    inside = room.edit(
        KINDS["funnel"], set={"title": "inside", "template": False, "offers": [{"id": account.offer, "weight": 100}]}
    )["id"]
    assert account.said(said, "campaign", "funnel", "offer")["offer"] == "deleted", "its campaign is gone"
    room.edit(KINDS["offer"], account.offer, set={"status": 1})
    streams = [{"id": inside, "weight": 100}]
    campaign = room.edit(KINDS["campaign"], set={"title": "mine", "source_id": account.ads, "streams": streams})["id"]
    account.fields["offer"]["adopt"] = True
    account.fields["offer"]["on_delete"] = "delete"
    account.up("campaign", "funnel")
    assert account.said(said, "campaign", "funnel", "offer")["offer"] == "kept: campaign 'mine' still uses it"
    room.edit(KINDS["campaign"], campaign, set={"status": 3})
    account.up("campaign", "funnel")
    assert account.said(said, "campaign", "funnel", "offer")["offer"] == "deleted"


def test_who_uses_it_is_looked_up_once_for_all(engine: Engine, room: "Room") -> None:
    names = [f"c{number}" for number in range(8)]
    engine.up({"channel": {name: {"title": name} for name in [*names, "stays"]}})
    room.forget()
    engine.preview({"channel": {"stays": {"title": "stays"}}})
    assert [each["path"] for each in room.requests()].count("/campaigns") == 1
    room.forget()
    engine.up({"channel": {"stays": {"title": "stays"}}})
    assert [each["path"] for each in room.requests()].count("/campaigns") == 1
    assert len([each for each in room.writes() if each.startswith("DELETE")]) == len(names)


DECLARED = {"keys": {"channel": ["ads"]}}


@pytest.mark.parametrize(
    ("pinned", "kept"), [("mine", True), ("another's", False), (None, True)], ids=["same", "another", "not pinned"]
)
@pytest.mark.parametrize("refreshes", [True, False])
def test_what_another_stack_declares_is_kept(
    engine: Engine, room: "Room", said: "Said", pinned: str | None, *, kept: bool, refreshes: bool
) -> None:
    engine.up({"channel": {"ads": {"title": "ads"}, "more": {"title": "more"}}})
    mine = engine.state["", "default"].inputs["recorded"]["redtrack_user"]
    pins = {"redtrack_user": mine if pinned == "mine" else pinned} if pinned else {}
    elsewhere = {"beta": DECLARED | {"pins": pins}}
    program = {"channel": {"more": {"title": "more"}}}
    engine.refreshes = refreshes
    said.clear()
    engine.preview(program, elsewhere=elsewhere)
    (text,) = [text for text in said.messages if "leaves the file" in text]
    assert text.startswith("traffic channel 'ads' leaves the file: kept for another stack: 'beta' declares it") == kept
    assert ("pin it there: account.redtrack_user" in text) == (pinned is None)
    engine.up(program, elsewhere=elsewhere)
    assert ({"ads", "more"} if kept else {"more"}) == {row["title"] for row in live(room, "channel")}
    said.clear()
    engine.refreshes = True
    engine.up(program, elsewhere=elsewhere)
    assert "leaves" not in said.ids
    assert "elsewhere" not in engine.state["", "default"].inputs


def test_what_another_stack_declares_is_not_paused(account: Account, room: "Room", said: "Said") -> None:
    account.fields["offer"]["on_delete"] = "pause"
    account.up()
    elsewhere = {"beta": {"keys": {"offer": ["keto"]}}}
    fates = account.said(said, "campaign", "funnel", "offer", elsewhere=elsewhere)
    assert fates["offer"].startswith("kept for another stack: 'beta' declares it")
    assert room.stored(KINDS["offer"], account.offer)["status"] == 1


def test_what_another_stack_marked_is_kept_whoever_deletes_it(account: Account, room: "Room", said: "Said") -> None:
    room.edit(KINDS["offer"], account.offer, set={"tags": ["trackform:beta"]})
    account.engine.preview(account.program("campaign", "funnel", "offer"))
    told = "kept for another stack: it carries the mark of stack beta in its tags"
    assert f"offer 'keto' leaves the file: {told}" in said.messages
    account.engine.destroy()
    assert [row["id"] for row in live(room, "offer")] == [account.offer]
    assert any(text.endswith(f"is {told}") for text in said.messages)


def test_the_mark_of_a_former_name_is_no_other_stacks(engine: Engine, room: "Room") -> None:
    engine.up({"offer_source": {"shop": {"title": "shop", "mark": True}}})
    engine.name = "renamed"
    engine.up({"offer_source": {"other": {"title": "shop"}}})
    engine.destroy()
    assert live(room, "offer_source") == []


def test_who_takes_over_what_was_given_up_takes_the_mark_off(
    engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch
) -> None:
    row = room.edit(KINDS["offer_source"], set={"title": "shop", "notes": "[trackform:beta]"})
    program: Program = {"offer_source": {"shop": {"title": "shop"}}}
    with pytest.raises(Stopped, match="carries the mark of stack beta"):
        engine.preview(program)
    monkeypatch.setenv("TRACKFORM_ALLOW", "take-over:offer_source/shop")
    for mark, notes in ((True, "[trackform:default]"), (None, "")):
        room.edit(KINDS["offer_source"], row["id"], set={"notes": "[trackform:beta]"})
        program["offer_source"]["shop"] = {"title": "shop", "adopt": True, **({"mark": mark} if mark else {})}
        session = room.process()
        inputs = lifecycle.check(KINDS["offer_source"], {}, program["offer_source"]["shop"], "?").inputs
        assert inputs["adopts"]["changes"] == {"mark": f"beta => {'default' if mark else 'nothing'}"}
        session.checked = True
        lifecycle.create(KINDS["offer_source"], inputs)
        assert room.stored(KINDS["offer_source"], row["id"])["notes"] == notes
