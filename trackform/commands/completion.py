"""``trackform completion``: prints what makes a shell complete our commands, with the names of stacks and objects."""

import click
from click.shell_completion import get_completion_class

from trackform.commands.group import COMPLETE
from trackform.documents.whole import print_whole

HEAD = {
    "bash": '# In ~/.bashrc: eval "$(trackform completion bash)"',
    "zsh": '# In ~/.zshrc, after compinit: eval "$(trackform completion zsh)"',
    "fish": "# In ~/.config/fish/config.fish: trackform completion fish | source",
}


@click.command()
@click.argument("shell", type=click.Choice(list(HEAD)))
def completion(shell: str) -> None:
    """Print what makes SHELL complete verbs, options, stacks and objects.

    For bash, 4.4 or later: eval "$(trackform completion bash)" in ~/.bashrc. For zsh the same in ~/.zshrc, after
    compinit. For fish: trackform completion fish | source, in config.fish.
    """
    shells = get_completion_class(shell)
    if shells is None:
        raise click.ClickException(f"this version of click completes nothing in {shell}")
    maker = shells(click.get_current_context().find_root().command, {}, "trackform", COMPLETE)
    # Not `source`: that runs bash to see its version.
    print_whole(HEAD[shell])
    print_whole(maker.source_template % maker.source_vars())
