"""Ways out that only the real CLI can try: each command is read from the message and typed."""

import re
import shlex

import pytest

from tests.engine.project import Project

pytestmark = pytest.mark.engine


def test_a_key_that_is_in_no_variable_any_more(demo: Project) -> None:
    """It was in the environment when the stack was set up, so the state, which a refresh reads with, has none."""
    none: dict[str, str | None] = {"REDTRACK_API_KEY": None}
    refused = demo.up(env=none)
    assert refused.status != 0
    commands = dict.fromkeys(re.findall(r"`pulumi ([^`]+)`", refused.told))
    assert commands
    for command in commands:
        words = shlex.split(command)
        more = [demo.sandbox.keys.redtrack] if words[:2] == ["config", "set"] else ["--yes", "--skip-preview"]
        demo.ok(*words, *more, env=none)
    demo.ok("preview", "--expect-no-changes", env=none)


def test_a_variable_that_is_not_set(demo: Project) -> None:
    refused = demo.up(env={"REDTRACK_API_KEY": None})
    (variable,) = set(re.findall(r"no API key: set (\w+)", refused.told))
    demo.up_ok(env={"REDTRACK_API_KEY": None, variable: demo.sandbox.keys.redtrack})
