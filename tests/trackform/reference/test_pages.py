from pathlib import Path

import pytest

from trackform.reference.account_file import page
from trackform.reference.pages import PAGES

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_page_is_what_the_models_say(path: Path) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == PAGES[path](), "run `make docs`"


def test_every_section_has_a_place() -> None:
    for section in ("account", "digistore24", "domains", "offers", "postbacks", "campaigns"):
        assert f"## `{section}`" in page()
