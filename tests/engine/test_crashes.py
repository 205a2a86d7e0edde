"""Answers that are lost: in the end there is one object."""

import pytest

from tests.engine.project import Project

pytestmark = pytest.mark.engine

LOST = [
    ("cut", "redtrack", "/offers", "offer"),
    ("status:500", "redtrack", "/networks", "network"),
    ("html", "redtrack", "/campaigns", "campaign"),
    ("cut", "bridge", "/postback-connections", "connection"),
    ("status:500", "bridge", "/conversion-types", "conversion_type"),
]


def test_an_answer_that_is_lost_makes_no_second_object(project: Project) -> None:
    """The service did its work, the client saw something else: looked up, not posted again."""
    sandbox = project.sandbox
    for effect, service, path, _ in LOST:
        sandbox.fault(service, effect, method="POST", path=f"^{path}$", after=True)
    up = project.up_ok()
    assert "the answer was lost, but it was created" in up.text
    assert sandbox.control("GET", "/faults") == []
    assert len(sandbox.rows("conversion_type")) == 7
    assert len(sandbox.rows("connection")) == 3
    for kind in ("offer", "network", "campaign"):
        assert len(sandbox.rows(kind)) == 1
    writes = sandbox.writes()
    assert sorted(set(writes)) == sorted({write for write in writes if write.startswith("POST")})
    project.ok("preview", "--expect-no-changes")


def test_a_write_that_never_arrived_is_an_error_and_then_made(project: Project) -> None:
    sandbox = project.sandbox
    sandbox.fault("redtrack", "status:500", method="POST", path="^/offers$")
    failed = project.up()
    assert failed.status != 0
    assert "offer" in failed.told
    assert "Traceback" not in failed.text
    assert sandbox.rows("offer") == []
    project.up_ok()
    assert len(sandbox.rows("offer")) == 1
    project.ok("preview", "--expect-no-changes")
