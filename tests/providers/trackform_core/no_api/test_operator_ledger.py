"""The ledger: what it says stays what somebody confirmed, or it is refused with the line."""

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trackform_core.no_api.ledger import (
    BrokenLedger,
    Ledger,
    LedgerEntry,
    alone,
    ledger_left_behind,
    ledger_of,
    read,
    secret_fingerprint,
)

WHEN = "2026-11-23T10:00:00Z"


def entry(name: str, **fields: object) -> LedgerEntry:
    return LedgerEntry(f"postbacks/tf.{name}", {"name": name, "active": True, **fields}, WHEN, "Ann <ann@acme.test>")


def written(folder: Path, *entries: LedgerEntry) -> Path:
    file = folder / "acme.ledger.yaml"
    Ledger(file, {each.key: each for each in entries}).write()
    return file


def faults(file: Path) -> list[tuple[int, str]]:
    with pytest.raises(BrokenLedger) as refused:
        read(file)
    assert all(f"{file}:{line}: " in str(refused.value) for line, _ in refused.value.faults)
    return refused.value.faults


def test_what_is_written_reads_back_and_in_one_order(tmp_path: Path) -> None:
    one = entry("sales", url="https://t.test/postback?clickid={cid}&x=ä#1", product_ids=["007", "8"], note="off: no")
    two = entry("returns", sum=0, on="yes")
    file = written(tmp_path, one, two)
    assert read(file).entries == {one.key: one, two.key: two}
    text = file.read_text(encoding="utf-8")
    assert written(tmp_path, two, one).read_text(encoding="utf-8") == text
    assert text == read(file).text()
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert text.index("tf.returns") < text.index("tf.sales")
    lines = text.splitlines()
    assert lines[read(file).entries[one.key].line - 1] == "postbacks/tf.sales:"


VALUES = st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.lists(st.text(max_size=8), max_size=3))
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


ODD = [
    "", " ", "a ", " a", "a\nb", "a\n", "\r\n", "\x85", "\u2028\u2029", "\t", "\x00\x7f", "\ufeff",
    "\U0001f4b6", "é", "e\u0301", "yes", "off", "null", "~", "true", "1", "007", "1_000", "1e3", "0x1f", "1:30",
    ".5", ".nan", "2026-11-23", "=", "<<", "- a", "? a", "a: b", "a #b", "#a", "{a}", "[a", "*a", "&a", "!a",
    "!!binary x", "%a", "@a", "`a", "'a'", '"a"', "|", ">", "---", "...", "<<<<<<< HEAD", "=======\n",
    "a\n>>>>>>> b\n", "version", "a" * 200,
]  # fmt: skip
"""Texts that YAML, or git, might take for something else."""


@settings(max_examples=40, deadline=None)
@example("=======", {}, "<<<<<<< HEAD\n=======\n>>>>>>> b\n")
@example("a: b #c", {text or "empty": text for text in ODD}, "é\u2028")
@example("'*'", {"list": ODD, "none": [], "zero": 0, "large": -(10**20), "no": False}, " ")
@given(NAMES, st.dictionaries(st.text(min_size=1, max_size=10), VALUES, max_size=4), st.text(min_size=1, max_size=20))
def test_whatever_is_confirmed_reads_back(
    tmp_path_factory: pytest.TempPathFactory, name: str, fields: dict[str, object], who: str
) -> None:
    one = LedgerEntry(f"postbacks/{name}", fields, WHEN, who)
    file = written(tmp_path_factory.mktemp("ledger"), one)
    assert read(file).entries == {one.key: one}


