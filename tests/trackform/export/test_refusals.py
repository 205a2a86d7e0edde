"""Each reason for which an object, or a part of it, is not declared, and that each of them was met here."""

import ast
from typing import Any

import pytest

from tests.trackform.export.rows import POSTBACK, exported
from tests.trackform.reached import places, traced
from trackform.account_file.compose import SECTIONS
from trackform.account_file.references import entry_model
from trackform.export import build, fields

Changes = dict[str, Any]
SECOND: Changes = {"offers": [{}, {"id": "o2", "title": "second", "program_id": "gone"}]}

REFUSED: list[tuple[str, Changes, str]] = [
    (
        "connection without a marker",
        {"postbacks": {"url": "https://t.test/"}},
        (
            "postback connection 'https://t.test/' (p1): its URL has no marker sub20=tf.<name>, by which it could be "
            "recognised: add one in the web form"
        ),
    ),
    ("no title", {"landings": {"title": ""}}, "landing 'https://l.test/' (l1): it has no title, by which it could be "),
    (
        "secret in the title",
        {"landings": {"title": "https://user:canary-secret@l.test/"}},
        "landing 'whose title holds a secret' (l1): its title cannot be written down: it holds a secret",
    ),
    (
        "one marker twice",
        {"postbacks": [{}, {"id": "p2"}]},
        "(p2): several connections carry the marker tf.sales: change all but one in the web form",
    ),
    (
        "secret in a landing's url",
        {"landings": {"url": "https://user:canary-secret@l.test/"}},
        "landing 'quiz' (l1): its url is not written here: it holds a secret",
    ),
    (
        "secret in an offer's url",
        {"offers": [{}, {"id": "o2", "title": "second", "url": "https://u:canary-secret@x.test/"}]},
        "offer 'second' (o2): its url is not written here: it holds a secret",
    ),
    (
        "secret in a connection's url",
        {"postbacks": {"url": POSTBACK + "&password=canary-secret"}},
        "(p1): its url is not written here: it holds a secret",
    ),
    ("no product", {"postbacks": {"product_ids": []}}, "(p1): it covers no product"),
    (
        "no offer of a funnel is declared",
        {"funnels": [{}, {"id": "f2", "title": "empty", "offers": [{"id": "gone", "weight": 100}]}]},
        "funnel 'empty' (f2): none of its offers is declared here",
    ),
    ("a reference that is not there", SECOND, "offer 'second' (o2): its offer source gone is not declared here"),
    (
        "no reference at all",
        {"campaigns": {"source_id": ""}},
        "campaign 'fb-de' (c1): it has no traffic channel",
    ),
    (
        "a reference to what is refused",
        {"traffic_channels": {"title": ""}},
        "campaign 'fb-de' (c1): its traffic channel s1 is not declared here",
    ),
    (
        "the model refuses a key that is needed",
        {"funnels": [{}, {"id": "f2", "title": "odd", "offers": [{"id": "o1", "weight": -1}]}]},
        "funnel 'odd' (f2): offers.keto: must be greater than or equal to 0",
    ),
]

