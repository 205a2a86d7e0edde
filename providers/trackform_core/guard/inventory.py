"""What a program declares, kind by kind, as the `Account` knows it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from trackform_core.guard.changes import Names

ByKind = Mapping[str, Mapping[str, str]]
"""Kind -> {logical name: natural key}."""


@dataclass(frozen=True)
class OtherStack:
    """What another stack of the project declares.

    Attributes:
        pins: pin -> the live account that its file names; without those that it does not name.
        keys: kind -> natural keys.
    """

    pins: Mapping[str, str]
    keys: Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Inventory:
    """What one program declares.

    Attributes:
        names: kind -> {logical name: natural key}.
        was: kind -> {logical name: former logical name}.
        protected: kind -> logical names that Pulumi refuses to delete.
        leaving: names that left an earlier version of the file and were not yet seen to be out of the state.
        pending: kind -> logical names that were not yet seen to be in the state.
        vanished: kind -> logical names that were gone from the account at the last run.
        references: kind -> logical name -> fields of references that it declares; what else it refers to stays so.
        elsewhere: stack -> what it declares, of the others that may be on the same account.
    """

    names: ByKind = field(default_factory=dict)
    was: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    protected: Mapping[str, Iterable[str]] = field(default_factory=dict)
    leaving: ByKind = field(default_factory=dict)
    pending: Mapping[str, Collection[str]] = field(default_factory=dict)
    vanished: Mapping[str, Collection[str]] = field(default_factory=dict)
    references: Mapping[str, Mapping[str, Collection[str]]] = field(default_factory=dict)
    elsewhere: Mapping[str, OtherStack] = field(default_factory=dict)

    def made(self) -> dict[str, list[str]]:
        """Kind -> the natural keys of what may have been in the account after the last run, each as often as declared.

        What that run was to make, it may have made: taken for more than there was, they only make a refusal likelier.
        """
        every = {
            kind: {**self.leaving.get(kind, {}), **self.names.get(kind, {})} for kind in {*self.leaving, *self.names}
        }
        return {
            kind: [key for name, key in names.items() if name not in self.vanished.get(kind, ())]
            for kind, names in every.items()
        }

    def against(self, new: "Inventory", kind: str) -> Names:
        """The names of one kind beside those of the new inventory, under which a renamed object goes from now on."""
        after, was = new.names.get(kind, {}), new.was.get(kind, {})
        before = {**self.leaving.get(kind, {}), **self.names.get(kind, {})}
        pending, vanished = set(self.pending.get(kind, ())), set(self.vanished.get(kind, ()))
        left = self.leaving.get(kind, {}).keys() - self.names.get(kind, {}).keys()
        for now, former in was.items():
            if former in before and former not in after and now not in before:
                before[now] = before.pop(former)
                pending, vanished = ({now if name == former else name for name in each} for each in (pending, vanished))
        return Names(before, after, pending, left, vanished)
