"""Writing a file in one step."""

import os
import secrets
from pathlib import Path


def write(file: Path, content: bytes) -> None:
    """Replace a file in one step: whoever reads it, also after a crash, finds the old content or the new one.

    A link stays a link, and what it leads to is replaced. What is no regular file, such as a pipe, is written into.

    Raises:
        OSError: it cannot be written; the old content is still there.
    """
    if file.exists() and not file.is_file():
        with file.open("wb") as stream:
            stream.write(content)
        return
    target = file.resolve()
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    try:
        with fresh.open("xb") as new:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
        if target.exists():
            fresh.chmod(target.stat().st_mode & 0o777)
        fresh.replace(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