KEPT: list[tuple[str, Changes, str]] = [
    (
        "a funnel's member that is not declared",
        {"funnels": {"offers": [{"id": "o1", "weight": 60}, {"id": "gone", "weight": 40}]}},
        (
            "  # also holds offers that are not declared here: gone. They stay in it\n"
            "  keto: {leave: [offer_ids, offer_weights], offers: {keto: 60}}\n"
        ),
    ),
    (
        "a landing's domain that is not declared",
        {"landings": {"domain_id": "gone"}},
        "  # its tracking domain gone is not declared here. It stays as it is\n  quiz: {",
    ),
    (
        "a campaign's domain that is not declared",
        {"campaigns": {"domain_id": "gone"}},
        (
            "  # its tracking domain gone is not declared here. It stays as it is\n"
            "  fb-de: {channel: facebook, funnel: keto, domain: none}\n"
        ),
    ),
    (
        "a campaign without a domain",
        {"campaigns": {"domain_id": ""}},
        "fb-de: {channel: facebook, funnel: keto, domain: none}",
    ),
    (
        "a campaign without a funnel",
        {"campaigns": {"streams": []}},
        "  # it has no funnel\n  fb-de: {channel: facebook, funnel: embedded}\n",
    ),
    (
        "the model refuses a key that is not needed",
        {"traffic_channels": {"subs": [{"value": 7}]}},
        "  # subs is not declared: must be text (got 7). It stays as it is\n  facebook: {}\n",
    ),
    (
        "a currency that is none",
        {"traffic_channels": {"currency": "XAU"}},
        "such as USD: XAU is the code of none (got 'XAU'). It stays as it is\n",
    ),
    (
        "a token",
        {"postbacks": {"url": POSTBACK + "&ptoken=canary-secret"}},
        "  # token is a secret: `token: {secret: NAME}` names it. It stays as it is\n",
    ),
    (
        "a secret of an offer source",
        {"offer_sources": {"postback_token": "canary-secret"}},
        (
            "  # postback_token is a secret: `pulumi config set --secret trackform:NAME`, then `postback_token: "
            "{secret: NAME}`. It stays as it is\n"
        ),
    ),
    (
        "a secret that no file can name",
        {"domains": {"ssl": {"certificate": "canary-secret"}}},
        "  # ssl is a secret and is not exported: RedTrack keeps it as it is\n",
    ),
    (
        "a text that cannot be written",
        {"offers": {"notes": "\ud800"}},
        "  # notes is not written here: it is not valid Unicode. It stays as it is\n",
    ),
    (
        "a further field that cannot be written",
        {"campaigns": {"coupon": float("inf")}},
        "  # coupon is not written here: it is no number. It stays as it is\n",
    ),
    (
        "a funnel's member that is there twice",
        {"funnels": {"offers": [{"id": "o1", "weight": 30}, {"id": "o1", "weight": 40}]}},
        (
            "  # holds several of its offers more than once: keto. They stay as they are\n"
            "  keto: {leave: [offer_ids, offer_weights], offers: {keto: 70}}\n"
        ),
    ),
    (
        "a funnel that is there twice",
        {"campaigns": {"streams": [{"id": "f1", "weight": 30}, {"id": "f1", "weight": 40}]}},
        "  # it holds a funnel more than once, which stays as it is; with --split, another account gets a saved one\n",
    ),
    (
        "an embedded funnel",
        {"campaigns": {"streams": [{"id": "e1", "weight": 100, "stream": {"offers": [{"id": "o1", "weight": 7}]}}]}},
        (
            "  # its funnel lives only inside the campaign, where the public API cannot edit it, and stays as it is; "
            "with --split, another account gets a saved one\n"
        ),
    ),
    (
        "an embedded funnel whose offer is not declared",
        {"campaigns": {"streams": [{"id": "e1", "weight": 100, "stream": {"offers": [{"id": "o9", "weight": 7}]}}]}},
        "and stays as it is; with --split, another account does not get it\n",
    ),
    (
        "a switch that the service does not tell",
        {"domains": {"type": None}},
        "domains:\n  main: {url: track.acme.test, leave: [type]}\n",
    ),
    (
        "a URL that no template makes",
        {"postbacks": {"url": POSTBACK.replace("&sub1={product_id}", "&sub9=else")}},
        "  # its URL is not one that the template makes\n",
    ),
]


