"""A wheel, an empty folder, and docs/getting-started.md, typed from its top to its end; and what `init` prints."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.installed import REAL, ROOT, clean, environment, lend_beforehand
from trackform.verify.hands import Hands, Happening

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


PAGE = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"^```sh\n(.*?)^```|`((?:trackform|pulumi) [^`]*)`", re.DOTALL | re.MULTILINE)
ELSEWHERE = {
    "trackform demo": "tests/engine/test_demo.py",
    "pipx install 'dist/trackform-0.1.0-py3-none-any.whl[sandbox]'": "test_readme.py, and the fixture `started`",
    "trackform init acme --github --owner @your/team": "at the end of the test, where git is",
    "trackform init acme --from-account": "the same, with an account that is there",
    "trackform setup": "in a block, with the environment",
    "trackform --version": "test_setup.py",
    "pulumi up": "after the page, as init prints it",
    "trackform accept": "tests/engine/test_accept.py",
}
STATUS = {"trackform doctor acme --dns": 2, "trackform review acme": 2}
"""What is not 0: whose keys these are is to be written down; the review has something to tell."""


def on_the_page() -> list[str]:
    """Every command of the page, in its order, without comments."""
    texts = [each[1] or " ".join(each[2].split()) for each in COMMAND.finditer(PAGE)]
    lines = [line.partition(" #")[0].strip() for text in texts for line in " ".join(text.split("\\\n")).splitlines()]
    return [line for line in dict.fromkeys(" ".join(line.split()) for line in lines) if line not in ELSEWHERE]


def each_typed(lines: list[str], project: Path, pasted: str) -> dict[str, str]:
    """What each line prints, in one session; its status is the one that is expected."""
    script = "".join(f'{line}\necho "=== $?"\n' for line in lines)
    done = subprocess.run(
        ["bash", "-c", script], cwd=project, env=variables(project.parent), input=pasted, capture_output=True,
        text=True, timeout=900, check=False,
    )  # fmt: skip
    *told, _ = re.split(r"(?<==== )(\d+)\n", done.stdout)
    said = dict(zip(lines, told[::2], strict=True))
    for line, status in zip(lines, told[1::2], strict=True):
        assert int(status) == STATUS.get(line, 0), f"{line}\n{said[line]}\n{done.stderr}"
    return said


def commands(told: str) -> list[str]:
    return [line.strip() for line in told.splitlines() if line.startswith("  ")]


def fill_in_what_the_doctor_says(file: Path, told: str) -> None:
    """Whose keys these are: the stack is then pinned to the accounts."""
    for section, line in re.findall(r"-> write (account|digistore24)\.(\w+: \w+);", told):
        file.write_text(file.read_text().replace(f"\n{section}:\n", f"\n{section}:\n  {line}\n"))


def adds_what_the_page_names_besides(project: Path, trackform: str, sandbox: str) -> None:
    """Another account, that lives already; and what GitHub needs."""
    (project / "stacks" / "Pulumi.other.yaml").write_text(SETTINGS.format(url=sandbox))
    keys = [f"export {name.upper()}_API_KEY__OTHER={key}" for name, key in KEYS.items()]
    written = typed([*keys, f"{trackform} init other --from-account", f"{trackform} render other > rendered"], project)
    assert written.returncode == 0, written.stdout + written.stderr
    assert "411530" in (project / "stacks" / "other.yaml").read_text()
    assert commands(written.stdout)[-1] == "trackform validate other", "tests/engine/test_export.py types them"
    github = typed([f"{trackform} init acme --github --owner @your/team"], project)
    assert "wrote .github/CODEOWNERS" in github.stdout, github.stderr


def test_the_page_from_its_top_to_its_end(started: Path, sandbox: str, tmp_path: Path) -> None:
    project = tmp_path / "tracking"
    project.mkdir()
    trackform = str(started / "bin" / "trackform")
    known = (
        "--affiliate acme --currency USD --domain track.acme.test --product keto-guide=411530 --notify ops@acme.test"
    )
    init, *page = on_the_page()
    assert init == "trackform init acme"
    made = typed([f"{init.replace('trackform', trackform)} {known}"], project)
    assert made.returncode == 0, made.stderr
    printed = commands(made.stdout)
    # What a real account does not need: where its services are.
    settings = project / "stacks" / "Pulumi.acme.yaml"
    settings.write_text(settings.read_text().replace("config: {}\n", SETTINGS.format(url=sandbox)))
    lend_beforehand(project / ".venv")
    assert printed[0] == page[0].replace("trackform", trackform, 1)
    begin = page[: page.index("trackform doctor acme --dns") + 1]
    pasted = f"a passphrase\n{KEYS['redtrack']}\n{KEYS['digistore24']}\n"
    told = each_typed([printed[0], *begin[1:]], project, pasted)
    assert told[printed[0]].startswith("ready: . .venv/bin/activate")
    doctor = told["trackform doctor acme --dns"]
    assert "no mistakes" in told["trackform validate acme"]
    assert "https://www.digistore24.com/redir/411530/acme?cid={clickid}" in told["trackform links acme"]
    fill_in_what_the_doctor_says(project / "stacks" / "acme.yaml", doctor)

    environment = [". .venv/bin/activate", *(line for line in begin[1:] if line.startswith(("mkdir", "read")))]
    of_nobody = pasted.replace(KEYS["digistore24"], "of-nobody")
    refused = typed([*environment, "pulumi preview"], project, of_nobody)
    # Whichever SDK pip chose: newer ones would send where in the code it was raised.
    assert (refused.returncode == 0, "Digistore24" in refused.stdout, "Traceback" in refused.stdout) == (
        False, True, False,
    ), refused.stdout  # fmt: skip

    rest = page[len(begin) :]
    assert rest[0] == "trackform review acme"
    reviewed = each_typed([*environment, rest[0]], project, pasted)[rest[0]]
    (digest,) = set(re.findall(r"--apply (\w+)", reviewed))
    last = rest.index("pulumi stack output tracking_links") + 1
    # The operator asks whether the one step is done, and git knows who says so.
    typed(["git config --global user.name Ada && git config --global user.email ada@acme.test"], project)
    now = [line.replace("<digest>", digest) for line in rest[1:last]]
    told = each_typed([*environment, *now], project, f"{pasted}c\n")
    assert "Nothing is open in acme" in told["trackform operator acme"]
    assert KEYS["redtrack"] not in "".join(told.values())
    (offer,) = httpx.get(f"{sandbox}/redtrack/offers", params={"api_key": KEYS["redtrack"]}).json()
    assert offer["url"] == "https://www.digistore24.com/redir/411530/acme?cid={clickid}"

    # Your own click, and a purchase.
    with httpx.Client(base_url=sandbox) as http:
        hands = Hands(http, KEYS["redtrack"], KEYS["digistore24"])
        played = hands.play("facebook-keto-guide", [Happening("sale", "411530")])
    assert (played.booked, played.earned) == (23.5, 23.5)
    each_typed([*environment, *rest[last:], printed[-1]], project, pasted)
    after = typed([*environment, "pulumi up --yes --skip-preview --expect-no-changes"], project, pasted)
    assert after.returncode == 0, after.stdout + after.stderr
    assert (project / ".venv" / "bin" / "trackform").exists()
    assert "trackform @ file:///" in (project / "requirements.txt").read_text()

    adds_what_the_page_names_besides(project, trackform, sandbox)
