"""Get the pinned Pulumi CLI: built with Go from the module proxy, else by Pulumi's own installer.

Go comes first where both would work: every module is checked against the committed go.sum.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLI_VERSION = "v3.259.0"
# What the CLI's own go.mod asks for.
OLDEST_GO = (1, 25, 11)
COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
EXECUTOR = "pulumi-language-python-exec"
PLUGIN_SHIM = "pulumi-resource-pulumi-python"
INSTALLER = "https://get.pulumi.com"
HERE = Path(__file__).resolve().parent
HEARTBEAT_S = 15.0
BY_HAND = "or install pulumi >= 3.254 and < 4 yourself (https://www.pulumi.com/docs/install/), and run this again"


class SetupError(Exception):
    """The CLI cannot be had; the text is one line that says what to do."""


def say(line: str) -> None:
    print(f"pulumi: {line}", file=sys.stderr, flush=True)


def cli(home: Path) -> None:
    """Install the pinned CLI as ``home/bin/pulumi``, in one step: an interrupted run leaves nothing half done."""
    for left in home.parent.glob(f".{home.name}.*"):
        shutil.rmtree(left, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{home.name}.", dir=home.parent))
    try:
        go, reason = find_go()
        if go is None:
            download(fresh, reason)
        else:
            build(go, fresh)
        fresh.chmod(0o755)
        shutil.rmtree(home, ignore_errors=True)
        fresh.rename(home)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def find_go() -> tuple[str | None, str]:
    """A Go that can build the CLI, else None and why not."""
    go = shutil.which("go")
    if go is None:
        return None, "there is no Go to build it with"
    answer = subprocess.run(  # noqa: S603
        [go, "env", "GOVERSION"], check=False, capture_output=True, text=True, env=_environment()
    )
    version = answer.stdout.strip()
    found = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", version)
    if not found or (int(found[1]), int(found[2]), int(found[3] or 0)) < OLDEST_GO:
        return None, f"{version or go} cannot build it, which needs Go 1.25.11 or later"
    return go, ""


def _environment() -> dict[str, str]:
    """Go's environment: this module alone, checked against go.sum, with the Go that was asked for."""
    flags = f"{os.environ.get('GOFLAGS', '')} -mod=readonly".strip()
    return os.environ | {"GOFLAGS": flags, "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}


def build(go: str, into: Path) -> None:
    """Build the CLI and copy the two scripts that belong beside it out of the SDK's module. Raises SetupError."""
    say(f"building the Pulumi CLI {CLI_VERSION} from source, once: about 4 minutes on 2 cores")
    begun = time.monotonic()
    (into / "bin").mkdir()
    (into / "lib").mkdir()
    stamp = f"-s -w -X {SDK_MODULE}/go/common/version.Version={CLI_VERSION}"
    # No `go mod download` first: it also fetches what no package needs, and not all of that is served.
    _go(go, "building", "build", "-ldflags", stamp, "-o", str(into / "bin" / "pulumi"), COMMAND)
    sdk = Path(_go(go, "looking for the SDK", "list", "-m", "-f", "{{.Dir}}", SDK_MODULE).strip())
    for source, target in (
        (sdk / "python" / "cmd" / EXECUTOR, into / "bin" / EXECUTOR),
        (sdk / "python" / "dist" / PLUGIN_SHIM, into / "lib" / PLUGIN_SHIM),
    ):
        shutil.copyfile(source, target)
        target.chmod(0o755)
    say(f"built in {time.monotonic() - begun:.0f} s")


def _go(go: str, what: str, *arguments: str) -> str:
    with _heartbeat(what):
        done = subprocess.run(  # noqa: S603
            [go, *arguments], check=False, capture_output=True, text=True, cwd=HERE, env=_environment()
        )
    if done.returncode:
        why = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "no message").strip()
        raise SetupError(f"{what} failed ({why}): check the network and GOPROXY, {BY_HAND}")
    return done.stdout


def download(into: Path, reason: str) -> None:
    """Run Pulumi's own installer, whose bundle has everything. Raises SetupError."""
    say(f"{reason}: downloading the Pulumi CLI {CLI_VERSION} with Pulumi's own installer")
    curl = shutil.which("curl")
    if curl is None:
        raise SetupError(f"cannot download the Pulumi CLI without curl: install curl, or Go 1.25.11, {BY_HAND}")
    fetched = subprocess.run(  # noqa: S603
        [curl, "-fsSL", "--retry", "2", INSTALLER], check=False, capture_output=True, text=True
    )
    if fetched.returncode:
        why = fetched.stderr.strip().splitlines()[-1:] or [f"curl ended with status {fetched.returncode}"]
        raise SetupError(f"cannot download {INSTALLER} ({why[0]}): check the network, or install Go 1.25.11, {BY_HAND}")
    number = CLI_VERSION.removeprefix("v")
    options = ["--version", number, "--install-root", str(into), "--no-edit-path"]
    with _heartbeat("downloading"):
        done = subprocess.run(  # noqa: S603
            ["/bin/sh", "-s", "--", *options], check=False, input=fetched.stdout, capture_output=True, text=True
        )
    if done.returncode or not (into / "bin" / "pulumi").is_file():
        why = (done.stderr + done.stdout).strip().splitlines()[-1:] or ["no message"]
        raise SetupError(f"Pulumi's installer failed ({why[0]}): check the network, or install Go 1.25.11, {BY_HAND}")


@contextmanager
def _heartbeat(what: str) -> Iterator[None]:
    """Say now and then that something still happens."""
    done = threading.Event()
    begun = time.monotonic()

    def beat() -> None:
        while not done.wait(HEARTBEAT_S):
            say(f"{what} … {time.monotonic() - begun:.0f} s")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
