"""Run the dynamic provider's shim, and end it with the CLI.

Started by the launcher that stands in for ``pulumi-resource-pulumi-python``. The shim alone is a shell waiting for
Python: after a ``kill -9`` of the CLI, both went on writing for seconds.
"""

import os
import signal
import subprocess
import sys

from langhost import parent


def main(parent_id: int, shim: list[str]) -> None:
    """Run the command ``shim`` until it ends, with its exit status, or until process ``parent_id`` ends."""
    # The CLI signals the plugin's whole group; the plugin answers, and its status is ours. A handler, because the
    # plugin would inherit SIG_IGN.
    signal.signal(signal.SIGINT, lambda *_: None)
    with subprocess.Popen(shim) as running:  # noqa: S603
        signal.signal(signal.SIGTERM, lambda *_: running.terminate())

        def end() -> None:
            # Only a group of our own: any other is a job of the user's shell.
            if os.getpgrp() == os.getpid():
                os.killpg(os.getpgrp(), signal.SIGKILL)
            running.kill()
            os._exit(1)

        parent.watch(parent_id, end)
        status = running.wait()
    sys.exit(status if status >= 0 else 128 - status)
