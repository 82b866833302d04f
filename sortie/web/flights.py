"""The flights of a log directory: what there is, their reports, their files.

A name that comes from a browser is looked up in what was listed, never joined to a path.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from sortie.reading.logs import read_log
from sortie.reports.flight_page import flight_page

NEWEST: Final = 100
FILES: Final = ("flight.bin", "flight.tlog", "telemetry.csv", "events.jsonl", "summary.json", "plan.plan")
"""Of a flight, those that can be downloaded."""


class Flights:
    """See the module. `directory` None: nobody has said where; of a fleet there is a folder for each vehicle in it."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory
        self._pages: dict[str, tuple[float, str]] = {}

    def _folders(self) -> dict[str, Path]:
        """By their names, the newest first."""
        if self.directory is None:
            return {}
        found = [path for pattern in ("flights/[0-9]*", "*/flights/[0-9]*") for path in self.directory.glob(pattern)]
        found = [path for path in found if (path / "flight.bin").is_file()]
        found.sort(key=lambda path: (path / "flight.bin").stat().st_mtime, reverse=True)
        return {str(path.relative_to(self.directory)).replace("/", "-"): path for path in found[:NEWEST]}

    def listed(self) -> list[dict[str, Any]]:
        """Name, age, result and files of each."""
        rows = []
        for name, folder in self._folders().items():
            rows.append({
                "name": name, "flown_s": (folder / "flight.bin").stat().st_mtime, **_summary(folder / "summary.json"),
                "files": [[file, (folder / file).stat().st_size] for file in FILES if (folder / file).is_file()],
            })  # fmt: skip
        return rows

    def report(self, name: str) -> str | None:
        """Its page; None when there is no such flight. Made once, and again when the log has grown."""
        folder = self._folders().get(name)
        if folder is None:
            return None
        written_s = (folder / "flight.bin").stat().st_mtime
        kept = self._pages.get(name)
        if kept is None or kept[0] != written_s:
            self._pages.clear()
            kept = self._pages[name] = (written_s, flight_page([read_log(folder)]))
        return kept[1]

    def file(self, name: str, file: str) -> Path | None:
        """One of its files; None when there is none of that name."""
        folder = self._folders().get(name)
        if folder is None or file not in FILES or not (folder / file).is_file():
            return None
        return folder / file


def _summary(path: Path) -> dict[str, Any]:
    """Of a flight that has ended; a running one has none yet."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {"result": None}
    return {key: found.get(key) for key in ("result", "reason", "flight_time_s", "distance_m", "vehicle")}
