"""docs/recipes.md: each block of YAML, laid over the demo's account, changes what the page says and nothing else."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from tests.scenarios.test_domain_swap import objects
from trackform.cli import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
RECIPES = {
    title: re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for title, text in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
}
BEFORE = (ROOT / "stacks" / "demo.yaml").read_text(encoding="utf-8")
CONNECTIONS = [("postbacks", name) for name in ("sales", "returns", "billing")]
LAYER = "extends: [{}]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("stacks", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    (tmp_path / "stacks" / "before.yaml").write_text(BEFORE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "stacks"


def laid_over(folder: Path, *blocks: str) -> str:
    """The text of a file that lies over the demo's account and all blocks but the last."""
    below = "before.yaml"
    for number, block in enumerate(blocks[:-1]):
        (folder / f"step{number}.yaml").write_text(LAYER.format(below) + block, encoding="utf-8")
        below = f"step{number}.yaml"
    return LAYER.format(below) + blocks[-1]


def changes(folder: Path, *blocks: str) -> tuple[set[Any], set[Any], dict[Any, set[str]]]:
    """(added, gone, place -> the fields that changed) by the last block, which `validate` has to accept."""
    was = laid_over(folder, *blocks[:-1]) if blocks[:-1] else LAYER.format("before.yaml")
    text = laid_over(folder, *blocks)
    (folder / "acme.yaml").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["validate", "acme"])
    assert done.exit_code == 0, done.output
    old, new = objects(folder, was), objects(folder, text)
    changed = {
        place: {name for name in old[place] | new[place] if old[place].get(name) != new[place].get(name)}
        for place in old.keys() & new.keys()
    }
    return new.keys() - old.keys(), old.keys() - new.keys(), {place: names for place, names in changed.items() if names}


def test_a_new_product_goes_into_the_connections_and_changes_nothing_else(folder: Path) -> None:
    (block,) = RECIPES["A new product in ten minutes"]
    added = {("offers", "sleep-course"), ("funnels", "sleep"), ("campaigns", "fb-sleep-de")}
    assert changes(folder, block) == (added, set(), {place: {"product_ids"} for place in CONNECTIONS})


def test_a_pause_and_its_end_are_one_field_each(folder: Path) -> None:
    pause, resume = RECIPES["Pause for a day"]
    one_field: dict[Any, set[str]] = {("campaigns", "fb-keto-de"): {"status"}}
    assert changes(folder, pause) == (set(), set(), one_field)
    assert changes(folder, pause, resume) == (set(), set(), one_field)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Pause for a day", ["`1 DANGER`", "would get traffic again"]),
        ("The payout currency changes", ["`--from <the day after>`", "`wrong_currency`"]),
        ("Moving a campaign", ["`1 DANGER`", "visitors are sent elsewhere"]),
    ],
)
def test_what_surprises_is_said_beforehand(title: str, words: list[str]) -> None:
    (text,) = re.findall(rf"^## {title}\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    assert [each for each in words if each not in " ".join(text.split())] == []


def test_a_currency_changes_on_both_sides_at_once(folder: Path) -> None:
    (block,) = RECIPES["The payout currency changes"]
    expected = {place: {"currency"} for place in (*CONNECTIONS, ("offer_sources", "digistore24"))}
    assert changes(folder, block) == (set(), set(), expected)
    for line in block.splitlines(keepends=True):
        (folder / "acme.yaml").write_text(laid_over(folder, line), encoding="utf-8")
        assert CliRunner().invoke(main, ["validate", "acme"]).exit_code == 2


def test_a_campaign_moves_to_another_funnel_and_name(folder: Path) -> None:
    moved, renamed = RECIPES["Moving a campaign"]
    assert changes(folder, moved) == ({("funnels", "keto-2")}, set(), {("campaigns", "fb-keto-de"): {"funnel_ids"}})
    added, gone, changed = changes(folder, renamed)
    assert (added, gone, changed) == ({("campaigns", "fb-keto-dach")}, {("campaigns", "fb-keto-de")}, {})


def test_a_second_marketplace_leaves_the_first_as_it_is(folder: Path) -> None:
    (block,) = RECIPES["Several marketplaces"]
    added = {("offer_sources", "clickbank"), ("offers", "diet"), ("funnels", "diet"), ("campaigns", "fb-diet")}
    assert changes(folder, block) == (added, set(), {})
    without = "\n".join(line for line in block.splitlines() if "offer_source: digistore24" not in line)
    (folder / "acme.yaml").write_text(laid_over(folder, without.replace("postbacks:\n", "")), encoding="utf-8")
    told = CliRunner().invoke(main, ["validate", "acme"]).output
    assert told.count("does not say which of the offer_sources it uses") == 4


def test_every_block_is_tried() -> None:
    assert {title: len(blocks) for title, blocks in RECIPES.items() if blocks} == {
        "A new product in ten minutes": 1, "Pause for a day": 2, "The payout currency changes": 1,
        "Moving a campaign": 2, "Several marketplaces": 1,
    }  # fmt: skip
    assert all(yaml.safe_load(block) for blocks in RECIPES.values() for block in blocks)
