"""The store against a plain mapping, and from several threads."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trackform.sandbox.store import Store, is_store

NAMES = st.sampled_from(["a", "b", "c"])
STEPS = st.lists(st.tuples(st.sampled_from(["put", "remove"]), NAMES, NAMES, NAMES, st.integers()), max_size=30)


@given(STEPS)
def test_it_behaves_as_a_mapping_in_order_of_creation(steps: list[tuple[str, str, str, str, int]]) -> None:
    store = Store(None)
    model: dict[tuple[str, str, str], dict[str, Any]] = {}
    for step, account, kind, row_id, value in steps:
        key = (account, kind, row_id)
        if step == "put":
            model[key] = store.put(account, kind, {"id": row_id, "value": value})
        else:
            assert store.remove(account, kind, row_id) == (model.pop(key, None) is not None)
    for account in "abc":
        assert store.kinds(account) == sorted({kind for owner, kind, _ in model if owner == account})
        for kind in "abc":
            rows = [row for (owner, k, _), row in model.items() if (owner, k) == (account, kind)]
            assert store.rows(account, kind) == rows
            assert store.count(account, kind) == len(rows)
    store.clear()
    assert store.everywhere("a") == []
    store.close()


def test_what_a_store_wrote_is_known_from_what_others_did(tmp_path: Path) -> None:
    file = tmp_path / "data.sqlite3"
    file.write_bytes(b"")
    assert is_store(file), "as a process leaves it that ended at once"
    file.write_text("something else")
    assert not is_store(file)
    file.unlink()
    Store(file).close()
    assert is_store(file)
    with closing(sqlite3.connect(file)) as other:
        other.execute("create table invoices (id)")
    assert not is_store(file)


def test_rows_are_copies() -> None:
    store = Store(None)
    store.put("a", "k", {"id": "1", "list": []})
    row = store.get("a", "k", "1")
    assert row
    row["list"].append(1)
    assert store.find("k", "1") == ("a", {"id": "1", "list": []})
    assert store.find("k", "2") is None
    store.close()


def test_numbers_of_a_sequence_are_given_once() -> None:
    store = Store(None)
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: store.serial("a", "offer"), range(200)))
    assert sorted(numbers) == list(range(1, 201))
    store.close()
