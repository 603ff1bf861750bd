"""Lines of measured values: printed as they come, kept for a file."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.client import percentile


@dataclass(frozen=True)
class Line:
    """``value`` in ``unit``; ``aim`` as a sentence, empty where nothing was promised."""

    subject: str
    what: str
    value: float
    unit: str
    aim: str = ""


@dataclass
class Report:
    lines: list[Line] = field(default_factory=list)

    def add(self, subject: str, what: str, value: float, unit: str, aim: str = "") -> None:
        line = Line(subject, what, round(value, 3), unit, aim)
        self.lines.append(line)
        wanted = f"   (aim: {aim})" if aim else ""
        print(f"{subject:<44} {what:<22} {line.value:>10.2f} {unit:<5}{wanted}", flush=True)

    def add_wall(self, subject: str, seconds: Sequence[float], *, p95_aim: str = "") -> None:
        self.add(subject, "wall p50", percentile(seconds, 0.50) * 1000, "ms")
        self.add(subject, "wall p95", percentile(seconds, 0.95) * 1000, "ms", p95_aim)

    def write(self, path: Path) -> None:
        body = {
            "machine": {
                "cpus": os.cpu_count(),
                "python": platform.python_version(),
                "system": platform.platform(),
                "load_average": os.getloadavg(),
            },
            "lines": [asdict(line) for line in self.lines],
        }
        path.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n")
