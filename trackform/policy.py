"""The policy of a project, ``stacks/policy.yaml``.

How much each rule counts, what is known of the services, and how many objects one run may touch.
"""

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from trackform.account_file.compose import SECTIONS
from trackform.documents.problems import Problem, Problems, did_you_mean, dotted
from trackform.documents.yaml_document import Document, read
from trackform.flow.assumptions import AXES
from trackform_core.guard.limits import ACTIONS, DEFAULTS, Action, Limit
from trackform_core.http import hosts

Severity = Literal["off", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("off", "warning", "error")
FILE = "policy.yaml"
VARIABLE = hosts.VARIABLE
"""Names the file to read instead. CI points it at the base branch's, so that a change cannot raise its own limit."""
EVERY = "all"
"""In place of a section: limits for every section that does not say otherwise itself."""
PERCENT = 100
NewCampaigns = Literal["paused", "running"]
NEW_CAMPAIGNS: tuple[NewCampaigns, ...] = ("paused", "running")
TOP = ("rules", "live", "limits", "hosts", "new_campaigns")


@dataclass(frozen=True)
class Policy:
    """A project's policy. Without a file everything is as the rules have it.

    Attributes:
        rules: rule id -> severity, where it differs from the rule's own.
        live: setting -> value, where somebody has seen how the live services behave.
        limits: section of the account file, or `all` -> action -> how many objects one run may touch.
        hosts: service -> hosts besides its own that its key may be sent to.
        new_campaigns: whether one whose connections nobody has confirmed is paused until they are, or runs at once.
    """

    rules: dict[str, Severity] = field(default_factory=dict)
    live: dict[str, str] = field(default_factory=dict)
    limits: dict[str, dict[Action, Limit]] = field(default_factory=dict)
    hosts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    new_campaigns: NewCampaigns = "paused"

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
    if path.exists():
        return path
    if other:
        raise Problems([Problem(other, 0, "", f"{VARIABLE} names this policy, and there is no such file")])
    return None


def read_policy(folder: Path, rule_ids: list[str], *, named: bool = True) -> Policy:
    """The policy in a folder of stacks, or, where ``named``, the one that ``TRACKFORM_POLICY`` names.

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
    live = _map(document, "live", problems)
    limits, allowed = _limits(document, problems), _hosts(path, document, problems)
    start = document.data.get("new_campaigns")
    start = NEW_CAMPAIGNS[0] if start is None else start
    if start not in NEW_CAMPAIGNS:
        problems.append(document.problem(("new_campaigns",), f"{start!r} is not one of {', '.join(NEW_CAMPAIGNS)}"))
    for name, severity in rules.items():
        if name not in rule_ids:
            hint = did_you_mean(name, rule_ids) or "docs/rules.md lists them"
            problems.append(document.problem(("rules", name), "there is no such rule", hint))
        elif severity not in SEVERITIES:
            problems.append(document.problem(("rules", name), f"{severity!r} is not one of {', '.join(SEVERITIES)}"))
    for name, value in live.items():
        if name not in AXES:
            hint = did_you_mean(name, AXES) or f"known: {', '.join(AXES)}"
            problems.append(document.problem(("live", name), "there is no such setting", hint))
        elif value not in AXES[name]:
            problems.append(document.problem(("live", name), f"{value!r} is not one of {', '.join(AXES[name])}"))
    if problems:
        raise Problems(problems)
    return Policy(cast("dict[str, Severity]", rules), live, limits, allowed, start)


def _hosts(path: Path, document: Document, problems: list[Problem]) -> dict[str, tuple[str, ...]]:
    """Hosts as the plugin reads them, which knows no account file: there is one reader of this section."""
    named_hosts = hosts.read(path)
    problems += [Problem(document.file, m.line, dotted(m.where), m.message, m.suggestion) for m in named_hosts.mistakes]
    return named_hosts.hosts


def _map(document: Document, name: str, problems: list[Problem]) -> dict[str, Any]:
    section = document.data.get(name) or {}
    if not isinstance(section, dict):
        problems.append(document.problem((name,), "must be a map"))
        return {}
    return section


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
