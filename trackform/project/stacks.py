"""The account files of a project, one a stack."""

from pathlib import Path

from trackform.account_file.compose import Composition, read_composition

FOLDER = Path("stacks")


def compose_stack(name: str, *, may_be_empty: bool = False) -> Composition:
    """Compose a stack's account file.

    Raises:
        Problems: all of its mistakes.
    """
    return read_composition(FOLDER / f"{name}.yaml", may_be_empty=may_be_empty)
