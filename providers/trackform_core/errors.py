"""Errors of trackform. One root, caught once, by the command line."""

from trackform_core.text.shown import fit_to_show


class TrackformError(Exception):
    """A person is told it as it is. The message says what was refused, ``way_out`` what to do next.

    Whoever said parts of it, it holds no secret and nothing that steers a terminal.
    """

    def __init__(self, message: str, way_out: str = "") -> None:
        super().__init__(fit_to_show(f"{message}. {way_out}" if way_out else message))


class Refused(TrackformError):  # noqa: N818 -- the field's word
    """trackform itself declines. The message names the object and the way out.

    ``shared`` says in a few words what the next object meets as well: then this one is told in full, the others not.
    """

    def __init__(self, message: str, *, shared: str = "") -> None:
        super().__init__(message)
        self.shared = shared
