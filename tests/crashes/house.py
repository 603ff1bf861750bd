"""The embedded run as production keeps it: whatever dies is started again half a second later.

``python -m tests.crashes.house demo --info FILE``. For a person in front of it the run waits longer
after each death; systemd with ``Restart=always`` does not.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from booking_web.cli.demo import children, supervisor
from booking_web.cli.demo.place import Place
from booking_web.cli.main import main
from tests.product.product import Product
from tests.product.test_faults import children as family


class House(Product):
    """A running product whose processes can be killed by what they are."""

    module = "tests.crashes.house"

    @property
    def queue(self) -> str:
        """URL of the queue server."""
        return f"unix://{Place(self.data).socket_path()}"

    @property
    def keys(self) -> str:
        return Place(self.data).load().encryption_keys

    def processes(self, what: str) -> list[int]:
        """Process ids by role; a horse is the child of a worker that does one job."""
        assert self.process is not None
        marks = {
            "web": "main web",
            "scheduler": "sync_worker scheduler",
            "worker": "sync_worker worker",
            "horse": "sync_worker worker",
            "valkey": "valkey-server",
            "radicale": "-m radicale",
            "graph": "tests.servers.graph",
            "mail": "demo.mail_sink",
        }
        found = [pid for pid, command in family(self.process.pid).items() if marks[what] in command]
        if what in {"worker", "horse"}:
            found = [pid for pid in found if (_parent(pid) in found) == (what == "horse")]
        return found

    def kill(self, what: str) -> int:
        """SIGKILL to all of a role; how many there were."""
        count = 0
        for pid in self.processes(what):
            try:
                os.kill(pid, signal.SIGKILL)
                count += 1
            except ProcessLookupError:  # a horse is quick
                continue
        return count


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


if __name__ == "__main__":
    children.LONGEST_BACK_OFF = 0.5
    supervisor.EVERY = 0.1
    main()
