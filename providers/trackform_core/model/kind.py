"""Kinds: what of an object can be declared, its natural key, its spelling on the wire, how to reach it.

Pure Python over JSON rows. Knows neither Pulumi nor HTTP: a kind's methods get the client that its service connected.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from trackform_core.model import marks
from trackform_core.model.annotations import plain_types
from trackform_core.model.markers import Initial, Merged, RefTo, Secret, WriteOnly
from trackform_core.model.removal import Removal as Removal  # noqa: PLC0414 -- what a kind's delete returns
from trackform_core.model.service import Service
from trackform_core.model.starting import Client, Starting
from trackform_core.model.wire import Each, Members, Row, Values, Wire, canonical, is_blank, overlay, same, within

Marker = TypeVar("Marker")

OnDelete = Literal["delete", "pause", "keep"]


def _sorted_set(value: Any) -> Any:
    return sorted({str(item) for item in value}) if isinstance(value, list | tuple | set) else value


TextSet = Annotated[list[str], BeforeValidator(_sorted_set)]
"""A list in which neither order nor repetition means anything; kept sorted."""


WHEN_USED = ConfigDict(extra="forbid", defer_build=True)
"""Of models that take no strangers, and whose validators are built when they are first needed: of a dozen kinds a stack
uses some, and what is part of another model is built with that. It was a quarter of the time of an import."""


class SharedFields(BaseModel):
    """Fields that an object and its entry in the account file have in common: validated as part of those alone."""

    model_config = ConfigDict(defer_build=True)


class Options(BaseModel):
    """What every object takes besides its own fields: how trackform treats it, never sent to a service."""

    model_config = ConfigDict(**WHEN_USED, allow_inf_nan=False)

    adopt: bool | None = Field(
        default=None,
        description="Take an object of this natural key over, if the account has one, and change it to fit.",
    )
    on_delete: OnDelete | None = Field(
        default=None,
        description="What happens to the live object when it leaves the file: `delete`, `pause` or `keep`. Adopted "
        "objects are kept unless this says otherwise.",
    )
    mark: bool | None = Field(
        default=None,
        description="Write `trackform:<stack>` into the object's tags or notes, together with the next change: who "
        "looks at it in the web application sees that it is managed, and no other stack takes it over unasked.",
    )
    enforce: TextSet | None = Field(
        default=None, description="Initial fields that are to be watched and healed like all others."
    )
    leave: TextSet | None = Field(default=None, description="Fields that are never touched again after create.")
    unset: TextSet | None = Field(default=None, description="Fields that are to be empty.")
    extra: Annotated[
        dict[str, Any] | None,
        Field(
            default=None,
            description="Further writable fields of the service's published spec, by their wire name: watched for "
            "drift and healed.",
        ),
        Merged("what a service fills in by itself is not known of all of them"),
    ]


class Declared(Options):
    """Base of the models of all kinds: the options, and what places an object in an account."""

    account: str = Field(default="default", description="Name of the `Account` that this object belongs to.")
    account_id: str | None = Field(
        default=None,
        description="The service's id of the live account, as the `Account` recorded it: with a key of another one the "
        "object is neither read nor written.",
    )
    existing: bool | None = Field(
        default=None,
        description="Only refer to an object that somebody else manages: never written, never deleted. Of its "
        "fields the natural key alone counts.",
    )
    adopt_id: str | None = Field(
        default=None,
        description="Which of several live objects of one natural key is meant, by the service's id (`id` in the "
        "account file). Counts until this stack manages the object.",
    )
    object_id: str | None = Field(default=None, description="The service's id; an echo, for dependents in a preview.")


OPTIONS = frozenset(Declared.model_fields)
NOTES = frozenset({"adopts", "object_id", "drift"})
"""Inputs by which one step tells the next: what was taken over, the id, and what of people's changes would be undone.
That one comes or goes is no change of the object."""
FROM_CHECK = NOTES | {"refused", "exists"}
"""Inputs that a check adds by itself: notes, why a write would be declined, and what is there of an object that it is
not to take."""


class Kind(Starting[Client]):
    """One sort of object. A kind file sets the attributes and says how to list, get, create, update and delete."""

    name: ClassVar[str]
    """In messages, and in the ``TRACKFORM_ALLOW`` variable."""
    title: ClassVar[str]
    """What the web application calls it."""
    service: ClassVar[Service]
    model: ClassVar[type[Declared]]
    key: ClassVar[str] = "title"
    """The declared field that recognises an object without its id."""
    known_by: ClassVar[str] = ""
    """The declared field that people call an object by, where that is not its key."""
    unique: ClassVar[frozenset[str]] = frozenset()
    """Further fields that no two objects of an account have alike."""
    key_is_fixed: ClassVar[bool] = False
    """The service cannot change the key: a new key is a new object."""
    on_delete: ClassVar[OnDelete] = "delete"
    computed: ClassVar[Mapping[str, Wire]] = {}
    """Outputs beyond the declared fields; nothing volatile."""
    more: ClassVar[frozenset[str]] = frozenset()
    """Writable wire fields of the published spec without a name of their own here: what ``extra`` may hold."""
    more_markers: ClassVar[Mapping[str, tuple[object, ...]]] = {}
    """Markers of some of ``more``, by wire name."""
    may_compute: ClassVar[frozenset[str]] = frozenset()
    """Those of ``more`` that the service may make itself, whatever it is sent: sent when the file's value is new, as an
    initial field is. Healing would write at every update."""
    served: ClassVar[frozenset[str]] = frozenset()
    """Wire fields that the server sets: never sent."""
    mark_in: ClassVar[str] = ""
    """The wire field, tags or a note, that has room for a mark; empty where none has."""
    to_create: ClassVar[frozenset[str]] = frozenset()
    """Fields that only an object which is there already can do without."""
    awaits: ClassVar[str] = ""
    """What an object awaits that the service refuses until a person did something: `DNS`, `operator`."""
    books: ClassVar[bool] = False
    """Whether any change of an object may decide what is booked; where some fields do, they are marked `Books`."""
    equal_is_ours: ClassVar[bool] = True
    """Whether an object that looks as declared can be taken for the one that a lost create made."""
    owner: ClassVar[str] = "user_id"
    """The wire field that names the account a row belongs to."""

    def pages(self, client: Client) -> Iterator[tuple[list[Row], int | None]]:
        """Pages of the listing, with the total where it is told. Lazy: the caller stops when it has seen all."""
        raise NotImplementedError

    def get(self, client: Client, object_id: str) -> Row | None:
        """One object by id; ``None`` only when the service itself says that there is none."""
        raise NotImplementedError

    kept_while_used: ClassVar[bool] = False
    """Whether a delete leaves an object alone that others refer to."""
    policies: ClassVar[frozenset[OnDelete]] = frozenset({"delete", "keep"})
    """What ``on_delete`` may say."""
    has_listing: ClassVar[bool] = True
    """Whether the service lists the objects; where it does not, the natural key is the id."""
    can_get: ClassVar[bool] = True
    """Whether the service has a GET by id, so that absence can be confirmed."""

    def search(self, client: Client, key: Any) -> Iterator[Row] | None:  # noqa: ARG002 -- not every service has one
        """The rows that the service finds when asked for a natural key; None where it takes no such question."""
        return None

    def create(self, client: Client, body: Row) -> Row:
        raise NotImplementedError

    def update(self, client: Client, object_id: str, body: Row) -> Row | None:
        """Write the whole object. Returns the answer's row, if it has one."""
        raise NotImplementedError

    def delete(self, client: Client, object_id: str, row: Row, policy: OnDelete) -> "Removal":
        """Do what the service offers and ``policy`` allows."""
        raise NotImplementedError

    def is_gone(self, row: Row) -> bool:  # noqa: ARG002 -- most kinds delete for good
        """Whether a row that still answers is deleted."""
        return False

    def is_removed(self, row: Row | None, removal: Removal) -> bool:
        """Whether the object, as it is read afterwards, is what a delete says to have made of it."""
        return not removal.gone or row is None or self.is_gone(row)

    def is_generated(self, row: Row) -> bool:  # noqa: ARG002 -- few kinds have such objects
        """Whether the service made a live object by itself: it is nobody's wish, and no file declares it."""
        return False

    def watch(self, row: Row, values: Values) -> list[str]:
        """Remarks on a live object that a person should know of though no declared field differs."""
        extra = values.get("extra") or {}
        return [
            f"extra.{name} is not what is declared: {self.service.name} seems to make its own, or somebody changed it. "
            "It is not written again: take it out of the file, or correct it in the web application"
            for name in sorted((self.may_compute & extra.keys()) - set(values.get("leave") or ()))
            if not same(canonical(row.get(name)), canonical(extra[name]))
        ]

    def stopped(self, row: Row, values: Values) -> list[str]:  # noqa: ARG002 -- most kinds cannot be
        """Why a live object on which the set-up relies gets no visitors, or fewer, though no file says so."""
        return []

    def pauses(self, row: Row, name: str) -> bool:  # noqa: ARG002 -- most kinds cannot be
        """Whether a field of a live object says that it is paused."""
        return False

    def doubled_by(self, rows: Callable[[], Iterable[Row]], values: Values) -> list[str]:  # noqa: ARG002 -- few can be
        """Remarks on live objects of nobody's that do the same: it happens twice. ``rows`` reads the listing."""
        return []

    def hidden(self, client: Client, outs: Values) -> str:  # noqa: ARG002 -- most kinds can be seen with any key
        """Why the key in use cannot see this object, be it there or not; empty where it can."""
        return ""

    @property
    def titles(self) -> str:
        """Several of them."""
        return f"{self.title}s"

    @cached_property
    def fields(self) -> dict[str, Wire]:
        """Declared field -> wire, in the order of the model."""
        fields = {}
        for name, info in self.model.model_fields.items():
            if name not in OPTIONS and name != self.starts_after:
                wires = [mark for mark in info.metadata if isinstance(mark, Wire)]
                wire = wires[0] if wires else Wire(name)
                fields[name] = replace(wire, merged=any(isinstance(mark, Merged) for mark in info.metadata))
        return fields

    @cached_property
    def _marks(self) -> dict[str, tuple[object, ...]]:
        """Field, or part of ``extra`` -> its markers, in the order of the model."""
        return {
            **{name: tuple(info.metadata) for name, info in self.model.model_fields.items()},
            **{f"extra.{name}": marks for name, marks in self.more_markers.items()},
        }

    def marked(self, marker: type) -> tuple[str, ...]:
        """The fields with a marker, which may be the class itself."""
        return tuple(
            name
            for name, marks in self._marks.items()
            if any(mark is marker or isinstance(mark, marker) for mark in marks)
        )

    def markers(self, sort: type[Marker]) -> dict[str, Marker]:
        """Field -> its marker of a sort."""
        return {name: mark for name, marks in self._marks.items() for mark in marks if isinstance(mark, sort)}

    @cached_property
    def initial(self) -> frozenset[str]:
        return frozenset(self.marked(Initial))

    @cached_property
    def secret(self) -> frozenset[str]:
        return frozenset(self.marked(Secret))

    @cached_property
    def write_only(self) -> frozenset[str]:
        return frozenset(self.marked(WriteOnly))

    @cached_property
    def references(self) -> dict[str, str]:
        """Field -> the name of the kind whose objects it refers to."""
        return {name: ref.kind for name, ref in self.markers(RefTo).items()}

    @property
    def targets(self) -> Collection[str]:
        """The names of the kinds whose objects a live object may refer to."""
        return self.references.values()

    def uses(self, row: Row) -> set[tuple[str, str]]:
        """(kind, id) of each object that a live one refers to."""
        return {(target, each) for name, target in self.references.items() for each in self.used(row, name)}

    def used(self, row: Row, name: str) -> list[str]:
        """The ids that one field of a live object refers to."""
        value = self.fields[name].read(row, {})
        return [str(each) for each in (value if isinstance(value, list) else [value]) if each]

    def is_part(self, row: Row) -> bool:  # noqa: ARG002 -- most live by themselves
        """Whether a live object lives only inside those that refer to it."""
        return False

    @cached_property
    def weights(self) -> dict[str, str]:
        """Field of references -> the field with the weight of each."""
        return {name: wire.weights for name in self.references if isinstance(wire := self.fields[name], Members)}

    @cached_property
    def each(self) -> dict[str, list[Each]]:
        """Field of references -> what else is declared of each, field by field."""
        wires_of: dict[str, list[Each]] = {}
        for wire in self.fields.values():
            if isinstance(wire, Each):
                wires_of.setdefault(wire.ids, []).append(wire)
        return wires_of

    @cached_property
    def of_each(self) -> frozenset[str]:
        """The fields that say something of each member of a list: how many there are is the list's matter."""
        return frozenset(self.weights.values()) | {each.field for wires in self.each.values() for each in wires}

    def goes(self, field: str) -> bool:
        """Whether what a field holds goes when it leaves the file: what leaves a map does, any other field stays."""
        if field.startswith("extra."):
            return field.removeprefix("extra.") not in self.may_compute
        if field not in self.fields or field in self.write_only:
            return False
        is_map = dict in plain_types(self.model.model_fields[field].annotation)
        return is_map or isinstance(self.fields[field], Each)

    @cached_property
    def needed(self) -> frozenset[str]:
        """Fields that a new object cannot do without."""
        required = {name for name, info in self.model.model_fields.items() if info.is_required()}
        return self.to_create | required

    def key_of(self, row: Row) -> Any:
        """The natural key of a live object."""
        return canonical(self.fields[self.key].read(row, {}))

    def called(self, row: Row) -> Any:
        """The name by which people know a live object."""
        return self.fields[self.known_by or self.key].read(row, {})

    def live(self, row: Row, declared: Values, names: Collection[str] | None = None) -> Values:
        """The declared fields, or those of ``names``, as they are in ``row``, canonical.

        A blank that was declared blank is an echo.
        """
        names = declared if names is None else declared.keys() & names
        row = self.unmarked(row)
        live: Values = {}
        for name, wire in self.fields.items():
            if name not in names:
                continue
            if name in self.write_only:
                live[name] = declared[name]
                continue
            value = canonical(wire.read(row, declared))
            if wire.merged:
                value = within(value, declared[name])
            live[name] = declared[name] if is_blank(value) and is_blank(declared[name]) else value
        if "extra" in names:
            live["extra"] = canonical(within({name: row.get(name) for name in declared["extra"]}, declared["extra"]))
        return {name: value for name, value in live.items() if value is not None}

    def is_unset(self, row: Row, field: str) -> bool:
        return self.fields.get(field, Wire(field)).is_unset(self.unmarked(row))

    def marks(self, row: Row) -> list[str]:
        """The stacks whose mark it carries."""
        return marks.stacks(row.get(self.mark_in)) if self.mark_in else []

    def unmarked(self, row: Row) -> Row:
        """Without marks, which are nobody's wish and no difference."""
        return {**row, self.mark_in: marks.without(row[self.mark_in])} if self.marks(row) else row

    def body(self, base: Row, values: Values, changed: frozenset[str]) -> Row:
        """``base`` with the ``changed`` fields of ``values`` laid over it, without what the server sets.

        ``changed`` names a part of ``extra`` as ``extra.<wire name>``.
        """
        body = {name: deepcopy(item) for name, item in base.items() if name not in self.served}
        for name, wire in self.fields.items():
            if name in changed and name in values:
                wire.write(body, values, name)
        for name, item in (values.get("extra") or {}).items():
            if f"extra.{name}" in changed and item is None:
                Wire(name).blank(body)
            elif f"extra.{name}" in changed:
                body[name] = overlay(body.get(name), item)
        if "unset" in changed:
            for name in values.get("unset") or ():
                self.fields.get(name, Wire(name)).blank(body, self._empty(name))
        self._keep_marks(base, body, values)
        return self.tidy(body)

    def _keep_marks(self, base: Row, body: Row, values: Values) -> None:
        """Declared tags replace all tags, yet not the marks."""
        if not self.mark_in:
            return
        held, mine = self.marks(base), str(values.get("account", "default"))
        wanted = [mine] if values.get("mark") else held
        if values.get("mark") is False:
            wanted = [name for name in held if name != mine]
        if wanted or held:
            text = str in plain_types(self.model.model_fields[self.mark_in].annotation)
            body[self.mark_in] = marks.marked(body.get(self.mark_in), wanted, text=text)

    def _empty(self, field: str) -> Any:
        """The empty value of a field by its declared type: a new object has none to take the type from."""
        info = self.model.model_fields.get(field)
        kinds = plain_types(info.annotation if info else None)
        for kind in (int, float, bool, str, list, dict):
            if kind in kinds:
                return kind()
        return None

    def tidy(self, body: Row) -> Row:
        """Last word on a body before it is sent."""
        return body

    def computed_of(self, row: Row) -> Values:
        """The computed outputs; never None, which a preview would show as unknown."""
        outputs = {name: canonical(wire.read(row, {})) for name, wire in self.computed.items()}
        return {name: "" if value is None else value for name, value in outputs.items()}
