"""One operator step: what a person does in a web application, in the words of its form."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from trackform.account_file.sections import Composition
from trackform.operator.forms import WebForm, shown
from trackform_core.no_api.ledger import LedgerEntry
from trackform_digistore24.marker import marker, parameter

Action = Literal["create", "replace", "change", "remove", "check"]
Secrets = Callable[[str], str | None]
"""Name of a config secret -> its text; ``None`` where it cannot be read here."""

LEFT = "is no longer declared"
DESTROYED = "`pulumi destroy` cannot remove it"


@dataclass(frozen=True)
class Field:
    """One field of a web form.

    Attributes:
        label: what the form calls it.
        value: what has to stand there, ready to copy; a secret in it as its fingerprint.
        before: what stood there when it was last confirmed; empty where nothing was.
        why: what it is good for, in one sentence.
        secret: whether ``value`` leaves a secret out. ``plain`` then has the whole, for a terminal alone.
    """

    label: str
    value: str
    before: str = ""
    why: str = ""
    secret: bool = False
    plain: str | None = field(default=None, repr=False, compare=False)

    @property
    def changed(self) -> bool:
        return self.value != self.before


@dataclass(frozen=True)
class OperatorStep:
    """One object to enter, change, remove or check by hand in a web application.

    Attributes:
        id: ``<section>/<name>``, as in the account file.
        action: what to do with the object: enter it, put it in the place of a row that somebody made by hand, change
            it, remove it, or only look that it is so.
        service: whose web application.
        form: how to get to the form there.
        account: the account it is in, as far as the file says; may be empty.
        fields: in the order of the form; for a removal, what to recognise it by.
        reason: why this is open, in one sentence.
        record: what the ledger will say once this is confirmed; ``None`` takes ``forgets`` out of it.
        forgets: the key of the entry that a confirmation replaces or removes; empty where there is none.
    """

    id: str
    action: Action
    service: str
    form: str
    account: str
    fields: tuple[Field, ...]
    reason: str
    record: LedgerEntry | None = field(default=None, repr=False)
    forgets: str = ""
    unread: tuple[str, ...] = ()
    """Config secrets that this step needs and that cannot be read here: it can be shown, not confirmed."""
    evidence: str = ""
    """What RedTrack's conversion log says of the object, where it was asked."""
    row: str = ""
    """Of what is in the web application already: which row of its list is meant."""

    @property
    def sent_as(self) -> tuple[str, str]:
        """(section, name by which the conversion log knows the object); no name where only its place is known."""
        section, _, name = self.id.partition("/")
        if self.record is not None:
            name = str(self.record.fields.get("name") or name)
        return section, "" if self.id == self.forgets else name

    @property
    def by_hand(self) -> bool:
        """Whether a person's word closes it; else the service itself will show that it is done."""
        return self.record is not None or bool(self.forgets)


def account_of(composition: Composition, service: str) -> str:
    """The account of a service that the file is pinned to, or the affiliate's name."""
    file = composition.account.file
    if service == "RedTrack":
        return file.account.redtrack_user or ""
    if service != "Digistore24":
        return ""
    return (file.digistore24.account or file.digistore24.affiliate) if file.digistore24 else ""


def row_of(form: WebForm, entry: LedgerEntry) -> str:
    """How the row of a confirmed object is told from the others, as it is there now."""
    if "url" in form.known_by and marker(entry.fields.get("url")):
        return f"the connection with {parameter(marker(entry.fields['url']))} in its URL"
    known_by = [line for line in form.lines if line.field in form.known_by and line.field in entry.fields]
    return ", ".join(f"{line.label} {shown(line, entry.fields)}" for line in known_by)
