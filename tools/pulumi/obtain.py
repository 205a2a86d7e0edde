"""Get the pinned Pulumi CLI: Pulumi's own bundle, its checksum verified; else built with Go from the module proxy.

What is built comes last, as it takes minutes: every module is checked against the committed go.sum.
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

import bundle

CLI_VERSION = "v3.259.0"
# What the CLI's own go.mod asks for.
OLDEST_GO = (1, 25, 11)
COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
EXECUTOR = "pulumi-language-python-exec"
PLUGIN_SHIM = "pulumi-resource-pulumi-python"
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
        try:
            download(fresh)
        except bundle.UnreachableError as error:
            go, reason = find_go()
            if go is None:
                raise SetupError(f"{error}, and {reason}: check the network, {BY_HAND}") from None
            say(str(error))
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


def download(into: Path) -> None:
    """Fetch Pulumi's own bundle, which has everything. Raises SetupError: what came is another's."""
    say(f"downloading the Pulumi CLI {CLI_VERSION}, Pulumi's own bundle")
    try:
        with _heartbeat("downloading"):
            bundle.put(into, CLI_VERSION)
    except bundle.WrongBundleError as error:
        raise SetupError(f"{error}: ask your network's people, {BY_HAND}") from None


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
