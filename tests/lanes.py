"""Which tests may run at the same time, where several workers share them (`pytest -n 2`)."""

from __future__ import annotations

from typing import Any

#: Tests of real processes, which keep time: one after the other, all on one worker, and first, so
#: that nothing else than one other worker competes with them for the processors.
REAL_PROCESSES = "real processes"
_FOLDERS = (
    "tests/product/",
    "tests/browser/",
    "tests/crashes/",
    "tests/sync_worker/",
    "tests/booking_web/cli/",
)


def lane_of(nodeid: str) -> str:
    """The tests of one lane run on one worker; others are kept together by file, which share
    fixtures."""
    if nodeid.startswith(_FOLDERS):
        return REAL_PROCESSES
    return nodeid.split("::", 1)[0]


def is_lane(lane: str) -> bool:
    return lane == REAL_PROCESSES


def scheduler(config: Any, log: Any) -> Any:
    """Gives whole lanes to workers, in the order in which the tests were collected."""
    from xdist.scheduler import LoadScopeScheduling

    class ByLane(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return lane_of(nodeid)

    return ByLane(config, log)
