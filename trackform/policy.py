"""The policy of a project, ``stacks/policy.yaml``.

How much each rule counts, what is known of the services, and how many objects one run may touch.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast

from trackform.account_file.compose import SECTIONS
from trackform.documents.problems import Problem, Problems, did_you_mean, dotted
from trackform.documents.yaml_document import Document, read
from trackform.flow.assumptions import AXES
from trackform.flow.live_settings import SETTINGS, LiveFact, LiveSetting
from trackform_core.guard.limits import ACTIONS, DEFAULTS, Action, Limit
from trackform_core.http import hosts
from trackform_core.text import files

Severity = Literal["off", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("off", "warning", "error")
FILE = hosts.FILE.name
POLICY = hosts.FILE.as_posix()
"""The file as people have it, for messages."""
VARIABLE = hosts.VARIABLE
"""Names the file to read instead. CI points it at the base branch's, so that a change cannot raise its own limit."""
EVERY = "all"
"""In place of a section: limits for every section that does not say otherwise itself."""
PERCENT = 100
NewCampaigns = Literal["paused", "running"]
NEW_CAMPAIGNS: tuple[NewCampaigns, ...] = ("paused", "running")
TOP = ("rules", "live", "accounts", "max_age", "limits", "hosts", "new_campaigns", "alerts")
FACT = ("value", "seen", "evidence")
ELSEWHERE = timedelta(days=1)
"""How far ahead a day can be that has begun somewhere."""
WEBHOOK = re.compile(r"(?:[A-Z][A-Z0-9_]*_)?WEBHOOK(?:_URL)?")
"""Names of this form alone are kept out of every message, whoever reads them."""
MAX_AGE_DAYS = 365
"""After so many days what was seen of a live service is open again, where `max_age` does not say otherwise."""


@dataclass(frozen=True)
class Policy:
    """A project's policy. Without a file everything is as the rules have it.

    Attributes:
        rules: rule id -> severity, where it differs from the rule's own.
        live: setting -> value, where somebody has seen how the live services behave, and not too long ago: of those
            that decide what is booked or told.
        facts: setting -> what was seen of the services, and when, however long ago.
        accounts: service and account id, such as `redtrack/5f…` -> setting -> what was seen of that account.
        aged: what each fact that is older than `max_age` says of that, with its line.
        limits: section of the account file, or `all` -> action -> how many objects one run may touch.
        hosts: service -> hosts besides its own that its key may be sent to.
        webhook: the environment variable that holds the address of the chat where alerts go; empty without one.
        new_campaigns: whether one whose connections nobody has confirmed is paused until they are, or runs at once.
    """

    rules: dict[str, Severity] = field(default_factory=dict)
    live: dict[str, str] = field(default_factory=dict)
    facts: dict[str, LiveFact] = field(default_factory=dict)
    accounts: dict[str, dict[str, LiveFact]] = field(default_factory=dict)
    aged: tuple[Problem, ...] = ()
    limits: dict[str, dict[Action, Limit]] = field(default_factory=dict)
    hosts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    new_campaigns: NewCampaigns = "paused"
    webhook: str = ""

    def limits_by_kind(self) -> dict[str, dict[str, dict[str, float]]]:
        """Every limit as the `Account` takes it: kind -> action -> `percent` and `objects`."""
        every = self.limits.get(EVERY, {})
        return {
            kind.name: {
                action: asdict(self.limits.get(section, {}).get(action) or every.get(action) or DEFAULTS[action])
                for action in ACTIONS
            }
            for section, kind in SECTIONS.items()
        }


def _path(folder: Path, *, named: bool = True) -> Path | None:
    """The file that counts; ``None`` where a project has none.

    Raises:
        Problems: the environment names a file that is not there.
    """
    other = os.environ.get(VARIABLE, "").strip() if named else ""
    path = Path(other) if other else folder / FILE
    if files.is_there(path):
        return path
    if other:
        raise Problems([Problem(other, 0, "", f"{VARIABLE} names this policy, and there is no such file")])
    return None


