"""Records for the page: flights of a log directory with reports and files, a sortie loop from its journal, ground
heights from a file.

A name from a browser is looked up in a list, and never joined to a path. The journal is opened read-only for each
request; SQLite's write-ahead log lets the loop continue. Its contents are committed, so they are what a restart would
use.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from autopilot.interface.geo import GeoPoint
from sortie.config.errors import UserError

if TYPE_CHECKING:  # what reads logs, loops and heights is imported when somebody looks: a page is there before
    from autopilot.interface.terrain import HeightMap
    from sortie.loop.loop import LoopSnapshot

NEWEST: Final = 100
FILES: Final = ("flight.bin", "flight.tlog", "telemetry.csv", "events.jsonl", "summary.json", "plan.plan")
"""Files of a flight that can be downloaded."""


class RecordedFlights:
    """Flights of a log directory, which may have a folder for each vehicle of a fleet. `directory` None: unknown."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory
        self._pages: dict[str, tuple[float, str]] = {}

    def _folders(self) -> dict[str, Path]:
        """Return the folders of flights by name, newest first."""
        if self.directory is None:
            return {}
        found: list[tuple[float, Path]] = []
        for pattern in ("flights/[0-9]*", "*/flights/[0-9]*"):
            for path in self.directory.glob(pattern):
                with suppress(OSError):  # without a log, or deleted in the meantime
                    found.append(((path / "flight.bin").stat().st_mtime, path))
        return {_name(path.relative_to(self.directory)): path for _, path in sorted(found, reverse=True)[:NEWEST]}

    def listed(self) -> list[dict[str, Any]]:
        """Return name, start, vehicle, outcome and files of each flight."""
        rows = []
        for name, folder in self._folders().items():
            row = {"name": name, "outcome": _outcome(folder / "events.jsonl"), **_summary(folder / "summary.json")}
            with suppress(OSError):  # deleted in the meantime
                files = [[file, (folder / file).stat().st_size] for file in FILES if (folder / file).is_file()]
                rows.append(row | {"began_s": _began(folder), "files": files})
        return rows

    def report(self, name: str) -> str | None:
        """Return the report page of a flight, or None. It is made once, and again after the log has grown."""
        from sortie.reading.logs import read_log
        from sortie.reports.flight_page import flight_page

        folder = self._folders().get(name)
        if folder is None:
            return None
        written_s = (folder / "flight.bin").stat().st_mtime
        page = self._pages.get(name)
        if page is None or page[0] != written_s:
            self._pages.clear()
            page = self._pages[name] = (written_s, flight_page([read_log(folder)]))
        return page[1]

    def file(self, name: str, file: str) -> Path | None:
        folder = self._folders().get(name)
        return None if folder is None or file not in FILES or (not (folder / file).is_file()) else folder / file


def _name(path: Path) -> str:
    """Return the name of a folder as text for an address."""
    return os.fsencode(path).decode("utf-8", "replace").replace("/", "-")


def _summary(path: Path) -> dict[str, Any]:
    """Return the summary of an ended flight; empty for a running one."""
    try:
        found = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: found.get(key) for key in ("flight_time_s", "distance_m", "items_reached", "vehicle")}


def _began(folder: Path) -> float:
    """Return the start of a flight, s since 1970: the time of the first message in its telemetry log (us, big-endian),
    else the file's time."""
    try:
        with (folder / "flight.tlog").open("rb") as log:
            stamp = log.read(8)
    except OSError:
        stamp = b""
    return int.from_bytes(stamp, "big") / 1e6 if len(stamp) == 8 else (folder / "flight.bin").stat().st_mtime


def _outcome(path: Path) -> str:
    """Return the outcome by events: mission completed, or else the first warning, which caused the following ones."""
    try:
        story = path.read_bytes()
    except OSError:
        return ""
    if b'"event": "MissionComplete"' in story:
        return "mission completed"
    found = _WARNING.search(story)
    try:
        return "" if found is None else msgspec.json.decode(found[1], type=str).rstrip("\t")  # a PX4's text ends so
    except msgspec.DecodeError:
        return ""


_WARNING: Final = re.compile(rb'"severity": [0-4], "text": ("(?:[^"\\]|\\.)*")')


# --- a sortie loop ----------------------------------------------------------------------------------------------------
JOURNAL: Final = "loop.sqlite"
DECISIONS: Final = 60
"""Number of decisions shown."""


