"""A wheel, an empty folder, and what `trackform init` prints, typed line by line, up to the first `up`."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.installed import REAL, ROOT, clean, environment, lend_beforehand

PULUMI = ROOT / ".venv" / "bin" / "pulumi"
KEYS = {"redtrack": "installed-redtrack", "digistore24": "123456-installed"}
SETTINGS = """\
config:
  trackform:redtrackUrl: {url}/redtrack
  trackform:digistore24Url: {url}/digistore24/api/call
  trackform:bridgeUrl: {url}/bridge
"""

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not PULUMI.exists(), reason="needs the Pulumi CLI: run `make setup`"),
]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it was started from, as pipx keeps it: no environment of a project."""
    return environment(tmp_path_factory.mktemp("pipx") / "trackform")


@pytest.fixture(scope="module")
def sandbox(started: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a sandbox out of the wheel."""
    with subprocess.Popen(
        [started / "bin" / "trackform", "sandbox", "serve", "--port", "0"], env=clean(), stdout=subprocess.PIPE,
        text=True, cwd=tmp_path_factory.mktemp("nowhere"),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        (url,) = re.findall(r"sandbox ready: (\S+)", process.stdout.readline())
        yield url
        process.terminate()


def variables(folder: Path) -> dict[str, str]:
    """A system that has a Pulumi CLI, and a person's own home."""
    (folder / "home").mkdir(exist_ok=True)
    (folder / "bin").mkdir(exist_ok=True)
    if not (folder / "bin" / "pulumi").exists():
        (folder / "bin" / "pulumi").symlink_to(PULUMI.resolve())
    kept = clean()
    return kept | {
        "PATH": f"{folder / 'bin'}{os.pathsep}{kept['PATH']}", "HOME": str(folder / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "TRACKFORM_BRIDGE_KEY": "installed-bridge", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **({} if REAL else {"PIP_NO_INDEX": "1"}),
    }  # fmt: skip


def typed(lines: list[str], project: Path, pasted: str = "") -> subprocess.CompletedProcess[str]:
    """One session of a shell, which ends with the first line that fails."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(lines)], cwd=project, env=variables(project.parent),
        input=pasted, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


def commands(told: str) -> list[str]:
    return [line.strip() for line in told.splitlines() if line.startswith("  ")]


def fill_in_what_the_doctor_says(file: Path, told: str) -> None:
    """Whose keys these are: the stack is then pinned to the accounts."""
    for section, line in re.findall(r"-> write (account|digistore24)\.(\w+: \w+);", told):
        file.write_text(file.read_text().replace(f"\n{section}:\n", f"\n{section}:\n  {line}\n"))


def test_from_an_empty_folder_to_the_first_up(started: Path, sandbox: str, tmp_path: Path) -> None:
    project = tmp_path / "tracking"
    project.mkdir()
    trackform = str(started / "bin" / "trackform")
    known = (
        "--affiliate acme --currency USD --domain track.acme.test --product keto-guide=411530 --notify ops@acme.test"
    )
    made = typed([f"{trackform} init acme {known}"], project)
    assert made.returncode == 0, made.stderr
    lines = commands(made.stdout)
    # What a real account does not need: where its services are.
    settings = project / "stacks" / "Pulumi.acme.yaml"
    settings.write_text(settings.read_text().replace("config: {}\n", SETTINGS.format(url=sandbox)))

    lend_beforehand(project / ".venv")
    ready = typed(lines[:1], project)
    assert (ready.returncode, ready.stdout) == (0, "ready: . .venv/bin/activate\n"), ready.stderr
    doctor = lines.index("trackform doctor acme")
    pasted = f"a passphrase\n{KEYS['redtrack']}\n{KEYS['digistore24']}\n"
    asked = typed(lines[: doctor + 1], project, pasted)
    assert (asked.returncode, "no mistakes" in asked.stdout) == (2, True), asked.stdout + asked.stderr
    fill_in_what_the_doctor_says(project / "stacks" / "acme.yaml", asked.stdout)

    again = [". .venv/bin/activate", *(line for line in lines[1:] if "stack init" not in line)]
    preview = [*again[: again.index("pulumi preview") + 1]]
    of_nobody = pasted.replace(KEYS["digistore24"], "of-nobody")
    refused = typed([line for line in preview if "doctor" not in line], project, of_nobody)
    # Whichever SDK pip chose: newer ones would send where in the code it was raised.
    assert (refused.returncode == 0, "Digistore24" in refused.stdout, "Traceback" in refused.stdout) == (
        False, True, False,
    ), refused.stdout  # fmt: skip
    session = [f"{line} --yes --skip-preview" if line == "pulumi up" else line for line in again]
    done = typed([*session, "pulumi preview --expect-no-changes"], project, pasted)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing to fix" in done.stdout
    assert "+ 18 created" in re.sub(r" +", " ", done.stdout)
    assert f"{KEYS['redtrack']}" not in done.stdout + done.stderr
    (offer,) = httpx.get(f"{sandbox}/redtrack/offers", params={"api_key": KEYS["redtrack"]}).json()
    assert offer["url"] == "https://www.digistore24.com/redir/411530/acme?cid={clickid}"
    assert (project / ".venv" / "bin" / "trackform").exists()
    assert "trackform @ file:///" in (project / "requirements.txt").read_text()

    # What somebody has clicked together is written down by the same command, whatever it was started from.
    (project / "stacks" / "Pulumi.other.yaml").write_text(SETTINGS.format(url=sandbox))
    keys = [f"export {name.upper()}_API_KEY__OTHER={key}" for name, key in KEYS.items()]
    written = typed([*keys, f"{trackform} init other --from-account", f"{trackform} render other > rendered"], project)
    assert written.returncode == 0, written.stdout + written.stderr
    assert "411530" in (project / "stacks" / "other.yaml").read_text()
    assert commands(written.stdout)[-2:] == ["pulumi preview", "pulumi up"]