def read_policy(folder: Path, rule_ids: list[str], *, named: bool = True, today: date | None = None) -> Policy:
    """The policy in a folder of stacks, or, where ``named``, the one that ``TRACKFORM_POLICY`` names.

    ``today`` is the day that ages are counted to; this machine's without it.

    Raises:
        Problems: unknown keys, rules, severities, settings, limits or hosts, with lines.
    """
    path = _path(folder, named=named)
    if path is None:
        return Policy()
    document = read(path)
    problems = [
        document.problem((name,), "unknown key", did_you_mean(name, TOP) or f"known: {', '.join(TOP)}")
        for name in document.data
        if name not in TOP
    ]
    rules = _map(document, "rules", problems)
    facts = _facts(document, ("live",), problems)
    accounts = _accounts(document, problems)
    aged = list(_aged(document, facts, accounts, _max_age(document, problems), today or datetime.now(UTC).date()))
    limits, allowed = _limits(document, problems), _hosts(path, document, problems)
    start = document.data.get("new_campaigns")
    start = NEW_CAMPAIGNS[0] if start is None else start
    if start not in NEW_CAMPAIGNS:
        problems.append(document.problem(("new_campaigns",), f"{start!r} is not one of {', '.join(NEW_CAMPAIGNS)}"))
    webhook = _webhook(document, problems)
    for name, severity in rules.items():
        if name not in rule_ids:
            hint = did_you_mean(name, rule_ids) or "`trackform docs rules` lists them"
            problems.append(document.problem(("rules", name), "there is no such rule", hint))
        elif severity not in SEVERITIES:
            problems.append(document.problem(("rules", name), f"{severity!r} is not one of {', '.join(SEVERITIES)}"))
    if problems:
        raise Problems(problems)
    old = {path[1] for path, _ in aged if path[0] == "live"}
    live = {name: fact.value for name, fact in facts.items() if name in AXES and name not in old}
    return Policy(
        cast("dict[str, Severity]", rules), live, facts, accounts, tuple(problem for _, problem in aged), limits,
        allowed, start, webhook,
    )  # fmt: skip


def _facts(
    document: Document, where: tuple[str, ...], problems: list[Problem], section: Mapping[str, Any] | None = None
) -> dict[str, LiveFact]:
    """What was seen, by setting: a value alone, or with the day and the evidence."""
    facts: dict[str, LiveFact] = {}
    for name, given in (_map(document, where[-1], problems) if section is None else section).items():
        path, setting = (*where, name), SETTINGS.get(name)
        of_account = where[0] == "accounts"
        if setting is None or (setting.whose == "account") != of_account:
            known = [each.name for each in SETTINGS.values() if (each.whose == "account") == of_account]
            hint = did_you_mean(name, known) or f"known: {', '.join(known)}"
            problems.append(document.problem(path, "there is no such setting", hint))
        elif isinstance(given, dict):
            if fact := _fact(document, path, setting, given, problems):
                facts[name] = fact
        elif not setting.takes(given):
            problems.append(document.problem(path, _not_one_of(setting, given)))
        else:
            facts[name] = LiveFact(str(given))
    return facts


def _not_one_of(setting: LiveSetting, given: object) -> str:
    return f"{given!r} is not one of {', '.join(setting.values)}" if setting.values else "must be a number or a text"


def _fact(
    document: Document, path: tuple[str, ...], setting: LiveSetting, given: Mapping[str, Any], problems: list[Problem]
) -> LiveFact | None:  # fmt: skip
    before = len(problems)
    problems += [
        document.problem((*path, name), "unknown key", did_you_mean(name, FACT) or f"known: {', '.join(FACT)}")
        for name in given
        if name not in FACT
    ]
    value = given.get("value")
    if "value" not in given:
        problems.append(document.problem(path, "has no value", "{value: …, seen: 2026-11-01, evidence: …}"))
    elif not setting.takes(value):
        problems.append(document.problem((*path, "value"), _not_one_of(setting, value)))
    seen: date | None = None
    if "seen" in given:
        try:
            seen = date.fromisoformat(str(given["seen"]))
        except ValueError:
            problems.append(document.problem((*path, "seen"), f"{given['seen']!r} is no day", "such as 2026-11-01"))
    evidence = given.get("evidence", "")
    if not isinstance(evidence, str):
        problems.append(document.problem((*path, "evidence"), "must be a text"))
    return LiveFact(str(value), seen, str(evidence)) if len(problems) == before else None


def _accounts(document: Document, problems: list[Problem]) -> dict[str, dict[str, LiveFact]]:
    accounts: dict[str, dict[str, LiveFact]] = {}
    for account, section in _map(document, "accounts", problems).items():
        if isinstance(section, dict):
            accounts[account] = _facts(document, ("accounts", account), problems, section)
        else:
            problems.append(document.problem(("accounts", account), "must be a map", "page_cap: 100"))
    return accounts


def _max_age(document: Document, problems: list[Problem]) -> int:
    given = document.data.get("max_age", MAX_AGE_DAYS)
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        problems.append(document.problem(("max_age",), f"must be a whole number of days from 1 on (got {given!r})"))
        return MAX_AGE_DAYS
    return given


