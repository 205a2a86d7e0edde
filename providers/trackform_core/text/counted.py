"""Numbers of things in words."""


def counted(number: int, thing: str) -> str:
    """``1 sale``, ``2 sales``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
