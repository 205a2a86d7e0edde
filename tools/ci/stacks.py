"""The stacks that workflows look at, as JSON: those with an account file and a configuration, without the demo's.

    stacks.py >> $GITHUB_OUTPUT

The demo's account is a sandbox on the machine that runs `make demo`: no workflow reaches it.
"""

import json
from pathlib import Path

NOT_LIVE = {"demo"}


def live_stacks(folder: Path) -> list[str]:
    configured = {path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in folder.glob("Pulumi.*.yaml")}
    return sorted(name for name in configured - NOT_LIVE if (folder / f"{name}.yaml").exists())


if __name__ == "__main__":
    print(f"stacks={json.dumps(live_stacks(Path('stacks')))}")
