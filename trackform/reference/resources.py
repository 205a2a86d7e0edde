"""The reference pages of the resources for Python programs, and of the presets."""

from collections.abc import Callable, Iterator
from typing import Any

from pydantic.fields import FieldInfo

from trackform_core.model.kind import Declared, Kind

Table = Callable[[dict[str, FieldInfo], Kind[Any] | None], Iterator[str]]

RESOURCES_HEAD = """# The resources in Python

<!-- Made by `make docs` from the models in providers/. Do not edit. -->

The account file is turned into these resources; a Pulumi program may declare them itself, as
[docs/examples/python](examples/python/__main__.py) does:
`from trackform.resources import Account, Campaign, …`. References are the other resource's `object_id`. Every resource
takes the options at the end of this page.

Every resource has the output `object_id`, the service's id, known in every preview.
"""
ACCOUNT = """## `Account`

Which accounts the objects of this stack live in: `account = Account()`. Every other resource names it, as
`account=account`. Its `name`, the stack's by default, chooses the environment variables of the keys,
`REDTRACK_API_KEY__<NAME>` before `REDTRACK_API_KEY`. Its output `recorded` is what the first `pulumi up` found behind
the keys: no other account is read or written from then on.

| argument | meaning |
| --- | --- |
| `name` | another name than the stack's |
| `redtrack_user` | RedTrack's user id that the stack is pinned to |
| `digistore24_account` | Digistore24's user id that the stack is pinned to |
| `inventory` | kind -> logical name -> natural key of all that is declared: with it the [guard](guard.md) works |
| `was` | kind -> name -> former name |
| `protected` | kind -> names that Pulumi refuses to delete |
| `references` | kind -> name -> fields of references that it declares: what else it refers to keeps what leaves |
| `elsewhere` | stack -> `pins` and `keys` (kind -> natural keys) of the project's other stacks: none of it is deleted |
| `limits` | kind -> action -> `percent` and `objects`, as in `stacks/policy.yaml` |
"""
PRESETS_HEAD = """# The presets

<!-- Made by `make docs` from templates/presets. Do not edit. -->

`preset: <name>` starts an offer source or a traffic channel with these fields; the entry's own fields win. The sources
of the macros stand in the files. RedTrack has no call that applies a template: its own are copies of fields, and so are
these.
"""


def resources_page(table: Table) -> str:
    """The page of resources; ``table`` makes the rows of fields."""
    # Pulumi takes a while to load, and no other page needs it.
    from trackform.resources import RESOURCES  # noqa: PLC0415

    options = {name: info for name, info in Declared.model_fields.items() if name != "object_id"}
    parts = [RESOURCES_HEAD, ACCOUNT]
    for each in RESOURCES:
        kind = each.provider.kind
        fields = {name: info for name, info in kind.model.model_fields.items() if name not in Declared.model_fields}
        parts += [f"## `{each.__name__}`\n", f"{each.__doc__}\n", "\n".join(table(fields, kind)) + "\n"]
        parts += _outputs(kind)
    parts += ["## Options of every resource\n", "\n".join(table(options, None)) + "\n"]
    return "\n".join(parts)


def _outputs(kind: Kind[Any]) -> Iterator[str]:
    if kind.computed:
        yield f"Outputs: {', '.join(f'`{name}`' for name in kind.computed)}. Unknown in a preview that changes it.\n"


def presets_page() -> str:
    """The page of presets."""
    from trackform.urls.presets import KINDS, presets  # noqa: PLC0415 -- reads files, which only this page needs

    parts = [PRESETS_HEAD]
    for section, kind in KINDS.items():
        parts.append(f"## {kind.titles.capitalize()}\n")
        for name, fields in presets(section).items():
            parts.append(f"### `{name}`\n")
            rows = [f"| `{key}` | {_shown(value)} |" for key, value in fields.items() if key != "subs"]
            rows += [f"| sub{n} | {_sub(sub)} |" for n, sub in enumerate(fields.get("subs", ()), 1)]
            parts.append("\n".join(["| field | value |", "| --- | --- |", *rows]) + "\n")
    return "\n".join(parts)


def _shown(value: Any) -> str:
    return f"`{value}`".replace("|", "\\|")


def _sub(sub: dict[str, str]) -> str:
    parts = [_shown(sub["value"]) if sub.get("value") else "", sub.get("hint", "")]
    parts += [f"{name} `{sub[name]}`" for name in ("alias", "role") if sub.get(name)]
    return ", ".join(filter(None, parts))
