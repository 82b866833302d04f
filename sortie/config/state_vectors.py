"""Recorded traffic: state vectors of the OpenSky Network as CSV.

The columns time, icao24, lat, lon and geoaltitude or baroaltitude are used, and callsign, squawk, onground and
lastposupdate if present. The first time of the file is the switch-on of the vehicle. A repeated position without an
update counts once. After a gap of a minute an aircraft counts as another one. Rows without a position or on the ground
are skipped. Source: opensky-network.org, "State Vectors".
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isfinite
from typing import Final

from msgspec import Struct

from autopilot.interface.earth import is_place
from autopilot.interface.geo import GeoPoint, to_local
from sitl.world.sky import Aircraft
from sortie.config.errors import UserError
from sortie.config.values import number_of

_NEEDED: Final = ("time", "icao24", "lat", "lon")
MOST_ROWS: Final = 1_000_000
_GAP_S: Final = 60.0
_UNKNOWN: Final = ("", "null", "nan", "none")


SeenTracks = dict[tuple[int, str, int], dict[float, tuple[float, float, float]]]
"""By address, callsign and squawk: latitude, longitude, height by time, s."""


class RecordedTrack(Struct, frozen=True):
    """Track of an aircraft without a gap: s since the start of the file, latitude, longitude, m above sea level."""

    number: int
    callsign: str
    squawk: int
    points: list[tuple[float, float, float, float]]

    def aircraft(self, home: GeoPoint) -> Aircraft:
        knots = tuple((time_s, to_local(home, lat, lon, alt)) for time_s, lat, lon, alt in self.points)
        return Aircraft(self.number, knots, self.callsign, squawk=self.squawk)


def parse_state_vectors(text: str, where: str) -> list[RecordedTrack]:
    """Parse the tracks of a file. UserError in one line: the row and what is expected."""
    rows = csv.reader(text.splitlines())
    try:
        head = [name.strip().lower() for name in next(rows, [])]
        heights = [name for name in ("geoaltitude", "baroaltitude") if name in head]
        if missing := [name for name in _NEEDED if name not in head]:
            raise UserError(f"{where}: expected state vectors with a column {missing[0]}")
        if not heights:
            raise UserError(f"{where}: expected state vectors with a column geoaltitude or baroaltitude")
        samples: SeenTracks = {}
        for line, cells in enumerate(rows, 2):
            if line > MOST_ROWS:
                raise UserError(f"{where}: expected at most {MOST_ROWS} rows")
            row = dict(zip(head, cells, strict=False))
            _take(row, heights, samples, f"{where}: line {line}")
    except csv.Error as error:
        raise UserError(f"{where}: {error}; expected CSV") from error
    first = min((min(points) for points in samples.values()), default=0.0)
    return tracks_of(samples, first, where)


def tracks_of(samples: SeenTracks, first: float, where: str) -> list[RecordedTrack]:
    """Return tracks with times in s since `first`. UserError: there are none."""
    if not samples:
        raise UserError(f"{where}: expected positions of an aircraft in the air")
    tracks = [track for key, points in samples.items() for track in _tracks(key, points, first)]
    if not tracks:
        raise UserError(f"{where}: expected an aircraft with two positions within {_GAP_S:.0f} s")
    return tracks


def _take(row: dict[str, str], heights: Sequence[str], samples: SeenTracks, where: str) -> None:
    if row.get("onground", "").strip().lower() in ("true", "1"):
        return
    updated = _number(row, "lastposupdate", where)
    time_s = _number(row, "time", where) if updated is None else updated
    lat, lon = _number(row, "lat", where), _number(row, "lon", where)
    height = next((value for name in heights if (value := _number(row, name, where)) is not None), None)
    if time_s is None or lat is None or lon is None or height is None:
        return
    if not is_place(lat, lon, height):
        raise UserError(f"{where}: expected a position on earth")
    try:
        number = int(row.get("icao24", ""), 16)
    except ValueError:
        number = -1
    if not 0 < number <= 0xFFFFFF:
        raise UserError(f"{where}: icao24: expected six hexadecimal digits, found '{row.get('icao24', '')[:20]}'")
    squawk = row.get("squawk", "").strip()
    key = (number, row.get("callsign", "").strip()[:8], int(squawk) if squawk.isascii() and squawk.isdigit() else 0)
    samples.setdefault(key, {})[time_s] = (lat, lon, height)


def _number(row: dict[str, str], name: str, where: str) -> float | None:
    cell = row.get(name, "").strip()
    if cell.lower() in _UNKNOWN:
        return None
    value = number_of(cell)
    if not isfinite(value):
        raise UserError(f"{where}: {name}: expected a number, found '{cell[:20]}'")
    return value


def _tracks(
    key: tuple[int, str, int], points: dict[float, tuple[float, float, float]], first: float
) -> Iterator[RecordedTrack]:
    times = sorted(points)
    breaks = [0, *(k for k, (a, b) in enumerate(pairwise(times), 1) if b - a > _GAP_S), len(times)]
    for begin, end in pairwise(breaks):
        if end - begin > 1:
            yield RecordedTrack(*key, [(time_s - first, *points[time_s]) for time_s in times[begin:end]])
