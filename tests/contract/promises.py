"""What a bridge promises, one function each. Any of them can be run against any bridge; see ``docs/bridge.md``."""

from collections.abc import Callable
from typing import Any

from tests.contract.document import document, resolved
from tests.contract.subject import CONNECTIONS, HOST, TYPES, Subject, plain

BOTH = (TYPES, CONNECTIONS)
PROMISES: list[tuple[str, Callable[[Subject], None]]] = []
SCHEMAS = document()["components"]["schemas"]
FIELDS = {TYPES: SCHEMAS["ConversionTypeFields"], CONNECTIONS: SCHEMAS["PostbackConnectionFields"]}


def promise(*paths: str) -> Callable[[Callable[[Subject], None]], Callable[[Subject], None]]:
    def register(check: Callable[[Subject], None]) -> Callable[[Subject], None]:
        PROMISES.extend((path, check) for path in paths or BOTH)
        return check

    return register


def kept(check: Callable[[Subject], None], subject: Subject) -> None:
    """Run one check and clean up.

    Raises:
        AssertionError: the promise is broken, or an answer was not one of the document.
    """
    try:
        check(subject)
    finally:
        subject.clean()
    assert subject.held.faults == []


@promise()
def a_key_is_required(subject: Subject) -> None:
    for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": subject.key}):
        for method, body in (("GET", None), ("POST", subject.sample())):
            sent = headers | {"X-Account": subject.account}
            assert subject.call(method, headers=sent, json=body).status_code == 401
    assert subject.ours() == []


@promise()
def the_key_may_act_for_the_named_account_alone(subject: Subject) -> None:
    key = {"Authorization": f"Bearer {subject.key}"}
    for headers, status in ((key, 400), (key | {"X-Account": f"{subject.run}-nobody"}, 403)):
        for method, body in (("GET", None), ("POST", subject.sample())):
            assert subject.call(method, headers=headers, json=body).status_code == status
    assert subject.ours() == []


@promise()
def a_created_object_reads_back_as_it_was_sent(subject: Subject) -> None:
    body = subject.sample()
    row = subject.made(body)
    assert plain(row) == plain(body)
    assert subject.call("GET", row["id"]).json() == row
    assert [each for each in subject.rows() if each["id"] == row["id"]] == [row]


@promise()
def fields_left_out_take_the_default_of_the_document(subject: Subject) -> None:
    fields = FIELDS[subject.path]
    body = {name: value for name, value in subject.sample().items() if name in fields["required"]}
    row = subject.made(body)
    for name in set(fields["properties"]) - set(body):
        assert row[name] == resolved(fields["properties"][name])["default"], name


@promise()
def a_repeated_create_finds_the_object(subject: Subject) -> None:
    body = subject.sample()
    row = subject.made(body)
    again = subject.call("POST", json=body)
    assert (again.status_code, again.json()["id"]) == (200, row["id"])
    assert subject.ours() == [row]


@promise()
def a_create_never_changes_or_doubles_an_object(subject: Subject) -> None:
    body = subject.sample()
    row = subject.made(body)
    answer = subject.call("POST", json=subject.other(body))
    assert answer.status_code in (200, 409)
    if answer.status_code == 200:
        assert answer.json() == row
    assert subject.ours() == [row]


@promise(TYPES)
def a_slot_and_a_name_are_taken_each_for_itself(subject: Subject) -> None:
    body = subject.sample()
    row = subject.made(body)
    other = subject.sample()
    for taken in (body | {"name": other["name"]}, body | {"slot": other["slot"]}):
        assert subject.call("POST", json=taken).status_code == 409
    assert subject.ours() == [row]


@promise(TYPES)
def names_differ_by_case(subject: Subject) -> None:
    body = subject.sample()
    small = subject.made(body)
    large = subject.made(subject.sample(name=body["name"].upper()))
    assert large["id"] != small["id"]
    assert sorted(row["name"] for row in subject.ours()) == sorted((body["name"], body["name"].upper()))


@promise(CONNECTIONS)
def a_url_without_a_marker_always_makes_a_new_object(subject: Subject) -> None:
    body = subject.sample(url=f"https://{HOST}/postback?clickid={{cid}}&run={subject.run}")
    first, second = subject.made(body), subject.made(body)
    assert first["id"] != second["id"]


@promise(CONNECTIONS)
def a_url_is_kept_to_the_letter(subject: Subject) -> None:
    url = subject.sample()["url"]
    for strange in ("&sub3=%7Bcid%7D+a%20b", "&ptoken=aB%2F9%3D", "&sub4={utm_source}&sub5=&sub6=%C3%BC#part"):
        body = subject.sample(url=url.replace("&sub20=", f"{strange.partition('#')[0]}&sub20="))
        row = subject.made(body)
        assert row["url"] == body["url"]
        assert subject.call("GET", row["id"]).json()["url"] == body["url"]
        subject.call("DELETE", row["id"])


