"""Trace of a flight from its log: velocity, attitude and battery as arrays, for `sortie.rehearsal.calibration`. Missing
values are NaN."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import isinf, nan
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from autopilot.interface.records import dataclass
from autopilot.mav import ModeFlag
from mavlink_bridge.clients.heartbeat import is_autopilot
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.wire.codec import id_of
from sortie.config.errors import UserError
from sortie.reading.dataflash_messages import ARMINGS, MessageLog
from sortie.reading.facts import ThinnedRows
from sortie.reading.log_file import open_log
from sortie.reading.logs import LogForm, find_log, form_of, reading
from sortie.reading.telemetry import frames, message_of

STEP_S: Final = 0.2
_GAP_S: Final = 3.0
"""Longest interval of interpolation, s."""
_SHORTEST_S: Final = 10.0

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FlightTrace:
    """Trace of one armed interval, sampled every `STEP_S`. Velocity: NED. `height_m`: above home. `throttle`: share
    of the rotors' thrust. `airspeed_mps`: true airspeed, by a pitot tube."""

    name: str
    time_s: Array
    north_mps: Array
    east_mps: Array
    down_mps: Array
    roll_rad: Array
    pitch_rad: Array
    yaw_rad: Array
    height_m: Array
    volts: Array
    amps: Array
    throttle: Array
    airspeed_mps: Array

    @property
    def energy_wh(self) -> float:
        """Energy from the battery by voltage and current, Wh; unknown times count as the mean. NaN: never known."""
        power = self.volts * self.amps
        known = power[np.isfinite(power)]
        return float(np.mean(known)) * len(power) * STEP_S / 3600.0 if len(known) else float("nan")


_COLUMNS: Final = tuple(FlightTrace.__annotations__)[2:]  # without its name and its times


class _Columns:
    """Collector of (time, value) by column."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[float, float]]] = {name: ThinnedRows() for name in _COLUMNS}
        self.armed: list[tuple[float, bool]] = []

    def add(self, time_s: float, **values: float) -> None:
        for name, value in values.items():
            self.rows[name].append((time_s, nan if isinf(value) else value))

    def arm(self, time_s: float, armed: bool) -> None:
        if armed is not (bool(self.armed) and self.armed[-1][1]):
            self.armed.append((time_s, armed))

    def trace(self, name: str) -> FlightTrace:
        """Return the longest armed interval. UserError without one."""
        known = {column: np.array(rows, np.float64) for column, rows in self.rows.items() if len(rows) > 1}
        last = max((float(rows[-1, 0]) for rows in known.values()), default=0.0)
        ends = [*(at_s for at_s, _ in self.armed[1:]), last][: len(self.armed)]
        stretches = [(begin, end) for (begin, armed), end in zip(self.armed, ends, strict=True) if armed]
        begin, end = max(stretches, key=lambda stretch: stretch[1] - stretch[0], default=(0.0, 0.0))
        if end - begin < _SHORTEST_S:
            raise UserError(f"{name}: the log holds no flight of {_SHORTEST_S:.0f} s")
        time_s = np.arange(begin, end, STEP_S)
        columns = {column: _at(known.get(column), time_s) for column in _COLUMNS}
        return FlightTrace(name, time_s, **columns)


def _at(rows: Array | None, time_s: Array) -> Array:
    """Interpolate; NaN where unknown. Angles must be unwrapped."""
    if rows is None:
        return np.full(len(time_s), np.nan)
    at, values = rows[:, 0], rows[:, 1]
    out = np.interp(time_s, at, values, left=np.nan, right=np.nan)
    after = np.clip(np.searchsorted(at, time_s), 1, len(at) - 1)
    out[at[after] - at[after - 1] > _GAP_S] = np.nan
    return out


def read_trace(path: Path) -> FlightTrace:
    """Read the trace of a log, or of a folder of one. UserError in one line."""
    log = find_log(path)
    with reading(log):
        columns = _READERS[form_of(log)](log)
    columns.rows["yaw_rad"] = _unwrapped(columns.rows["yaw_rad"])
    return columns.trace(str(path))


def _unwrapped(rows: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if not rows:
        return rows
    times, angles = zip(*rows, strict=True)
    return list(zip(times, np.unwrap(angles).tolist(), strict=True))


# --- .bin -------------------------------------------------------------------------------------------------------------
class _Dataflash(_Columns):
    """Collector of ArduPilot's messages, or ours."""

    def __init__(self) -> None:
        super().__init__()
        self._true = 1.0
        self._logs_disarmed = True

    def takes(self) -> Mapping[str, Callable[[Any, float], None]]:
        return {
            "ATT": self._attitude,
            "XKF1": lambda m, time_s: self.add(time_s, north_mps=m.VN, east_mps=m.VE, down_mps=m.VD),
            "POS": self._place,
            "BAT": lambda m, time_s: self.add(time_s, volts=m.Volt, amps=m.Curr),
            "CTUN": self._tuning,
            "ARSP": lambda m, time_s: self.add(time_s, airspeed_mps=m.Airspeed * self._true),
            "PARM": self._parameter,
            **{kind: partial(self._change, told) for kind, told in ARMINGS.items()},
        }

    def finish(self) -> _Columns:
        """Return all columns. With LOG_DISARMED 0, a log begins with the arming, of which it does not tell."""
        if not (self.armed or self._logs_disarmed):
            self.arm(self._began_s(), True)
        return self

    def _began_s(self) -> float:
        return min((rows[0][0] for rows in self.rows.values() if rows), default=0.0)

    def _change(self, told: Callable[[Any], bool | None], m: Any, time_s: float) -> None:
        """Note a change of arming. If the first change is a disarming, the vehicle was armed when the log began."""
        armed = told(m)
        if armed is None:
            return
        if not armed and not self.armed:
            self.arm(min(self._began_s(), time_s), True)
        self.arm(time_s, armed)

    def _attitude(self, m: Any, time_s: float) -> None:
        roll, pitch, yaw = np.radians((m.Roll, m.Pitch, m.Yaw))
        self.add(time_s, roll_rad=roll, pitch_rad=pitch, yaw_rad=yaw)

    def _place(self, m: Any, time_s: float) -> None:
        self._true = _true_of_equivalent(m.Alt)
        self.add(time_s, height_m=m.RelHomeAlt)

    def _tuning(self, m: Any, time_s: float) -> None:
        if hasattr(m, "ThH"):  # only copters have it
            self.add(time_s, throttle=m.ThO)

    def _parameter(self, m: Any, time_s: float) -> None:
        if m.Name == "LOG_DISARMED":
            self._logs_disarmed = m.Value != 0.0


