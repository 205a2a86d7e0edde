"""`postback_url` under `extra`: whether RedTrack takes it or computes its own is not known. Written once either way."""

import logging
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

MINE, OTHER = "https://own.test/postback?clickid={cid}", "https://other.test/postback?clickid={cid}"


@pytest.mark.parametrize("setting", ["computed", "writable"])
@pytest.mark.parametrize("name", ["offer", "offer_source"])
def test_nothing_is_written_again(
    room: "Room", cases: "dict[str, Case]", caplog: pytest.LogCaptureFixture, name: str, setting: str
) -> None:
    room.switch(postback_url=setting)
    case = cases[name]
    fields = case.fields | {"extra": {"postback_url": MINE}}
    live = room.create(case.kind, fields)
    for url in (MINE, OTHER):
        fields = case.fields | {"extra": {"postback_url": url}}
        live = room.update(case.kind, live, fields)
        room.process()
        caplog.clear()
        with caplog.at_level(logging.WARNING, "trackform"):
            live = room.read(case.kind, live)
        assert (f"{case.fields['title']}': extra.postback_url" in caplog.text) == (setting == "computed"), caplog.text
        assert room.differing(case.kind, live, fields) == []
        room.forget()
        live = room.update(case.kind, live, fields)
        assert room.writes() == []
    shown = room.stored(case.kind, live.object_id).get("postback_url")
    assert (shown == OTHER) == (setting == "writable")
