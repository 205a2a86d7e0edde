"""Points the editor's line of account files at the schema of the installed version, in the project's own folder."""

import os
import re
from pathlib import Path

from trackform.account_file.json_schema import text as schema
from trackform.account_file.stack_names import is_no_account_file
from trackform.export.seal import is_export
from trackform.init.project_files import SCHEMA
from trackform.init.written import digest, read_record
from trackform_core.errors import TrackformError
from trackform_core.no_api import atomic
from trackform_core.text import files

LINE = re.compile(r"^# yaml-language-server: \$schema=.*\n?", re.MULTILINE)


def wire(folder: Path) -> tuple[list[Path], list[Path]]:
    """Write the schema, and the line into each account file and what these extend.

    The files that were changed; and exports, which are left as they are: the next one could not replace them.

    Raises:
        TrackformError: the record of the project cannot be read, or a file cannot be written.
    """
    record = read_record(folder)
    text = schema()
    changed: list[Path] = []
    exports: list[Path] = []
    try:
        (folder / SCHEMA).parent.mkdir(exist_ok=True)
        atomic.write(folder / SCHEMA, text.encode())
        for path in sorted((folder / "stacks").rglob("*.yaml")):
            if is_no_account_file(path):
                continue
            there = files.read_text(path)
            target = os.path.relpath(folder / SCHEMA, path.parent)
            line = f"# yaml-language-server: $schema={Path(target).as_posix()}\n"
            wired = LINE.sub(line, there, count=1) if LINE.search(there) else line + there
            if wired == there:
                continue
            if is_export(there):
                exports.append(path.relative_to(folder))
                continue
            atomic.write(path, wired.encode())
            changed.append(path.relative_to(folder))
    except files.UnreadableError as error:
        raise TrackformError(error.located(path)) from None
    except OSError as error:
        raise TrackformError(f"{error.filename or SCHEMA} cannot be written: {error.strerror or error}") from None
    if record is not None:
        record.digests[SCHEMA] = digest(text)
        record.write(folder)
    return changed, exports
