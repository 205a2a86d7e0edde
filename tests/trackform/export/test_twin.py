"""A twin says what differs: nothing of one account's own is shared, and nothing is lost that is not named."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, note, settings
from hypothesis import strategies as st

from tests.thorough import examples
from tests.trackform.export.full import CANARIES, LINKS, PROMOLINKS, Full, Row
from trackform.account_file.compose import SECTIONS, Composition, Ref, compose
from trackform.account_file.models import read_account
from trackform.commands.export import as_data
from trackform.documents.merge import load
from trackform.documents.problems import Problems
from trackform.export import Export, export
from trackform.export.paper import split
from trackform.export.text import text
from trackform.rules import check
from trackform.urls.promolink import linked_product
from trackform_core.model.compare import Comparison, declared_names
from trackform_core.model.markers import OnByDefault
from trackform_core.model.validate import validated
from trackform_core.model.wire import Each, canonical, id_of, is_blank

FULL = st.builds(
    Full,
    links=st.lists(st.sampled_from([*LINKS, *PROMOLINKS]), min_size=1, unique=True),
    embedded=st.booleans(), unknown=st.booleans(), second_source=st.booleans(), with_domain=st.booleans(),
    own_rule=st.booleans(), circle=st.booleans(), strange=st.booleans(),
)  # fmt: skip
OFTEN = settings(max_examples=examples(4, thorough=10), deadline=None, derandomize=True)
SPELLED_OTHERWISE = {"landings": {"type"}}


def read(own: str, shared: str, *, into: Any = None) -> Any:
    """What ``into`` makes of the file that extends the shared one."""
    with tempfile.TemporaryDirectory() as folder:
        for name, said in (("own", own), ("shared", shared)):
            (Path(folder) / f"{name}.yaml").write_text(said, encoding="utf-8")
        return into(Path(folder) / "own.yaml")


def composed(own: str, shared: str) -> Composition:
    return read(own, shared, into=lambda path: compose(read_account(path)))  # type: ignore[no-any-return]


def twin_of(own: str, shared: str) -> str:
    """Another account with the first one's own lines and domains, and the links without which nothing is read."""
    mine, common = yaml.safe_load(own), yaml.safe_load(shared)
    data: Row = {"extends": ["shared.yaml"]}
    data |= {key: mine[key] for key in ("digistore24", "domains") if key in mine}
    for section in ("offers", "landings", "postbacks"):
        urls = {name: {"url": entry["url"]} for name, entry in mine.get(section, {}).items() if "url" in (entry or {})}
        data |= {section: {name: url for name, url in urls.items() if name in common.get(section, {})}}
    return text({key: value for key, value in data.items() if value}, {}, [])


def resolved(value: Any, ids: Mapping[Ref, str]) -> Any:
    if isinstance(value, Ref):
        return ids.get(value, f"new {value.name}")
    return [resolved(item, ids) for item in value] if isinstance(value, list) else value


def bodies(composition: Composition, found: Export) -> dict[tuple[str, str], Row]:
    """(section, name) -> what would be sent to make the object, with the ids that the first account has."""
    ids = {Ref(each.section, each.name): id_of(each.row) for each in found.drafts.entries if not each.refused}

    sent = {}
    for wanted in composition.objects:
        inputs, failures = validated(wanted.kind, {key: resolved(item, ids) for key, item in wanted.fields.items()}, "")
        assert not failures, (wanted.section, wanted.name, failures)
        names = frozenset(declared_names(wanted.kind, inputs))
        sent[wanted.section, wanted.name] = wanted.kind.body({}, inputs, names)
    return sent


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, (*path, str(key)))
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, path)
    elif not is_blank(value):
        yield path, json.dumps(value)


def key_of(section: str, wire: str) -> set[str]:
    """The entry's keys that a field of the wire may be named by."""
    kind = SECTIONS[section]
    fields = {name for name, each in kind.fields.items() if each.name.split(".")[0] == wire}
    said = {"funnel", "funnels"} if wire == "streams" else set()
    return fields | {wire, wire.removesuffix("_id")} | said | {
        "program_id": {"offer_source"}, "source_id": {"channel"}, "error_emails": {"notify"},
        "product_ids": {"products"}, "url": {"variables"},
    }.get(wire, set())  # fmt: skip


def is_named(named: Mapping[str, Any], section: str, name: str, wire: str) -> bool:
    """Whether ``not_shared`` has this field of the object, or the object, or all objects of the sort."""
    entry = named.get(section, {})
    entry = entry if isinstance(entry, str) else entry.get(name, {})
    if isinstance(entry, str):
        return True
    said = {key.split(".")[0].replace("of_…", "of_thelogin") for key in entry}
    return bool(said & key_of(section, wire)) or wire in entry.get("extra", {})


