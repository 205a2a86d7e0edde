"""Whole texts that a person reads, as they were looked at and found good: `tests/data/told`.

Where such a text is to change, look at the new one, then make the files anew with TRACKFORM_GOLDEN=write.
"""

import os
from pathlib import Path

TOLD = Path(__file__).parent / "data" / "told"


def as_kept(name: str, text: str) -> None:
    """Compare with the file of this name, to the letter."""
    path = TOLD / name
    if os.environ.get("TRACKFORM_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")
    assert f"{text}\n" == path.read_text(encoding="utf-8")