def read_loop(directory: Path) -> dict[str, Any] | None:
    """Read the loop of a state directory as JSON, with levels (name, share) by the profile's names. None without one,
    or for another version."""
    path = directory / JOURNAL
    if not path.is_file():
        return None
    from sortie.loop.loop import decode
    from sortie.loop.view import span

    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            row = database.execute("SELECT data FROM state").fetchone()
            if row is None:
                return None
            levels = database.execute("SELECT data FROM level ORDER BY time_ms DESC LIMIT 1").fetchone()
            groups = msgspec.json.decode(levels[0], type=dict[str, dict[str, float]]) if levels else {}
            shown = [pair for group in groups.values() for pair in group.items()]
            return facts_of(decode(row[0])) | {"levels": shown, "decisions": list(_decisions(database, span))}
    except (sqlite3.Error, ValueError, TypeError):
        return None


def facts_of(snapshot: LoopSnapshot) -> dict[str, Any]:
    """Return phase, timers (name, text) and other facts."""
    from depot.names import Phase, SkimmerState
    from sortie.loop.view import OVERDUE, span

    memory, world = snapshot.depot, snapshot.world
    phase, status = Phase(memory.phase), memory.status
    shown = "lost, heard again" if memory.skimmer is SkimmerState.LOST and memory.heard_again else memory.skimmer.value
    facts = [f"skimmer {shown}", f"{memory.reason}"]
    if status is not None:
        facts.append(f"mode {status.mode}")
    if memory.ended_by is not None:
        facts.append(f"ended: {memory.ended_by.value}")
    death = "stopped" if memory.death.due_ms is None else span(memory.death.due_ms - world.now_ms)
    beat = "not expected" if memory.beats.due_ms is None else f"{memory.beats.misses} missed"
    return {
        "sortie": memory.number,
        "phase": int(phase),
        "title": phase.title,
        "facts": facts,
        "timers": [
            ["time", span(world.now_ms)],
            ["in this phase", span(world.now_ms - memory.phase_start_ms)],
            [OVERDUE, death],
            ["heartbeat", beat],
        ],
    }


def _decisions(database: sqlite3.Connection, span: Callable[[int], str]) -> Iterator[dict[str, Any]]:
    """Yield the newest decisions with their facts."""
    rows = database.execute(
        "SELECT id, time_ms, sortie, phase, party, name, reason, facts FROM decision ORDER BY id DESC LIMIT ?",
        (DECISIONS,),
    )
    for number, time_ms, sortie, phase, party, name, reason, facts in rows:
        yield {
            "id": number,
            "time": span(time_ms),
            "sortie": sortie,
            "phase": phase,
            "party": party,
            "name": name,
            "reason": reason,
            "facts": msgspec.json.decode(facts, type=dict[str, Any]),
        }


# --- the ground -------------------------------------------------------------------------------------------------------
MOST_SAMPLES: Final = 200
"""Most samples on a side of a grid."""
WIDEST_DEG: Final = 1.0
"""Longest side of a requested area, degrees; for a larger one the map shows no ground."""


class MapHeights:
    """Ground heights for the map, from a file or folder of tiles, read around the shown area."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._map: HeightMap | None = None
        self._area = (inf, inf, -inf, -inf)
        """South, west, north and east of what was read."""
        self._lock = threading.Lock()

    def grid(self, south: float, west: float, north: float, east: float, rows: int, columns: int) -> list[Any] | None:
        """Return heights, m above sea level, in rows from the south; None for unknown ones. None for an unknown, too
        wide or empty area."""
        if self._path is None or not (0.0 < north - south <= WIDEST_DEG and 0.0 < east - west <= WIDEST_DEG):
            return None
        rows, columns = (min(max(count, 2), MOST_SAMPLES) for count in (rows, columns))
        with self._lock:
            ground = self._around(self._path, south, west, north, east)
        if ground is None:
            return None
        import numpy as np

        lats, lons = np.meshgrid(np.linspace(south, north, rows), np.linspace(west, east, columns), indexing="ij")
        found = ground.heights_at(lats.ravel(), lons.ravel())
        return [None if height != height else round(height, 1) for height in found.tolist()]

    def _around(self, path: Path, south: float, west: float, north: float, east: float) -> HeightMap | None:
        """Read the heights of this area and around it, or keep those that were read if they cover it."""
        from sortie.reading.terrain import AROUND_DEG, read_ground

        held = self._area
        if not (held[0] <= south and held[1] <= west and north <= held[2] and east <= held[3]):
            self._area = (south - AROUND_DEG, west - AROUND_DEG, north + AROUND_DEG, east + AROUND_DEG)
            corners = [GeoPoint(lat, lon) for lat in (south, north) for lon in (west, east)]
            try:
                self._map = read_ground(path, [], corners)
            except UserError:
                self._map = None
        return self._map
