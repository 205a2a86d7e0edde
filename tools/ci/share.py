"""How long each stack's review may be, in bytes, so that all of them fit into one comment: share.py."""

from pathlib import Path

from reviews import share

from stacks import live_stacks

if __name__ == "__main__":
    print(share(len(live_stacks(Path("stacks")))))
