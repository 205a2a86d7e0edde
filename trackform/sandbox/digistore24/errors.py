"""Digistore24's errors: a code inside HTTP 200."""

from enum import IntEnum


class Code(IntEnum):
    """The service's own codes, as the official PHP connector 1.2 (2025) has them; 1.1 numbers some otherwise."""

    UNKNOWN = 0
    BAD_API_KEY = 2
    BAD_FUNCTION_PARAMS = 3
    NOT_FOUND = 4
    PERMISSION_DENIED = 5
    BAD_API_CALL = 9
    INTERNAL = 11
    TOO_MANY_REQUESTS = 12


class ApiError(Exception):
    """An error answer. Live messages are localised, so nobody may rely on the text."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
