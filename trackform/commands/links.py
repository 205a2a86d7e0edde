"""``trackform links``: prints the URLs that an account file leads to. Offline, without a key."""

import click

from trackform.commands.stacks import chosen_stacks, composed, stack_options
from trackform.documents.whole import print_json


@click.command()
@stack_options
def links(names: tuple[str, ...], every: bool, pattern: str | None, as_json: bool) -> None:
    """Print the offer and postback URLs of account files.

    Tracking links hold RedTrack's campaign ids: after `pulumi up`, `trackform status` has them.
    """
    stacks = composed(chosen_stacks(names, every, pattern), as_json)
    if as_json:
        rows = {
            name: {"offer_urls": composition.offer_urls, "postback_urls": composition.postback_urls}
            for name, composition in stacks
        }
        print_json(rows)
        return
    for name, composition in stacks:
        for sort, urls in (("offer", composition.offer_urls), ("postback", composition.postback_urls)):
            for each, url in urls.items():
                click.echo(f"{name} {sort} {each}: {url}")
