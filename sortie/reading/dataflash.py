"""Reader of DataFlash logs (`.bin`): ours, or ArduPilot's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import hypot, isfinite, nan
from pathlib import Path
from typing import Any, Final

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd, Frame, Severity
from autopilot.mission.commands import has_position
from autopilot.mission.items import MissionItem
from mavlink_bridge.firmware.mode_names import ardupilot_mode
from sortie.logs.dataflash_kinds import PLAIN_IN_CMD, RALLY_FRAME_KNOWN, RALLY_FRAME_SHIFT, RALLY_FRAMES
from sortie.reading.dataflash_messages import ARMINGS, MessageLog, percent_left
from sortie.reading.facts import FlightFacts, LoggedPlan, LoggedProblem, Quantity, Sample, ThinnedRows, remember
from sortie.reading.log_file import open_log

_HOME: Final = 1
"""ORGN.Type of home; 0 is the estimator's origin."""
_SILENT_S: Final = 0.4
"""Silence of POS after which the estimator's own state is used, and the interval of its use, s."""
_SAME_INSTANT_S: Final = 0.03
"""Largest time between POS and the XKF1 with the speed at that place, s."""
_CONST_POS: Final = 1 << 7
"""Bit of XKF4.SS: the estimator has no position and assumes standstill."""
_PLAIN_BELOW: Final = 1e-3
"""Value of CMD.Lat below which a param 5 is scaled: a command's, of at most 10,000."""
_MOST_RALLY: Final = 256
"""RALY counts points in a byte."""
SAMPLED_S: Final = dict.fromkeys(("POS", "GPS", "XKF1", "XKF2", "XKF4", "BAT", "VIBE", "ATT", "TERR", "RSSI"), 0.09)
"""Shortest intervals of sampled messages, s: ten a second are enough of up to four hundred."""
_TERRAIN_OK: Final = 2
"""AP_Terrain::TerrainStatus; with lower values the height is invalid."""
_FIRMWARE: Final = re.compile(r"[A-Za-z][\w:-]* V\d+\.\d+")
"""Pattern of a firmware's name. In a log opened by arming, "Arming motors" precedes it."""
_HIT_GROUND: Final = re.compile(r"SIM Hit ground at ([\d.]+) m/s")
_HARD_MPS: Final = 1.0
"""Landing speed that is hard, m/s; ArduPilot's LAND_SPEED is 0.5 m/s."""
_GPS_EPOCH_S, _WEEK_S, _LEAP_S = 315_964_800, 604_800, 18
"""GPS time begins in 1980 and has no leap seconds: 18 since 2017."""
_LAST_WEEK: Final = 5200
"""Last valid GPS week, in 2079; a later one is damaged."""
_SUBSYSTEMS: Final = {
    2: "radio", 3: "compass", 5: "radio failsafe", 6: "battery failsafe", 8: "ground station failsafe",
    9: "fence", 10: "flight mode", 11: "GPS", 12: "crash check", 13: "flip", 15: "parachute", 16: "EKF check",
    17: "EKF failsafe", 18: "barometer", 19: "processor load", 20: "ADS-B failsafe", 21: "terrain", 22: "navigation",
    23: "terrain failsafe", 24: "EKF primary", 25: "thrust loss", 26: "sensor failsafe", 27: "leak failsafe",
    28: "pilot input", 29: "vibration failsafe", 30: "internal error", 31: "dead reckoning",
}  # fmt: skip
"""LogErrorSubsystem, with the names of ArduPilot's page "Diagnosing problems using logs"."""
_ANGLES: Final = (
    (Quantity.ROLL, "Roll"), (Quantity.PITCH, "Pitch"), (Quantity.YAW, "Yaw"), (Quantity.ROLL_SET, "DesRoll"),
    (Quantity.PITCH_SET, "DesPitch"),
)  # fmt: skip
"""Angles of ATT; rovers had no demanded angles until 3.2, planes until 3.1."""


