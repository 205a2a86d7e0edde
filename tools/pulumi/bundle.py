"""Pulumi's own bundle of the CLI: fetched, compared with the checksum in ``checksums.txt`` here, and unpacked."""

import hashlib
import os
import platform
import re
import shutil
import sys
import tarfile
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import urlsplit

BUNDLES = "https://get.pulumi.com/releases/sdk"
MIRROR = "TRACKFORM_PULUMI_MIRROR"
"""An address at which the bundle is, for networks that do not reach Pulumi's host."""
CHECKSUMS = Path(__file__).resolve().parent / "checksums.txt"
TIMEOUT_S = 30.0
MOST_BYTES = 1 << 30
MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


class UnreachableError(Exception):
    """There is no bundle to be had from here; the text says why."""


class WrongBundleError(Exception):
    """What came is not the bundle that was to come; nothing of it was used."""


class _OnlyOverHttps(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        _refuse_others(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def put(into: Path, version: str) -> None:
    """Fill ``into/bin`` with the bundle of a version such as ``v3.259.0``.

    Raises:
        UnreachableError: it cannot be had.
        WrongBundleError: it is not the one whose checksum is known.
    """
    name = _name(version)
    wanted = _checksum(name)
    archive = into / name
    try:
        with archive.open("xb") as file:
            came = _fetch(f"{os.environ.get(MIRROR, '').rstrip('/') or BUNDLES}/{name}", file)
        if came != wanted:
            raise WrongBundleError(f"{name} has the checksum {came}, and known is {wanted}. Nothing of it was used")
        _unpack(archive, into / "bin")
    finally:
        archive.unlink(missing_ok=True)


def _name(version: str) -> str:
    system = {"linux": "linux", "darwin": "darwin"}.get(sys.platform)
    machine = MACHINES.get(platform.machine().lower())
    if system is None or machine is None:
        raise UnreachableError(f"Pulumi has no bundle that we know of for {sys.platform} on {platform.machine()}")
    return f"pulumi-{version}-{system}-{machine}.tar.gz"


def _checksum(name: str) -> str:
    """The sha256 that a bundle must have: what was fetched with it would be as good as the bundle."""
    matched = re.search(rf"^([0-9a-f]{{64}})  {re.escape(name)}$", CHECKSUMS.read_text(encoding="utf-8"), re.MULTILINE)
    if not matched:
        raise UnreachableError(f"{CHECKSUMS.name} has no checksum of {name}")
    return matched[1]


def _fetch(address: str, into: IO[bytes]) -> str:
    """Write what is at an address, and return its sha256."""
    _refuse_others(address)
    digest, size = hashlib.sha256(), 0
    try:
        with urllib.request.build_opener(_OnlyOverHttps).open(address, timeout=TIMEOUT_S) as answer:
            while part := answer.read(1 << 20):
                size += len(part)
                if size > MOST_BYTES:
                    raise UnreachableError(f"{address} is larger than {MOST_BYTES >> 20} MB")
                digest.update(part)
                into.write(part)
    except (OSError, HTTPException) as error:
        why = getattr(error, "reason", None) or error
        raise UnreachableError(f"cannot download {address} ({why})") from None
    return digest.hexdigest()


def _refuse_others(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        raise UnreachableError(f"not downloading from {parts.scheme}://{parts.hostname}: https is needed")


def _unpack(archive: Path, into: Path) -> None:
    """The files of the folder ``pulumi`` in the archive, and nothing else of it."""
    into.mkdir()
    try:
        with tarfile.open(archive) as bundle:
            for member in bundle:
                path = PurePosixPath(member.name)
                content = bundle.extractfile(member) if member.isfile() and path.parent.name == "pulumi" else None
                if content is not None:
                    with (into / path.name).open("wb") as file:
                        shutil.copyfileobj(content, file)
                    (into / path.name).chmod(0o755)
    except (tarfile.TarError, EOFError) as error:
        raise WrongBundleError(f"{archive.name} cannot be unpacked ({str(error).splitlines()[0]})") from None
    if not (into / "pulumi").is_file():
        raise WrongBundleError(f"{archive.name} is not as we know Pulumi's bundles: there is no pulumi/pulumi in it")
