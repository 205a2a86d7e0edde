"""A group of verbs that suggests the one that was probably meant."""

from difflib import get_close_matches

import click

COMPLETE = "_TRACKFORM_COMPLETE"
"""The variable by which a shell asks what could come next."""


class SuggestingGroup(click.Group):
    """Tells the nearest verb where there is none of that name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        known = self.list_commands(ctx)
        if near := get_close_matches(name, known, 1) if name not in known else []:
            ctx.fail(f"No such command '{name}'. Did you mean '{near[0]}'?")
        return super().resolve_command(ctx, args)
