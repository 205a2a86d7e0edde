"""docs/probe.md tells what the table of probes says."""

from pathlib import Path

from trackform.flow.assumptions import AXES
from trackform.flow.live_settings import IN_NO_ACCOUNT, SETTINGS
from trackform.probe.probes import PROBES

PAGE = Path(__file__).parents[3] / "docs/probe.md"


def table() -> str:
    rows = ["| setting | what is not known | answers | what an answer takes |", "|---|---|---|---|"]
    for name, setting in SETTINGS.items():
        values = ", ".join(f"`{value}`" for value in setting.values) or "a number or a text"
        rows.append(f"| `{name}` | {setting.meaning} | {values} | {PROBES[name].takes} |")
    return "\n".join(rows)


def test_the_page_has_a_row_for_each_setting() -> None:
    assert table() in PAGE.read_text(encoding="utf-8"), table()


def test_what_a_fix_of_validate_says_that_probe_finds() -> None:
    """Rules may not ask the probes: what no account shows for sure is said in a table of its own."""
    assert {name for name in AXES if "is a guess" in PROBES[name].takes} == IN_NO_ACCOUNT
