"""An account that is judged again with edits made: what the edits leave as it was is not made again."""

from pathlib import Path

import pytest

from tests.trackform.flow.test_account import counted
from tools.bench.shapes import SHAPES
from trackform.account_file import compose as composing
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.rules import check


def test_each_url_is_rendered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(SHAPES["mistakes in connections"](48))
    rendered = counted(monkeypatch, composing, "render")
    account = compose(read_account(file))
    first = len(rendered)
    findings = check([("acme", account)])
    assert [each for each in findings if each.edits]
    calls = [(template, repr(sorted(variables.items()))) for template, variables, _ in rendered]
    assert len(set(calls)) == len(calls)
    assert first < len(calls) < 2 * first, "only what an edit changes"
