"""What a story's file can declare: objects of one kind, and what people may do to each in the web application."""

from dataclasses import dataclass, replace
from typing import Any

from tests.providers.conftest import Case
from tests.scenarios.faults.cells import CHANGED
from trackform_core.model.kind import Kind
from trackform_core.model.wire import Values

OTHER: dict[str, Values] = {
    "domain": {"url": "second.acme.test"},
    "conversion_type": {"slot": 5, "name": "another_sale"},
    "postback": {"name": "more", "url": "https://track.acme.test/postback?clickid={cid}&sub20=tf.more"},
    "script": {"name": "Second"},
    "ipn": {"domain_id": "acme-second"},
}
"""What makes a second object of a kind another one; of all other kinds a title does."""
UNSAID: dict[str, Values] = {
    "domain": {"workspace_ids": ["theirs"]}, "channel": {"ref_id": "theirs"}, "offer_source": {"notes": "theirs"},
    "conversion_type": {"show_in_journey": True}, "offer": {"category": "theirs"},
    "funnel": {"prelanding_ids": ["theirs"]},
    "campaign": {"notes": ["theirs"]}, "postback": {"error_emails": ["theirs@acme.test"]},
    "landing": {"listicle": False}, "script": {"cookie_domain": "theirs.test"}, "ipn": {"timing": "delayed"},
}  # fmt: skip
"""Of each kind a field that the file never names, and what a person sets it to: it stays."""
STEERED: dict[str, Values] = {
    "channel": {"status": "theirs"}, "offer": {"cap": 77}, "campaign": {"rev_share": 7},
    "offer_source": {"status": "theirs"}, "funnel": {"offer_weights": [10, 90]},
}  # fmt: skip
"""Of some kinds an initial field that the file names, and what a person sets it to: theirs as well."""
UNORDERED = ("tags", "cost_models", "countries", "product_ids")


@dataclass
class Slot:
    """One object of the file, under one logical name.

    Attributes:
        declared: whether the file has it.
        changed: whether the file says the second of the two values of its field.
        adopts: whether it says `adopt: true`.
        policy: its `on_delete`; empty where it says nothing of that.
    """

    name: str
    kind: Kind[Any]
    base: Values
    change: Values
    policy: str = ""
    declared: bool = False
    changed: bool = False
    adopts: bool = False

    @property
    def at(self) -> tuple[str, str]:
        return self.kind.name, self.name

    @property
    def key(self) -> Any:
        return self.base[self.kind.key]

    @property
    def words(self) -> str:
        return f"{self.kind.title} `{self.name}`"

    @property
    def field(self) -> str:
        """What the file changes, and people do."""
        return next(iter(self.change))

    @property
    def fields(self) -> Values:
        said = self.base | (self.change if self.changed else {})
        said |= {"on_delete": self.policy} if self.policy else {}
        return said | ({"adopt": True} if self.adopts else {})

    def of_the_other_stack(self) -> "Slot":
        return replace(self, declared=False, changed=False, adopts=True, policy="keep")


def slots_of(case: Case) -> list[Slot]:
    """Two objects of a kind: one that is deleted with its entry, one that goes by what the kind does."""
    kind, name = case.kind, case.kind.name
    base = {
        field: value
        for field, value in case.fields.items()
        if field not in UNSAID[name] and not field.startswith("prelanding_")
    }
    change = case.changes[CHANGED[name]]
    # As they are read: these have no order.
    base |= {field: sorted(base[field]) for field in UNORDERED if field in base}
    other = OTHER.get(name) or {kind.key: f"{base[kind.key]} B"}
    return [Slot("a", kind, base, change, policy="delete"), Slot("b", kind, base | other, change)]