def _aged(
    document: Document, facts: Mapping[str, LiveFact], accounts: Mapping[str, Mapping[str, LiveFact]], days: int,
    today: date,
) -> Iterator[tuple[tuple[str, ...], Problem]]:  # fmt: skip
    """The place of each fact that is too old to count, and what is to be said of it."""
    placed: list[tuple[tuple[str, ...], LiveFact]] = [(("live", name), fact) for name, fact in facts.items()]
    placed += [(("accounts", account, name), fact) for account, own in accounts.items() for name, fact in own.items()]
    for path, fact in placed:
        hint = "`trackform probe --save` looks again; or see for yourself, and write today's date there"
        if fact.seen and (today - fact.seen).days > days:
            said = f"was seen on {fact.seen}, more than {days} days ago (max_age): it is open again"
            yield path, document.problem(path, said, hint)
        elif fact.seen and fact.seen - today > ELSEWHERE:
            yield path, document.problem(path, f"was seen on {fact.seen}, which is still to come: it is open", hint)


def _hosts(path: Path, document: Document, problems: list[Problem]) -> dict[str, tuple[str, ...]]:
    """Hosts as the plugin reads them, which knows no account file: there is one reader of this section."""
    named_hosts = hosts.read(path)
    problems += [Problem(document.file, m.line, dotted(m.where), m.message, m.suggestion) for m in named_hosts.mistakes]
    return named_hosts.hosts


def _webhook(document: Document, problems: list[Problem]) -> str:
    """The variable's name, not the address: that is a secret, and the file is read by many."""
    section = _map(document, "alerts", problems)
    problems += [
        document.problem(("alerts", name), "unknown key", did_you_mean(name, ["webhook"]) or "known: webhook")
        for name in section
        if name != "webhook"
    ]
    given = section.get("webhook")
    if given is None:
        return ""
    if not isinstance(given, str) or not WEBHOOK.fullmatch(given):
        said = "must name the environment variable that holds a webhook's address, and end in WEBHOOK or WEBHOOK_URL"
        problems.append(document.problem(("alerts", "webhook"), said, "TRACKFORM_ALERT_WEBHOOK"))
        return ""
    return given


def _map(document: Document, name: str, problems: list[Problem]) -> dict[str, Any]:
    section = document.data.get(name)
    if isinstance(section, dict):
        return section
    if section is not None:
        problems.append(document.problem((name,), "must be a map"))
    return {}


def _limits(document: Document, problems: list[Problem]) -> dict[str, dict[Action, Limit]]:
    limits: dict[str, dict[Action, Limit]] = {}
    for section, actions in _map(document, "limits", problems).items():
        where = ("limits", section)
        if section not in (EVERY, *SECTIONS):
            hint = did_you_mean(section, SECTIONS) or f"{EVERY}, or a section: {', '.join(SECTIONS)}"
            problems.append(document.problem(where, "there is no such section", hint))
        elif not isinstance(actions, dict):
            problems.append(document.problem(where, "must be a map", "delete: {percent: 20, objects: 20}"))
        else:
            limits[section] = {}
            for action, limit in actions.items():
                if action not in ACTIONS:
                    hint = did_you_mean(action, ACTIONS) or f"known: {', '.join(ACTIONS)}"
                    problems.append(document.problem((*where, action), "there is no such limit", hint))
                else:
                    limits[section][action] = _limit(document, (*where, action), limit, DEFAULTS[action], problems)
    return limits


def _limit(
    document: Document, where: tuple[str, ...], given: Any, default: Limit, problems: list[Problem]
) -> Limit:  # fmt: skip
    """One limit; a part that is not given has the default."""
    if not isinstance(given, dict):
        problems.append(document.problem(where, "must be a map", "{percent: 20, objects: 20}"))
        return default
    unknown = given.keys() - {"percent", "objects"}
    problems += [document.problem((*where, name), "unknown key", "known: percent, objects") for name in unknown]
    percent, objects = (given.get(name, getattr(default, name)) for name in ("percent", "objects"))
    if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= PERCENT:
        problems.append(document.problem((*where, "percent"), f"must be a number from 0 to 100 (got {percent!r})"))
        return default
    if isinstance(objects, bool) or not isinstance(objects, int) or objects < 0:
        problems.append(document.problem((*where, "objects"), f"must be a whole number from 0 on (got {objects!r})"))
        return default
    return Limit(percent, objects)
