"""Each page's commands, typed in their order by somebody who has come to the end of docs/getting-started.md."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.applied import SetUps
from tests.engine.project import REPOSITORY
from tests.engine.reader import STACK, Line, Reader, lines
from trackform.init.project_files import later

pytestmark = pytest.mark.engine

EDIT = "trackform sandbox edit --url http://127.0.0.1:8650"
SALE = "trackform sandbox play --url http://127.0.0.1:8650 fb-keto-de sale:411530 refund:411530"
CHECK = (
    "sed -i 's/^traffic_channels:/&\\n  check: {}/; s/^campaigns:/&\\n  check: {channel: check, funnel: keto}/' "
    "stacks/acme.yaml && pulumi up"
)
LOST = "pulumi stack rm acme --yes --force --preserve-config && sed -i '1i adopt: true' stacks/acme.yaml"
NOBODY_CONFIRMED = "git rm -q stacks/acme.ledger.yaml && git commit -qm 'Nobody confirmed anything'"
PAUSED = "sed -i 's/cpc: 0.25/&, status: paused/' stacks/acme.yaml && git commit -qam 'Pause it'"

ELSEWHERE = {
    "op run --env-file=acme.op -- trackform doctor acme": "tests/scenarios/test_keys_from_elsewhere.py",
    'export REDTRACK_API_KEY__ACME="$(vault kv get -field=redtrack secret/trackform/acme)"': "the same",
    'export DIGISTORE24_API_KEY__ACME="$(vault kv get -field=digistore24 secret/trackform/acme)"': "the same",
    "trackform doctor acme": "the same",
    "pulumi env run acme/trackform/keys -- trackform doctor acme": "the same",
    "TRACKFORM_BRIDGE_KEY=… .venv/bin/pytest tests/contract/test_bridge.py --bridge-url https://bridge.example.com "
    "--redtrack-user 64f0… --digistore24-account 123456": "tests/contract",
    "trackform verify acme --sandbox URL --every-setting": "tests/engine/test_verify.py",
}
"""Lines of these pages that another test types, or runs."""

PAGES: dict[str, list[Line]] = {
    "accept.md": [
        Line(
            "trackform accept", "fbclid -> theirs", answer="y",
            before=f"{EDIT} traffic_channel facebook ref_id_alias=theirs",
        ),
        Line(
            "trackform accept offers/keto-guide", "Written: stacks/acme.yaml",
            before=f"{EDIT} offer keto-guide 'countries=[\"DE\"]'",
        ),
        Line(
            "trackform accept campaigns/fb-keto-de.cpc", "0.25 -> 0.4", before=f"{EDIT} campaign fb-keto-de cpc=0.4"
        ),
        Line("pulumi preview --json --show-sames > preview.json"),
        Line("trackform accept --preview preview.json", "nothing to accept"),
    ],
    "bridge.md": [
        Line("pulumi config set trackform:bridgeUrl https://bridge.example.com"),
        Line("export TRACKFORM_BRIDGE_KEY=…"),
        Line("pulumi up --run-program", "unchanged"),
    ],
    "keys.md": [
        Line(
            "pulumi config set --secret trackform:digistore24ApiKey", answer="KEY OF DIGISTORE24",
        ),
        Line("pulumi up --run-program", "unchanged", before="unset DIGISTORE24_API_KEY"),
        Line("pulumi config set trackform:bridgeUrl https://bridge.example.com"),
        Line("pulumi up --run-program", "unchanged"),
    ],
    "probe.md": [
        Line("trackform probe acme", "settings are answered", before=SALE),
        Line("trackform probe --all --days 180", "settings are answered"),
        Line("trackform probe --all --save", "is a sandbox on this machine"),
        Line("trackform probe acme --write", more="--yes"),
    ],
    "recipes.md": [
        Line("trackform validate acme", "no mistakes", before=PAUSED),
        Line("trackform review acme", "status: nothing → paused", status=2),
        Line("trackform review acme --apply <digest>", "applied what was reviewed"),
        Line(
            "trackform accept offers/keto-guide", "Written: stacks/acme.yaml",
            before=f"{EDIT} offer keto-guide 'countries=[\"DE\"]'",
        ),
        Line("git revert --no-edit HEAD", before="git checkout -q stacks/acme.yaml"),
        Line("trackform review acme", status=3),
        Line("trackform export acme --out before.yaml"),
    ],
    "recordings.md": [
        Line("trackform probe acme --record acme.json"),
        Line("trackform sandbox check acme.json", "no differences"),
        Line("trackform sandbox check acme.json --set empty_list=array", "switch: empty_list"),
    ],
    "reconcile.md": [
        Line("trackform reconcile acme", "nothing is wrong", before=SALE),
        Line("trackform reconcile acme --days 30", "nothing is wrong"),
        Line("trackform reconcile acme --from 2026-11-01 --to 2026-11-07 --csv november.csv"),
        Line("trackform reconcile acme --csv november.csv --csv-locale de", "nothing is wrong"),
        Line("trackform reconcile --all --json", '"findings": []'),
    ],
    "review.md": [
        Line(
            "trackform review acme", "1 to update", status=2,
            before="sed -i 's/{countries: .*}/{countries: [DE]}/' stacks/acme.yaml",
        ),
        Line("trackform review acme --base origin/main --markdown", "### Updated (1)", status=2),
        Line("trackform review acme --write review.html --write review.json", "1 to update", status=2),
        Line("pulumi preview --json --show-sames --refresh | trackform review acme --preview -", "1 DANGER", status=2),
        Line("trackform review acme --apply <digest>", "applied what was reviewed"),
    ],
    "state.md": [Line("pulumi stack init acme", before=LOST), Line("pulumi up", "18 created")],
    "status.md": [
        Line("trackform status", "what the services show is as the file says"),
        Line("trackform status --all", "no operator step is open"),
    ],
    "verify.md": [
        Line("trackform validate acme --matrix"),
        Line("trackform verify acme --sandbox http://127.0.0.1:8650"),
        Line("trackform verify acme --days 30"),
        Line("trackform verify acme --clicks check", before=CHECK, more="--tracking-url http://127.0.0.1:8650/t"),
    ],
}  # fmt: skip

OPERATOR = [
    Line("trackform operator acme", "is confirmed, by", status=4, before=NOBODY_CONFIRMED, answer="c\\nq"),
    Line("trackform operator acme --list", status=4),
    Line("trackform operator acme --json", status=4),
    Line("trackform operator acme --confirm postbacks/sales --confirm 'conversion_types/*'", status=4),
    Line("trackform operator acme --undo postbacks/sales", status=4),
    Line("trackform operator acme --destroy", "Nothing is open in acme"),
    Line("trackform operator --all", status=4, answer="q"),
    Line("trackform operator acme --live", status=4, answer="q"),
    Line("trackform operator acme --html steps.html", status=4),
    Line("trackform operator acme --evidence"),
]
DESTROY = [
    Line("trackform sandbox enter acme --destroy", "postbacks/sales: removed"),
    Line("trackform operator acme --destroy --confirm '*'", "Nothing is open in acme"),
    Line("pulumi destroy", "deleted"),
    Line("pulumi stack rm acme --preserve-config"),
    Line("pulumi stack init acme"),
]
LATER = [
    Line("pulumi preview", "unchanged"),
    Line("export PULUMI_OPTION_DIFF=true"),
    Line("trackform accept --stack acme", "nothing to accept"),
    Line("trackform reconcile acme"),
    Line("trackform init"),
    Line("trackform upgrade"),
]


@pytest.fixture
def reader(set_ups: SetUps, tmp_path: Path) -> Iterator[Reader]:
    found = Reader(set_ups, tmp_path / "project")
    yield found
    found.sandbox.close()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_typed(page: str, reader: Reader) -> None:
    script = PAGES[page]
    said = lines((REPOSITORY / "docs" / page).read_text(encoding="utf-8"))
    assert [line.typed for line in script] == [line for line in said if line not in ELSEWHERE]
    reader.types(script)


def test_each_call_of_the_operator_can_be_typed(reader: Reader) -> None:
    """They stand in a table, whose rows go on from one another."""
    page = (REPOSITORY / "docs" / "operator.md").read_text(encoding="utf-8")
    assert [line.typed for line in OPERATOR] == re.findall(r"^\| `(trackform operator [^`]*)` \|", page, re.MULTILINE)
    reader.types(OPERATOR)


def test_a_destroy_can_be_practised(reader: Reader) -> None:
    """And again after it: the stack's settings go on naming the sandbox."""
    page = (REPOSITORY / "docs" / "operator.md").read_text(encoding="utf-8")
    assert [line.typed for line in DESTROY] == lines(page)
    reader.types(
        [*DESTROY, Line("pulumi up", "created"), Line("trackform sandbox enter acme", "postbacks/sales: entered")]
    )


def test_what_the_readme_of_a_project_says_can_be_typed_later(reader: Reader) -> None:
    """What it says before that, tests/scenarios/test_installed.py types as `init` prints it."""
    assert [line.typed for line in LATER] == [line for line, _ in later(STACK)]
    reader.types(LATER)
