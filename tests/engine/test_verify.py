"""`trackform verify` on an account that the real CLI set up."""

from typing import Any

import pytest

from tests.engine.project import Project

pytestmark = pytest.mark.engine


def verify(project: Project, *arguments: str) -> tuple[int, Any]:
    done = project.trackform("verify", "demo", "--json", *arguments)
    return done.status, done.json if done.stdout else done.stderr


def test_the_demo_account_is_counted_as_the_matrix_says(demo: Project) -> None:
    url = demo.sandbox.url
    status, told = verify(demo, "--sandbox", url)
    assert status == 0, told
    assert {cell["sequence"] for cell in told["cells"]} >= {"sale", "sale, upsell", "sale, refund", "test order"}
    assert all(cell["green"] for cell in told["cells"])

    # On the live account's terms: only reading, and everything that was just played is as declared.
    demo.sandbox.forget_requests()
    status, told = verify(demo)
    assert status == 0, told
    assert demo.sandbox.writes() == []
    assert any("initial_sale by sales" in text for text in told["as_declared"])

    # On every setting that can matter: where a cell is not green, the matrix said so, and nothing else can be proved.
    status, told = verify(demo, "--sandbox", url, "--every-setting")
    assert status == 0
    for cell in told["cells"]:
        assert cell["green"] or (cell["unproven"] and cell["reason"].startswith("as the matrix says")), cell
    assert not all(cell["green"] for cell in told["cells"])
    settings = {cell["settings"] for cell in told["cells"]}
    assert settings >= {"negative_sum=ignored", "return_ids=payments", "upsell_ids=shared", "rebill_type=rebill"}
    # The catalog says the sign of a return itself: what {amount_affiliate} has there is not asked for.
    assert not {each for each in settings if "refund_amount" in each}

    # Somebody switches a connection off: every cell with a return is red, and says what is missing.
    (returns,) = [row for row in demo.sandbox.rows("connection") if row["url"].endswith("tf.returns")]
    demo.sandbox.edit("connection", returns["id"], active=False)
    status, told = verify(demo, "--sandbox", url)
    assert status == 2
    red = {cell["sequence"]: cell["reason"] for cell in told["cells"] if not cell["green"]}
    assert "sale" not in red
    assert "not booked: refund" in red["sale, refund"]
