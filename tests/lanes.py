"""Which tests may run at the same time where several workers share them (`pytest -n 3`)."""

from __future__ import annotations

from typing import Any

#: Tests of real processes, which keep time: one after the other on one worker, so that never two of
#: them want the processors at once.
_REAL_PROCESSES = (
    "tests/product/",
    "tests/crashes/test_campaign.py",
    "tests/sync_worker/",
    "tests/booking_web/cli/",
)
#: A long file that comes last would leave the other workers with nothing to do.
_LONG = (
    "tests/simulation/",
    "tests/browser/",
    "tests/views/",
    "tests/crashes/test_crash_points.py",
    "tests/booking/test_one_event_on_graph.py",
)


def lane_of(nodeid: str) -> str:
    """Tests of one lane run on one worker, one after the other; a file is never divided, because
    its tests share servers."""
    if nodeid.startswith(_REAL_PROCESSES):
        return "real processes"
    # They walk to every page of the site first, once for all of them.
    return "views" if nodeid.startswith("tests/views/") else nodeid.split("::", 1)[0]


def rank_of(nodeid: str) -> int:
    """The lanes that take longest come first."""
    return 0 if nodeid.startswith(_REAL_PROCESSES) else 1 if nodeid.startswith(_LONG) else 2


def scheduler(config: Any, log: Any) -> Any:
    """Gives whole lanes to workers, in the order in which the tests were collected."""
    from xdist.scheduler import LoadScopeScheduling

    class ByLane(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return lane_of(nodeid)

    config.option.loadscopereorder = False
    return ByLane(config, log)
