"""Reader of PX4's ULog (`.ulg`), with PX4's own reader pyulog (extra `ulog`)."""

from __future__ import annotations

import os
import re
import struct
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import redirect_stdout
from io import StringIO
from math import hypot, isfinite, nan
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autopilot.interface.geo import GeoPoint
from autopilot.mav import AutopilotType
from autopilot.mission.items import MissionItem
from autopilot.personality.px4.modes import BY_NAV_STATE
from sortie.config.errors import UserError, pip_install
from sortie.reading.facts import MOST_ROWS, FlightFacts, LoggedPlan, Quantity, Sample, is_place
from sortie.reading.log_file import PIECE, open_log

_TOPICS: Final = [
    "vehicle_global_position", "vehicle_local_position", "home_position", "battery_status", "vehicle_status",
    "vehicle_imu_status", "navigator_mission_item", "telemetry_status",
    "vehicle_attitude", "vehicle_attitude_setpoint", "vehicle_gps_position", "sensor_gps", "estimator_status",
    "airspeed_validated",
]  # fmt: skip
_MODES: Final = {state: name for state, (_, name) in BY_NAV_STATE.items()} | {12: "Descend"}
_IN_MISSION: Final = frozenset(state for state, name in _MODES.items() if name == "Mission")
_ARMED: Final = 2
"""Value of vehicle_status.arming_state."""
_STEP_S: Final = 0.1
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
"""Colour codes of PX4's console, which appear in some logs."""
_LEVEL_OF_ASCII: Final = ord("0")
_LATEST_US: Final = (1 << 32) * 1000
_LONGEST_US: Final = 7 * 86_400 * 10**6
"""Longest flight, us: a week."""
_TIMES_READ: Final = 8
_LEAST_READ: Final = 1 << 16
"""Most bytes that are read of a file: this multiple of its size, plus this number. pyulog searches for a new start
after damage."""
_MOST_FIELDS: Final = 1 << 16
_SAMPLED: Final = frozenset({
    "vehicle_global_position", "vehicle_local_position", "battery_status", "vehicle_imu_status", "telemetry_status",
    "vehicle_attitude", "vehicle_attitude_setpoint", "vehicle_gps_position", "sensor_gps", "estimator_status",
    "input_rc", "airspeed_validated",
})  # fmt: skip
"""Topics of states, of which some rows suffice; rows of other topics are events."""
_PERIOD_US: Final = 90_000
_HEADER, _STAMPED = 3, 10
"""Size of a message header, and of the beginning of a data row (topic number and time), bytes."""
_HOLE: Final = bytes(_HEADER)
_COLLECTED: Final = (b"L", b"P", b"Q", b"I", b"M", b"C", b"O")
"""Kinds of messages that pyulog keeps: texts, parameters, information, gaps."""
_FLAGS_AT, _APPENDED = 27, 1
"""Position of the flags that must be understood; flag of appended data, which pyulog finds by position."""
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "vehicle_status": ("arming_state", "nav_state"),
    "home_position": ("lat", "lon", "alt"),
    "vehicle_global_position": ("lat", "lon", "alt"),
    "navigator_mission_item": (
        "sequence_current", "nav_cmd", "latitude", "longitude", "altitude", "altitude_is_relative",
    ),
    "vehicle_command": ("command", *(f"param{number}" for number in range(1, 8))),
    "vehicle_command_ack": ("command", "result"),
}  # fmt: skip
"""Required fields; a topic without them (another version, or damaged) is skipped."""


