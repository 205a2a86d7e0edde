"""The stacks that workflows look at, as JSON: those with an account file and a configuration, without the demo's.

    stacks.py >> $GITHUB_OUTPUT

The demo's account is a sandbox on the machine that runs `make demo`: no workflow reaches it.
"""

import json
import re
from pathlib import Path

NAME = re.compile(r"\w[\w.-]*", re.ASCII)
"""As Pulumi has it. Whoever names a file otherwise wants to write into a table, or mention somebody."""
NOT_LIVE = {"demo"}


def live_stacks(folder: Path) -> list[str]:
    configured = {path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in folder.glob("Pulumi.*.yaml")}
    named = {name for name in configured - NOT_LIVE if NAME.fullmatch(name)}
    return sorted(name for name in named if (folder / f"{name}.yaml").exists())


if __name__ == "__main__":
    print(f"stacks={json.dumps(live_stacks(Path('stacks')))}")
