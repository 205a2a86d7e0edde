"""Refusals of the program's own verdict: what the rules call an error, and a plan as a whole."""

import re
import shlex

from click.testing import CliRunner

from tests.scenarios.ways_out.registry import types_the_way_out_of
from tests.scenarios.ways_out.stack import Stack, permissions, quoted
from tests.trackform.review.conftest import DATA
from tests.trackform.review.test_plan import Engine
from trackform.cli import main
from trackform.policy import Policy
from trackform.review import plan as review_plan
from trackform.rules.gate import errors_of, refusal
from trackform_core.model.messages import plan_refused, read_message

FILE = """\
domains: {main: track.acme.test}
account: {currency: USD}
digistore24: {affiliate: acme, currency: USD}
offer_sources: {digistore24: {preset: digistore24}}
conversion_types: {initial_sale: {slot: 1, duplicates: by_event_id, forward: none}}
products: {keto: {id: 411530, billing: single}}
offers: {keto: {url: 'https://www.digistore24.com/redir/411530/acme'}}
postbacks:
  sales: {events: [payment], type: order_type, sum: commission}
  returns: {events: [refund, chargeback], type: order_type, sum: commission, event_id: '{transaction_id}-r'}
"""


def refusals(stack: Stack) -> dict[str, str]:
    """Rule -> what is said, first of each."""
    errors = reversed(errors_of("default", stack.composition(), Policy(), stack.folder))
    return {each.rule: read_message(refusal(each)).text for each in errors}


@types_the_way_out_of("rule")
def test_what_the_rules_call_an_error(stack: Stack) -> None:
    stack.write(FILE)
    said = refusals(stack)
    stack.met.add("rule")
    assert "offer-joiner" in said or "offer-clickid" in said, said
    for rule, text in said.items():
        (allowed,) = permissions(text)
        stack.monkeypatch.setenv("TRACKFORM_ALLOW", allowed)
        assert refusals(stack).keys() == said.keys() - {rule}
    stack.monkeypatch.setenv("TRACKFORM_ALLOW", ",".join(permissions(" ".join(said.values()))))
    assert refusals(stack) == {}
    stack.monkeypatch.delenv("TRACKFORM_ALLOW")
    stack.edit("/acme'", "/acme?cid={clickid}'")
    assert not {"offer-joiner", "offer-clickid"} & refusals(stack).keys()
    stack.solved.add("rule")


@types_the_way_out_of("plan-refused")
def test_what_else_a_refused_plan_would_do(stack: Stack) -> None:
    """It is shown by the command that the verdict names."""
    (text,) = re.findall(r"plan is refused.*", plan_refused(["a reason [limit]"]), re.DOTALL)
    stack.met.add("plan-refused")
    (command,) = quoted(text)
    engine = Engine(stack.folder)
    engine.answers("renamed")
    assert (DATA / "renamed.json").exists()
    stack.monkeypatch.setattr(review_plan, "binary", lambda: engine.path)
    (stack.folder / "Pulumi.yaml").write_text("name: trackform\n")
    (stack.folder / "stacks" / "demo.yaml").write_text("traffic_channels: {facebook: {}}\n")
    program, *words = shlex.split(command)
    assert program == "trackform"
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 1, done.output
    assert "demo: REFUSED, 1 to create, 1 to delete" in done.output
    stack.solved.add("plan-refused")
