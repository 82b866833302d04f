"""What a person waits for behind a flight: the page about it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

_PLAN = """QGC WPL 110
0\t1\t0\t16\t0\t0\t0\t0\t-35.363261\t149.16523\t584\t1
1\t0\t3\t22\t0\t0\t0\t0\t0\t0\t20\t1
2\t0\t3\t19\t1140\t0\t30\t0\t-35.3628\t149.1656\t20\t1
3\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1
"""
_FLIGHT_S = 1200.0
_RUNS = 3


def page() -> float:
    """Seconds of `sortie report`, as a process, on the DataFlash log of a flight of 20 minutes: the least of three."""
    sortie = [sys.executable, "-m", "sortie"]
    with tempfile.TemporaryDirectory(prefix="sortie-bench-") as folder:
        place = Path(folder)
        (place / "plan.waypoints").write_text(_PLAN)
        subprocess.run(
            [
                *sortie,
                "fly",
                "plan.waypoints",
                "--speedup",
                "0",
                "--param",
                "SIM_BATT_CAP_AH=60",
                "--param",
                "BATT_CAPACITY=60000",
                "--state-dir",
                "state",
                "--link",
                "tcpin:127.0.0.1:0",
                "--log-dir",
                "logs",
            ],
            cwd=place,
            check=True,
            capture_output=True,
        )
        took_s = [_timed([*sortie, "report", "logs"], place) for _ in range(_RUNS)]
        from sortie.reading.logs import read_log

        low, high = read_log(place / "logs").span_s
        assert high - low > _FLIGHT_S, f"a flight of {high - low:.0f} s"
        return min(took_s)


def _timed(command: list[str], folder: Path) -> float:
    began_s = time.monotonic()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.monotonic() - began_s
