"""The dynamic provider's plugin ends with the CLI, also when the CLI is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


def command(tools: Path, shim: Path) -> list[str]:
    return [sys.executable, "-I", "-S", str(tools / "host"), "plugin", str(shim), "127.0.0.1:9"]


@pytest.mark.parametrize(("ending", "status"), [("exit 0", 0), ("exit 5", 5), ("kill -9 $$", 137)])
def test_output_and_status_are_the_shims(
    tools: Path, stand_in: Callable[[str, str], Path], ending: str, status: int
) -> None:
    shim = stand_in("shim", f'echo "port for $1"\n{ending}')
    done = subprocess.run(command(tools, shim), check=False, capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("port for 127.0.0.1:9\n", "", status)


def test_interrupt_of_the_group_is_the_plugins_to_answer(tools: Path, stand_in: Callable[[str, str], Path]) -> None:
    shim = stand_in("shim", "trap 'echo bye; exit 0' INT\necho up\nwhile true; do sleep 0.05; done")
    with subprocess.Popen(
        command(tools, shim), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    ) as plugin:
        assert plugin.stdout is not None
        assert plugin.stdout.readline() == "up\n"
        os.killpg(plugin.pid, signal.SIGINT)
        out, err = plugin.communicate(timeout=240)
    assert (out, err, plugin.returncode) == ("bye\n", "", 0)


def test_plugin_and_its_children_end_with_the_cli(
    tools: Path,
    tmp_path: Path,
    stand_in: Callable[[str, str], Path],
    ended: Callable[..., bool],
    text_of: Callable[[Path], str],
) -> None:
    named = tmp_path / "process-ids"
    # As the real shim does, this one waits for a child instead of becoming it.
    shim = stand_in("shim", f"sleep 600 &\necho $$ $! > {named}\nwait")
    cli = f"import subprocess, time; subprocess.Popen({command(tools, shim)!r}, process_group=0); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", cli]) as parent:
        shell, child = map(int, text_of(named).split())
        parent.kill()
        parent.wait()
        assert ended(shell, child)
