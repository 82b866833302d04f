"""Files of one flight: `flight.tlog`, `telemetry.csv`, `events.jsonl`, `summary.json`.

Times are vehicle time, and telemetry stamps are the epoch plus vehicle time, so the same seed writes the same bytes. A
disk error in flight ends the log and is reported once; the flight continues.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from struct import Struct
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from autopilot.context.events import Event
from autopilot.context.turns import next_multiple
from autopilot.interface import report as R
from autopilot.interface.vehicle import VehicleState
from mavlink_bridge.services.telemetry.encoder import FrameStamper

_STAMP = Struct(">Q")
_MAVLINK2_HEADER_AND_CRC = 12

CSV_PERIOD_MS = 500
_COLUMNS: tuple[tuple[str, int, str], ...] = (
    ("time_s", R.TIME_MS, ".2f"),
    ("lat", R.LAT, ".7f"),
    ("lon", R.LON, ".7f"),
    ("alt_m", R.ALT, ".2f"),
    ("north_m", R.NORTH, ".2f"),
    ("east_m", R.EAST, ".2f"),
    ("down_m", R.DOWN, ".2f"),
    ("vn_mps", R.VN, ".2f"),
    ("ve_mps", R.VE, ".2f"),
    ("vd_mps", R.VD, ".2f"),
    ("roll_rad", R.ROLL, ".4f"),
    ("pitch_rad", R.PITCH, ".4f"),
    ("yaw_rad", R.YAW, ".4f"),
    ("battery_v", R.BATT_V, ".2f"),
    ("battery_a", R.BATT_A, ".2f"),
    ("throttle", R.THROTTLE, ".3f"),
    ("wp_distance_m", R.WP_DISTANCE, ".1f"),
    ("cross_track_m", R.CROSS_TRACK, ".2f"),
)
_CSV_INDEX = np.array([index for _, index, _ in _COLUMNS])
_CSV_FORM = ",".join("%" + form for _, _, form in _COLUMNS) + "\n"  # for many numbers twice as fast as `format`


def _plain(value: object) -> object:
    """Convert an object for JSON: a record to its fields, anything else to text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)


# one encoder for all lines; `json.dumps` would make one for each
_strict = json.JSONEncoder(default=_plain, allow_nan=False).encode


def _encode(value: object) -> str:
    """Return a value as JSON, with null for NaN, which a station sends for a parameter that it does not use."""
    try:
        return _strict(value)
    except ValueError:
        return _strict(json.loads(json.dumps(value, default=_plain), parse_constant=lambda _: None))


def event_line(event: Event, time_s: float) -> str:
    """Return a line of events.jsonl: vehicle time, kind of event, its fields."""
    kind: type[object] = type(event)
    fields = _FIELDS.get(kind)
    if fields is None:
        found = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
        fields = _FIELDS[kind] = tuple((field.name, f', "{field.name}": ') for field in found)
    line = f'{{"time_s": {time_s!r}, "event": "{kind.__name__}"'
    for name, key in fields:
        value = getattr(event, name)
        line += key + (repr(value) if type(value) is int else _encode(value))  # most are numbers or texts
    return line + "}\n"


_FIELDS: dict[type, tuple[tuple[str, str], ...]] = {}
"""Fields of each kind of event so far: names, and the text before their values."""


_stamper = cache(FrameStamper)
"""Returns the frame stamper, one for all logs of a process."""


class FlightLog:
    """Log from arming to disarming. `write_*` never raise; `error` has the reason of an early end."""

    def __init__(self, folder: Path, epoch_us: int, start_ms: int, unmeasured: npt.ArrayLike = ()) -> None:
        """Open the files. `unmeasured`: entries of the report that nothing measures. OSError when that fails."""
        self.folder = folder
        self.error: str | None = None
        self._epoch_us = epoch_us
        self._next_csv_ms = start_ms
        self._unmeasured = np.isin(_CSV_INDEX, unmeasured)
        self._tlog: IO[bytes] = (folder / "flight.tlog").open("wb", buffering=1 << 18)
        self._csv: IO[str] = (folder / "telemetry.csv").open("w", buffering=1 << 16, encoding="utf-8", newline="\n")
        self._events: IO[str] = (folder / "events.jsonl").open("w", buffering=1 << 14, encoding="utf-8", newline="\n")
        self._csv.write(",".join(name for name, _, _ in _COLUMNS) + "\n")

    def write_frames(self, frames: bytes | bytearray, now_ms: int) -> None:
        """Write whole MAVLink 2 frames as they are sent on a link, each after its 8-byte stamp (us since 1970)."""
        if self.error is not None:
            return
        stamp = _STAMP.pack(self._epoch_us + now_ms * 1000)
        stamped = _stamper().stamped(frames, stamp)
        if stamped is not None:
            self._guard(self._tlog.write, stamped)
            return
        pieces: list[bytes | bytearray] = []
        start = 0
        while start < len(frames):
            end = start + frames[start + 1] + _MAVLINK2_HEADER_AND_CRC + (13 if frames[start + 2] & 1 else 0)
            pieces.append(stamp)
            pieces.append(frames[start:end])
            start = end
        self._guard(self._tlog.write, b"".join(pieces))

    def write_stamped(self, frames: memoryview) -> None:
        if self.error is None:
            self._guard(self._tlog.write, frames)

    def write_state(self, state: VehicleState, now_ms: int) -> None:
        """Write a row of telemetry.csv, at most every `CSV_PERIOD_MS`."""
        if now_ms < self._next_csv_ms or self.error is not None:
            return
        self._next_csv_ms = next_multiple(now_ms, CSV_PERIOD_MS)
        values = state.report.take(_CSV_INDEX)
        values[0], values[self._unmeasured] = now_ms / 1000.0, np.nan
        self._guard(self._csv.write, _CSV_FORM % tuple(values.tolist()))

    def write_event(self, event: Event, now_ms: int) -> None:
        """Write a line of events.jsonl."""
        if self.error is not None:
            return
        self._guard(self._events.write, event_line(event, now_ms / 1000.0))

    def flush(self) -> None:
        for file in (self._tlog, self._csv, self._events):
            if self.error is None:
                self._guard(file.flush)

    def _guard(self, act: Callable[..., object], *data: bytes | memoryview | str) -> None:
        try:
            act(*data)
        except OSError as error:
            self.error = self.error or f"flight log {self.folder}: {error.strerror}"

    def close(self, summary: dict[str, Any]) -> None:
        """Write `summary.json` and close all files. Never raises."""
        for file in (self._tlog, self._csv, self._events):
            self._guard(file.close)
        text = json.dumps(summary, indent=1, default=str) + "\n"
        self._guard(partial((self.folder / "summary.json").write_text, encoding="utf-8", newline="\n"), text)
