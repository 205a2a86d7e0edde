"""Hosts that a key may go to: the vendor's own, this machine, and those that `hosts` in the policy names.

Each process asks for itself, also the plugin: a refresh runs before the program, with the address of the state. So the
policy is read here, from the project's folder, in which every process of ours runs. Nothing else knows the format.
"""

import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import yaml

from trackform_core.model.vendors import endpoints
from trackform_core.text import files

FILE = Path("stacks") / "policy.yaml"
VARIABLE = "TRACKFORM_POLICY"
"""Names the file to read instead. CI points it at the base branch's, so that a change cannot allow its own host."""
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
LIST = "must be a list of hosts"
STORED = (
    "If you changed it: preview, up and destroy read with the one that the last `pulumi up` stored. "
    "Run `pulumi up --run-program` once"
)
"""Of an address: a refresh runs before the program, with the config of the state (measured)."""


@dataclass(frozen=True)
class HostMistake:
    """One mistake in the section. ``where`` is its path, ``line`` counted from 1; 0 where it is not known."""

    line: int
    where: tuple[str | int, ...]
    message: str
    suggestion: str = ""

    def shown(self, path: Path) -> str:
        at = f"{path}:{self.line}" if self.line else str(path)
        return ": ".join(filter(None, (at, ".".join(map(str, self.where)), self.message)))


@dataclass
class Allowed:
    """Hosts that a policy allows: service -> hosts as compared, each with its port where that is not https's."""

    hosts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    line: int = 0
    """Of the section; 0 where there is none."""
    mistakes: list[HostMistake] = field(default_factory=list)


class AddressError(ValueError):
    """An address that no key may be sent to; with the reason, and what there is to do."""


def policy_file() -> Path:
    """The policy that counts in this process, whether or not it is there."""
    return Path(os.environ.get(VARIABLE, "").strip() or FILE)


def place_of(url: httpx.URL) -> str:
    """The host of a URL as it is looked up, and its port unless it is the scheme's own.

    Raises:
        AddressError: it is no plain name or address, and two readers could take it for different hosts.
    """
    host = url.raw_host.decode("ascii")
    if ":" in host:
        try:
            # What follows a % names one of this machine's own networks.
            name = f"[{ipaddress.IPv6Address(host.replace('%', '/'))}]"
        except ValueError:
            raise AddressError(f"{host} is no IP address") from None
    elif NAME.fullmatch(host):
        name = host
    elif NAME.fullmatch(host.rstrip(".")):
        raise AddressError(f"{host} ends with a dot: write it without")
    else:
        raise AddressError(f"{host} is no host: write its plain name")
    return name if url.port is None else f"{name}:{url.port}"


def origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    """The parts of an address that decide where a request goes."""
    return url.scheme, url.raw_host, url.port


def is_loopback(url: httpx.URL) -> bool:
    """Whether this machine is meant for certain: `localhost`, 127.0.0.0/8 or ::1, in no other spelling."""
    host = url.raw_host.decode("ascii")
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address in LOOPBACK if address.version == 4 else address == ipaddress.IPv6Address("::1")  # noqa: PLR2004


def private(text: str) -> httpx.URL:
    """The URL of an address on the way to which nobody else reads: of this machine, or over https.

    Raises:
        AddressError: it is none.
    """
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.raw_host:
        raise AddressError("is no http or https URL")
    place = place_of(url)
    if url.scheme != "https" and not is_loopback(url):
        raise AddressError(f"names {place} over plain http, where others can read the key: use https")
    return url


def checked(text: str, service: str, own: frozenset[str]) -> str:
    """An address that the key may be sent to, as it is used.

    Args:
        text: the address as it is configured.
        service: the key of the section `hosts`.
        own: the vendor's hosts, where it has any.

    Raises:
        AddressError: it is none, or the key may not go there.
    """
    url = private(text)
    if url.userinfo or url.query or url.fragment:
        raise AddressError("may hold no user, password, query or fragment: it is shown")
    if not is_loopback(url) and (place := place_of(url)) not in own:
        _ask_policy(place, service, own)
    return str(url).rstrip("/")


def _ask_policy(place: str, service: str, own: frozenset[str]) -> None:
    path = policy_file()
    allowed = read(path)
    said = f"names {place}, and this key only goes to {', '.join([*sorted(own), 'this machine'])}"
    if allowed.mistakes:
        raise AddressError(
            f"{said}: the policy, which could allow more, has a mistake: {allowed.mistakes[0].shown(path)}"
        )
    if place not in allowed.hosts.get(service, ()):
        raise AddressError(f"{said}. If it is to go there, {_way_out(path, allowed, service, place)}")


