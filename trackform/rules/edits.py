"""Edits: what a fix changes in the account file, as data from which its sentence is made."""

from dataclasses import dataclass
from typing import Any

from trackform.documents.problems import dotted
from trackform.documents.scalars import flow
from trackform.documents.yaml_document import Document, Steps
from trackform_core.text.counted import counted


class Out:
    """Stands in place of a value, where the key is to be taken out."""

    def __repr__(self) -> str:
        return "OUT"


OUT = Out()
MOST_SAID = 12
"""Edits of one finding that its sentence says: of more nobody would read on, and machines get them all."""


@dataclass(frozen=True)
class FileEdit:
    """One change of an account file: the value at a path, or `OUT`."""

    path: Steps
    value: Any

    def said(self, document: Document, at: Steps) -> str:
        """What to write and where, for somebody who looks at the line of ``at``."""
        *parent, key = self.path
        if isinstance(self.value, Out):
            text = f"take out `{key}`"
            if document.origin(self.path)[0] != document.file:
                # Only the file that says it can leave it out.
                text = f"take out `{key}` ({_place(document, self.path)})"
        else:
            text = f"write `{flow(str(key))}: {flow(self.value)}`"
        same = self.path in document.origins and tuple(parent) == tuple(at[:-1])
        return text if same or not parent else f"{text} under {dotted(parent)}"

    def row(self) -> dict[str, Any]:
        """For machines: `remove` in place of a value."""
        if isinstance(self.value, Out):
            return {"path": list(self.path), "remove": True}
        return {"path": list(self.path), "value": self.value}


def _place(document: Document, path: Steps) -> str:
    file, line = document.origin(path)
    return f"{file}:{line}"


def sentence(edits: tuple[FileEdit, ...], document: Document, at: Steps) -> str:
    """The edits as one sentence without a full stop, for somebody who looks at the line of ``at``."""
    more = f"; and {counted(len(edits) - MOST_SAID, 'more edit')}, which --json has" if len(edits) > MOST_SAID else ""
    return "; and ".join(edit.said(document, at) for edit in edits[:MOST_SAID]) + more