def test_no_file_and_an_empty_one_say_that_nothing_was_confirmed(tmp_path: Path) -> None:
    assert ledger_of("acme", tmp_path).entries == {}
    (tmp_path / "acme.ledger.yaml").write_text("# nothing yet\n")
    assert ledger_of("acme", tmp_path).entries == {}


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(BrokenLedger, match="no stack's name"):
        ledger_of("../acme", tmp_path)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, entry("sales"))
    before = file.read_text()

    def full(_handle: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        written(tmp_path, entry("sales"), entry("returns"))
    assert file.read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_an_entry_changed_by_hand_is_refused_with_its_line_and_the_way_out(tmp_path: Path) -> None:
    file = written(tmp_path, entry("returns"), entry("sales"))
    file.write_text(file.read_text().replace("name: sales", "name: sold"))
    (fault,) = faults(file)
    assert file.read_text().splitlines()[fault[0] - 1] == "postbacks/tf.sales:"
    assert "changed by hand" in fault[1]
    assert "git checkout" in fault[1]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("by: Ann", "by: Bob", "changed by hand"),
        (WHEN, "2027-11-23T10:00:00Z", "changed by hand"),
        ("  by: Ann <ann@acme.test>\n", "", "no entry of a ledger (see by)"),
        ("version: 1", "version: 2", "version 2 is not known"),
        ("    name: sales\n", "    name: sales\n    name: sales\n", "name stands twice"),
        ("    active: true", "   active: [", "not valid YAML"),
        ("    active: true", "    active: !!python/object:os.system {}", "cannot be read"),
    ],
)
def test_every_other_damage_is_refused_as_well(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = written(tmp_path, entry("sales"))
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    assert any(said in fault for _, fault in faults(file))


def test_two_blocks_of_one_entry_are_both_named(tmp_path: Path) -> None:
    file = written(tmp_path, entry("sales"))
    block = entry("sales").block()
    file.write_text(file.read_text() + "\n" + block)
    ((line, said),) = faults(file)
    assert "stands twice, first in line 5" in said
    assert line > 5


def test_a_block_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    file = tmp_path / "acme.ledger.yaml"
    file.write_text("a: {b: 1, b: 2}\nversion: 2\nc: {d: 1, d: 2}\nversion: 1\n")
    assert [line for line, _ in faults(file)] == [1, 2, 3]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    file = written(tmp_path, entry("returns"), entry("sales"))
    file.write_text(file.read_text().replace("active: true", "active: false"))
    assert len(faults(file)) == 2


def merged(
    folder: Path, base: list[LedgerEntry], ours: list[LedgerEntry], theirs: list[LedgerEntry]
) -> tuple[int, Path]:
    files = []
    for name, entries in (("ours", ours), ("base", base), ("theirs", theirs)):
        (folder / name).mkdir()
        files.append(written(folder / name, *entries))
    done = subprocess.run(["git", "merge-file", *map(str, files)], check=False)
    return done.returncode, files[0]


@pytest.mark.skipif(not shutil.which("git"), reason="no git")
def test_branches_that_confirm_different_objects_merge(tmp_path: Path) -> None:
    a, b, c = entry("a"), entry("b"), entry("c")
    a2, c2 = entry("a", active=False), entry("c", active=False)
    conflicts, file = merged(tmp_path, [a, b, c], [a2, b, c], [a, b, c2])
    assert conflicts == 0
    assert read(file).entries == {each.key: each for each in (a2, b, c2)}


@pytest.mark.skipif(not shutil.which("git"), reason="no git")
def test_a_conflict_names_its_entries_and_whole_blocks_resolve_it(tmp_path: Path) -> None:
    a, b = entry("a"), entry("b")
    b2, b3 = entry("b", active=False), entry("b", currency="USD")
    conflicts, file = merged(tmp_path, [a, b], [a, b2], [a, b3])
    assert conflicts == 1
    ((line, said),) = faults(file)
    assert file.read_text().splitlines()[line - 1].startswith("<<<<<<<")
    assert "about postbacks/tf.b." in said
    head = file.read_text().partition("postbacks/tf.b:")[0]
    file.write_text(head + b3.block())
    assert read(file).entries == {each.key: each for each in (a, b3)}


def test_the_accounts_stand_once_at_its_head_and_stay(tmp_path: Path) -> None:
    file, one = tmp_path / "acme.ledger.yaml", entry("postbacks/tf.a")
    Ledger(file, {one.key: one}, {"redtrack_user": "64f0aa", "digistore24_account": "123456"}).write()
    assert "\nversion: 1\naccounts:\n  digistore24_account: '123456'\n  redtrack_user: 64f0aa\n\n" in file.read_text()
    read(file).without(one.key).write()
    assert read(file) == Ledger(file, {}, {"redtrack_user": "64f0aa", "digistore24_account": "123456"})


def test_a_secret_is_a_fingerprint_of_its_own_in_each_entry() -> None:
    found = {secret_fingerprint(key, text) for key in ("a", "b") for text in ("token-1", "token-2")}
    assert len(found) == 4
    assert secret_fingerprint("a", "token-1") in found
    assert not any("token" in each for each in found)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("- a\n", 1, "this is no ledger"), ("# only\n\n- a\n", 3, "this is no ledger"),
        ("a: [1\n", 2, "not valid YAML"),
        ("version: 2\n", 1, "version 2 is not known here: this trackform writes version 1"),
        ("accounts: [a]\n", 1, "'accounts' names no accounts"),
        ("accounts: {a: 1}\n", 1, "'accounts' names no accounts"),
        ("a: 1\n", 1, "'a' is no entry of a ledger (see all of it)"),
        ("a: {fields: {}, confirmed: x, by: y}\n", 1, "'a' is no entry of a ledger (see fingerprint)"),
        ("=======\n", 1, "a line of an unfinished merge: take it out"),
        ("a: 1\n<<<<<<< HEAD\nb: 1\n", 2, "an unfinished merge without an end"),
        ("<<<<<<< HEAD\n=======\n>>>>>>> x\n", 1, "up to line 3, about the head of the file"),
        ("'a/b':\n<<<<<<< HEAD\nc:\n=======\nd:\n>>>>>>> x\n", 2, "up to line 6, about a/b, c, d."),
        ("a: {b: 1, b: 2}\n", 1, "'a' cannot be read: b stands twice in it"),
    ],
)  # fmt: skip
def test_what_cannot_be_relied_on_names_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    file = tmp_path / "acme.ledger.yaml"
    file.write_text(text, encoding="utf-8")
    ((at, said),) = faults(file)[:1]
    assert at == line
    assert words in said