@pytest.mark.parametrize(("changes", "line"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_refused_says_why(changes: Changes, line: str) -> None:
    found, text = exported(changes)
    assert line in text
    assert "canary" not in text
    refused = {(draft.section, draft.name) for draft in found.drafts.entries if draft.refused}
    assert refused
    assert all(name not in found.data.get(section, {}) for section, name in refused)


@pytest.mark.parametrize(("changes", "line"), [case[1:] for case in KEPT], ids=[case[0] for case in KEPT])
def test_what_stays_as_it_is_is_said(changes: Changes, line: str) -> None:
    found, text = exported(changes)
    assert line in text
    assert "canary" not in text
    assert not [draft for draft in found.drafts.entries if draft.refused]


def test_an_account_that_can_be_declared_has_no_remark() -> None:
    _, text = exported()
    assert "not declared" not in text
    assert "stays as it is" not in text.partition("adopt: true")[2]


def test_what_the_account_file_says_in_its_own_words() -> None:
    parts = ("ids", "weights", "filters")
    weighted = {f"{one}_{part}" for one in ("offer", "landing", "prelanding") for part in parts}
    assert {section: fields.composed(section) for section in SECTIONS if fields.composed(section)} == {
        "domains": {"url"},
        "conversion_types": {"name"},
        "offers": {"url", "offer_source_id", "script_id"},
        "postbacks": {"name", "url", "token", "product_ids", "error_emails"},
        "landings": {"domain_id"},
        "funnels": {"template", *weighted},
        "campaigns": {"channel_id", "domain_id", "funnel_ids", "funnel_weights", "funnel_optimizations"},
        "scripts": {"name", "campaign_id", "domain_id"},
        "ipn_connections": {"name", "product_ids", "sha_passphrase"},
    }


def test_every_field_can_be_said() -> None:
    """By a key of its entry, in the file's own words, or as a secret that a remark names."""
    for section, kind in SECTIONS.items():
        if kind.has_listing:
            told = {*fields.composed(section), *kind.secret, *entry_model(section).model_fields}
            assert set(kind.fields) - told <= {"title"}, section


def gives_a_reason(node: ast.stmt) -> bool:
    """Refuses a draft, or notes down what of it is not declared."""
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]).endswith(".refused")
    if isinstance(node, ast.Return):
        return isinstance(node.value, ast.JoinedStr | ast.IfExp) and "it" in ast.unparse(node.value)[:8]
    return isinstance(node, ast.Expr) and ".notes.append(" in ast.unparse(node)


def test_every_reason_was_given() -> None:
    modules = (build, fields)
    with traced(modules) as reached:
        for _, changes, _ in (*REFUSED, *KEPT):
            exported(changes)
    known = {place: said for module in modules for place, said in places(module, gives_a_reason).items()}
    assert len(known) >= 20, "or the search for them finds nothing"
    assert {place: said for place, said in known.items() if place not in reached} == {}


TWO = [{}, {"id": "d2", "url": "go.acme.test"}]
OTHER = POSTBACK.replace("track.acme.test", "go.acme.test")


@pytest.mark.parametrize(
    ("changes", "main"),
    [
        ({"domains": TWO}, "track.acme.test"),
        ({"domains": TWO, "campaigns": {"domain_id": None}}, "track.acme.test"),
        ({"domains": TWO, "postbacks": {"url": OTHER}}, "go.acme.test"),
        (
            {
                "domains": TWO,
                "campaigns": {"domain_id": None},
                "postbacks": [{"url": OTHER}, {"id": "p2", "url": "https://track.acme.test/"}],
            },
            "go.acme.test",
        ),
        ({"domains": TWO, "campaigns": {"domain_id": "d2"}, "postbacks": {"url": OTHER}}, "go.acme.test"),
    ],
)
def test_the_domain_most_in_use_is_the_main_one(changes: Changes, main: str) -> None:
    """By campaigns and by connections; one that cannot be declared does not count, and at a draw the name does."""
    found, _ = exported(changes)
    assert found.data["domains"]["main"]["url"] == main
    assert {one["url"] for one in found.data["domains"].values()} == {"track.acme.test", "go.acme.test"}


def test_a_campaign_over_no_domain_says_so() -> None:
    found, text = exported({"campaigns": {"domain_id": None}})
    assert found.data["campaigns"]["fb-de"]["domain"] == "none"
    assert "tracking domain" not in text


def test_what_is_left_alone_already_stays_so() -> None:
    """A field that is not told, and members that are not declared: both are left alone."""
    members = [{"id": "o1", "weight": 60}, {"id": "gone", "weight": 40}]
    landings = [{"id": "l1", "weight": 60}, {"id": "gone", "weight": 40}]
    found, _ = exported({"funnels": {"offers": members, "landings": landings}})
    assert found.data["funnels"]["keto"]["leave"] == ["landing_ids", "landing_weights", "offer_ids", "offer_weights"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("short", "short"), ("twenty letters in it", "twenty letters in it"),
        ("a sentence of several words", "a sentence of..."),
        ("x" * 30, "x" * 17 + "..."), ("a " + "x" * 30, "a " + "x" * 15 + "..."),
    ],
)  # fmt: skip
def test_a_remark_is_cut_between_words(text: str, said: str) -> None:
    assert fields.shown(text, 20) == said
