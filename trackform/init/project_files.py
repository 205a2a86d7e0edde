"""The files of a project: those that follow the version of trackform, and those that are its people's at once."""

from dataclasses import dataclass, field

from jinja2 import Environment, PackageLoader, StrictUndefined

from trackform.account_file.json_schema import text as schema
from trackform.documents.shipped import shipped
from trackform.documents.yaml_text import REMOVE, edited
from trackform.init.github import CODEOWNERS, codeowners, workflows
from trackform.init.requirements import requirements
from trackform_core.session.settings import variable_suffix

PROGRAM = "from trackform.program import run\nrun()\n"
CATALOG = "stacks/shared/digistore24.yaml"
OF_THE_DEMO = (("conversion_types", "initial_sale", "forward"), ("products",))
"""What the catalog says for the demo's account alone: its one channel, and its product."""
ALLOW_ALL = "TRACKFORM_ALLOW=rule:all"
SCHEMA = ".trackform/account-file.schema.json"


@dataclass(frozen=True)
class ProjectFiles:
    """What a project was made with: the stack that its README leads through, and who owns its workflows."""

    stack: str
    owners: tuple[str, ...] = field(default=())

    def generated(self) -> dict[str, str]:
        """Path -> text, of what is the same for all but for this."""
        texts = {
            "Pulumi.yaml": shipped("Pulumi.yaml").read_text(encoding="utf-8"),
            "__main__.py": PROGRAM,
            "requirements.txt": requirements(),
            ".gitignore": _rendered("gitignore.j2"),
            "README.md": _rendered(
                "README.md.j2", stack=self.stack, setup=setup(self.stack), first=first(self.stack),
                adopted=adopted(self.stack),
                later=(rows := later(self.stack)), width=max(len(line) for line, _ in rows),
            ),
            "stacks/policy.yaml": shipped("stacks/policy.yaml").read_text(encoding="utf-8"),
            CATALOG: catalog(),
            SCHEMA: schema(),
        }  # fmt: skip
        if self.owners:
            texts |= workflows() | {CODEOWNERS[0]: codeowners(self.owners)}
        return texts


def settings(stack: str) -> str:
    """Pulumi's settings of a stack, which `pulumi stack init` adds to."""
    return (
        f"# Settings of stack {stack}. Keys stand in no file: REDTRACK_API_KEY{variable_suffix(stack)} and\n"
        f"# DIGISTORE24_API_KEY{variable_suffix(stack)} are variables of the environment.\n"
        "config: {}\n"
    )


def catalog() -> str:
    """What every account shares."""
    text = shipped(CATALOG).read_text(encoding="utf-8")
    for path in OF_THE_DEMO:
        text = edited(text, path, REMOVE)
    return text.replace("../../docs/account-file.schema.json", f"../../{SCHEMA}").rstrip() + "\n"


def environment(trackform: str = "trackform") -> list[str]:
    """What a person types once, in bash or zsh."""
    return [
        f"{trackform} setup && . .venv/bin/activate",
        'mkdir -p .state/pulumi && export PULUMI_BACKEND_URL="file://$PWD/.state/pulumi"',
        "read -rs PULUMI_CONFIG_PASSPHRASE && export PULUMI_CONFIG_PASSPHRASE",
    ]


def setup(stack: str, trackform: str = "trackform") -> list[str]:
    """The same, with the keys of the stack's accounts."""
    suffix = variable_suffix(stack)
    return [
        *environment(trackform),
        f"read -rs REDTRACK_API_KEY{suffix} && export REDTRACK_API_KEY{suffix}",
        f"read -rs DIGISTORE24_API_KEY{suffix} && export DIGISTORE24_API_KEY{suffix}",
    ]


def first(stack: str) -> list[str]:
    """What a person types then, until the accounts are as the file says: docs/getting-started.md says why."""
    return [
        f"trackform validate {stack}",
        f"pulumi stack init {stack}",
        f"trackform doctor {stack} --dns",
        f"trackform review {stack}",
        f"trackform review {stack} --apply <digest>",
        f"trackform operator {stack}",
        "pulumi up",
        "pulumi preview --expect-no-changes",
    ]


def adopted(stack: str) -> list[str]:
    """What a person types for a living account that was written down: it is taken over as it is."""
    return [
        f"pulumi stack select --create {stack}",
        f"{ALLOW_ALL} pulumi up",
        f"{ALLOW_ALL} pulumi preview --expect-no-changes",
        f"trackform validate {stack}",
    ]


def later(stack: str) -> list[tuple[str, str]]:
    """What a person types from then on, and what for."""
    return [
        ("pulumi preview", "what differs between file and account"),
        ("export PULUMI_OPTION_DIFF=true", "from now on previews show it field by field"),
        (f"trackform accept --stack {stack}", "keep what was changed in the web application"),
        (f"trackform reconcile {stack}", "what Digistore24 booked against what RedTrack booked"),
        ("trackform init", "add what is missing; with a name, another account"),
        ("trackform upgrade", "after another trackform was installed: its form of these files"),
    ]


def _rendered(name: str, **values: object) -> str:
    environment = Environment(  # noqa: S701 -- plain text
        loader=PackageLoader("trackform.init", "texts"), undefined=StrictUndefined, trim_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template(name).render(**values)
