"""Mistakes in the account file, and keys where they do not belong: told before anything is touched."""

import json
import re

import pytest

from tests.engine.project import Project

pytestmark = pytest.mark.engine

MISTAKEN = """\
extends: [shared/digistore24.yaml]
domains: {main: track.acme.test}
traffic_channels:
  facebook: {preset: facebok}
digistore24: {affiliate: acme, curency: USD}
offers:
  keto-guide: {countries: [DE, AT]}
  keto: {title: keto-guide, product: keto-guide}
  second: {product: keto-giude, status: on}
  third: {product: keto-guide, template: broken.j2}
funnels:
  keto: {offers: {keto-gide: 100}}
  more: {offers: {keto-guide: many}}
campaigns:
  fb: {channel: facebok, funnel: keto, cpc: 0.1, cpc: 0.2}
"""


def test_every_mistake_is_told_at_once_with_its_line(project: Project) -> None:
    project.write(MISTAKEN)
    folder = project.folder / "templates"
    source = folder.resolve()
    folder.unlink()
    folder.mkdir()
    for each in source.iterdir():
        (folder / each.name).symlink_to(each)
    (folder / "broken.j2").write_text("{{ promolink }}?sub={{ sid9 }}")
    refused = project.up()
    assert refused.status != 0
    assert "Traceback" not in refused.text
    for line, words in (
        (4, "there is no preset 'facebok'; did you mean \"facebook\"?"),
        (5, 'unknown key; did you mean "currency"?'),
        (8, "has the same title (keto-guide) as keto-guide at "),
        (9, "products has no 'keto-giude'; did you mean \"keto-guide\"?"),
        (9, "'on' is not one of active, paused"),
        (10, "sid9 is not defined (templates/broken.j2)"),
        (12, "offers has no 'keto-gide'; did you mean \"keto-guide\"?"),
        (13, "(got 'many')"),
        (15, "traffic_channels has no 'facebok'; did you mean \"facebook\"?"),
        (15, "written twice in line 15"),
    ):
        assert re.search(rf"stacks/demo\.yaml:{line}: .*{re.escape(words)}", refused.told), (line, refused.told)
    assert "10 mistakes in the account file" in refused.told
    assert project.sandbox.requests() == []
    assert project.state() == {}


def test_a_key_in_the_clear_is_refused(project: Project) -> None:
    for name in ("redtrackApiKey", "digistore24ApiKey", "bridgeKey"):
        clear = "a-key-that-somebody-pasted"
        text = project.config_file.read_text()
        project.config_file.write_text(text.replace("config:\n", f"config:\n  trackform:{name}: {clear}\n"))
        refused = project.preview()
        assert refused.status != 0
        assert f"pulumi config set --secret trackform:{name}" in refused.told
        assert clear not in refused.text
        assert "Traceback" not in refused.text
        project.config_file.write_text(text)
    assert project.sandbox.requests() == []


def test_no_key_and_no_token_is_ever_shown(project: Project) -> None:
    """Keys as config secrets, a protection token as another: not in the output, not in the clear in the state."""
    sandbox = project.sandbox
    token = "canary-of-the-protection-token"
    canaries = [sandbox.keys.redtrack, sandbox.keys.digistore24, sandbox.keys.bridge, token]
    without_keys: dict[str, str | None] = dict.fromkeys(
        ("REDTRACK_API_KEY", "DIGISTORE24_API_KEY", "TRACKFORM_BRIDGE_KEY")
    )
    keys = sandbox.keys
    project.secrets(
        redtrackApiKey=keys.redtrack, digistore24ApiKey=keys.digistore24, bridgeKey=keys.bridge, postbackToken=token
    )
    secret = "{secret: postbackToken}"
    project.edit("{preset: digistore24,", f"{{preset: digistore24, postback_token: {secret}, postback_protected: true,",
                 "shared/digistore24.yaml")  # fmt: skip
    for connection in ("sales", "billing"):
        project.edit(f"{connection}: {{events", f"{connection}: {{token: {secret}, events", "shared/digistore24.yaml")
    project.edit("returns:\n", f"returns:\n    token: {secret}\n", "shared/digistore24.yaml")

    said = [project.preview("--diff", env=without_keys), project.up_ok("--show-full-output", env=without_keys)]
    assert sandbox.row("network", title="digistore24")["postback_token"] == token
    (sales,) = (row for row in sandbox.rows("connection") if "sub20=tf.sales" in row["url"])
    assert sales["url"].endswith(f"&ptoken={token}")
    said.append(project.ok("preview", "--expect-no-changes", env=without_keys))

    network = sandbox.row("network", title="digistore24")
    sandbox.edit("network", network["id"], postback_token="canary-of-somebody-else", sum="{x}")
    sandbox.edit("connection", sales["id"], url=sales["url"].replace(token, "canary-of-somebody-else"))
    canaries.append("canary-of-somebody-else")
    said += [
        project.preview("--diff", env=without_keys),
        project.preview("--json", env=without_keys),
        project.run("stack", "export"),
        project.run("stack", "output", "--json"),
        project.up_ok("--show-full-output", env=without_keys),
    ]
    assert sandbox.row("network", title="digistore24")["postback_token"] == token
    sandbox.control("POST", "/keys/revoke", json={"key": sandbox.keys.redtrack})
    said.append(project.preview(env=without_keys))
    assert said[-1].status != 0
    assert "the config secret trackform:redtrackApiKey" in said[-1].told
    kept = project.state_text()
    for canary in canaries:
        assert canary not in kept
        for result in said:
            assert canary not in result.text, json.dumps(result.text.splitlines()[:40])
    assert "Traceback" not in "".join(result.text for result in said)