def lost(found: Export, sent: Mapping[tuple[str, str], Row], named: Mapping[str, Any]) -> Iterator[str]:
    """What is live, would not be made in the twin, and is not named."""
    called = {id_of(each.row): each.name for each in found.drafts.entries}
    for draft in found.drafts.entries:
        if draft.refused:
            if draft.refused not in named.get(draft.section, {}).values():
                yield f"{draft.section} {draft.refused}"
            continue
        places = [(draft.section, draft.name, draft.row)]
        for funnel in draft.elsewhere.funnels if draft.elsewhere else ():
            (inside,) = (item["stream"] for item in draft.row["streams"] if "stream" in item)
            called[inside["id"]] = funnel
            places.append(("funnels", funnel, {**inside, "title": funnel, "template": True}))
        for section, name, row in places:
            yield from lost_of(section, name, row, sent.get((section, name), {}), named, called)


def lost_of(
    section: str, name: str, row: Row, sent: Row, named: Mapping[str, Any], called: Mapping[str, str]
) -> Iterator[str]:
    kind, entry = SECTIONS[section], named.get(section, {}).get(name, {})
    passed_over = kind.served | {kind.owner} | {wire.name for wire in kind.computed.values()}
    for wire, value in canonical(row).items():
        if wire in passed_over | SPELLED_OTHERWISE.get(section, set()) or is_blank(value):
            continue
        members = [each for several in kind.each.values() for each in several if each.name == wire]
        for each in members:
            yield from lost_of_members(each, in_force(value), sent.get(wire) or [], entry, called)
        missing = set(leaves(in_force(value))) - set(leaves(canonical(sent.get(wire))))
        missing = {each for each in missing if each[0][:1] not in [(of_each.key,) for of_each in members]}
        # Of a member its name, and of a campaign's funnel all that is in it, are only shown.
        missing = {each for each in missing if each[0][-1:] != ("name",) and "stream" not in each[0]}
        # Another account has a saved funnel in the place of an embedded one.
        missing = {each for each in missing if wire != "streams" or each[0] != ("id",)}
        if missing and not is_named(named, section, name, wire):
            yield f"{section}.{name}.{wire}: {sorted(missing)}"


def in_force(value: Any) -> Any:
    """A filter that is off is the same as none."""
    if isinstance(value, dict):
        return {key: in_force(item) for key, item in value.items() if not is_off(item)}
    return [in_force(item) for item in value] if isinstance(value, list) else value


def is_off(item: Any) -> bool:
    return isinstance(item, dict) and item.get("active") is False


def lost_of_members(
    each: Each, live: list[Row], sent: list[Row], entry: Mapping[str, Any], called: Mapping[str, str]
) -> Iterator[str]:
    """Of each member for itself; ``entry`` is what is named of the object that has them."""
    said = entry.get({"streams": "funnels"}.get(each.name, each.name), {})
    by_name = {called.get(item["id"], item["id"].removeprefix("new ")): item for item in sent}
    for item in live:
        name = called[item["id"]]
        if isinstance(said, str) or each.key in said.get(name, {}):
            continue
        missing = set(leaves(item.get(each.key))) - set(leaves(canonical(by_name[name].get(each.key))))
        for path, value in sorted(missing):
            whole = ".".join((each.name, each.key, *path))
            if not any(f"{whole}.".startswith(f"{one}.") for one in entry):
                yield f"{name}: {whole}: {value}"


def test_the_generated_account_sets_every_field_of_every_kind() -> None:
    """A new field or kind is in it, or this test says so."""
    rows = Full(own_rule=True).snapshot().rows
    assert rows.keys() == {section for section, kind in SECTIONS.items() if kind.has_listing}
    for section, several in rows.items():
        kind = SECTIONS[section]
        for name, wire in kind.fields.items():
            # What is off is worth a word where it is on by default; weights stand beside the ids.
            told = name in (*kind.marked(OnByDefault), *kind.weights.values())
            found = [wire.whole(row) if isinstance(wire, Each) else wire.read(row, {}) for row in several]
            assert told or not all(map(is_blank, found)), (section, name)
        assert [name for name in kind.more if all(is_blank(row.get(name)) for row in several)] == []


@OFTEN
@example(full=Full())
@given(full=FULL)
def test_nothing_of_the_accounts_own_is_shared(full: Full) -> None:
    _, shared = split(export(full.snapshot()), "acme", "shared.yaml")
    note(shared)
    assert [each for each in CANARIES if each.casefold() in shared.casefold()] == []
    for row in (one for several in full.snapshot().rows.values() for one in several):
        assert row["id"] not in shared or row["id"] == "conversion_types0001"


