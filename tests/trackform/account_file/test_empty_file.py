"""A file that declares no objects: refused unless it says so. One that a merge emptied looks the same."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.machines import for_machines
from trackform.account_file.compose import SECTIONS, read_composition
from trackform.cli import main
from trackform.documents.problems import Problems

WAY_OUT = (
    "declares no objects; add some; or get them back, if a merge or another branch took them; or write `empty: true`, "
    "if none are wanted"
)
NOT_SO = "says that the file declares no objects, and it declares "
SHARED = "traffic_channels: {facebook: {}}\noffer_sources: {shop: {}}\n"


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "shared.yaml").write_text(SHARED)


def told(text: str) -> list[str]:
    Path("stacks/acme.yaml").write_text(text)
    with pytest.raises(Problems) as refused:
        read_composition(Path("stacks/acme.yaml"))
    return [str(problem) for problem in refused.value.problems]


def objects(text: str) -> int:
    Path("stacks/acme.yaml").write_text(text)
    return len(read_composition(Path("stacks/acme.yaml")).objects)


WITHOUT = {
    "no byte": "",
    "blank": "\n\n",
    "only a comment": "# acme\n",
    "an empty map": "{}\n",
    "an empty document": "---\n...\n",
    "only the account": "account: {currency: USD}\ndigistore24: {affiliate: acme}\n",
    "only products": "products: {keto: {id: 411530}}\n",
    "only settings": "adopt: true\nmark: true\non_delete: keep\nignore: ['offers/test *']\nvariables: {a: b}\n",
    "empty sections": "offers: {}\ncampaigns: {}\n",
    "all taken out": "extends: [shared.yaml]\ntraffic_channels: null\noffer_sources: {shop: null}\n",
    "said to be otherwise": "empty: false\n",
}


@pytest.mark.parametrize("text", WITHOUT.values(), ids=WITHOUT)
def test_a_file_without_objects_is_refused_unless_it_says_so(text: str) -> None:
    assert told(text) == [f"stacks/acme.yaml:1: {WAY_OUT}"]
    said = "empty: true\n" if text in ("{}\n", "---\n...\n") else text.replace("empty: false\n", "") + "empty: true\n"
    assert objects(said) == 0


def test_a_file_that_extends_an_emptied_one_is_refused() -> None:
    Path("stacks/shared.yaml").write_text("")
    assert told("extends: [shared.yaml]\naccount: {currency: USD}\n") == [f"stacks/acme.yaml:1: {WAY_OUT}"]


REQUIRED = {
    "conversion_types": "{slot: 1}",
    "postbacks": "{events: [payment]}",
    "landings": "{url: 'https://acme.test/'}",
    "campaigns": "{cost_model: CPC}",
    "ipn_connections": "{url: 'https://acme.test/ipn', domain_id: acme, passphrase: {secret: ipn}}",
}


@pytest.mark.parametrize("section", SECTIONS)
def test_any_section_makes_a_file_one_with_objects(section: str) -> None:
    assert f"stacks/acme.yaml:1: empty: {NOT_SO}1; take this line out" in told(
        f"empty: true\n{section}: {{a: {REQUIRED.get(section, '{}')}}}\n"
    )


def test_what_is_only_referred_to_is_an_object() -> None:
    """It is looked for in the account, and a file may hold nothing else."""
    assert objects("traffic_channels: {facebook: {existing: Facebook}}\n") == 1


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("traffic_channels: {a: {}, b: {}}\nempty: true\n", "stacks/acme.yaml:2"),
        ("extends: [shared.yaml]\n\nempty: true\n", "stacks/acme.yaml:3"),
    ],
)
def test_a_file_with_objects_cannot_say_that_it_has_none(text: str, where: str) -> None:
    assert told(text) == [f"{where}: empty: {NOT_SO}2; take this line out"]


def test_a_shared_file_says_so_for_itself_alone() -> None:
    """It would say so for stacks that nobody looked at, and of those that have objects it is not true."""
    Path("stacks/shared.yaml").write_text("empty: true\n")
    assert told("extends: [shared.yaml]\naccount: {currency: USD}\n") == [
        f"stacks/acme.yaml:1: {WAY_OUT} in stacks/acme.yaml as well: what it extends says it for itself alone"
    ]
    assert objects("extends: [shared.yaml]\ntraffic_channels: {a: {}}\n") == 1
    assert objects("extends: [shared.yaml]\nempty: true\n") == 0
    Path("stacks/between.yaml").write_text("extends: [shared.yaml]\n")
    assert "as well" in "".join(told("extends: [between.yaml]\n"))


def test_with_other_mistakes_only_what_does_not_follow_from_them_is_told() -> None:
    assert told("offres: {a: {}}\n") == ['stacks/acme.yaml:1: offres: unknown key; did you mean "offers"?']
    assert told("traffic_channels: {a: {ref_id: 7}}\n") == [
        'stacks/acme.yaml:1: traffic_channels.a.ref_id: must be text (got 7); write "7"'
    ]
    assert told("empty: maybe\n") == ["stacks/acme.yaml:1: empty: must be true or false (got 'maybe')"]
    assert told("adopt: [ofers]\n") == [
        f"stacks/acme.yaml:1: {WAY_OUT}",
        "stacks/acme.yaml:1: adopt[0]: there is no section 'ofers'; did you mean \"offers\"?",
    ]


def call(*arguments: str) -> Any:
    done = CliRunner().invoke(main, [*arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done


def test_validate_tells_it_and_the_way_out_works() -> None:
    Path("stacks/acme.yaml").write_text("# nothing\n")
    done = call("validate", "acme")
    assert (done.exit_code, done.stderr) == (1, f"stacks/acme.yaml:1: {WAY_OUT}\n")
    (row,) = for_machines(call("validate", "acme", "--json").stdout)["problems"]
    assert (row["file"], row["line"], row["message"]) == ("stacks/acme.yaml", 1, "declares no objects")
    Path("stacks/acme.yaml").write_text("empty: true\n")
    done = call("validate", "acme")
    assert (done.exit_code, done.stdout) == (0, "acme: 0 objects, no mistakes\n")


@pytest.mark.parametrize("verb", ["render", "links", "operator"])
def test_what_acts_on_the_file_refuses_it_too(verb: str) -> None:
    """`trackform operator` above all: it would lead a person through removing everything by hand."""
    Path("stacks/acme.yaml").write_text("account: {currency: USD}\n")
    done = call(verb, "acme")
    assert (done.exit_code, done.stderr) == (1, f"stacks/acme.yaml:1: {WAY_OUT}\n")


CONFLICT = """\
traffic_channels:
<<<<<<< HEAD
  facebook: {}
