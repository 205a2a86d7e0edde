"""The installed Pulumi CLI with its language host: what a person at a terminal sees."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PULUMI = Path(sys.prefix) / "bin" / "pulumi"
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not PULUMI.exists(), reason="no .venv/bin/pulumi: run `make setup`"),
]

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "state").mkdir()
    return os.environ | {
        "HOME": str(tmp_path),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


@pytest.fixture
def cli(project: Path, tmp_path: Path, variables: dict[str, str]) -> Cli:
    """Run the CLI on a scratch project from outside it, as ``pulumi -C DIR`` does."""
    (project / "Pulumi.yaml").write_text(
        f"name: scratch\nruntime: {{name: python, options: {{toolchain: pip, virtualenv: {sys.prefix}}}}}\n"
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PULUMI, "-C", project, "--non-interactive", *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=variables,
        )

    return run


@pytest.fixture
def stack(cli: Cli) -> str:
    done = cli("stack", "init", "scratch")
    assert done.returncode == 0, done.stderr
    return "scratch"


def test_about(cli: Cli) -> None:
    done = cli("about")
    assert f"executable='{sys.prefix}/bin/python'" in done.stdout, done.stderr
    assert "trackform" in done.stdout


def test_install(cli: Cli, project: Path) -> None:
    (project / "Pulumi.yaml").write_text("name: scratch\nruntime: {name: python, options: {virtualenv: made}}\n")
    (project / "requirements.txt").write_text("# nothing\n")
    done = cli("install")
    assert done.returncode == 0, done.stderr
    assert "requirements.txt" in done.stdout + done.stderr
    assert (project / "made" / "bin" / "python").exists()


@pytest.mark.usefixtures("stack")
def test_program_that_prints(cli: Cli, project: Path) -> None:
    (project / "__main__.py").write_text(
        "import pulumi, sys\nprint('to stdout')\nprint('to stderr', file=sys.stderr)\npulumi.export('answer', 42)\n"
    )
    done = cli("up", "--yes", "--skip-preview")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "to stdout" in done.stdout
    assert "to stderr" in done.stdout
    assert cli("stack", "output", "answer").stdout.strip() == "42"


@pytest.mark.usefixtures("stack")
def test_program_that_raises_is_told_once(cli: Cli, project: Path) -> None:
    (project / "__main__.py").write_text("raise ValueError('so not')\n")
    done = cli("preview")
    assert done.returncode != 0
    shown = done.stdout + done.stderr
    assert "ValueError: so not" in shown
    assert "non-zero exit code" not in shown


@pytest.mark.skipif(not (PULUMI.resolve().parents[1] / "lib").exists(), reason="Pulumi's own bundle has its own habits")
@pytest.mark.usefixtures("stack")
def test_everything_ends_with_a_killed_cli(
    project: Path, variables: dict[str, str], text_of: Callable[[Path], str], ended: Callable[..., bool], tmp_path: Path
) -> None:
    program, plugin = tmp_path / "program", tmp_path / "plugin"
    (project / "slow.py").write_text(
        "import os, time\nfrom pulumi import dynamic\n\n"
        "class Provider(dynamic.ResourceProvider):\n"
        "    def create(self, props):\n"
        f"        open({str(plugin)!r}, 'w').write(f'{{os.getpid()}} {{os.getppid()}}')\n"
        "        time.sleep(600)\n\n"
        "class Slow(dynamic.Resource, module='slow', name='Slow'):\n"
        "    pass\n"
    )
    (project / "__main__.py").write_text(
        "import os, slow\n"
        f"open({str(program)!r}, 'w').write(f'{{os.getpid()}} {{os.getppid()}}')\n"
        "slow.Slow(slow.Provider(), 'a', {})\n"
    )
    with subprocess.Popen(
        [PULUMI, "-C", project, "--non-interactive", "up", "--yes", "--skip-preview"],
        stdout=subprocess.DEVNULL,
        env=variables,
        process_group=0,
    ) as running:
        processes = [int(each) for each in f"{text_of(program)} {text_of(plugin)}".split()]
        running.kill()
    assert len(processes) == 4
    assert ended(*processes)


@pytest.mark.usefixtures("stack")
def test_interrupt_ends_without_a_traceback(
    project: Path, variables: dict[str, str], text_of: Callable[[Path], str], ended: Callable[..., bool], tmp_path: Path
) -> None:
    named = tmp_path / "process-id"
    (project / "__main__.py").write_text(
        f"import os, time\nopen({str(named)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    )
    with subprocess.Popen(
        [PULUMI, "-C", project, "--non-interactive", "preview"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=variables,
        process_group=0,
    ) as running:
        program = int(text_of(named))
        os.killpg(running.pid, signal.SIGINT)
        shown, _ = running.communicate(timeout=240)
    assert running.returncode != 0
    assert "Traceback" not in shown
    assert "KeyboardInterrupt" not in shown
    assert ended(program)