def _way_out(path: Path, allowed: Allowed, service: str, place: str) -> str:
    wanted = {**allowed.hosts, service: (*allowed.hosts.get(service, ()), place)}
    text = ", ".join(f"{name}: [{', '.join(map(_quoted, places))}]" for name, places in wanted.items() if places)
    hint = f"let the section at {path}:{allowed.line} read" if allowed.line else f"write into {path}"
    hint += f" `hosts: {{{text}}}`"
    if os.environ.get(VARIABLE, "").strip():
        hint += f" (the file that {VARIABLE} names; in a pull request the base branch's, so allow the host there first)"
    return hint


def _quoted(place: str) -> str:
    return f'"{place}"' if place.startswith("[") else place


def read(path: Path) -> Allowed:
    """The section `hosts` of a policy, with all that is wrong with it.

    A project may have none, unless the environment names it. What cannot be read allows nothing, and says so.
    """
    try:
        root = files.compose(files.read_text(path), aliases=False)
    except FileNotFoundError:
        named = os.environ.get(VARIABLE, "").strip()
        message = f"{VARIABLE} names this policy, and there is no such file"
        return Allowed(mistakes=[HostMistake(0, (), message)] if named else [])
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        return Allowed(mistakes=[HostMistake(line, (), f"not valid YAML: {error.problem}")])
    except files.UnreadableError as error:
        return Allowed(mistakes=[HostMistake(error.line, (), str(error))])
    except yaml.YAMLError:
        return Allowed(mistakes=[HostMistake(0, (), "it cannot be read as YAML in UTF-8")])
    if root is None:
        return Allowed()
    allowed = Allowed()
    known = [endpoint.name for endpoint in endpoints()]
    sections = [value for name, value in _items(root, (), allowed) if name == "hosts"]
    if sections:
        allowed.line = next(key.start_mark.line for key, _ in root.value if key.value == "hosts") + 1
        for name, node in _items(sections[0], ("hosts",), allowed):
            if name in known:
                allowed.hosts[name] = _places(node, ("hosts", name), allowed)
            else:
                line = node.start_mark.line + 1
                message = "there is no such service"
                allowed.mistakes.append(HostMistake(line, ("hosts", name), message, f"known: {', '.join(known)}"))
    return allowed


def _items(node: yaml.Node, where: tuple[str, ...], allowed: Allowed) -> list[tuple[str, yaml.Node]]:
    """The entries of a map; one that stands there twice could be read as either, and counts as a mistake."""
    if not isinstance(node, yaml.MappingNode):
        allowed.mistakes.append(HostMistake(node.start_mark.line + 1, where, "must be a map"))
        return []
    items = [(str(key.value), value) for key, value in node.value]
    seen: dict[str, yaml.Node] = {}
    for name, value in items:
        if name in seen:
            allowed.mistakes.append(HostMistake(value.start_mark.line + 1, (*where, name), "stands there twice"))
        seen[name] = value
    return list(seen.items())


def _places(node: yaml.Node, where: tuple[str, ...], allowed: Allowed) -> tuple[str, ...]:
    if not isinstance(node, yaml.SequenceNode):
        allowed.mistakes.append(
            HostMistake(node.start_mark.line + 1, where, LIST, f"[{getattr(node, 'value', '') or '…'}]")
        )
        return ()
    places = []
    for number, item in enumerate(node.value):
        try:
            places.append(_place(item))
        except AddressError as error:
            allowed.mistakes.append(HostMistake(item.start_mark.line + 1, (*where, number), str(error)))
    return tuple(places)


def _place(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise AddressError("must be a host, such as bridge.example.com or bridge.example.com:8443")
    text = str(node.value)
    if re.search(r"[\s/@?#*\\]", text):
        raise AddressError(
            f"{text!r} is no host: write the name alone, and its port if it is not 443: bridge.example.com:8443"
        )
    try:
        return place_of(httpx.URL(f"https://{text}"))
    except httpx.InvalidURL:
        raise AddressError(f"{text!r} is no host; an IPv6 address stands in brackets and quotes") from None


def shown(text: str) -> str:
    """An address as it may be shown: without what is no part of one, its host in ASCII, which no other looks like."""
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL:
        return "no URL"
    return str(url.copy_with(userinfo=b"", query=None, fragment=None)).rstrip("/")
