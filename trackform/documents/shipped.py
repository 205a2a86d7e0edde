"""Files that come with trackform: in its package where it was installed, at their place in a clone."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
IS_CLONE = not (PACKAGE / "shipped").is_dir()
ROOT = PACKAGE.parent if IS_CLONE else PACKAGE / "shipped"
"""Under it each of them has the path that it has in a clone; `force-include` of pyproject.toml says which there are."""
OLDEST_CLI, BELOW_CLI = (3, 254), (4,)
"""The versions of the Pulumi CLI that work, whatever the SDK: what tools/pulumi links must pass too."""
GET_CLI = "trackform setup"
"""What gets one that fits."""


def shipped(path: str) -> Path:
    """Where a file or folder is that comes with trackform, by its path in a clone."""
    return ROOT / path