class _DataflashReader:
    """Collector of a log's messages, in order."""

    def __init__(self) -> None:
        self.facts = FlightFacts()
        self._plan = LoggedPlan()
        self._speed = self._volts = self._percent = nan
        self._modes: list[tuple[float, int]] = ThinnedRows()
        self._parameters: dict[str, float] = {}
        self._began: GeoPoint | None = None
        self._guesses = False
        self.takes: dict[str, Callable[[Any, float], None]] = {
            "POS": self._pos,
            "GPS": self._gps,
            "XKF1": self._estimate,
            "BAT": self._bat,
            "MSG": self._msg,
            "CMD": self._cmd,
            "ORGN": self._origin,
            "VIBE": lambda m, time_s: self.facts.add(Quantity.VIBRATION, time_s, max(m.VibeX, m.VibeY, m.VibeZ)),
            "ARM": partial(self._arm, "ARM"),
            "EV": partial(self._arm, "EV"),
            "ERR": self._error,
            "TERR": self._terrain,
            "RSSI": lambda m, time_s: self.facts.add(Quantity.RSSI, time_s, 100.0 * m.RXRSSI),
            "MODE": lambda m, time_s: self._modes.append((time_s, m.ModeNum)),
            "RALY": self._rally,
            "VER": self._version,
            "PARM": self._parameter,
            "ATT": self._attitude,
            "XKF2": lambda m, time_s: self.facts.add(Quantity.WIND, time_s, hypot(m.VWN, m.VWE)),
            "ARSP": lambda m, time_s: self.facts.add(Quantity.AIRSPEED, time_s, m.Airspeed),
            "QTUN": lambda m, time_s: self.facts.add(Quantity.LIFT, time_s, 100.0 * m.ThO),
            "XKF4": self._innovations,
        }

    def _pos(self, m: Any, time_s: float) -> None:
        self.facts.pass_by(Sample(time_s, m.Lat, m.Lng, m.RelHomeAlt, self._speed, self._volts, self._percent))

    def _gps(self, m: Any, time_s: float) -> None:
        self._speed = float(m.Spd)
        for quantity, name in ((Quantity.SATELLITES, "NSats"), (Quantity.HDOP, "HDop")):
            self.facts.add(quantity, time_s, getattr(m, name, nan))
        week: int = getattr(m, "GWk", 0)
        if 0 < week <= _LAST_WEEK and not self.facts.boot_us:
            unix_us = (_GPS_EPOCH_S + week * _WEEK_S - _LEAP_S) * 1_000_000 + m.GMS * 1000
            self.facts.boot_us = unix_us - round(time_s * 1e6)

    def _attitude(self, m: Any, time_s: float) -> None:
        for quantity, name in _ANGLES:
            if (value := getattr(m, name, None)) is not None:
                self.facts.add(quantity, time_s, value)

    def _version(self, m: Any, time_s: float) -> None:
        self.facts.vehicle = m.FWS

    def _parameter(self, m: Any, time_s: float) -> None:
        before = self._parameters.get(m.Name, m.Value)
        remember(self._parameters, m.Name, m.Value)
        if before != m.Value:
            self.facts.changes.append((time_s, m.Name, before, m.Value))
        default = getattr(m, "Default", nan)
        if isfinite(default) and default != m.Value:
            remember(self.facts.own_values, m.Name, (m.Value, default))
        else:
            self.facts.own_values.pop(m.Name, None)

    def _estimate(self, m: Any, time_s: float) -> None:
        self._speed = hypot(m.VN, m.VE)
        samples = self.facts.samples
        if samples and time_s - samples[-1].time_s < _SAME_INSTANT_S:  # POS precedes it
            samples[-1] = replace(samples[-1], speed=self._speed)
        self.facts.add(Quantity.CLIMB, time_s, -m.VD)
        self._reckon(m, time_s)

    def _reckon(self, m: Any, time_s: float) -> None:
        """Calculate a position from the estimator's state while POS is missing; ArduPilot does not write POS without
        GPS."""
        facts = self.facts
        if not (facts.samples and facts.home and self._began) or time_s - facts.samples[-1].time_s < _SILENT_S:
            return
        last, place = facts.samples[-1], to_global(self._began, (m.PN, m.PE, m.PD))
        if self._guesses:
            place = GeoPoint(last.lat, last.lon, place.alt)
        height = place.alt - facts.home.alt
        facts.pass_by(Sample(time_s, place.lat, place.lon, height, self._speed, self._volts, self._percent))
        if self._guesses:
            goes_on = bool(facts.unplaced) and facts.unplaced[-1][1] == last.time_s
            began_s = facts.unplaced.pop()[0] if goes_on else last.time_s
            facts.unplaced.append((began_s, time_s))

    def _innovations(self, m: Any, time_s: float) -> None:
        self.facts.add(Quantity.ESTIMATE, time_s, m.SP)
        self._guesses = bool(getattr(m, "SS", 0) & _CONST_POS)

    def _bat(self, m: Any, time_s: float) -> None:
        self._volts, self._percent = float(m.Volt), percent_left(m)
        self.facts.add(Quantity.CURRENT, time_s, m.Curr)

    def _terrain(self, m: Any, time_s: float) -> None:
        if self.facts.home is not None and m.Status == _TERRAIN_OK:
            self.facts.add(Quantity.TERRAIN, time_s, m.TerrH - self.facts.home.alt)

    def _arm(self, kind: str, m: Any, time_s: float) -> None:
        """Note a change of arming. If the first change is a disarming, the vehicle was armed when the log began, as
        with LOG_DISARMED 0."""
        armed = ARMINGS[kind](m)
        if armed is None:
            return
        if not armed and not self.facts.armed:
            self.facts.arm(min(self.facts.span_s[0], time_s), True)
        self.facts.arm(time_s, armed)
        self._plan.arm(armed)

    def _error(self, m: Any, time_s: float) -> None:
        name = _SUBSYSTEMS.get(m.Subsys, f"subsystem {m.Subsys}")
        self.facts.texts.append((time_s, f"error {m.ECode}: {name}" if m.ECode else f"error resolved: {name}"))
        if m.ECode:
            self.facts.troubles.append(LoggedProblem(time_s, Severity.ERROR, f"{name}, code {m.ECode}"))

    def _msg(self, m: Any, time_s: float) -> None:
        self._arm("MSG", m, time_s)
        hit = _HIT_GROUND.match(m.Message)
        hard = hit is not None and float(hit[1]) > _HARD_MPS
        self.facts.say(time_s, m.Message, Severity.WARNING if hard else Severity.INFO)
        if not self.facts.vehicle and _FIRMWARE.match(m.Message):
            self.facts.vehicle = m.Message

    def _cmd(self, m: Any, time_s: float) -> None:
        if m.CNum == 0:
            self._plan.begin()
            if self.facts.home is None and (m.Lat, m.Lng) != (0.0, 0.0):  # before 3.3 no other message has home
                self.facts.begin_at(m.Lat, m.Lng, m.Alt)
        else:
            p1, p2, p3, p4 = (float(getattr(m, f"Prm{number}", 0.0)) for number in range(1, 5))
            # Before 2018 no frame was logged; heights in the frame MISSION cannot be compared.
            frame = getattr(m, "Frame", Frame.MISSION)
            x, y = (m.Lat, m.Lng) if has_position(m.CId) else map(_plain, (m.Lat, m.Lng))
            self._plan.take(MissionItem(m.CId, frame, p1, p2, p3, p4, x, y, m.Alt, seq=m.CNum))

    def _rally(self, m: Any, time_s: float) -> None:
        before = () if m.Seq == 0 else self.facts.rally
        if len(before) >= _MOST_RALLY:
            raise ValueError(m.Seq)
        flags = getattr(m, "Flags", 0)
        known = flags & RALLY_FRAME_KNOWN
        frame = RALLY_FRAMES.get(flags >> RALLY_FRAME_SHIFT, Frame.GLOBAL) if known else Frame.GLOBAL_RELATIVE_ALT
        point = MissionItem(Cmd.NAV_RALLY_POINT, frame, x=m.Lat, y=m.Lng, z=m.Alt, seq=m.Seq)
        self.facts.rally = (*before, point)

    def _origin(self, m: Any, time_s: float) -> None:
        if m.Type == _HOME:
            self.facts.begin_at(m.Lat, m.Lng, m.Alt)
        else:
            self._began = GeoPoint(m.Lat, m.Lng, m.Alt)

    def finish(self, vehicle_type: int) -> FlightFacts:
        """Return all facts; `vehicle_type`: MAV_TYPE, for the names of modes."""
        if not self.facts.armed and self._parameters.get("LOG_DISARMED") == 0.0:
            self.facts.arm(self.facts.span_s[0], True)
        for at_s, number in self._modes:
            self.facts.enter(at_s, ardupilot_mode(vehicle_type, number))
        self.facts.items = self._plan.items()
        return self.facts


def _plain(value: float) -> float:
    """Return a param 5 or 6 that is no place: in degrees x 1e7, or as it is in logs before 4.0, whose columns are
    floats."""
    return float(round(value / PLAIN_IN_CMD)) if abs(value) < _PLAIN_BELOW else value


def read_dataflash(path: Path) -> FlightFacts:
    """Read a DataFlash log. OSError when it cannot be read; a log that ends early gives its facts so far."""
    reader = _DataflashReader()
    with open_log(path) as file:
        log = MessageLog(file)
        log.take(reader.takes, SAMPLED_S)
    # Names of modes depend on the firmware, which is known at the end of the log.
    facts = reader.finish(log.vehicle_type)
    facts.cut = "parts of the log cannot be read" if log.broken else ""
    return facts