def test_no_text_at_all_is_an_empty_ledger_and_another_coding_none(tmp_path: Path) -> None:
    file = tmp_path / "acme.ledger.yaml"
    assert read(file).entries == {}
    file.write_text("# nothing yet\n", encoding="utf-8")
    assert read(file).entries == {}
    file.write_bytes(b"a: \xff\xfe\xfa")
    ((line, said),) = faults(file)
    assert line == 1
    assert said.startswith("not UTF-8 text; save the file as UTF-8. Get the last good one back")


@pytest.mark.parametrize(
    ("stack", "fine"), [("acme", True), ("a.b-c_1", True), ("../acme", False), ("-a", False), ("", False)]
)
def test_which_names_have_a_file(tmp_path: Path, stack: str, fine: bool) -> None:
    if fine:
        assert ledger_of(stack, tmp_path).file == tmp_path / f"{stack}.ledger.yaml"
    else:
        with pytest.raises(BrokenLedger, match="is no stack's name"):
            ledger_of(stack, tmp_path)


def test_a_ledger_is_left_behind_only_where_the_new_name_has_none(tmp_path: Path) -> None:
    old, new = tmp_path / "old.ledger.yaml", tmp_path / "new.ledger.yaml"
    assert ledger_left_behind("old", "new", tmp_path) == ""
    old.touch()
    assert ledger_left_behind("old", "new", tmp_path) == f"git mv {old} {new}"
    new.touch()
    assert ledger_left_behind("old", "new", tmp_path) == ""


def is_taken(folder: Path) -> bool:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "stacks"
    with alone(folder):
        assert is_taken(folder)
    assert not is_taken(folder)
    with pytest.raises(RuntimeError), alone(folder):
        raise RuntimeError
    assert not is_taken(folder)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, entry("sales"))
    file.chmod(0o600)
    before = file.read_bytes()

    def full(_handle: int) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space left"):
            written(tmp_path, entry("returns"))
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    written(tmp_path, entry("returns"))
    assert file.stat().st_mode & 0o777 == 0o600
    other = tmp_path / "new"
    assert written(other, entry("sales")).stat().st_mode & 0o777 == 0o644


def test_an_entry_comes_and_goes() -> None:
    one, two = entry("sales"), entry("returns")
    ledger = Ledger(Path("x")).with_entry(one).with_entry(two)
    assert set(ledger.entries) == {one.key, two.key}
    assert set(ledger.without(one.key).entries) == {two.key}
    assert ledger.without("nobody") == ledger
    assert len(one.fingerprint) == 16
    assert len({each.fingerprint for each in (one, two, entry("sales", active=False))}) == 3


def test_a_secret_has_another_fingerprint_in_each_entry() -> None:
    assert secret_fingerprint("a", "s") == secret_fingerprint("a", "s") != secret_fingerprint("b", "s")
    assert secret_fingerprint("postbacks/tf.sales", "canary") == "fingerprint 898dae5e1ff6ddec"


def test_an_entry_that_is_not_written_yet_is_in_no_line(tmp_path: Path) -> None:
    assert entry("sales").line == 0
    (found,) = read(written(tmp_path, entry("sales"))).entries.values()
    assert found.line > 0
    assert found == entry("sales"), "where it stands is no part of it"


@pytest.mark.parametrize("line", ["by: 5", "by: !!binary QW5u", "confirmed: 2026-11-23", "more: x"])
def test_an_entry_holds_what_was_written_and_nothing_else(tmp_path: Path, line: str) -> None:
    file = written(tmp_path, entry("sales"))
    name = line.partition(":")[0]
    text = re.sub(rf"  {name}:.*\n", "", file.read_text(encoding="utf-8")) + f"  {line}\n"
    file.write_text(text, encoding="utf-8")
    ((_, said), *_) = faults(file)
    assert f"is no entry of a ledger (see {name})" in said
