"""Which stacks have an account file, and what to say where one has none."""

from fnmatch import fnmatchcase
from pathlib import Path

from trackform.documents.problems import Problem, did_you_mean
from trackform.documents.project_folder import GO_THERE, project_folder
from trackform_core.http import hosts


def known_stacks(folder: Path) -> list[str]:
    """Names of the stacks that have an account file, sorted."""
    return sorted(path.stem for path in folder.glob("*.yaml") if not is_no_account_file(path))


def stacks_to_choose_from(folder: Path) -> str:
    """The names of the stacks that have an account file; where there is none, and no project either, where to go."""
    return ", ".join(known_stacks(folder)) or with_where_to_go("none")


def with_where_to_go(said: str) -> str:
    """What is said of a lack of files, and outside of a project where there are some."""
    return said if project_folder(Path.cwd()) else f"{said}; {GO_THERE}"


def absent(path: Path) -> Problem:
    """That there is no such account file, and which one could be meant."""
    hint = (
        did_you_mean(path.stem, known_stacks(path.parent))
        or f"stacks with a file: {stacks_to_choose_from(path.parent)}"
    )
    return Problem(str(path), 0, "", "there is no such account file", hint)


def is_no_account_file(path: Path) -> bool:
    """Whether something else lies under this name among the account files: a ledger, the policy, Pulumi's settings."""
    others = ("Pulumi.*", "*.ledger.yaml", hosts.FILE.name)
    return any(fnmatchcase(path.name, other) for other in others)
