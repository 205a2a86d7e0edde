"""docs/adopt-and-export.md is true: every command of it, in order, on an account that somebody made by hand."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.project import LONGEST_S, REPOSITORY, Project
from tests.engine.served import Keys, Served
from trackform.init.project_files import adopted, environment

pytestmark = pytest.mark.engine

STORY = (REPOSITORY / "docs/adopt-and-export.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", STORY, re.DOTALL | re.MULTILINE)
(TWIN,) = re.findall(r"^```yaml\n(.*?)^```", STORY, re.DOTALL | re.MULTILINE)
LINK = "https://www.digistore24.com/redir/411530/acme?cid={clickid}"
URL = "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&type={order_type}"


@pytest.fixture
def accounts(sandbox: Served) -> Iterator[tuple[Served, Served]]:
    """A living account, and an empty one."""
    other = sandbox.with_keys(Keys())
    yield sandbox, other
    other.http.close()


def make(sandbox: Served, kind: str, **fields: Any) -> str:
    return str(sandbox.edit(kind, **fields)["id"])


def by_hand(sandbox: Served) -> None:
    domain = make(sandbox, "domain", url="track.acme.test")
    make(sandbox, "conversion_type", slot=1, name="initial_sale", duplicates="by_event_id")
    source = {"clickid": "{cid}", "sum": "{amount_affiliate}", "currency": "EUR", "postback_token": "canary-secret"}
    network = make(sandbox, "network", title="Digistore24", **source)
    channel = make(sandbox, "source", title="FB: DE / AT", ref_id_alias="fbclid")
    offers = [make(sandbox, "offer", title=f"Größe {at}", url=LINK, program_id=network) for at in (1, 2)]
    landing = make(sandbox, "landing", title="Advertorial", url="https://l.test/a", type="l")
    members = [{"id": offer, "weight": 50} for offer in offers]
    pages = [{"id": landing, "weight": 100}]
    funnel = make(sandbox, "stream", title="keto", template=True, offers=members, landings=pages)
    held = [{"id": funnel, "weight": 100}]
    make(sandbox, "campaign", title="fb-keto-de", source_id=channel, domain_id=domain, streams=held, cpc=0.25)
    inside = [{"id": make(sandbox, "stream", title="x", template=False, offers=members), "weight": 100}]
    make(sandbox, "campaign", title="fb-keto-at", source_id=channel, domain_id=domain, streams=inside)
    url = f"{URL}&rdtk_event_id={{transaction_id}}&sub20=tf.sales&ptoken=canary-secret"
    what = {"product_ids": ["411530"], "events": ["payment"], "currency": "EUR", "error_emails": ["ops@acme.test"]}
    make(sandbox, "connection", url=url, **what)


def run(project: Project, block: str, other: Served, status: int = 0) -> str:
    """A block of the page, as it stands there."""
    mine = {
        "REDTRACK_API_KEY__ZETA": other.keys.redtrack,
        "DIGISTORE24_API_KEY__ZETA": other.keys.digistore24,
        **{f"GIT_{who}_{what}": "ops@acme.test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block], cwd=project.folder, env={**project.environment, **mine},
        capture_output=True, text=True, timeout=LONGEST_S, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == status, f"{block}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout


def test_the_whole_story(tmp_path: Path, accounts: tuple[Served, Served], blank: Path) -> None:
    living, other = accounts
    project = Project(tmp_path / "project", living, blank=blank)
    (project.stacks / "shared/digistore24.yaml").unlink()
    settings = project.config_file.read_text()
    for stack in ("acme", "zeta"):
        (project.stacks / f"Pulumi.{stack}.yaml").write_text(settings)
    subprocess.run(["git", "init", "-q"], cwd=project.folder, check=True)
    by_hand(living)
    living.forget_requests()

    export, adopt, again, unmanaged, twin, exported = BLOCKS
    run(project, export, other)
    run(project, adopt, other)
    run(project, again, other)
    assert living.writes() == []
    assert "canary-secret" not in "".join(path.read_text() for path in project.stacks.rglob("*.yaml"))
    assert "canary-secret" not in project.state_text()

    make(living, "source", title="stranger")
    assert "traffic_channels/stranger" in run(project, unmanaged, other, status=2)

    (project.stacks / "zeta.yaml").write_text(TWIN)
    run(project, twin, other)
    assert sorted(row["title"] for row in other.rows("campaign")) == ["fb-keto-at", "fb-keto-de"]
    assert sorted(row["title"] for row in other.rows("stream")) == ["fb-keto-at", "keto"]
    run(project, exported, other)


def test_what_init_prints_after_an_export_can_be_typed(
    tmp_path: Path, accounts: tuple[Served, Served], blank: Path
) -> None:
    """But for the lines of the environment, which tests/scenarios/test_installed.py types."""
    living, other = accounts
    project = Project(tmp_path / "project", living, blank=blank)
    (project.stacks / "acme.yaml").unlink(missing_ok=True)
    settings = project.config_file.read_text()
    (project.stacks / "Pulumi.acme.yaml").write_text(re.sub(r"  trackform:bridgeUrl.*\n", "", settings))
    by_hand(living)
    living.forget_requests()

    told = run(project, "trackform init acme --from-account", other)
    printed = [line.strip() for line in told.splitlines() if line.startswith("  ")]
    assert printed[len(environment()) :] == adopted("acme")
    assert [line.partition(" setup")[0] for line in printed[:1]] + printed[1:3] == ["trackform", *environment()[1:]]
    *typed, validate = adopted("acme")
    answers = "export PULUMI_SKIP_CONFIRMATIONS=true PULUMI_OPTION_SKIP_PREVIEW=true\n"
    run(project, answers + "\n".join(typed), other)
    assert living.writes() == []
    assert "2 errors" in run(project, validate, other, status=2)
