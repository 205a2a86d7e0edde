"""What trackform does today, to the letter, in files: a net for changes that are to change nothing a user sees.

Ids, times, addresses and folders differ from run to run and have names in their place; the order of requests that
several threads send is no promise, and they are sorted.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.engine.project import Project, Result

DATA = Path(__file__).parents[1] / "data" / "golden"
ASKED = "TRACKFORM_GOLDEN"
"""`compare`, or `write` to make the files anew."""
KINDS = (
    "domain",
    "source",
    "network",
    "landing",
    "offer",
    "stream",
    "campaign",
    "conversion_type",
    "connection",
    "ipn",
)
VOLATILE = frozenset({
    "created", "modified", "sourcePosition", "stackTrace", "__provider", "provider", "parent", "custom", "time",
    "duration", "sequenceNumber", "propertyDependencies", "dependencies",
})  # fmt: skip
UNKNOWN_ID = re.compile(r"\b[0-9a-f]{24}\b")
DIGEST = re.compile(r"\b[0-9a-f]{20}\b|\b[0-9a-f]{16}\b")
UUID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")


class Golden:
    """The files of one account; each is compared, or written where the environment asks for that."""

    def __init__(self, name: str, project: Project) -> None:
        self.folder = DATA / name
        self.project = project
        self.names: dict[str, str] = {}
        self.compared: set[str] = set()

    def steady(self, text: str) -> str:
        """``text`` without what differs from run to run."""
        served = self.project.sandbox
        self.names[served.keys.redtrack_account] = "<RedTrack account>"
        self.names[served.keys.digistore24_account] = "<Digistore24 account>"
        for kind in KINDS:
            for row in served.rows(kind):
                called = row.get("title") or row.get("url") or row.get("name") or row.get("slot") or kind
                self.names.setdefault(str(row["id"]), f"<{kind} {called}>")
        for found, name in sorted(self.names.items(), key=lambda each: -len(each[0])):
            text = text.replace(found, name)
        text = text.replace(served.url, "<sandbox>").replace(str(self.project.folder), "<project>")
        text = UUID.sub("<uuid>", text)
        return DAY.sub("<day>", MOMENT.sub("<moment>", DIGEST.sub("<digest>", UNKNOWN_ID.sub("<id>", text))))

    def same(self, name: str, text: str) -> None:
        """Compare with the file of this name."""
        path, text = self.folder / name, self.steady(text).rstrip() + "\n"
        self.compared.add(name)
        if os.environ.get(ASKED) == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        assert path.read_text(encoding="utf-8") == text, name

    def all_compared(self) -> None:
        assert {path.name for path in self.folder.iterdir()} == self.compared

    def preview(self, name: str, result: Result) -> None:
        """The plan, object by object, with every field."""
        steps = [planned(step) for step in result.json["steps"]]
        told = sorted(each["message"].strip() for each in result.json.get("diagnostics") or [])
        plan = {"steps": sorted(steps, key=lambda step: (step["urn"], step["op"])), "told": told}
        self.same(f"{name}.preview.json", as_text(plan))

    def requests(self, name: str, *, of_a_destroy: bool = False) -> None:
        """What was sent since the last time, and forget it.

        Of a destroy without the pages beyond the first: whether an object of another branch is still in a listing, so
        that a further page is asked for, is decided by which delete comes first.
        """
        entries = self.project.sandbox.requests()
        if of_a_destroy:
            entries = [entry for entry in entries if entry["query"].get("page", "1") == "1"]
        lines = sorted(self.steady(request_line(entry)) for entry in entries)
        self.same(f"{name}.requests.txt", "\n".join(lines))
        self.project.sandbox.forget_requests()

    def state(self, name: str) -> None:
        """Types, URNs, ids, inputs and outputs of all that the stack has."""
        resources = self.project.ok("stack", "export").json["deployment"].get("resources") or []
        self.same(f"{name}.state.json", as_text(sorted((slim(each) for each in resources), key=lambda one: one["urn"])))

    def review(self, name: str) -> None:
        """In every form."""
        files = {form: self.project.folder / f"review.{form}" for form in ("md", "html", "json", "txt")}
        for file in files.values():
            file.unlink(missing_ok=True)
        written = [argument for file in files.values() for argument in ("--write", str(file))]
        shown = self.project.trackform("review", self.project.stack, *written)
        self.same(f"{name}.review.screen.txt", f"exit status {shown.status}\n{shown.stdout}")
        for form, file in files.items():
            self.same(f"{name}.review.{form}", file.read_text(encoding="utf-8"))


def slim(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: slim(item) for name, item in value.items() if name not in VOLATILE}
    return [slim(item) for item in value] if isinstance(value, list) else value


def planned(step: Mapping[str, Any]) -> dict[str, Any]:
    """What is done to one object: all fields of a new one, else those that change."""
    old, new = (slim((step.get(state) or {}).get("inputs") or {}) for state in ("oldState", "newState"))
    changed = {
        name: [old.get(name), new.get(name)] for name in old.keys() | new.keys() if old.get(name) != new.get(name)
    }
    fields = new if step["op"] == "create" else changed
    return {"op": step["op"], "urn": step["urn"]} | ({"fields": fields} if fields else {})


def as_text(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)


def request_line(entry: Mapping[str, Any]) -> str:
    parts = [f"{entry['service']} {entry['method']} {entry['path']}"]
    said = dict(entry)
    if entry["method"] == "GET" and "title" in (entry.get("query") or {}):
        # Of a kind that is empty, the first to be made is searched for: which one that is, is no promise.
        said["query"] = {**entry["query"], "title": "<the first>"}
    parts += [f"{name}={json.dumps(said[name], sort_keys=True)}" for name in ("query", "body") if said.get(name)]
    return " ".join([*parts, f"-> {entry['status']}"])
