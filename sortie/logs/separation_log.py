"""`LOG/separation.jsonl`: a line for each approach of two vehicles below 20 m, and for each collision.

It belongs to the fleet. A vehicle's own log is the same as without the other vehicles.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sitl.vehicles.separation import Approach
from sortie.logs.run_log import LOGGER


def as_facts(approach: Approach, labels: Sequence[str]) -> dict[str, object]:
    """Return JSON values: labels of the pair, distance (m), vehicle time (s)."""
    pair = [labels[number] for number in approach.pair]
    return {"pair": pair, "distance_m": round(approach.distance_m, 2), "time_s": approach.time_ms / 1000.0}


class SeparationLog:
    """Log in `directory`, which is made with the first line. `labels`: of the vehicles, by number."""

    def __init__(self, directory: Path, labels: Sequence[str]) -> None:
        self._path = directory / "separation.jsonl"
        self._labels = tuple(labels)

    def approached(self, approach: Approach) -> None:
        self._write("approach", approach, f"came within {approach.distance_m:.1f} m")

    def collided(self, approach: Approach) -> None:
        self._write("collision", approach, "have collided")

    def _write(self, event: str, approach: Approach, what: str) -> None:
        facts = as_facts(approach, self._labels)
        a, b = (self._labels[number] for number in approach.pair)
        LOGGER.warning("vehicles %s and %s %s", a, b, what, extra={"vehicle_s": approach.time_ms / 1000.0})
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps({"event": event, **facts}) + "\n")
        except OSError as error:
            LOGGER.error("%s: %s", self._path, error.strerror)
