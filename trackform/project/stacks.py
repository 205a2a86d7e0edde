"""The account files of a project, one a stack."""

from pathlib import Path

from trackform.account_file.compose import Composition, compose, read_composition
from trackform.account_file.models import AccountFile, ReadAccount
from trackform.documents.yaml_document import Document
from trackform_core.no_api.ledger import ledger_of

FOLDER = Path("stacks")


def compose_stack(name: str, *, may_be_empty: bool = False) -> Composition:
    """Compose a stack's account file.

    Raises:
        Problems: all of its mistakes.
    """
    return read_composition(FOLDER / f"{name}.yaml", may_be_empty=may_be_empty)


def compose_given_up(name: str) -> Composition:
    """The same of a stack that is to go: `pulumi destroy` asks for no account file, which may be gone already.

    Raises:
        Problems: all of its mistakes; or it is gone, and there is no ledger of this name either.
    """
    file = FOLDER / f"{name}.yaml"
    if not file.exists() and ledger_of(name, FOLDER).file.exists():
        return compose(ReadAccount(AccountFile(), Document({}, file.as_posix())))
    return compose_stack(name, may_be_empty=True)
