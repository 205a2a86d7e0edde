"""What trackform itself says no with."""


class Refused(Exception):  # noqa: N818 -- the field's word
    """trackform itself declines. The message names the object and the way out.

    ``shared`` says in a few words what the next object meets as well: then this one is told in full, the others not.
    """

    def __init__(self, message: str, *, shared: str = "") -> None:
        super().__init__(message)
        self.shared = shared
