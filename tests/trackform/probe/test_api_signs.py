"""What an answer of RedTrack's or Digistore24's API shows of a setting, and what of signs together."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, cast

import pytest

from trackform.probe import apis
from trackform.probe.answer import Answer, Sign, answered
from trackform.probe.evidence import NEVER_WAS, AccountEvidence, Answered

TODAY = date(2026, 11, 20)


class Asked:
    """An account that answers as a test says; ``path`` or ``path?page`` -> status, body, headers."""

    def __init__(self, answers: Mapping[str, Any] = {}, **more: Any) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._answers = answers
        self.__dict__.update(more)

    def get(self, path: str, **params: Any) -> Answered:
        self.asked.append((path, params))
        found = self._answers.get(f"{path}?{params.get('page')}", self._answers.get(path, (200, "")))
        status, text, headers = (*found, {})[:3]
        return Answered(status, headers, text if isinstance(text, str) else json.dumps(text))


ROWS = [{"id": at} for at in range(3)]
TITLES = ("campaigns", "offers", "networks", "sources", "landings")
GONE = [("offers", "a"), ("campaigns", "b"), ("offers", "c"), ("offers", "d")]
HELD_STREAM = {"streams": [{"stream": {"id": 1}}]}
API_SIGNS: list[tuple[str, Asked, list[str]]] = [
    ("empty_list", Asked({"campaigns": (200, " null\n"), "offers": (200, "[]"), "networks": (200, "{}")}), ["null",
     "array"]),
    ("empty_list", Asked(dict.fromkeys(TITLES, (200, "null"))), ["null"] * 4),
    ("page_cap", Asked({"offers?1": (200, ROWS), "offers?2": (200, ROWS[:1])}), ["3"]),
    ("page_cap", Asked({"domains?1": (200, {"items": ROWS}), "domains?2": (200, {"items": ROWS})}), ["3"]),
    ("page_cap", Asked({"offers?1": (200, ROWS), "offers?2": (200, [])}), []),
    ("page_cap", Asked({"offers?1": (200, [0] * 999), "offers?2": (200, ROWS)}), ["999"]),
    ("page_cap", Asked({"offers?1": (200, [0] * 1000), "offers?2": (200, ROWS)}), []),
    ("page_cap", Asked({"offers": (200, "<html>")}), []), ("page_cap", Asked({"offers": (200, {"items": {"a": 1}})}),
     []),
    *(("requests_per_minute", Asked({"me/settings": (200, "", headers)}), signs) for headers, signs in (
        ({"x-ratelimit-limit-minute": "60", "ratelimit-limit": "70"}, ["60"]), ({"ratelimit-limit": "70"}, ["70"]),
        ({"x-ratelimit-limit-minute": "60, 60;w=60"}, []), ({"ratelimit-limit": ""}, []), ({"limit": "70"}, []))),
    ("deleted", Asked({"offers/a": (404, ""), "campaigns/b": (200, {"status": 3}), "offers/c": (404, ""),
     "offers/d": (404, "")},
                      deleted=lambda: iter(GONE)), ["404", "status3", "404"]),
    *(("deleted", Asked({"offers/a": answer}, deleted=lambda: iter(GONE[:1])), [])
      for answer in ((200, {"status": 1}), (200, [3]), (200, ""), (500, ""))),
    ("missing_object", Asked({f"offers/{NEVER_WAS}": (404, "")}), ["404"]),
    ("missing_object", Asked({f"offers/{NEVER_WAS}": (500, "")}), ["500"]),
    *(("missing_script", Asked({f"scripts/{NEVER_WAS}": (status, "")}), signs)
      for status, signs in ((400, ["400"]), (404, ["404"]), (200, []), (500, []), (403, []))),
    *(("bad_key", Asked(with_nobodys_key=lambda status=status, text=text: Answered(status, {}, text)), signs)
      for status, text, signs in ((401, "", ["401"]), (500, "", ["500"]), (403, '{"error": "x"}', []), (200, "", []),
        (200, '{"error": "no"}', ["200_error"]), (200, '{"error": ""}', []), (200, '["error"]', []), (200, "{}", []))),
    *(("clickid", Asked(listing=lambda _path, row=row: [row]), signs) for row, signs in (
        ({"clickid": "{cid}"}, ["with_braces"]), ({"clickid": "cid"}, ["without_braces"]), ({"sum": "{sum}"},
         ["with_braces"]),
        ({"clickid": "cid", "sum": "sum"}, ["without_braces"] * 2), ({"clickid": ""}, []), ({"clickid": None}, []),
        ({"clickid": "{cid}x"}, []), ({"clickid": "my id"}, []), ({"sub1": "{x}"}, []))),
    *(("campaign_list", Asked({"campaigns/1": (200, HELD_STREAM), "campaigns/2": (200, {"streams": [None, {}]})},
                              listing=lambda _path, rows=rows: rows), signs) for rows, signs in (
        ([HELD_STREAM, HELD_STREAM], ["with_streams"] * 2), ([{"streams": [None, {"stream": {"id": 1}}]}],
         ["with_streams"]),
        ([{"id": 2, "streams": [{"id": 7}]}, {"id": 1, "streams": [{"id": 7}]}, HELD_STREAM], ["without_streams"]),
        ([{"id": 2, "streams": [{"id": 7}]}], []), ([{"id": 1, "streams": []}], []), ([{"id": 1, "streams": None}], []),
        ([{"id": 1, "streams": "x"}], []), ([{"id": 1, "streams": ["x"]}], []), ([{"id": 3, "streams": [{"id": 7}]}],
         []))),
    *(("titles", Asked(listing=lambda path, rows=rows: rows if path == "sources" else []), signs) for rows, signs in (
        ([{"title": "b"}, {"title": "a"}, {"title": "b"}], ["not_unique"]), ([{"title": "a"}] * 3, ["not_unique"] * 2),
        ([{"title": "a"}, {"title": "A"}], []), ([{"title": ""}, {"title": ""}, {}, {"title": None}], []),
        ([{"title": 7}, {"title": "7"}], ["not_unique"]))),
    *(("filters", Asked(listing=lambda _path, row=row: [row]), signs) for row, signs in (
        ({"filters": {"os": {"active": True}}}, ["in_force"]), ({"filters": {"os": {}}}, ["in_force"]),
        ({"filters": {"os": {"active": True}, "country": {"active": False}}}, ["all"]), ({"filters": {}}, []),
        ({"filters": {"os": "iOS"}}, []), ({"filters": None}, []), ({"offers": [None, "x", {"filters": []}]}, []),
        *(({name: [{"filters": {"os": {"active": False}}}]}, ["all"]) for name in ("offers", "landings",
         "prelandings")))),
    *(("ipn_info_missing", Asked(ipn_info=lambda _id, said=said: said), signs)
      for said, signs in (("N", ["N"]), ("error", ["error"]), ("Y", []), ("", []))),
    *(("utc_offset", Asked(envelope={"utc_offset": said}), signs)
      for said, signs in (("+00:00", ["text"]), (0, ["number"]), (1.5, ["number"]), (True, []), (None, []), ([], []))),
    *(("products", Asked(digistore24=lambda _function, said=said: said), signs)
      for said, signs in (([], ["published"]), ({"products": []}, ["named"]), ({}, []), ("products", []))),
    *(("log_time_zone", Asked(conversions=[row]), signs) for row, signs in (
        ({"created_at": "2026-11-10T12:00:00+02:00"}, ["UTC+0200"]), ({"created_at": "2026-11-10T12:00:00"}, []),
        ({"created_at": "", "conv_time": "2026-11-10T12:00:00Z"}, ["UTC+0000"]))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "asked", "signs"), API_SIGNS, ids=[f"{name} {at}" for at, (name, _, _) in enumerate(API_SIGNS)]
)
def test_what_an_answer_shows(name: str, asked: Asked, signs: list[str]) -> None:
    read: Callable[[Asked], Iterable[Sign]] = getattr(apis, name)
    seen = list(read(asked))
    assert [each.value for each in seen] == signs
    assert all(each.certain for each in seen)
    assert {each.at for each in seen} <= ({date(2026, 11, 10)} if name == "log_time_zone" else {None})


def test_what_is_asked_of_a_listing() -> None:
    asked = Asked()
    assert list(apis.empty_list(cast("AccountEvidence", asked))) == []
    assert asked.asked == [(path, {"page": 100_000, "per": 1}) for path in TITLES[:4]]
    asked.asked.clear()
    assert list(apis.page_cap(cast("AccountEvidence", asked))) == []
    assert asked.asked == [
        (path, {"page": page, "per": 1000}) for path in (*TITLES, "streams", "domains") for page in (1, 2)
    ]


@pytest.mark.parametrize(
    ("signs", "answer"),
    [
        ([], Answer("put", evidence="a write")),
        ([Sign("a")], Answer("put", "a", "looks: 1, 2026-11-20", "certain", TODAY)),
        ([Sign("a", certain=False)], Answer("put", "a", "looks: 1, 2026-11-20", "likely", TODAY)),
        ([Sign("a", date(2026, 11, 3)), Sign("a", date(2026, 11, 1)), Sign("a")],
         Answer("put", "a", "looks: 3, 2026-11-01 to 2026-11-20", "certain", date(2026, 11, 1))),
        ([Sign("b", date(2026, 11, 1), certain=False), Sign("a"), Sign("a", date(2026, 11, 19))],
         Answer("put", "a", "looks: 2, 2026-11-19 to 2026-11-20", "certain", date(2026, 11, 19))),
        ([Sign("b"), Sign("a"), Sign("b"), Sign("c", certain=False)], Answer("put", contradicts=True,
         evidence="shows a 1 time and b 2 times: the service does not always behave alike")),
        ([Sign("b", certain=False), Sign("a", certain=False)], Answer("put",
         evidence="shows a 1 time and b 1 time: guesses that differ, and no answer")),
    ],
)  # fmt: skip
def test_what_several_signs_answer(signs: list[Sign], answer: Answer) -> None:
    assert answered("put", signs, "looks", "a write", TODAY) == answer
    said = {
        "answer": answer.value or None,
        "sure": answer.sure or None,
        "since": str(answer.since) if answer.since else None,
    }
    assert answer.row() == {
        "setting": "put", **said, "evidence": answer.evidence, "contradicts": answer.contradicts,
    }  # fmt: skip
