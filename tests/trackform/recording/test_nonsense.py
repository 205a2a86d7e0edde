"""Nonsense where a recording is expected: refused with file, entry and field, and nothing is sent."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trackform.cli import main
from trackform_core.http import api as http

FILE = Path("nonsense.json")
WHOLE: dict[str, Any] = {
    "service": "redtrack", "method": "GET", "path": "offers", "query": {"page": "1"}, "sent": None, "status": 200,
    "headers": {"content-type": "application/json"}, "answer": None, "is_empty": False, "key": "own",
}  # fmt: skip


def refused(text: str) -> str:
    FILE.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["sandbox", "check", str(FILE)])
    assert (done.exit_code, type(done.exception)) == (1, SystemExit), done.output
    assert done.output.startswith("Error: nonsense.json is no recording")
    return done.output


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own, and no network: whatever is sent fails."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(http, "NETWORK", None)


def test_a_whole_one_is_taken() -> None:
    FILE.write_text(json.dumps({"trackform_recording": 1, "exchanges": [WHOLE]}), encoding="utf-8")
    done = CliRunner().invoke(main, ["sandbox", "check", str(FILE), "--strict"])
    assert (done.exit_code, done.output) == (0, "1 exchange, no differences\n")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"service": "everflow"}, "service: has to be 'redtrack' or 'digistore24' (it is 'everflow')"),
        ({"service": None}, "service: has to be 'redtrack' or 'digistore24'"),
        ({"method": "TRACE"}, "method: has to be 'GET', 'POST', 'PUT', 'PATCH' or 'DELETE' (it is 'TRACE')"),
        ({"path": "../.."}, "path: has to be words of letters"),
        ({"path": "/offers"}, "path: has to be words of letters"),
        ({"path": "offers?page=1"}, "path: has to be words of letters"),
        ({"path": "offers/../networks"}, "path: has to be words of letters"),
        ({"path": ""}, "path: has to be words of letters"),
        ({"path": "x" * 400}, "path: has to have at most 300 characters"),
        ({"path": "_control"}, "path: has to be words of letters"),
        ({"path": "elsewhere"}, "path: no probe asks redtrack for 'elsewhere'"),
        ({"service": "digistore24"}, "path: no probe asks digistore24 for 'offers'"),
        ({"service": "digistore24", "path": "ping/ping"}, "path: no probe asks digistore24 for 'ping/ping'"),
        ({"status": -1}, "status: has to be greater than or equal to 100 (it is -1)"),
        ({"status": 1000}, "status: has to be less than or equal to 599 (it is 1000)"),
        ({"status": "200"}, "status: has to be a whole number (it is '200')"),
        ({"status": True}, "status: has to be a whole number (it is True)"),
        ({"status": 200.5}, "status: has to be a whole number (it is 200.5)"),
        ({"query": []}, "query: has to be a map"),
        ({"query": {"page": 1}}, "query.page: has to be a text (it is 1)"),
        ({"query": {"page": "9" * 5000}}, "query.page: has to have at most 4000 characters"),
        ({"sent": "text"}, "sent: has to be a map (it is 'text')"),
        ({"sent": {"title": "t"}}, "sent: a GET has no body"),
        ({"headers": {"set-cookie": "a"}}, "headers: a recording keeps no header set-cookie"),
        ({"headers": {"content-type": 5}}, "headers.content-type: has to be a text (it is 5)"),
        ({"is_empty": "no"}, "is_empty: has to be true or false (it is 'no')"),
        ({"is_empty": True, "answer": []}, "answer: there is one, although is_empty says that there is none"),
        ({"key": "theirs"}, "key: has to be 'own' or 'nobody' (it is 'theirs')"),
        ({"notes": "x"}, "notes: a recording has no such field"),
        ({"answer": {"$more": 3}}, "answer: $more has to be alone in the last entry of a list"),
        ({"answer": [{"id": "1"}, {"$more": -3}]}, "answer: $more has to be alone in the last entry of a list"),
        ({"answer": [{"id": "1"}, {"$more": "3"}]}, "answer: $more has to be alone in the last entry of a list"),
        ({"answer": [{"id": "1"}, {"$more": True}]}, "answer: $more has to be alone in the last entry of a list"),
        ({"answer": [{"$more": 3}, {"id": "1"}]}, "answer: $more has to be alone in the last entry of a list"),
        ({"answer": {"rows": [{"id": "1"}, {"$more": 3, "id": "2"}]}}, "answer: $more has to be alone"),
    ],
)
def test_the_entry_and_the_field_are_named(changes: dict[str, Any], said: str) -> None:
    """Behind an entry that is one."""
    document = {"trackform_recording": 1, "exchanges": [WHOLE, WHOLE | changes]}
    assert f"\n  exchanges[1].{said}" in refused(json.dumps(document))


@pytest.mark.parametrize("field", [name for name in WHOLE if name != "key"])
def test_what_is_missing_is_named(field: str) -> None:
    entry = {name: value for name, value in WHOLE.items() if name != field}
    assert f"\n  exchanges[0].{field}: is missing\n" in refused(
        json.dumps({"trackform_recording": 1, "exchanges": [entry]})
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nonsense.json:1: this is no JSON"),
        ("{", "nonsense.json:1: this is no JSON"),
        ("[]", "has to be a map"),
        ("null", "has to be a map"),
        ("7", "has to be a map"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 300 + "1" + "}" * 300, "nested too deeply"),
        ('{"trackform_recording": 1, "exchanges": []}', "exchanges: there is none"),
        ('{"trackform_recording": 1, "exchanges": {}}', "exchanges: has to be a list"),
        ('{"trackform_recording": 1, "exchanges": ["x"]}', "exchanges[0]: has to be a map"),
        ('{"exchanges": []}', "trackform_recording: is missing"),
        ('{"trackform_recording": 1, "trackform_recording": 1}', "'trackform_recording' stands twice in one map"),
        ('{"trackform_recording": 1, "exchanges": [], "notes": 1}', "notes: a recording has no such field"),
        ('{"trackform_recording": 1, "exchanges": [], "answers": []}', "answers: has to be a map"),
        ('{"trackform_recording": 1, "exchanges": [], "answers": {"put": 1}}', "answers.put: has to be a text"),
        ('{"trackform_recording": 1, "exchanges": [], "answers": {"sing": "1"}}', "answers.sing: there is no such "),
        ('{"trackform_recording": 1, "exchanges": [], "answers": {"page_cap": "0"}}', "answers.page_cap: no switch"),
        ('{"trackform_recording": 1, "exchanges": [], "answers": {"page_cap": "many"}}', "answers.page_cap: no switch"),
        ('{"trackform_recording": 2, "exchanges": []}', "that this version reads: trackform_recording is not 1"),
        ('{"trackform_recording": ' + "9" * 5000 + "}", "a number of JSON with too many digits"),
    ],
)  # fmt: skip
def test_what_is_no_recording_at_all_is_refused(text: str, said: str) -> None:
    assert said in refused(text)


def test_of_very_many_mistakes_the_first_are_told() -> None:
    output = refused(json.dumps({"trackform_recording": 1, "exchanges": [WHOLE | {"status": 1}] * 5000}))
    assert output.count("\n") == 12
    assert output.endswith("\n  and 4990 more\n")


def test_a_huge_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackform_core.text.files.read_json.__kwdefaults__", {"repeats": True})
    monkeypatch.setattr("trackform_core.text.files.read_json.__defaults__", (1_000,))
    document = {"trackform_recording": 1, "exchanges": [WHOLE | {"answer": ["x" * 2_000]}]}
    assert "larger than" in refused(json.dumps(document))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["$more", "id"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4) | st.sampled_from(["$more", "id",
                                                                "items", "streams", "data"]), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.sampled_from(["offers", "campaigns", "conversions", "me/settings"]), VALUES)
def test_whatever_stands_there_it_is_compared_or_refused_in_words(field: str, path: str, value: Any) -> None:
    document = {"trackform_recording": 1, "exchanges": [WHOLE | {"path": path, field: value}]}
    FILE.write_text(json.dumps(document), encoding="utf-8")
    done = CliRunner().invoke(main, ["sandbox", "check", str(FILE), "--strict"])
    assert done.exit_code in (0, 1, 2), done.exception
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code != 1 or f"exchanges[0].{field}" in done.output or "exchanges[0].sent" in done.output
