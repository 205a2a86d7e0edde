"""A sample of the fault matrix with the real CLI: a clear failure that the next `up` completes, with one object."""

import pytest

from tests.engine.project import Project

pytestmark = pytest.mark.engine

SAMPLE = [
    ("types", "GET", "redtrack", "that is no text"),
    ("bomb:64", "GET", "redtrack", "is larger than 32 MiB"),
    ("cut_body", "POST", "redtrack", "no answer from"),
]
"""Of reads, what comes wrong or too large; of writes, what is done and not answered."""


@pytest.mark.parametrize(("effect", "method", "service", "said"), SAMPLE, ids=lambda each: str(each).split(":")[0])
def test_a_failed_up_is_completed_by_the_next(
    project: Project, effect: str, method: str, service: str, said: str
) -> None:
    sandbox = project.sandbox
    # Something is there to be listed wrongly.
    sandbox.edit("source", title="somebody's")
    path = "^/(sources|campaigns|offers|networks|streams)$"
    sandbox.fault(service, effect, method=method, path=path, times=None if method == "GET" else 1)
    failed = project.up()
    for word in ("Traceback", "fault of trackform", *vars(sandbox.keys).values()):
        assert word not in failed.text
    if method == "GET":
        assert failed.status != 0
        assert said in failed.told
        assert "POST /sources" not in sandbox.writes()
    sandbox.clear_faults()
    project.up_ok()
    project.ok("preview", "--expect-no-changes")
    for kind in ("offer", "network", "campaign", "stream"):
        assert len(sandbox.rows(kind)) == 1