def _true_of_equivalent(alt_m: float) -> float:
    """Return the ratio of true to equivalent airspeed, by the density of the standard atmosphere."""
    return float((1.0 - 2.25577e-5 * min(max(alt_m, -1e3), 1e4)) ** -2.128)


def _read_dataflash(path: Path) -> _Columns:
    columns = _Dataflash()
    every_s = dict.fromkeys(("ATT", "XKF1", "POS", "BAT", "CTUN", "ARSP"), 0.5 * STEP_S)
    with open_log(path) as file:
        MessageLog(file).take(columns.takes(), every_s)
    return columns.finish()


# --- .tlog ------------------------------------------------------------------------------------------------------------
_UNKNOWN_U16: Final = 65535
_REBOOT_S: Final = 1.0
"""Time by which a clock must go back to be that of a new boot, s; frames may overtake each other."""


class _Telemetry(_Columns):
    """Collector of the first autopilot's messages. Time is the vehicle's own, which may differ from real time; a
    message without time has that of the last one with it. After a reboot, whose clock begins anew, time goes on behind
    a gap."""

    def __init__(self) -> None:
        super().__init__()
        self._now_s: float | None = None
        self._boot_s = 0.0

    def takes(self) -> Mapping[str, Callable[[Any], None]]:
        return {
            "HEARTBEAT": self._heartbeat,
            "ATTITUDE": self._attitude,
            "GLOBAL_POSITION_INT": self._place,
            "SYS_STATUS": self._status,
        }

    def _own(self, boot_ms: int) -> float:
        now_s = self._boot_s + boot_ms / 1000.0
        if self._now_s is not None and now_s < self._now_s - _REBOOT_S:
            self._boot_s = self._now_s + 2.0 * _GAP_S
            now_s = self._boot_s + boot_ms / 1000.0
        self._now_s = now_s
        return now_s

    def _heartbeat(self, m: Any) -> None:
        if self._now_s is not None:
            self.arm(self._now_s, bool(m.base_mode & ModeFlag.SAFETY_ARMED))

    def _attitude(self, m: Any) -> None:
        self.add(self._own(m.time_boot_ms), roll_rad=m.roll, pitch_rad=m.pitch, yaw_rad=m.yaw)

    def _place(self, m: Any) -> None:
        at_s = self._own(m.time_boot_ms)
        self.add(at_s, north_mps=m.vx / 100.0, east_mps=m.vy / 100.0, down_mps=m.vz / 100.0)
        self.add(at_s, height_m=m.relative_alt / 1000.0)

    def _status(self, m: Any) -> None:
        at_s = self._now_s
        if at_s is None:
            return
        if m.voltage_battery not in (0, _UNKNOWN_U16):
            self.add(at_s, volts=m.voltage_battery / 1000.0)
        if m.current_battery >= 0:
            self.add(at_s, amps=m.current_battery / 100.0)


