"""The comparison as a table that a spreadsheet opens: as its numbers, its letters, and without formulas."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from trackform.reconcile.report import COLUMNS, as_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from trackform.reconcile.model import ComparisonLine

AMOUNTS = frozenset({"expected", "booked"})
"""Columns that a spreadsheet may calculate with."""
SIGNS = r"(?=[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212])"
"""What a formula begins with; in full width and small, too, where people write so, and the minus that is no hyphen."""
BLANKS = r" \x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
"""What a spreadsheet may take off before it looks."""
FORMULA = re.compile(rf'^[\x00-\x20{BLANKS}]*{SIGNS}|^(?=[\t\r\n])|(?<=[;,\t\r\n"])[{BLANKS}]*{SIGNS}')
"""Where a spreadsheet would begin a formula: at the start of a cell, and of what another separator makes one."""
NUMBER = re.compile(r"-?\d+(\.\d+)?")
Locale = Literal["en", "de"]


@dataclass(frozen=True)
class Dialect:
    """The way in which the spreadsheets of one language read a file.

    Attributes:
        separator: between two cells.
        point: before the cents.
        mark: the first character of the file. Without a byte order mark, Excel does not read it as UTF-8.
    """

    separator: str = ","
    point: str = "."
    mark: str = ""

    @property
    def header(self) -> str:
        """The first line, by which the file of an earlier run is known."""
        return self.heading(["stack", *COLUMNS])

    def heading(self, columns: Sequence[str]) -> str:
        return self.mark + self.separator.join(columns) + "\r\n"

    def table(self, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
        """The one place where rows become a file for a spreadsheet, so that no cell of any is a formula."""
        text = io.StringIO(newline="")
        text.write(self.heading(columns))
        writer = csv.DictWriter(text, columns, delimiter=self.separator)
        for row in rows:
            writer.writerow({column: self.cell(column, value) for column, value in row.items()})
        return text.getvalue()

    def cell(self, column: str, value: Any) -> Any:
        """A value as this dialect writes it. What somebody wrote into a link must not become a formula."""
        if not isinstance(value, str):
            return value
        if column in AMOUNTS and all(map(NUMBER.fullmatch, value.split(" "))):
            # Two amounts in a cell are no number: a minus sign at their start would ask for a formula.
            return ("'" if " " in value and value.startswith("-") else "") + value.replace(".", self.point)
        return FORMULA.sub(_escaped, value)


def _escaped(before: re.Match[str]) -> str:
    return f"'{before[0]}"


DIALECTS: Mapping[Locale, Dialect] = {"en": Dialect(), "de": Dialect(";", ",", "\ufeff")}


def spreadsheet(by_stack: Mapping[str, Iterable[ComparisonLine]], locale: Locale = "en") -> str:
    """A row for every order event of each stack, as the spreadsheets of a language open it."""
    rows = ({"stack": name, **as_row(line)} for name, lines in by_stack.items() for line in lines)
    return DIALECTS[locale].table(["stack", *COLUMNS], rows)
