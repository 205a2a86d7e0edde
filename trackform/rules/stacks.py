"""Rules on several stacks together."""

from collections.abc import Iterator, Sequence

from trackform.rules.registry import Breach, Case, RuleBook

RULES = RuleBook()


@RULES.rule(
    "shared-account", "error", "Two stacks that own connections of one Digistore24 account",
    why="A connection belongs to the Digistore24 account and fires for every sale, whichever tracker sent the "
    "click: two "
    "stacks would each send every sale, and change each other's rows. Looked for with `--all` or several stacks.",
    fix="keep the connections in one of the stacks, or use another Digistore24 account",
    by_hand="nobody but you knows which of the stacks is to have them",
)  # fmt: skip
def shared_account(case: Case) -> Iterator[Breach]:  # noqa: ARG001 -- one stack alone shares nothing
    yield from ()


def shared(cases: Sequence[Case]) -> Iterator[tuple[Case, Breach]]:
    """The findings of `shared-account`: each stack after the first that has the account."""
    owners: dict[str, str] = {}
    for case in cases:
        section = case.flow.file.digistore24
        if section is None or not case.flow.connections:
            continue
        # Without a pin the affiliate's name is the account's: it is unique at Digistore24.
        for key in {f"account {section.account}"} if section.account else {f"affiliate {section.affiliate}"}:
            first = owners.setdefault(key, case.stack)
            if first != case.stack:
                field = "account" if section.account else "affiliate"
                message = f"stack '{first}' has connections of the same Digistore24 {key}"
                yield case, Breach(("digistore24", field), message)