def _read_telemetry(path: Path) -> _Columns:
    columns, vehicle = _Telemetry(), None
    takes = columns.takes()
    names = {id_of(name): name for name in takes}
    for frame in frames(path):
        name = names.get(frame.kind)
        if name is None or (vehicle is not None and frame.sender != vehicle) or (message := message_of(frame)) is None:
            continue
        if vehicle is None and is_autopilot(message, Peer(0, *frame.sender)):
            vehicle = frame.sender
        if frame.sender == vehicle:
            takes[name](message)
    return columns


# --- .ulg -------------------------------------------------------------------------------------------------------------
_ULOG_ARMED: Final = 2
_ULOG_COLUMNS: Final[dict[str, dict[str, tuple[str, float]]]] = {
    "vehicle_local_position": {"north_mps": ("vx", 1.0), "east_mps": ("vy", 1.0), "down_mps": ("vz", 1.0),
                               "height_m": ("z", -1.0)},
    "battery_status": {"volts": ("voltage_v", 1.0), "amps": ("current_a", 1.0)},
    "airspeed_validated": {"airspeed_mps": ("true_airspeed_m_s", 1.0)},
}  # fmt: skip
"""PX4's field and factor, by topic and our column."""
_NOT_MEASURED: Final = -1.0


def _read_ulog(path: Path) -> _Columns:
    from sortie.reading.ulog import euler_angles, open_ulog

    columns = _Columns()
    log = open_ulog(path, ["vehicle_status", "vehicle_attitude", *_ULOG_COLUMNS])
    topics: dict[str, Any] = {}
    for data_set in log.data_list:
        topics.setdefault(data_set.name, data_set.data)
    for topic, fields in _ULOG_COLUMNS.items():
        data: Any = topics.get(topic, {})
        measured = topic == "battery_status"  # -1 means not measured
        for column, (name, factor) in fields.items():
            if name not in data:  # another version's
                continue
            values = np.asarray(data[name], np.float64)
            known = np.isfinite(values) & ~(measured & (values == _NOT_MEASURED))
            rows = np.stack((np.asarray(data["timestamp"], np.float64) / 1e6, values * factor), axis=1)[known]
            columns.rows[column] = [(float(at_s), float(value)) for at_s, value in rows]
    if "q[3]" in (attitude := topics.get("vehicle_attitude", {})):
        w, x, y, z = (np.asarray(attitude[f"q[{axis}]"], np.float64) for axis in range(4))
        times = np.asarray(attitude["timestamp"], np.float64) / 1e6
        angles = zip(("roll_rad", "pitch_rad", "yaw_rad"), euler_angles(w, x, y, z), strict=True)
        for column, values in angles:
            columns.rows[column] = list(zip(times.tolist(), values.tolist(), strict=True))
    if "arming_state" in (status := topics.get("vehicle_status", {})):
        for stamp, state in zip(status["timestamp"], status["arming_state"], strict=True):
            columns.arm(float(stamp) / 1e6, int(state) == _ULOG_ARMED)
    return columns


_READERS: Final[dict[LogForm, Callable[[Path], _Columns]]] = {
    LogForm.DATAFLASH: _read_dataflash,
    LogForm.TELEMETRY: _read_telemetry,
    LogForm.ULOG: _read_ulog,
}
