"""What is installed: of us, of Pulumi's SDK, and its CLI."""

from collections.abc import Iterator
from importlib.metadata import version

from trackform.documents.shipped import GET_CLI
from trackform.project.pulumi_cli import binary, version_in_path, version_of
from trackform_core.errors import TrackformError


def versions() -> Iterator[str]:
    """A line for each. The CLI is asked only where the folder that it is in does not say it."""
    yield f"trackform, version {version('trackform')}"
    yield f"Pulumi SDK {version('pulumi')}"
    try:
        cli = binary()
    except TrackformError:
        yield f"Pulumi CLI: none; `{GET_CLI}` gets it"
        return
    yield f"Pulumi CLI {version_in_path(cli) or version_of(cli) or 'that does not tell its version'}, {cli}"
