"""Stacks that are measured: ours, the engine's floor under it, and a naive provider that reads one by one."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from trackform.account_file.compose import Ref, read_composition
from trackform.project.pulumi_cli import apart

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
Variant = Literal["ours", "floor", "naive"]
KEYS = {
    "REDTRACK_API_KEY": "bench-redtrack",
    "DIGISTORE24_API_KEY": "777777-bench",
    "TRACKFORM_BRIDGE_KEY": "bench-bridge",
}
# The account has nothing that books its sales: what a person has to enter is no part of the measurement.
ALLOWED = "rule:product-covered"

PROGRAM = """\
import json
from noop import Object

made = {}

def value(given):
    if isinstance(given, dict) and "ref" in given:
        return made[tuple(given["ref"])].id
    if isinstance(given, dict):
        return {name: value(item) for name, item in given.items()}
    return [value(item) for item in given] if isinstance(given, list) else given

everything = json.load(open("objects.json"))
account = Object("account", everything["account"])
for section, name, fields in everything["objects"]:
    made[section, name] = Object(name, {**value(fields), "account": account.id, "account_id": account.id})
"""
NOOP = """\
import os
import httpx
from pulumi.dynamic import CreateResult, ReadResult, Resource, ResourceProvider

asked = httpx.Client()

class Provider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        return CreateResult(f"id-{props.get('title', 'account')}", props)

    def read(self, id_, props):
        if url := os.environ.get("BENCH_ASKS"):
            asked.get(url)
        return ReadResult(id_, props)

class Object(Resource, module="bench", name="Object"):
    def __init__(self, name, props):
        super().__init__(Provider(), name, props)
"""


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


@contextmanager
def sandbox(latency: float, **switches: object) -> Iterator[str]:
    """The address of a sandbox of its own."""
    given = [f"{name}={value}" for name, value in {"latency": latency, **switches}.items()]
    words = [word for each in given for word in ("--set", each)]
    with subprocess.Popen(  # noqa: S603 -- our own command
        [BIN / "trackform", "sandbox", "serve", "--port", "0", *words], stdout=subprocess.PIPE, text=True
    ) as served:
        try:
            yield served.stdout.readline().split()[2] if served.stdout else ""
        finally:
            served.terminate()


class Stack:
    """A project folder with one stack of so many offers."""

    def __init__(self, folder: Path, url: str, variant: Variant, size: int, *, checkpoints: bool = False) -> None:
        self.folder = folder
        self.env = {
            **apart(),
            **KEYS,
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_PARALLEL": "32",
            "TRACKFORM_ALLOW": ALLOWED,
        }
        # Compiled code is kept where people work. Else each process would compile ours anew, and nobody else's.
        self.env.pop("PYTHONDONTWRITEBYTECODE", None)
        if not checkpoints:
            self.env["PULUMI_SKIP_CHECKPOINTS"] = "true"
        if variant == "naive":
            self.env["BENCH_ASKS"] = f"{url}/redtrack/offers?page=1&per=1&api_key={KEYS['REDTRACK_API_KEY']}"
        (folder / "stacks").mkdir()
        (folder / "state").mkdir()
        (folder / "templates").symlink_to(ROOT / "templates")
        project = (ROOT / "Pulumi.yaml").read_text().replace("virtualenv: .venv", f"virtualenv: {ROOT / '.venv'}")
        (folder / "Pulumi.yaml").write_text(project)
        settings = {"redtrackUrl": "redtrack", "digistore24Url": "digistore24/api/call", "bridgeUrl": "bridge"}
        config = "".join(f"  trackform:{name}: {url}/{path}\n" for name, path in settings.items())
        (folder / "stacks/Pulumi.bench.yaml").write_text(f"config:\n{config}")
        (folder / "stacks/bench.yaml").write_text(account_file(size))
        if variant == "ours":
            shutil.copy(ROOT / "__main__.py", folder)
        else:
            (folder / "noop.py").write_text(NOOP)
            (folder / "__main__.py").write_text(PROGRAM)
            (folder / "objects.json").write_text(json.dumps(self._objects()))

    def state_kb(self) -> int:
        """The size of its state, as the file backend writes it."""
        return round(sum(file.stat().st_size for file in self.folder.glob("state/.pulumi/stacks/**/bench.json")) / 1000)

    def _objects(self) -> dict[str, Any]:
        """What ours declares: as many objects, with the same inputs and references."""
        composed = read_composition(self.folder / "stacks/bench.yaml", ROOT / "templates")
        names: dict[str, dict[str, str]] = {}
        for each in composed.objects:
            names.setdefault(each.section, {})[each.name] = str(each.fields[each.kind.key])
        objects = [(each.section, each.name, _plain(each.fields)) for each in composed.objects]
        return {"account": {"inventory": names}, "objects": objects}


def _plain(value: Any) -> Any:
    if isinstance(value, Ref):
        return {"ref": [value.section, value.name]}
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
