"""``make bench``: how long previews and updates take against the sandbox, beside what the engine itself needs.

Prints one row a size: seconds and the number of requests. Run it alone: it measures wall time.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from trackform.project.pulumi_cli import apart

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
KEYS = {
    "REDTRACK_API_KEY": "bench-redtrack",
    "DIGISTORE24_API_KEY": "777777-bench",
    "TRACKFORM_BRIDGE_KEY": "bench-bridge",
}


def account_file(offers: int) -> str:
    lines = [
        "domains: {main: track.bench.test}",
        "digistore24: {affiliate: bench}",
        "offer_sources: {digistore24: {preset: digistore24}}",
        "products: {p: {id: 411530}}",
        "offers:",
        *(f"  offer-{number:04}: {{product: p, countries: [DE]}}" for number in range(offers)),
    ]
    return "\n".join(lines) + "\n"


class Bench:
    """A project folder of its own, a sandbox of its own, one stack."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        (folder / "stacks").mkdir()
        (folder / "state").mkdir()
        (folder / "templates").symlink_to(ROOT / "templates")
        shutil.copy(ROOT / "__main__.py", folder)
        project = (ROOT / "Pulumi.yaml").read_text().replace("virtualenv: .venv", f"virtualenv: {ROOT / '.venv'}")
        (folder / "Pulumi.yaml").write_text(project)
        settings = {"redtrackUrl": "redtrack", "digistore24Url": "digistore24/api/call", "bridgeUrl": "bridge"}
        config = "".join(f"  trackform:{name}: {url}/{path}\n" for name, path in settings.items())
        (folder / "stacks/Pulumi.bench.yaml").write_text(f"config:\n{config}")
        self.env = {
            **apart(),
            **KEYS,
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_SKIP_CHECKPOINTS": "true",
        }
        self.pulumi("stack", "init", "bench")

    def pulumi(self, *arguments: str) -> tuple[float, int]:
        """(seconds, requests) of one command.

        Raises:
            SystemExit: it failed.
        """
        httpx.delete(f"{self.url}/_control/requests")
        started = time.monotonic()
        done = subprocess.run(  # noqa: S603 -- the project's own CLI
            [BIN / "pulumi", *arguments, "--non-interactive"],
            cwd=self.folder, env=self.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        seconds = time.monotonic() - started
        if done.returncode:
            sys.exit(f"pulumi {' '.join(arguments)} failed\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return seconds, len(httpx.get(f"{self.url}/_control/requests").json())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sizes", type=int, nargs="+", default=[10, 200, 1000], help="numbers of offers")
    arguments.add_argument("--latency", type=float, default=0.1, help="seconds the sandbox adds to every answer")
    chosen = arguments.parse_args()
    print(f"{'offers':>7} {'first up':>16} {'preview':>16} {'refresh only':>16}   (seconds / requests)")
    for size in chosen.sizes:
        with (
            tempfile.TemporaryDirectory() as name,
            subprocess.Popen(  # noqa: S603 -- our own command
                [BIN / "trackform", "sandbox", "serve", "--port", "0", "--set", f"latency={chosen.latency}"],
                stdout=subprocess.PIPE, text=True,
            ) as sandbox,
        ):  # fmt: skip
            try:
                url = sandbox.stdout.readline().split()[2] if sandbox.stdout else ""
                bench = Bench(Path(name), url)
                (Path(name) / "stacks/bench.yaml").write_text(account_file(size))
                rows = [
                    bench.pulumi("up", "--yes", "--skip-preview"),
                    bench.pulumi("preview", "--expect-no-changes"),
                    bench.pulumi("refresh", "--preview-only", "--expect-no-changes"),
                ]
            finally:
                sandbox.terminate()
            print(f"{size:>7} " + " ".join(f"{seconds:>10.1f} / {requests:<4}" for seconds, requests in rows))


if __name__ == "__main__":
    main()
