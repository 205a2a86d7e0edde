"""Whether the sum of a postback moves money."""

import re

from trackform.flow.setup import Connection
from trackform.rules.vocabulary import MACRO

NUMBER = re.compile(r"-?\d+(\.\d+)?")
COMMISSION = re.compile(r"-?\{amount_affiliate(?:_abs)?\}")


def books(connection: Connection) -> bool:
    """Whether its sum moves money."""
    raw = connection.params.get("sum", "")
    return bool(MACRO.search(raw)) or (bool(NUMBER.fullmatch(raw)) and float(raw) != 0)


def may_book(connection: Connection) -> bool:
    """Whether it is meant to book: everything but a plain 0. What is no sum has a rule of its own."""
    return books(connection) or not NUMBER.fullmatch(connection.params.get("sum", ""))
