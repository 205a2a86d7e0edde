"""The reference page of the rules, made from the rules."""

from collections.abc import Iterator, Mapping

from trackform.flow.assumptions import AXES, MEANING
from trackform.flow.fields import EXTRA, FIELDS, NESTED, OPTIONS, FieldMark
from trackform.flow.macros import BILLING_TYPES
from trackform.flow.sequences import sequences_of
from trackform.flow.setup import SoldProduct
from trackform.rules.hidden import FIRST, MOST_ALONE, MOST_ROUNDS, MOST_TRIED
from trackform.rules.judging import MODULES

HEAD = f"""# The rules of `trackform validate`

<!-- Made by `make docs` from the rules in trackform/rules/. Do not edit. -->

`trackform validate` needs no key and no network. First the file must fit its models and every reference must lead
somewhere: mistakes there end with exit status 1 (unknown keys, two conversion types in one slot, a slot beyond 20,
a campaign without a funnel). Then the rules below look at what the file would set up. A finding names file and
line, marks the part of a URL that is wrong, and says what to do. Exit status 2 means that a rule of severity
*error* found something; warnings alone leave it 0.

What it says to write can be written as it stands, at that line: the tests do it with every rule, and look that the
finding is gone and that no new one came. What an error, a swallowed postback or a campaign that has ended hides is told
with it, as "once [rule] is mended", and counts no more than what hides it; an error that would only come out then is
mended by the same edits where that can be. `--json` has the same as `edits`, each with the path in the file and the
value, or `remove`. Where nobody but a person can know what is meant, `by_hand` says why. Of more than five findings of
one rule in a file, three are shown in full, and of the others the lines.

Offers count as Digistore24's where their link leads there, where they are made of a product, or where their offer
source has its preset, its name or its macros, or is named by a postback. Of others only one thing is asked: that an
affiliate link hands the click id over.

What they call an error is not applied: `pulumi preview`, `pulumi up` and `trackform review` refuse it, and
`trackform accept` does not write it. `TRACKFORM_ALLOW=rule:<id>` lets it pass once. What only several stacks together
show, `trackform validate --all` looks for.

Not covered: all that stands behind many findings. Of more than {MOST_ALONE} with edits, the first {FIRST} of each rule
are looked behind, and these together. The account is judged {MOST_TRIED} more times at most, with edits made, in the
order in which the findings are made: what only findings beyond that hide comes out when those before are mended and
`trackform validate` runs again. What errors keep the proofs from saying is looked for in any case, in at most
{MOST_ROUNDS} rounds, else `not-judged` says so.

How much a rule counts is yours: `stacks/policy.yaml`, `rules: {{<id>: off | warning | error}}`.

## The proof

The rules `booked`, `told` and `unproven` are proofs by simulation. Every offer is sold over its own offer source,
through every connection that covers its product and upsells; the channels that are told are those whose running
campaigns lead to it, past weights, filters and dates that let somebody through. What is paused is one click away from
running, and no file says when: what a channel would hear then is a warning before (`told-paused`). None stands for
another: offers that no simulation can tell apart share the work and a row of the matrix. They are sold through every
sequence of order events that can happen to their product, and after every event what RedTrack has booked must be what
Digistore24 has paid. `trackform validate --matrix` shows all of it. These are the sequences:

"""

UNKNOWNS = """
What the live services do is partly not published. Where a setting can change the outcome of a sequence, each of its
answers is tried alone, and each pair of settings that meet in one connection and are right alone; three at once are not
tried.

"""

TAIL = """
What somebody has seen on the live service can be said once, in `stacks/policy.yaml` under `live`; the proof then
takes it as given. [`trackform probe`](probe.md) reads it from a live account, and keeps it there with the evidence.

Not covered: a *test purchase* (paid with test money) through a real click. Digistore24 sends it like a sale, with
`is_test=1`, and RedTrack has no rule that leaves it out. `trackform reconcile` finds it. What a channel is told is
judged by `forward` in the file: no API shows what a channel received. No money is given back twice: the
chargeback of a payment that was refunded in full is an order event of its own and moves nothing; after a partial refund
it takes the rest. A chargeback that is reversed comes in as a payment (inferred: `{transaction_type}` has no other word
for it), and a channel is told of it as of one: no macro tells them apart.
"""

TITLES = {
    "conversion_types": "Conversion types", "connections": "Postback connections", "macros": "Macros",
    "money": "Currencies and expiration", "offers": "Offer URLs", "campaigns": "Campaigns", "proofs": "Proofs",
    "stacks": "Several stacks", "twins": "Shared files",
}  # fmt: skip

COVERED = """
### What is looked at

Each field that a file can say is marked: it *decides*, and is simulated, so that another value shows in the matrix; or
nobody knows what it does, and the finding `unproven` names it while it is set, on the way of an offer of Digistore24.
All others change nothing that is booked or told.

| place | decides | unknown: not covered while it is set |
| --- | --- | --- |
"""


def covered() -> Iterator[str]:
    """A row for each section, and for each part of one, of the fields that decide or that nobody knows."""
    for section, marks in FIELDS.items():
        extra = {f"extra.{name}": mark for name, mark in EXTRA.get(section, {}).items()}
        yield from _row(f"`{section}`", {**marks, **extra})
    yield from _row("each object", OPTIONS)
    for model, marks in NESTED.items():
        yield from _row(f"`{model}` within them", marks)


def _row(place: str, marks: Mapping[str, FieldMark]) -> Iterator[str]:
    decides = [f"`{name}`" for name, mark in marks.items() if mark.effect == "decides"]
    whys: dict[str, list[str]] = {}
    for name, mark in marks.items():
        if mark.effect == "unknown":
            whys.setdefault(mark.why, []).append(f"`{name}`")
        elif mark.proved:
            values = ", ".join(f"`{value}`" for value in sorted(mark.proved))
            whys.setdefault(mark.why, []).append(f"`{name}` other than {values}")
    unknown = "; ".join(f"{', '.join(names)} ({why})" for why, names in whys.items())
    if decides or unknown:
        yield f"| {place} | {', '.join(decides) or '-'} | {unknown or '-'} |\n"


def _sequences() -> str:
    """Every sequence that the proof knows, by name."""
    products = [
        SoldProduct("1", billing, upsells=(SoldProduct("2", other), SoldProduct("3")))
        for billing in BILLING_TYPES
        for other in BILLING_TYPES
    ]
    names = dict.fromkeys(sequence.name for product in products for sequence in sequences_of(product))
    return "".join(f"- {name}\n" for name in names)


def page() -> str:
    """The whole page, Markdown."""
    settings = [f"| `{name}` | {', '.join(f'`{value}`' for value in AXES[name])} | {MEANING[name]} |" for name in AXES]
    table = ["| setting | values | what it decides |\n| --- | --- | --- |\n", "\n".join(settings), "\n"]
    parts = [HEAD, _sequences(), UNKNOWNS, *table, TAIL, COVERED, *covered()]
    for module in MODULES:
        parts.append(f"\n## {TITLES[module.__name__.rpartition('.')[2]]}\n")
        parts += [
            f"\n### `{rule.id}`: {rule.title[0].lower()}{rule.title[1:]}\n\n"
            f"Severity: {rule.severity}.\n\n{rule.why}\n\nFix: {rule.fix}\n"
            + (f"\nBy hand: {rule.by_hand}.\n" if rule.by_hand else "")
            for rule in module.RULES.all.values()
        ]
    return "".join(parts)