=======
  taboola: {}
>>>>>>> campaign/taboola
"""
HINT = "keep what is meant of both sides, and take the marker lines out"


def test_an_unfinished_merge_is_told_as_one() -> None:
    assert told(CONFLICT) == [f"stacks/acme.yaml:2: an unfinished merge: <<<<<<<; {HINT}"]
    assert told(CONFLICT.replace("=======", "||||||| 0b167ad\n=======")) == [
        f"stacks/acme.yaml:2: an unfinished merge: <<<<<<<; {HINT}"
    ]
    assert told(CONFLICT.replace("<<<<<<< HEAD\n", "") + "offers:\r\n<<<<<<< HEAD\r\n") == [
        f"stacks/acme.yaml:3: an unfinished merge: =======; {HINT}",
        f"stacks/acme.yaml:5: an unfinished merge: >>>>>>>; {HINT}",
        f"stacks/acme.yaml:7: an unfinished merge: <<<<<<<; {HINT}",
    ]
    assert objects(CONFLICT.replace("<", "# <").replace("=", "# =").replace(">", "# >")) == 2


def test_an_unfinished_merge_of_what_is_extended_or_of_the_policy_is_told_there() -> None:
    Path("stacks/shared.yaml").write_text(CONFLICT)
    assert told("extends: [shared.yaml]\n") == [f"stacks/shared.yaml:2: an unfinished merge: <<<<<<<; {HINT}"]
    Path("stacks/acme.yaml").write_text("traffic_channels: {a: {}}\n")
    Path("stacks/policy.yaml").write_text("<<<<<<< HEAD\nlimits: {}\n=======\n>>>>>>> x\n")
    done = call("validate", "acme")
    assert (done.exit_code, done.stderr) == (1, f"stacks/policy.yaml:1: an unfinished merge: <<<<<<<; {HINT}\n")
