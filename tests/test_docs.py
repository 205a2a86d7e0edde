"""The docs: each page is in the index with what it answers, and each link leads somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
INDEX = DOCS / "README.md"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
GROUPS = ["Start", "Daily work", "Reference", "When it fails"]
ENTRY = re.compile(r"- \[[^\]]+\]\(([^)]+)\): \S.*[.?]")
LINK = re.compile(r"\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def prose(page: Path) -> str:
    return BLOCK.sub("", page.read_text(encoding="utf-8")).replace("`", "")


def anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path) -> list[str]:
    """The links of a page that lead to no file, or to no heading of it; those to other sites are not followed."""
    links = [link for link in LINK.findall(prose(page)) if "://" not in link]

    def leads(link: str) -> bool:
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        return target.exists() and (not anchor or anchor in anchors(target))

    return [link for link in links if not leads(link)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_broken_link_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# One\n\n## The `proof`, twice\n\n```\n# no heading\n[x](nowhere.md)\n```\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md) [b](other.md#the-proof-twice) [`c`](#here) [d](https://example.com)\n\n# Here\n\n"
        "[e](lost.md) [f](other.md#no-heading) [g](#there) [`h`](gone.md)\n"
    )
    assert broken(tmp_path / "other.md") == []
    assert broken(page) == ["lost.md", "other.md#no-heading", "#there", "gone.md"]


def test_each_page_is_in_the_index_once() -> None:
    lines = INDEX.read_text(encoding="utf-8").splitlines()
    entries = [ENTRY.fullmatch(line) for line in lines if line.startswith("- ")]
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == GROUPS
    assert sorted(entry[1] for entry in entries if entry) == sorted(
        [*(path.name for path in DOCS.iterdir() if path.is_file() and path != INDEX), "examples/README.md"]
    )
    assert None not in entries, "an entry is one line: a link, and what the page answers"


def test_the_readme_leads_to_the_index() -> None:
    assert "](docs/README.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
