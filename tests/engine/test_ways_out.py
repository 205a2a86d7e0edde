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


def test_a_key_that_stands_in_the_clear(demo: Project) -> None:
    line = "config:\n  trackform:redtrackApiKey: canary-in-the-clear\n"
    demo.config_file.write_text(demo.config_file.read_text().replace("config:\n", line, 1))
    refused = demo.preview()
    assert refused.status != 0
    assert "stands in the clear" in refused.told
    removed, added = (shlex.split(command) for command in re.findall(r"`pulumi (config [^`]+)`", refused.told))
    demo.ok(*removed)
    demo.ok(*added, demo.sandbox.keys.redtrack)
    demo.ok("preview", "--expect-no-changes")
