"""What a shared file leaves to each account is asked for with its reason where it is needed."""

from pathlib import Path

import pytest

from trackform.account_file.compose import compose, read_composition
from trackform.account_file.models import read_account
from trackform.account_file.not_shared import lacking, reason, written
from trackform.documents.problems import Problems

SHARED = """\
offer_sources: {shop: {}}
products: {other: {id: 1}}
offers: {keto: {}}
landings: {quiz: {}}
postbacks: {whole: {events: [payment], products: [other]}}
not_shared:
  offers: {keto: {url: it credits somebody}}
  landings: {quiz: {url: it holds a name}}
  postbacks: {whole: {url: it leads elsewhere}}
"""
OWN = "extends: [shared.yaml]\ndigistore24: {affiliate: zeta}\ndomains: {main: track.zeta.test}\n"


def problems(folder: Path, own: str, shared: str = SHARED) -> list[str]:
    (folder / "shared.yaml").write_text(shared)
    (folder / "own.yaml").write_text(own)
    with pytest.raises(Problems) as caught:
        read_composition(folder / "own.yaml")
    return [f"{each.where}: {each.message}; {each.suggestion}" for each in caught.value.problems]


def test_what_is_needed_is_asked_for(tmp_path: Path) -> None:
    assert sorted(problems(tmp_path, OWN)) == [
        (
            "landings.quiz.url: is needed, and is not shared: it holds a name; say it in the stack's own file: "
            "`landings: {quiz: {url: …}}`"
        ),
        (
            "offers.keto.url: is needed, and is not shared: it credits somebody; say it in the stack's own file: "
            "`offers: {keto: {url: …}}`"
        ),
        (
            "postbacks.whole.url: is needed, and is not shared: it leads elsewhere; say it in the stack's own file: "
            "`postbacks: {whole: {url: …}}`"
        ),
    ]


def test_said_as_it_was_asked_for_it_is_right(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text(SHARED)
    url = "https://t.test/?sub20=tf.whole"
    (tmp_path / "own.yaml").write_text(
        f"{OWN}offers: {{keto: {{url: 'https://x.test/'}}}}\nlandings: {{quiz: {{url: 'https://x.test/'}}}}\n"
        f"postbacks: {{whole: {{url: '{url}'}}}}\n"
    )
    assert compose(read_account(tmp_path / "own.yaml")).postback_urls == {"whole": url}


def test_an_offer_without_product_and_url_is_told_no_other_product(tmp_path: Path) -> None:
    """The one whose name is most alike is not what was meant: nobody wrote a product."""
    shared = "offer_sources: {shop: {}}\nproducts: {keto-2: {id: 1}}\noffers: {keto: {}}\n"
    assert problems(tmp_path, OWN, shared) == [
        (
            "offers.keto: has neither a product nor a url, and there is no product 'keto'; product: <name>, of: "
            "keto-2; or url: <the whole link>"
        )
    ]
    bare = "offer_sources: {shop: {}}\noffers: {keto: {}}\n"
    assert "product: <name>, of: none; or" in problems(tmp_path, OWN, bare)[0]


def test_the_path_as_it_is_typed() -> None:
    assert written(("offers",), "…") == "offers: …"
    assert written(("a", "b c", "null", "1st", 'q"\\', "x.y"), "null") == (
        'a: {b c: {"null": {"1st": {"q\\"\\\\": {x.y: null}}}}}'
    )


def test_only_a_reason_is_one() -> None:
    data = {"not_shared": {"offers": {"keto": {"url": "why"}, "all": "gone"}}}
    assert reason(data, ("offers", "keto", "url")) == "why"
    assert reason(data, ("offers", "all")) == "gone"
    for path in (("offers",), ("offers", "keto"), ("offers", "keto", "url", "x"), ("x",)):
        assert reason(data, path) == ""
        assert lacking(data, path) is None
    assert reason({}, ("offers",)) == ""
