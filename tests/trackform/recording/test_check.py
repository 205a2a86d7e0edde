"""`trackform sandbox check`: what differs from a recording is told. The switches are tried with the probe."""

import json
import random
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tests.trackform.probe.stage import ProbeStage
from tests.trackform.recording.mangle import mangled
from trackform.cli import main

FILE = Path("recording.json")


def check(*arguments: str) -> Result:
    done = CliRunner().invoke(main, ["sandbox", "check", str(FILE), *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def recorded(stage: ProbeStage) -> Any:
    stage.probe("--record", str(FILE))
    return json.loads(FILE.read_text(encoding="utf-8"))


def test_without_strict_a_difference_is_no_failure(stage: ProbeStage) -> None:
    stage.switch(empty_list="array")
    stage.declare()
    recorded(stage)
    done = check()
    assert done.exit_code == 0
    assert "switch: empty_list: recorded array, the sandbox null" in done.output
    assert check("--strict", "--set", "empty_list=array").exit_code == 0


def change(document: Any, path: str, **changes: Any) -> None:
    """Change every recorded exchange of a path."""
    touched = [exchange for exchange in document["exchanges"] if exchange["path"] == path]
    assert touched
    for exchange in touched:
        exchange.update(changes)
    FILE.write_text(json.dumps(document), encoding="utf-8")


def test_another_status_is_told(stage: ProbeStage) -> None:
    stage.declare()
    change(recorded(stage), "me/settings", status=202, key="own")
    assert "status: GET me/settings: recorded 202, the sandbox 200" in check().output


def test_another_media_type_is_told(stage: ProbeStage) -> None:
    stage.declare()
    change(recorded(stage), "conversions", headers={"content-type": "text/html"})
    said = "header: GET conversions, content-type: recorded text/html, the sandbox application/json"
    assert said in check().output


def test_a_limit_that_nobody_tells_here_is_told(stage: ProbeStage) -> None:
    stage.declare()
    headers = {"content-type": "application/json", "x-ratelimit-limit-minute": "20"}
    change(recorded(stage), "conversions", headers=headers)
    assert "header: GET conversions, x-ratelimit-limit-minute: recorded there, the sandbox none" in check().output


def test_fields_that_come_or_go_and_other_types_are_told(stage: ProbeStage) -> None:
    stage.declare()
    document = recorded(stage)
    for exchange in document["exchanges"]:
        if exchange["path"] == "offers" and exchange["answer"]:
            for row in exchange["answer"]:
                row["brand_new"] = True
        if exchange["path"] == "ping":
            exchange["answer"]["data"]["server_time"] = 1001
            del exchange["answer"]["timezone"]
    FILE.write_text(json.dumps(document), encoding="utf-8")
    output = check().output
    assert "shape: GET offers[], brand_new: recorded has it (boolean), the sandbox has no such field" in output
    assert "type: GET ping, data.server_time: recorded number, the sandbox string" in output
    assert "shape: GET ping, timezone: recorded has no such field, the sandbox has it (string)" in output


def test_a_file_that_is_no_recording_is_refused(stage: ProbeStage) -> None:
    stage.declare()
    for text in ("[]", "{", '{"trackform_recording": 1, "exchanges": [{}]}'):
        FILE.write_text(text, encoding="utf-8")
        done = check()
        assert done.exit_code == 1
        assert "recording.json is no recording: `trackform probe --record FILE` makes one" in done.output
    FILE.write_text('{"trackform_recording": 2}', encoding="utf-8")
    assert "is no recording that this version reads" in check().output


def test_an_answer_that_no_switch_has_is_refused(stage: ProbeStage) -> None:
    stage.declare()
    FILE.write_text('{"trackform_recording": 1, "exchanges": [], "answers": {"put": "sings"}}', encoding="utf-8")
    done = check()
    assert done.exit_code == 1
    assert "no switch can be what it says of put" in done.output


def test_whatever_was_answered_it_is_compared(stage: ProbeStage) -> None:
    stage.declare()
    stage.follow("refund", stage.sale())
    document = recorded(stage)
    chance = random.Random(7)  # noqa: S311 -- examples, no secrets
    for _ in range(25):
        answers = [each | {"answer": mangled(each["answer"], chance)} for each in document["exchanges"]]
        FILE.write_text(json.dumps(document | {"exchanges": answers}), encoding="utf-8")
        done = check("--json")
        assert done.exit_code == 0, done.output
        assert all(each["sandbox"] != "500" for each in json.loads(done.stdout)["differences"]), done.output
