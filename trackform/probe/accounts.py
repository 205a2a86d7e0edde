"""Answers of several accounts beside each other and beside the policy: what agrees is known, what does not is told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from trackform.flow.live_settings import SETTINGS, LiveFact
from trackform.policy import POLICY, Policy
from trackform.probe.answer import Answer
from trackform.probe.attempts import LeftBehind, ProbeObject


@dataclass(frozen=True)
class Probed:
    """One stack, the RedTrack account behind it, and its answers in the order of the settings.

    Attributes:
        earlier: objects that an interrupted run had left, and this one took away.
        left: objects of probes that are still there, and why.
        faults: what could not be tried, and why.
        is_live: whether the services answered themselves, and no sandbox of this machine.
    """

    stack: str
    account: str
    answers: Sequence[Answer]
    earlier: Sequence[ProbeObject] = ()
    left: Sequence[LeftBehind] = ()
    faults: Sequence[str] = ()
    is_live: bool = True

    def answer(self, setting: str) -> Answer:
        return next(each for each in self.answers if each.setting == setting)


@dataclass(frozen=True)
class Contradiction:
    """A setting of which two sources say different things."""

    setting: str
    message: str

    def row(self) -> dict[str, str]:
        """As JSON."""
        return {"setting": self.setting, "message": self.message}

    def __str__(self) -> str:
        return f"{self.setting}: {self.message}"


def contradictions(probed: Sequence[Probed], policy: Policy) -> list[Contradiction]:
    """What contradicts itself, another account, or the policy; in the order of the settings.

    A sandbox behaves as somebody switched it: it contradicts nobody. Neither do guesses alone.
    """
    live = [each for each in probed if each.is_live]
    return [each for name in SETTINGS for each in _contradictions(name, live, policy)]


def _contradictions(name: str, probed: Sequence[Probed], policy: Policy) -> Iterator[Contradiction]:
    answers = [(each, each.answer(name)) for each in probed]
    for each, answer in answers:
        if answer.contradicts:
            yield Contradiction(name, f"{each.stack} {answer.evidence}")
    said = [(each, answer) for each, answer in answers if answer.value]
    of_service = SETTINGS[name].whose == "service"
    for account in dict.fromkeys("" if of_service else each.account for each, _ in said):
        alike = [(each, answer) for each, answer in said if account in ("", each.account)]
        if len({answer.value for _, answer in alike}) == 1 or not any(a.sure == "certain" for _, a in alike):
            continue
        texts = ", ".join(f"{each.stack} shows {answer.value} ({answer.evidence})" for each, answer in alike)
        yield Contradiction(
            name, f"{texts}. One of them is not what it seems, or it is the account's: nothing is saved"
        )
    for each, answer in said:
        fact = _in_policy(name, each, policy)
        if fact and fact.value != answer.value and answer.sure == "certain" and not _is_aged(name, each, policy):
            place = "live" if SETTINGS[name].whose == "service" else f"accounts.{each.account}"
            yield Contradiction(
                name,
                f"{POLICY} says {place}.{name}: {fact.value}, and {each.stack} shows {answer.value} "
                f"({answer.evidence}). If that is right, take the line out, and run `trackform probe --save` again",
            )


def facts(probed: Sequence[Probed], policy: Policy, today: date) -> dict[tuple[str, ...], LiveFact]:
    """What may be saved: place in the policy -> fact. Only what is certain, live, and what nothing contradicts."""
    disputed = {each.setting for each in contradictions(probed, policy)}
    known: dict[tuple[str, ...], LiveFact] = {}
    for each in probed:
        for answer in each.answers if each.is_live else ():
            if answer.sure == "certain" and answer.setting not in disputed:
                of_service = SETTINGS[answer.setting].whose == "service"
                place = ("live",) if of_service else ("accounts", each.account)
                fact = LiveFact(answer.value, today, f"{each.stack}: {answer.evidence}")
                known.setdefault((*place, answer.setting), fact)
    return known


def _in_policy(name: str, probed: Probed, policy: Policy) -> LiveFact | None:
    facts: Mapping[str, LiveFact] = policy.accounts.get(probed.account, {})
    return (policy.facts if SETTINGS[name].whose == "service" else facts).get(name)


def _is_aged(name: str, probed: Probed, policy: Policy) -> bool:
    """What is too old to count may be replaced by what is seen today."""
    places = {f"live.{name}", f"accounts.{probed.account}.{name}"}
    return any(problem.where in places for problem in policy.aged)
