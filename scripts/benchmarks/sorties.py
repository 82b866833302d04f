"""How long sorties take: the whole command, with its journal on disk, until its JSON object is there."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time

SORTIES = 1000
LEAST_S = 1200.0


def _loop(profile: str, sorties: int) -> tuple[float, dict[str, object]]:
    """Wall seconds, and the object."""
    with tempfile.TemporaryDirectory(prefix="sortie-bench-") as folder:
        began = time.perf_counter()
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "sortie",
                "loop",
                "--profile",
                profile,
                "--sorties",
                str(sorties),
                "--json",
                "--seed",
                "1",
                "--state-dir",
                folder,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return time.perf_counter() - began, json.loads(done.stdout.splitlines()[-1])


def space() -> float:
    """Seconds for 1,000 sorties of profile space, of which none may have been aborted."""
    wall_s, told = _loop("space", SORTIES)
    _completed(told, SORTIES)
    return wall_s


def drone_box() -> float:
    """Seconds for one sortie of 20 minutes with the full copter simulation."""
    wall_s, told = _loop("drone-box", 1)
    phases = _completed(told, 1)[0]["phases"]
    length_s = phases[-1]["end_s"] - phases[0]["start_s"]
    if length_s < LEAST_S:
        raise RuntimeError(f"the sortie took {length_s:g} s only")
    return wall_s


def _completed(told: dict[str, object], count: int) -> list[dict[str, list[dict[str, float]]]]:
    sorties = told["sorties"]
    assert isinstance(sorties, list)
    if [sortie["outcome"] for sortie in sorties] != ["completed"] * count:
        raise RuntimeError("a sortie was not completed")
    return sorties