@OFTEN
@example(full=Full())
@given(full=FULL)
def test_nothing_is_lost_without_being_named(full: Full) -> None:
    found = export(full.snapshot())
    own, shared = split(found, "acme", "shared.yaml")
    named = yaml.safe_load(shared)["not_shared"]
    note(own)
    note(shared)
    assert as_data(found)["not_shared"] == named
    twin = twin_of(own, shared)
    assert list(lost(found, bodies(composed(twin, shared), found), named)) == []


@OFTEN
@example(full=Full())
@given(full=FULL)
def test_what_the_own_file_says_is_named(full: Full) -> None:
    """But for what only picks an object of this account, and links that the template makes again."""
    own, shared = split(export(full.snapshot()), "acme", "shared.yaml")
    mine, common = yaml.safe_load(own), yaml.safe_load(shared)
    silent = {("account", "redtrack_user"), ("digistore24", "account")}
    for section in common.keys() & mine.keys() | {"digistore24", "domains"}:
        for name, entry in (mine[section] or {}).items():
            if section not in SECTIONS:
                assert (section, name) in silent or name in common["not_shared"][section]
                continue
            told = common["not_shared"].get(section, {}).get(name, {})
            for key in (entry or {}).keys() - {"id", "leave", "funnel", "funnels"}:
                again = key == "url" and "campaignkey" not in told and "redir" in str(entry[key])
                assert key in told or again, (section, name, key)


@OFTEN
@example(full=Full())
@given(full=FULL)
def test_the_two_files_change_nothing_where_they_come_from(full: Full) -> None:
    found = export(full.snapshot())
    assert found.unproven == []
    own, shared = split(found, "acme", "shared.yaml")
    composition = composed(own, shared)
    ids = {Ref(each.section, each.name): id_of(each.row) for each in found.drafts.entries if not each.refused}
    for wanted in composition.objects:
        values = {key: resolved(item, ids) for key, item in wanted.fields.items()}
        inputs, _ = validated(wanted.kind, values, "")
        row = found.drafts.declared(wanted.section)[wanted.name].row
        assert Comparison(wanted.kind, row, inputs).to_write(None) == frozenset(), (wanted.section, wanted.name)
    assert read(own, shared, into=lambda path: load(path).data).get("not_shared") is None
    assert [one for one in check([("acme", composition)]) if one.rule == "not-shared"] == []


@OFTEN
@example(full=Full())
@given(full=FULL)
def test_validate_of_the_twin_names_each_until_it_is_said_or_declined(full: Full) -> None:
    own, shared = split(export(full.snapshot()), "acme", "shared.yaml")
    named = yaml.safe_load(shared)["not_shared"]
    twin = twin_of(own, shared)
    said = yaml.safe_load(twin)
    findings = [one for one in check([("zeta", composed(twin, shared))]) if one.rule == "not-shared"]
    told = {one.problem.where for one in findings}
    for path, _ in leaves(named):
        there: Any = said
        for step in path:
            there = there.get(step) if isinstance(there, dict) else None
        assert (f"not_shared.{'.'.join(path)}" in told) is (there is None), path
    assert all(one.problem.suggestion for one in findings)
    declined = twin
    for one in findings:
        # Each way out does what it says, typed as it stands there.
        _, _, typed = one.problem.suggestion.rpartition(", `")
        ((key, value),) = yaml.safe_load(typed.removesuffix("`")).items()
        said[key] = merged(said.get(key, {}), value)
    declined = text(said, {}, [])
    assert [one for one in check([("zeta", composed(declined, shared))]) if one.rule == "not-shared"] == []


def merged(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **{key: merged(one.get(key), item) for key, item in other.items()}}
    return other


@pytest.mark.parametrize("url", [*LINKS, *PROMOLINKS])
def test_a_link_that_is_not_shared_is_asked_for_and_no_other_product_suggested(url: str) -> None:
    """Or it is made again: of the same product."""
    own, shared = split(
        export(Full(links=[url, PROMOLINKS[0].replace("411530", "999")]).snapshot()), "a", "shared.yaml"
    )
    lines = yaml.safe_load(own)
    few = {key: lines[key] for key in ("extends", "digistore24", "domains")} | {
        "landings": {"Landings": {"url": "https://l.test/"}}, "postbacks": {"whole": lines["postbacks"]["whole"]},
    }  # fmt: skip
    few["digistore24"]["affiliate"] = "zeta"
    try:
        made = composed(text(few, {}, []), shared).offer_urls["Offer 0"]
    except Problems as problems:
        (told,) = [str(each) for each in problems.problems]
        assert "offers.Offer 0.url: is needed, and is not shared: it credits an affiliate" in told
        assert "offers: {Offer 0: {url: …}}" in told
        assert "999" not in told
        return
    assert f"/redir/{linked_product(url)}/zeta" in made