class _UlogFile:
    """File for pyulog that limits what it reads into memory. Of the topics of `_SAMPLED` ten rows a second are passed
    on, fewer for long logs; topics other than `topics` are left out. A damaged length may lead pyulog back to the same
    place for ever: OSError after far more bytes than the file has."""

    def __init__(
        self, path: Path, topics: Collection[str] = (), formats: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        self._file = open_log(path)
        self._budget = _TIMES_READ * path.stat().st_size + _LEAST_READ
        self._topics = topics
        self._sampled = {name for name in _SAMPLED if name in formats and formats[name].fields[0][2] == "timestamp"}
        self._whole = not formats or bool(self._file.read(_FLAGS_AT + 1)[-1:][0] & _APPENDED)
        self._file.seek(0)
        self._names: dict[int, str] = {}
        self._counts: Counter[int | bytes] = Counter()
        self._due_us: dict[int, int] = {}
        self._adds = False
        self.tell, self.close = self._file.tell, self._file.close

    def read(self, size: int) -> bytes:
        """Read like a file, without the skipped messages."""
        self._budget -= size + 1
        if self._budget < 0:
            self.close()
            raise OSError
        data = self._file.read(size)
        if data == _HOLE:
            data = self._behind_hole()
        if self._whole:
            return data
        if self._adds:
            self._names[int.from_bytes(data[1:3], "little")] = data[3:].decode("utf-8", "replace")
        elif size == _HEADER:
            while len(data) == _HEADER and self._passes_over(data[2:]):
                self._file.seek(int.from_bytes(data[:2], "little"), os.SEEK_CUR)
                data = self._file.read(_HEADER)
        self._adds = not self._adds and size == _HEADER and data[2:] == b"A"
        return data

    def _behind_hole(self) -> bytes:
        """Return the header after zeros, which a file system inserts where nothing was written."""
        while piece := self._file.read(PIECE):
            if rest := piece.lstrip(b"\0"):
                self._file.seek(-len(rest), os.SEEK_CUR)
                return self._file.read(_HEADER)
        return b""

    def _passes_over(self, kind: bytes) -> bool:
        """Check whether the following message of this kind is skipped."""
        if kind != b"D":
            self._counts[kind] += 1
            return kind in _COLLECTED and self._counts[kind] > MOST_ROWS
        row = self._file.read(_STAMPED)
        self._file.seek(-len(row), os.SEEK_CUR)
        number, time_us = int.from_bytes(row[:2], "little"), int.from_bytes(row[2:], "little")
        name = self._names.get(number)
        if name not in self._sampled:
            return name is not None and name not in self._topics
        due_us = self._due_us.get(number)
        if due_us is not None and due_us - _PERIOD_US <= time_us < due_us:
            return True
        self._due_us[number] = time_us + _PERIOD_US
        self._counts[number] += 1
        return self._counts[number] % (1 + self._counts[number] // MOST_ROWS) != 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)


_KINDS: Final = ((64, "dev"), (128, "alpha"), (192, "beta"), (255, "rc"))
"""FIRMWARE_VERSION_TYPE: numbers below the limit have this name."""


def open_ulog(path: Path, topics: list[str]) -> Any:
    """Open a log with these topics. OSError when it cannot be read; UserError without pyulog or for another file."""
    try:
        from pyulog import ULog
        from pyulog.exceptions import ULogException
    except ModuleNotFoundError as error:
        raise UserError(f"a .ulg log needs pyulog: {pip_install('ulog')}") from error
    try:
        with redirect_stdout(StringIO()):  # pyulog prints damage, which `file_corruption` has too
            header = ULog(_UlogFile(path), topics, parse_header_only=True)
            sizes: dict[str, int] = {}
            for name in header.message_formats:
                _count_fields(name, header.message_formats, sizes)
            log = ULog(_UlogFile(path, topics, header.message_formats), topics)
            _count_from_boot(log)
            return log
    except (ULogException, RecursionError, struct.error, ValueError, TypeError, IndexError, KeyError) as error:
        raise UserError(f"{path}: a ULog that cannot be read: {error}") from error
    except OSError as error:
        if error.filename is not None:
            raise  # the file itself cannot be opened
        raise UserError(f"{path}: a ULog that cannot be read: a damaged length points beyond the file") from error


def _count_from_boot(log: Any) -> None:
    """Make times relative to boot. PX4 in a simulator may count from 1970, but MAVLink's time since boot has 32 bits of
    ms."""
    start_us = log.start_timestamp
    if start_us < _LATEST_US:
        return
    for topic in log.data_list:
        if "timestamp" in topic.data:
            topic.data["timestamp"] = topic.data["timestamp"] - np.uint64(start_us)
    for text in log.logged_messages:
        text.timestamp -= start_us
    log.changed_parameters[:] = [(stamp - start_us, *row) for stamp, *row in log.changed_parameters]
    log._start_timestamp = 0


def _count_fields(name: str, formats: Mapping[str, Any], counts: dict[str, int]) -> int:
    """Count the fields of a format, with those of nested formats. ValueError for more fields than a message has bytes,
    also for a format that contains itself."""
    if name not in counts:
        counts[name] = _MOST_FIELDS  # marks a format that contains itself
        counts[name] = sum(
            max(number, 1) * (_count_fields(kind, formats, counts) if kind in formats else 1)
            for kind, number, _ in formats[name].fields
        )
    if counts[name] >= _MOST_FIELDS:
        raise ValueError(f"format {name[:40]!r} has more fields than a message has bytes")
    return counts[name]


def read_ulog(path: Path) -> FlightFacts:
    """Read the facts of a log. OSError when it cannot be read; UserError without pyulog or for another file."""
    log = open_ulog(path, _TOPICS)
    topics: dict[str, Any] = {}
    for topic in log.data_list:
        if topic.name not in topics and {"timestamp", *NEEDED.get(topic.name, ())} <= topic.data.keys():
            data = of_one_log(topic.data, log.start_timestamp)
            if len(data["timestamp"]):
                topics[topic.name] = data  # the first instance with rows
    stand_in(topics)
    facts = FlightFacts(cut="parts of the log cannot be read" if log.file_corruption else "")
    facts.vehicle = _banner(log.msg_info_dict)
    _states(facts, topics)
    _track(facts, topics)
    for text in log.logged_messages:
        words = _COLOURS.sub("", text.message)
        facts.say(text.timestamp / 1e6, words, text.log_level - _LEVEL_OF_ASCII)
    _plan(facts, topics)
    _parameters(facts, log)
    return facts


def stand_in(topics: dict[str, Any]) -> None:
    """Use the receiver's own topic (one row a second) in place of a missing vehicle_gps_position."""
    if "sensor_gps" in topics:
        topics.setdefault("vehicle_gps_position", topics["sensor_gps"])


def _banner(info: Mapping[str, Any]) -> str:
    """Return name, version and commit in the form of ArduPilot's banner, as far as known."""
    words, version, commit = [str(info.get("sys_name", "PX4"))], info.get("ver_sw_release"), info.get("ver_sw")
    if isinstance(version, int):
        kind = next((f"-{name}" for most, name in _KINDS if version & 0xFF < most), "")
        words.append(f"v{version >> 24 & 0xFF}.{version >> 16 & 0xFF}.{version >> 8 & 0xFF}{kind}")
    if isinstance(commit, str) and commit:
        words.append(f"({commit[:16]})")
    return " ".join(words)


def of_one_log(data: dict[str, Any], start_us: int) -> dict[str, Any]:
    """Return the rows with possible times; damaged ones may be years away."""
    times_us = np.asarray(data["timestamp"], dtype=np.float64)
    keep = (times_us >= start_us) & (times_us < start_us + _LONGEST_US)
    return data if keep.all() else {name: np.asarray(values)[keep] for name, values in data.items()}


def _parameters(facts: FlightFacts, log: Any) -> None:
    """Read changes of parameters during the log, and values other than the default if known."""
    values = numbers_of(log.initial_parameters.items())
    for stamp, name, value_given in log.changed_parameters:
        for value in numbers_of([(name, value_given)]).values():
            if values.setdefault(name, value) != value:
                facts.changes.append((stamp / 1e6, name, float(values[name]), float(value)))
            values[name] = value
    defaults = numbers_of(log.get_default_parameters(0).items()) if log.has_default_parameters else {}
    facts.own_values = {
        name: (float(value), float(defaults[name]))
        for name, value in sorted(values.items())
        if name in defaults and defaults[name] != value
    }


def numbers_of(parameters: Iterable[tuple[str, Any]]) -> dict[str, int | float]:
    """Return the parameters with numeric values; in a damaged log, values may be bytes or NaN."""
    return {name: value for name, value in parameters if isinstance(value, int | float) and isfinite(value)}


def _times(topic: Any) -> NDArray[np.float64]:
    return np.asarray(topic["timestamp"], dtype=np.float64) / 1e6


def last_known(topic: Any, name: str, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the last known values at these times, NaN before the first."""
    if topic is None or name not in topic:
        return np.full(len(times_s), nan)
    index = np.searchsorted(_times(topic), times_s, side="right") - 1
    values = np.asarray(topic[name], dtype=np.float64)
    return np.where(index >= 0, values[np.maximum(index, 0)], nan)


def _states(facts: FlightFacts, topics: dict[str, Any]) -> None:
    status = topics.get("vehicle_status")
    if status is not None:
        states = zip(_times(status), status["arming_state"], status["nav_state"], strict=True)
        facts.modes_of = AutopilotType.PX4
        for at_s, arming, mode in states:
            facts.arm(float(at_s), int(arming) == _ARMED)
            facts.enter(float(at_s), _MODES.get(int(mode), f"mode {mode}"))
    gps = topics.get("vehicle_gps_position")
    if gps is not None and "time_utc_usec" in gps and (known := np.flatnonzero(gps["time_utc_usec"])).size:
        facts.boot_us = int(gps["time_utc_usec"][known[0]]) - int(gps["timestamp"][known[0]])
    home = topics.get("home_position")
    if home is not None and len(home["lat"]) and home.get("valid_hpos", [1])[-1]:
        facts.begin_at(float(home["lat"][-1]), float(home["lon"][-1]), float(home["alt"][-1]))
    for topic, field, quantity, factor in (
        ("vehicle_imu_status", "accel_vibration_metric", Quantity.VIBRATION_METRIC, 1.0),
        ("battery_status", "current_a", Quantity.CURRENT, 1.0),
        ("telemetry_status", "rx_message_lost_rate", Quantity.LOSS, 100.0),
        ("vehicle_local_position", "vz", Quantity.CLIMB, -1.0),
        ("airspeed_validated", "calibrated_airspeed_m_s", Quantity.AIRSPEED, 1.0),
        ("vehicle_gps_position", "satellites_used", Quantity.SATELLITES, 1.0),
        ("vehicle_gps_position", "hdop", Quantity.HDOP, 1.0),
        ("estimator_status", "pos_test_ratio", Quantity.ESTIMATE, 1.0),
    ):
        data = topics.get(topic)
        if data is not None and field in data:
            values = np.asarray(data[field], dtype=np.float64) * factor
            if quantity is Quantity.CURRENT:
                values[values < 0.0] = nan  # -1 means not measured
            if np.isfinite(values).any():
                _add(facts, quantity, _times(data), values)
    _attitude(facts, topics.get("vehicle_attitude"), "q", (Quantity.ROLL, Quantity.PITCH, Quantity.YAW))
    _attitude(facts, topics.get("vehicle_attitude_setpoint"), "q_d", (Quantity.ROLL_SET, Quantity.PITCH_SET))


def _attitude(facts: FlightFacts, topic: Any, name: str, quantities: tuple[Quantity, ...]) -> None:
    """Add the attitude, ten times a second."""
    if topic is None or f"{name}[0]" not in topic:
        return
    times_s = _times(topic)
    keep = _ten_a_second(times_s)
    angles = euler_angles(*(np.asarray(topic[f"{name}[{axis}]"], dtype=np.float64)[keep] for axis in range(4)))
    for quantity, values in zip(quantities, np.degrees(angles), strict=False):
        _add(facts, quantity, times_s[keep], values)


def _ten_a_second(times_s: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the indexes of the first row in each tenth of a second."""
    return np.unique(np.floor((times_s - times_s[0]) / _STEP_S), return_index=True)[1]


def _add(facts: FlightFacts, quantity: Quantity, times_s: NDArray[np.float64], values: NDArray[np.float64]) -> None:
    for at_s, value in zip(times_s.tolist(), values.tolist(), strict=True):
        facts.add(quantity, at_s, value)


def euler_angles(
    w: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Convert quaternions to roll, pitch and yaw, rad."""
    return (
        np.arctan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y)),
        np.arcsin(np.clip(2.0 * (w * y - z * x), -1.0, 1.0)),
        np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z)),
    )


def _track(facts: FlightFacts, topics: dict[str, Any]) -> None:
    """Add positions, ten a second; PX4 logs up to a hundred."""
    place = topics.get("vehicle_global_position")
    if place is None:
        return
    times_s = _times(place)
    keep = np.unique(np.append(_ten_a_second(times_s), len(times_s) - 1))
    times_s = times_s[keep]
    lat, lon, alt = (np.asarray(place[name], dtype=np.float64)[keep] for name in ("lat", "lon", "alt"))
    known = is_place(lat, lon, alt)
    if not known.all():
        facts.cut = facts.cut or "some of its places are none"
        times_s, lat, lon, alt = (column[known] for column in (times_s, lat, lon, alt))
    if not len(times_s):
        return
    if facts.home is None:
        facts.home = GeoPoint(float(lat[0]), float(lon[0]), float(alt[0]))
    local, battery = topics.get("vehicle_local_position"), topics.get("battery_status")
    north, east, above, valid = (
        last_known(local, name, times_s) for name in ("vx", "vy", "dist_bottom", "dist_bottom_valid")
    )
    above[valid != 1.0] = nan
    volts, percent = last_known(battery, "voltage_v", times_s), 100.0 * last_known(battery, "remaining", times_s)
    heights = alt - facts.home.alt
    columns = (times_s, lat, lon, heights, north, east, volts, percent, above)
    for at_s, y, x, height, vn, ve, v, percent, ground in zip(*(column.tolist() for column in columns), strict=True):
        facts.samples.append(Sample(at_s, y, x, height, hypot(vn, ve), v, percent))
        if isfinite(ground):
            facts.add(Quantity.TERRAIN, at_s, height - ground)


def _plan(facts: FlightFacts, topics: dict[str, Any]) -> None:
    """Read the plan as far as it was flown. PX4 logs each item when it begins, also legs of its return and of a pause,
    and a turn to the heading of an item after the item."""
    flown = topics.get("navigator_mission_item")
    if flown is None:
        return
    plan = LoggedPlan()
    modes = last_known(topics.get("vehicle_status"), "nav_state", _times(flown))
    rows = zip(modes.tolist(), *(flown[name].tolist() for name in NEEDED["navigator_mission_item"]), strict=True)
    before = None
    for mode, seq, command, lat, lon, alt, relative in rows:
        if (mode not in _IN_MISSION and not np.isnan(mode)) or int(seq) == before:
            continue
        before = int(seq)
        try:
            plan.take(MissionItem(int(command), 3 if relative else 0, x=lat, y=lon, z=alt, seq=before + 1))
        except ValueError:
            facts.cut = facts.cut or "some of its items have no place"
    facts.items = plan.items()
