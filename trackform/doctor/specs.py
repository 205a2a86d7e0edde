"""Checks of the vendors' published API descriptions: are the paths, fields and parameters that we use still there?"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from trackform.account_file.compose import SECTIONS
from trackform.doctor.check_result import CheckResult, ok, wrong
from trackform_core.http.published_specs import fetch
from trackform_core.http.service_error import ServiceError
from trackform_core.text import files
from trackform_core.text.counted import first_few
from trackform_digistore24 import ipn_connection
from trackform_digistore24.service import DIGISTORE24
from trackform_redtrack.base import ByStatus, RedTrackKind
from trackform_redtrack.service import REDTRACK

VENDORS = {service.name: service for service in (REDTRACK, DIGISTORE24)}
FILES = {"RedTrack": "redtrack-swagger.json", "Digistore24": "digistore24-openapi.yaml"}
"""What the files of `--specs` are called."""
LARGEST = 20_000_000
"""Bytes; a description is a hundredth of it."""

IPN = {wire.name for wire in ipn_connection.KIND.fields.values()}
FUNCTIONS: Mapping[str, set[str]] = {
    "getUserInfo": set(),
    "ping": set(),
    "listCurrencies": {"convert_to"},
    "validateAffiliate": {"affiliate_name", "product_ids"},
    "listTransactions": {"from", "to", "search", "page_no", "page_size"},
    "listCommissions": {"from", "to", "page_no", "page_size"},
    "listPurchases": {"search", "page_no", "page_size"},
    "ipnSetup": IPN,
    "ipnInfo": {"domain_id"},
    "ipnDelete": {"domain_id"},
}
"""Digistore24's functions that are called here, with the parameters that they are given."""
OTHER_CALLS = (("/me/settings", "get"), ("/conversions", "get"))
"""Calls of RedTrack's API that belong to no kind."""

LONG = 6
"""Most names in one line."""


def given(folder: Path) -> Iterator[CheckResult]:
    """Check the descriptions in a folder."""
    for vendor, name in FILES.items():
        try:
            text = files.read_text(folder / name, files.LARGEST_MADE)
        except (OSError, files.UnreadableError) as error:
            said = error.strerror if isinstance(error, OSError) else error.message
            yield wrong(
                _topic(vendor), f"{folder / name}: {said}", f"download it from {VENDORS[vendor].description_url}"
            )
            continue
        yield from compared(vendor, text)


def fetched() -> Iterator[CheckResult]:
    """Check the descriptions as the vendors publish them today."""
    for vendor in FILES:
        try:
            text = fetch(VENDORS[vendor])
        except ServiceError as error:
            fix = "download it by hand, and name its folder with --specs"
            yield wrong(_topic(vendor), f"cannot be fetched: {error.message}", fix)
            continue
        yield from compared(vendor, text)


def compared(vendor: str, text: str) -> Iterator[CheckResult]:
    """Compare a description with what we rely on, and name its fields that cannot be declared yet."""
    try:
        spec = files.parse_json(text) if vendor == "RedTrack" else files.load_yaml(text[:LARGEST])
        paths = spec["paths"]
        lost = list(_redtrack(spec) if vendor == "RedTrack" else _digistore24(spec))
        new = list(_new_fields(spec)) if vendor == "RedTrack" and not lost else []
    except (ValueError, KeyError, TypeError, AttributeError):
        fix = f"download {VENDORS[vendor].description_url} again"
        yield wrong(_topic(vendor), "this is no API description that can be read", fix)
        return
    if lost:
        yield wrong(
            _topic(vendor), f"no longer published, though we rely on it: {first_few(lost, LONG)}",
            "look into the vendor's change notes before the next `pulumi up`, and for a newer trackform",
        )  # fmt: skip
        return
    more = f"; new and not declarable yet: {first_few(new, LONG)}" if new else ""
    yield ok(_topic(vendor), f"all that we rely on is published ({len(paths)} paths){more}")


def _topic(vendor: str) -> str:
    return f"{vendor}'s published API"


def _kinds() -> list[RedTrackKind]:
    return [kind for kind in SECTIONS.values() if isinstance(kind, RedTrackKind)]


def _redtrack(spec: Any) -> Iterator[str]:
    paths = spec["paths"]
    for path, method in OTHER_CALLS:
        if method not in paths.get(path, {}):
            yield f"{method.upper()} {path}"
    for kind in _kinds():
        path = f"/{kind.path}"
        for method in ("get", "post"):
            if method not in paths.get(path, {}):
                yield f"{method.upper()} {path}"
        if isinstance(kind, ByStatus) and "patch" not in paths.get(f"{path}/status", {}):
            yield f"PATCH {path}/status"
        if "post" in paths.get(path, {}):
            named = {wire.name.split(".")[0] for wire in kind.fields.values()} | kind.more
            for name in sorted(named - _properties(spec, path)):
                yield f"{kind.path}.{name}"


def _new_fields(spec: Any) -> Iterator[str]:
    for kind in _kinds():
        named = {wire.name.split(".")[0] for wire in kind.fields.values()} | kind.more | kind.served
        for name in sorted(_properties(spec, f"/{kind.path}") - named):
            yield f"{kind.path}.{name}"


def _properties(spec: Any, path: str) -> set[str]:
    """The properties of what a POST of this path takes."""
    (body,) = (each for each in spec["paths"][path]["post"]["parameters"] if each["in"] == "body")
    return set(spec["definitions"][body["schema"]["$ref"].rpartition("/")[2]]["properties"])


def _digistore24(spec: Any) -> Iterator[str]:
    paths = spec["paths"]
    for function, parameters in FUNCTIONS.items():
        operations = paths.get(f"/{function}")
        if not operations:
            yield function
            continue
        published = set().union(*(_parameters(each) for each in operations.values()))
        for name in sorted(parameters - published):
            yield f"{function}.{name}"


def _parameters(operation: Any) -> set[str]:
    names = {str(each["name"]).partition("[")[0] for each in operation.get("parameters", ())}
    for form in (operation.get("requestBody") or {}).get("content", {}).values():
        names |= set(form.get("schema", {}).get("properties", {}))
    return names
