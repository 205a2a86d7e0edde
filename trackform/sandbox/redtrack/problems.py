"""RedTrack's error answers, raised by its models."""


class RedTrackProblem(Exception):  # noqa: N818 - it is an answer, not a failure of the sandbox
    """An answer other than success: HTTP status and the text of ``{"error": …}``."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
