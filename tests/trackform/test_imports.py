"""What a process of ours must not load: most of the time of a short run is its imports."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pulumi.runtime import rpc

from trackform.cli import VERBS
from trackform.resources import RESOURCES
from trackform_core.model.pulumi_names import UNKNOWN, resource_type

ROOT = Path(__file__).parents[2]
SDK = {"pulumi", "grpc", "opentelemetry"}
TERMINAL = {"click", "rich", "pygments"}
SERVERS = {"flask", "waitress", "werkzeug"}


def loaded(statement: str, environment: Mapping[str, str] | None = None) -> tuple[set[str], list[str]]:
    """The top-level names of the modules that a new process has loaded at its end, and what it printed."""
    at_the_end = "import atexit, sys; atexit.register(lambda: print(*sys.modules)); "
    done = subprocess.run(
        [sys.executable, "-c", at_the_end + statement], env={**os.environ, **(environment or {})},
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    *printed, names = done.stdout.splitlines()
    return {name.partition(".")[0] for name in names.split()}, printed


def test_the_plugin_loads_no_terminal_and_no_account_file() -> None:
    """Pulumi unpickles a provider, and that loads its module."""
    found, _ = loaded(
        "import pulumi.dynamic, trackform_core.account; from trackform_core.model.vendors import kinds; kinds()"
    )
    assert not found & (TERMINAL | SERVERS | {"trackform", "jinja2"})


def test_the_program_loads_no_terminal() -> None:
    assert not loaded("import pulumi, trackform.program")[0] & (TERMINAL | SERVERS)


def test_no_verb_loads_pulumis_sdk_or_a_server() -> None:
    modules = ", ".join(f"trackform.commands.{verb}" for verb in VERBS)
    assert not loaded(f"import {modules}")[0] & (SDK | SERVERS)


def test_verbs_that_print_plainly_load_no_rich() -> None:
    names = ("links", "validate", "render", "schema", "export", "accept")
    modules = ", ".join(f"trackform.commands.{name}" for name in names)
    assert not loaded(f"import {modules}")[0] & {"rich", "pygments"}


def test_help_and_the_completion_of_verbs_load_no_verb() -> None:
    heavy = SDK | SERVERS | {"pydantic", "httpx", "yaml", "jinja2", "rich"}
    main = "from trackform.cli import main; main(['--help'], 'trackform')"
    names, printed = loaded(main)
    assert not names & heavy
    assert {line.split()[0] for line in printed if line.startswith("  ")} >= VERBS.keys()
    shell = {"_TRACKFORM_COMPLETE": "bash_complete", "COMP_WORDS": "trackform re", "COMP_CWORD": "1"}
    names, printed = loaded(main, shell)
    assert not names & heavy
    assert printed == ["plain,reconcile", "plain,render", "plain,review"]


def test_what_pulumi_calls_our_things_is_what_we_say() -> None:
    assert rpc.UNKNOWN == UNKNOWN
    for each in RESOURCES:
        assert resource_type(each.provider.kind) == f"pulumi-python:{getattr(each, '_resource_type_name', '')}"