@promise()
def an_update_writes_the_whole_object(subject: Subject) -> None:
    row = subject.made(subject.sample())
    changed = subject.other(plain(row))
    answer = subject.call("PUT", row["id"], json=changed)
    assert (answer.status_code, answer.json()["id"]) == (200, row["id"])
    assert plain(answer.json()) == plain(changed)
    assert subject.call("GET", row["id"]).json() == answer.json()
    fields = FIELDS[subject.path]
    least = {name: value for name, value in changed.items() if name in fields["required"]}
    shortened = subject.call("PUT", row["id"], json=least).json()
    for name in set(fields["properties"]) - set(least):
        assert shortened[name] == resolved(fields["properties"][name])["default"], name


@promise()
def an_update_cannot_take_the_identity_of_another(subject: Subject) -> None:
    first, second = subject.made(subject.sample()), subject.made(subject.sample())
    name = "name" if subject.is_types else "url"
    assert subject.call("PUT", second["id"], json=plain(second) | {name: first[name]}).status_code == 409
    assert subject.call("GET", second["id"]).json() == second


@promise()
def a_new_name_keeps_the_id(subject: Subject) -> None:
    row = subject.made(subject.sample())
    name = "name" if subject.is_types else "url"
    answer = subject.call("PUT", row["id"], json=plain(row) | {name: f"{row[name]}-renamed"})
    assert (answer.status_code, answer.json()["id"]) == (200, row["id"])
    assert [each["id"] for each in subject.ours()] == [row["id"]]


@promise(TYPES)
def a_slot_never_changes(subject: Subject) -> None:
    row = subject.made(subject.sample())
    free = subject.sample()["slot"]
    assert subject.call("PUT", row["id"], json=plain(row) | {"slot": free}).status_code == 400
    assert subject.ours() == [row]


@promise()
def a_deleted_object_is_gone(subject: Subject) -> None:
    body = subject.sample()
    row = subject.made(body)
    assert subject.call("DELETE", row["id"]).status_code == 204
    for method, sent in (("GET", None), ("PUT", body), ("DELETE", None)):
        assert subject.call(method, row["id"], json=sent).status_code == 404
    assert subject.ours() == []


@promise(CONNECTIONS)
def an_id_never_comes_back(subject: Subject) -> None:
    body = subject.sample()
    row = subject.made(body)
    subject.call("DELETE", row["id"])
    assert subject.made(body)["id"] != row["id"]


@promise()
def an_unknown_id_is_not_found(subject: Subject) -> None:
    for method, sent in (("GET", None), ("PUT", subject.sample()), ("DELETE", None)):
        assert subject.call(method, f"{subject.run}-never-made", json=sent).status_code == 404


@promise()
def the_pages_hold_every_object_once(subject: Subject) -> None:
    made = {subject.made(subject.sample())["id"] for _ in range(3)}
    total = len(subject.before) + 3
    for per in (-(-total // 2), 100):
        rows, totals = subject.pages(per)
        ids = [row["id"] for row in rows]
        assert len(ids) == len(set(ids)) == total
        assert totals == {total}
        assert made <= set(ids)
    assert subject.pages(-(-total // 2))[0] == subject.rows()
    for params in ({"page": "0"}, {"per": "0"}):
        assert subject.call("GET", params=params).status_code == 400


@promise()
def all_objects_belong_to_one_account(subject: Subject) -> None:
    row = subject.made(subject.sample())
    assert {each["account"] for each in subject.rows()} == {row["account"]} == {subject.account}


WRONG: dict[str, dict[str, Any]] = {
    TYPES: {"slot": 21, "duplicates": "never", "name": "", "show_in_journey": "yes", "invented": 1},
    CONNECTIONS: {
        "events": ["sale"], "product_ids": [], "url": "contract.invalid/postback", "currency": "usd", "active": 1,
        "invented": 1,
    },
}  # fmt: skip


@promise()
def a_wrong_field_is_refused_and_named(subject: Subject) -> None:
    body = subject.sample()
    for name, value in WRONG[subject.path].items():
        answer = subject.call("POST", json=body | {name: value})
        assert answer.status_code == 400, f"{name}: {value!r} was answered with {answer.status_code}"
        assert name in answer.json()["error"]
    for content in (b"", b"[]", b"{"):
        assert subject.call("POST", content=content).status_code == 400
    assert subject.ours() == []


@promise()
def a_refused_update_changes_nothing(subject: Subject) -> None:
    row = subject.made(subject.sample())
    for name, value in WRONG[subject.path].items():
        answer = subject.call("PUT", row["id"], json=subject.other(plain(row)) | {name: value})
        assert answer.status_code == 400, f"{name}: {value!r} was answered with {answer.status_code}"
    assert subject.call("GET", row["id"]).json() == row
