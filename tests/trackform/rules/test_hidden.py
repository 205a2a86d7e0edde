"""What findings hide, on a stand-in of an account: mistakes of which each shows once the edits before it are made."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from trackform.documents.problems import Problem
from trackform.policy import Policy, Severity
from trackform.rules import hidden, proofs
from trackform.rules.edits import FileEdit
from trackform.rules.hidden import Hidden, _holds, _last_of_each, _once_mended, _tried
from trackform.rules.judging import JudgedBreach
from trackform.rules.registry import Breach, Explains, Finding, Rule


def edit(name: str, value: Any = 0) -> FileEdit:
    return FileEdit(("offers", name, "x"), value)


@dataclass
class Mistake:
    """Its rule bears its name. It shows when all of ``behind`` is mended, and until it is mended itself."""

    name: str
    behind: tuple[str, ...] = ()
    severity: Severity = "error"
    explains: Explains = ""
    edits: tuple[str, ...] | None = None
    rule_id: str = ""

    @property
    def rule(self) -> Rule:
        return Rule(self.rule_id or self.name, self.severity, "", "", "", lambda _: iter(()), self.explains, "")

    @property
    def breach(self) -> Breach:
        own = (self.name,) if self.edits is None else self.edits
        return Breach(("offers", self.name, "x"), f"{self.name} is wrong", edits=tuple(map(edit, own)))


def by_hand(name: str, *behind: str, **more: Any) -> Mistake:
    return Mistake(name, behind, edits=(), **more)


@dataclass
class Account:
    """A case, as far as it is looked at here."""

    mistakes: tuple[Mistake, ...]
    made: frozenset[str] = frozenset()
    policy: Policy = field(default_factory=Policy)
    explained: set[str] = field(default_factory=set)
    explaining: list[tuple[str, Breach]] = field(default_factory=list)
    left_out: frozenset[str] = frozenset()

    @property
    def composition(self) -> Any:
        names = {each.name for each in self.mistakes} - self.left_out
        return SimpleNamespace(account=SimpleNamespace(document=SimpleNamespace(data={"offers": dict.fromkeys(names)})))


@dataclass
class Stage:
    """The account, and which edits were made together to look at it again."""

    account: Account
    looked_at: list[tuple[str, ...]] = field(default_factory=list)

    def found(self) -> Hidden:
        return Hidden(self.account, judged(self.account, self.account.policy))  # type: ignore[arg-type]


def finding_of(_: Account, rule: Rule, breach: Breach, severity: Severity) -> Finding:
    where = ".".join(map(str, breach.path))
    return Finding(Problem("acme.yaml", 1, where, breach.message), rule.id, severity, "acme", edits=breach.edits)


def judged(case: Account, _: Policy, rules: Collection[str] | None = None) -> Iterator[JudgedBreach]:
    for each in case.mistakes:
        shows = case.made.issuperset(each.behind) and each.name not in case.made | case.left_out
        if not shows or (rules is not None and each.name not in rules):
            continue
        if each.explains and each.severity == "error":
            case.explained.add(each.explains)
            case.explaining.append((each.rule.id, each.breach))
        yield JudgedBreach(
            each.rule, each.severity, each.breach, finding_of(case, each.rule, each.breach, each.severity)
        )


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Any:
    def staged(*mistakes: Mistake, **more: Any) -> Stage:
        stage = Stage(Account(mistakes, **more))

        def mended(case: Account, edits: Iterable[FileEdit]) -> Account:
            names = tuple(str(edit.path[1]) for edit in edits)
            stage.looked_at.append(names)
            return Account(case.mistakes, case.made | set(names), case.policy, left_out=case.left_out)

        rules = {each.name: each.rule for each in mistakes} | {"not-judged": by_hand("not-judged").rule}
        monkeypatch.setattr(hidden, "RULES", rules)
        monkeypatch.setattr(hidden, "NAMED", tuple(each.name for each in mistakes if each.explains))
        monkeypatch.setattr(hidden, "judged", judged)
        monkeypatch.setattr(hidden, "mended", mended)
        monkeypatch.setattr(hidden, "finding_of", finding_of)
        monkeypatch.setattr(hidden, "fewer", lambda case, _edits: case)
        monkeypatch.setattr(
            proofs, "kept_from_judging",
            lambda _case, after: [Breach(("offers", after.explaining[0][1].path[1], "x"), "keeps from judging")],
        )  # fmt: skip
        return stage

    return staged


def later(found: Hidden) -> list[str]:
    return [f"{each.severity}: {each.problem.message}" for each in found.later]


def chain(length: int, **more: Any) -> list[Mistake]:
    """Errors that keep the proofs silent, each of which shows once all before it are mended."""
    names = [f"e{number}" for number in range(length)]
    return [Mistake(name, tuple(names[:at]), explains="money", **more) for at, name in enumerate(names)]


def test_what_hides_nothing_is_told_as_it_is(stage: Any) -> None:
    first, second = Mistake("a"), by_hand("b", severity="warning")
    found = stage(first, second).found()
    assert [each.rule for each in found.findings] == ["a", "b"]
    assert found.later == []


@pytest.mark.parametrize("rounds", [1, hidden.MOST_ROUNDS - 1, hidden.MOST_ROUNDS])
def test_behind_so_many_errors_the_proofs_are_looked_at(stage: Any, rounds: int) -> None:
    errors = chain(rounds)
    proof = by_hand("proof", *(each.name for each in errors), severity="warning")
    found = stage(*errors, proof).found()
    rules = "], [".join(each.name for each in errors)
    assert f"warning: once [{rules}] {'is' if rounds == 1 else 'are'} mended: proof is wrong" in later(found)
    assert "not-judged" not in {each.rule for each in found.later}


def test_behind_more_errors_nobody_looks_and_says_so(stage: Any) -> None:
    errors = chain(hidden.MOST_ROUNDS + 1)
    found = stage(*errors, by_hand("proof", *(each.name for each in errors), severity="warning")).found()
    assert "error: keeps from judging" in later(found)


def test_behind_what_only_a_person_can_mend_nobody_looks(stage: Any) -> None:
    found = stage(by_hand("e", explains="money"), by_hand("proof", "e")).found()
    assert later(found) == ["error: keeps from judging"]
    off = stage(by_hand("e", explains="money"), policy=Policy(rules={"not-judged": "off"})).found()
    assert off.later == []
    milder = stage(by_hand("e", explains="money"), policy=Policy(rules={"not-judged": "warning"})).found()
    assert later(milder) == ["warning: keeps from judging"]


@pytest.mark.parametrize(
    ("count", "rules", "alone", "together"),
    [
        (1, 1, 1, []), (hidden.MOST_ALONE, 1, hidden.MOST_ALONE, []),
        (hidden.MOST_ALONE + 1, 1, 0, [hidden.FIRST]), (hidden.MOST_ALONE + 1, 3, 0, [5, 4, 4]),
        (hidden.MOST_ALONE + 6, 3, 0, [5, 5, 5]),
    ],
)  # fmt: skip
def test_how_many_edits_are_tried_alone(count: int, rules: int, alone: int, together: list[int]) -> None:
    assert (hidden.MOST_ALONE, hidden.FIRST) == (12, 5)
    mistakes = [Mistake(f"m{number}", rule_id=f"r{number % rules}") for number in range(count)]
    # What nobody can mend with an edit is not counted.
    seen = list(judged(Account((*mistakes, by_hand("h"))), Policy()))
    singly, several = _tried(seen)
    assert ([len(singly), *map(len, several)], sum(map(len, several))) == ([alone, *together], sum(together))
    assert [each.breach.path[1] for each in singly] == [each.name for each in mistakes][:alone]


@pytest.mark.parametrize(("pairs", "whole"), [(7, 7), (8, 8), (9, 8), (12, 8)])
def test_so_often_is_an_account_looked_at_again(stage: Any, pairs: int, whole: int) -> None:
    """Each edit brings out an error that a second one mends: two looks each."""
    assert hidden.MOST_TRIED == 16
    mistakes = [each for at in range(pairs) for each in (Mistake(f"a{at}"), Mistake(f"b{at}", (f"a{at}",)))]
    set_up = stage(*mistakes)
    found = set_up.found()
    assert [len(each.edits) for each in found.findings] == [2] * whole + [1] * (pairs - whole)
    assert len(set_up.looked_at) == 2 * whole


def test_an_edit_that_brings_out_an_error_makes_up_for_it(stage: Any) -> None:
    found = stage(Mistake("a"), Mistake("b", ("a",)), Mistake("c", ("a", "b"))).found()
    assert [(each.rule, each.edits) for each in found.findings] == [("a", (edit("a"), edit("b"), edit("c")))]
    assert found.later == []


def test_a_warning_that_comes_out_is_told_and_not_mended(stage: Any) -> None:
    found = stage(Mistake("a"), Mistake("b", ("a",), severity="warning")).found()
    assert [each.edits for each in found.findings] == [(edit("a"),)]
    assert later(found) == ["warning: once [a] is mended: b is wrong"]
    assert found.later[0].edits == (edit("b"),)


def test_an_error_that_only_a_person_can_mend_is_told(stage: Any) -> None:
    found = stage(Mistake("a"), Mistake("b", ("a",)), by_hand("c", "a")).found()
    assert [each.edits for each in found.findings] == [(edit("a"),)]
    assert later(found) == ["error: once [a] is mended: b is wrong", "error: once [a] is mended: c is wrong"]


def test_what_stands_behind_a_warning_is_no_error_yet(stage: Any) -> None:
    found = stage(Mistake("a", severity="warning"), by_hand("b", "a")).found()
    assert later(found) == ["warning: once [a] is mended: b is wrong"]


def test_what_stands_behind_another_that_is_behind_one_names_both(stage: Any) -> None:
    found = stage(
        Mistake("a"), Mistake("b", ("a",), severity="warning"), by_hand("c", "a", "b", severity="warning")
    ).found()
    assert later(found) == [
        "warning: once [a] is mended: b is wrong", "warning: once [a], [b] are mended: c is wrong",
    ]  # fmt: skip


def test_what_shows_only_when_several_are_mended_is_told_of_all(stage: Any) -> None:
    behind = by_hand("c", "a", "b")
    found = stage(Mistake("a", explains="told"), Mistake("b"), behind).found()
    assert later(found) == ["error: once [a], [b] are mended: c is wrong"]
    # Of one rule, or where nothing keeps the proofs silent, each is looked at alone.
    assert stage(Mistake("a"), Mistake("b"), behind).found().later == []
    milder = stage(Mistake("a", explains="told", severity="warning"), Mistake("b"), behind).found()
    assert later(milder) == ["warning: once [a], [b] are mended: c is wrong"]


def test_the_same_is_told_once(stage: Any) -> None:
    found = stage(Mistake("a"), Mistake("b"), by_hand("c", "a"), Mistake("d", severity="warning")).found()
    assert later(found) == ["error: once [a] is mended: c is wrong"]


def test_of_many_the_first_of_each_rule_are_tried_together(stage: Any) -> None:
    mistakes = [Mistake(f"m{number}", rule_id=f"r{number % 2}") for number in range(hidden.MOST_ALONE + 1)]
    set_up = stage(*mistakes, by_hand("c", "m0", "m2"), by_hand("d", "m1", "m11"))
    found = set_up.found()
    assert set_up.looked_at == [("m0", "m2", "m4", "m6", "m8"), ("m1", "m3", "m5", "m7", "m9")]
    assert later(found) == ["error: once [r0] is mended: c is wrong"]
    assert len(found.findings) == len(mistakes)


def test_an_edit_of_what_the_smaller_account_left_out_is_not_made_there(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up = stage(Mistake("a", edits=("a", "b", "new")), Mistake("b"), by_hand("c", "a"))
    set_up.account.mistakes = set_up.account.mistakes[:3]
    small = Account(set_up.account.mistakes, left_out=frozenset({"b"}))
    monkeypatch.setattr(hidden, "fewer", lambda _case, _edits: small)
    found = set_up.found()
    # What the file does not have yet is begun in either.
    assert set_up.looked_at == [("a", "new"), ()]
    assert later(found) == ["error: once [a] is mended: c is wrong"]


def test_what_the_smaller_account_alone_has_wrong_is_of_no_interest(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up = stage(Mistake("a"))
    small = Account((Mistake("a"), by_hand("only-there")))
    monkeypatch.setattr(hidden, "fewer", lambda _case, _edits: small)
    assert set_up.found().later == []


def test_whether_an_entry_is_in_the_file() -> None:
    case: Any = Account((Mistake("a"),))
    assert _holds(case, edit("a"))
    assert not _holds(case, edit("b"))
    assert not _holds(case, FileEdit(("landings", "a", "url"), "x"))
    assert _holds(case, FileEdit(("account",), {}))


def test_the_last_edit_of_a_line_counts() -> None:
    assert _last_of_each((edit("a", 1), edit("b", 1), edit("a", 2))) == (edit("a", 2), edit("b", 1))


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "[r0] is"), (2, "[r0], [r1] are"), (4, "[r0], [r1], [r2], [r3] are"),
        (5, "[r0], [r1], [r2], [r3], [r4] are"), (6, "[r0], [r1], [r2], [r3], [r4] and 1 more are"),
        (9, "[r0], [r1], [r2], [r3], [r4] and 4 more are"),
    ],
)  # fmt: skip
def test_so_many_rules_are_named(count: int, said: str) -> None:
    case: Any = Account((Mistake("a"),))
    finding = finding_of(case, Mistake("a").rule, Mistake("a").breach, "error")
    told = _once_mended(case, finding, [f"r{number}" for number in range(count)])
    assert told.problem.message == f"once {said} mended: a is wrong"
