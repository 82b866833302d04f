"""Reads a DataFlash log (`.bin`): ours, or ArduPilot's."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from contextlib import closing
from math import hypot, nan
from pathlib import Path
from typing import Any, Final

from autopilot.geo import GeoPoint
from autopilot.mav import Severity
from autopilot.mission.items import MissionItem
from sortie.reading.facts import FlightFacts, Quantity, Sample, Trouble

_HOME: Final = 1
"""Of ORGN, the type that is home; 0 is the estimator's origin."""
_ARMED, _DISARMED = 10, 11
"""LogEvent."""
_SUBSYSTEMS: Final = {
    2: "radio", 3: "compass", 5: "radio failsafe", 6: "battery failsafe", 8: "ground station failsafe",
    9: "fence", 10: "flight mode", 11: "GPS", 12: "crash check", 13: "flip", 15: "parachute", 16: "EKF check",
    17: "EKF failsafe", 18: "barometer", 19: "processor load", 20: "ADS-B failsafe", 21: "terrain", 22: "navigation",
    23: "terrain failsafe", 24: "EKF primary", 25: "thrust loss", 26: "sensor failsafe", 27: "leak failsafe",
    28: "pilot input", 29: "vibration failsafe", 30: "internal error", 31: "dead reckoning",
}  # fmt: skip
"""LogErrorSubsystem, as ArduPilot's "Diagnosing problems using logs" names them."""


class _Reader:
    """Collects from a log's messages in their order. Of sensors there are several: the first is taken."""

    def __init__(self) -> None:
        self.facts = FlightFacts()
        self._items: dict[int, MissionItem] = {}
        self._speed = self._volts = self._percent = nan
        self.takes: dict[str, Callable[[Any, float], None]] = {
            "POS": self._pos, "GPS": self._gps, "XKF1": self._estimate, "NKF1": self._estimate, "BAT": self._bat,
            "MSG": self._msg, "CMD": self._cmd, "ORGN": self._origin, "VIBE": self._vibe, "ARM": self._arm,
            "EV": self._event, "ERR": self._error, "TERR": self._terrain, "RSSI": self._rssi,
        }  # fmt: skip

    def _pos(self, m: Any, time_s: float) -> None:
        self.facts.samples.append(Sample(time_s, m.Lat, m.Lng, m.RelHomeAlt, self._speed, self._volts, self._percent))

    def _gps(self, m: Any, time_s: float) -> None:
        if getattr(m, "I", 0) == 0:
            self._speed = m.Spd

    def _estimate(self, m: Any, time_s: float) -> None:
        if getattr(m, "C", 0) == 0:
            self._speed = hypot(m.VN, m.VE)
            self.facts.add(Quantity.CLIMB, time_s, -m.VD)

    def _bat(self, m: Any, time_s: float) -> None:
        if getattr(m, "Inst", 0) == 0:
            self._volts, self._percent = m.Volt, float(getattr(m, "RemPct", nan))
            self.facts.add(Quantity.CURRENT, time_s, m.Curr)

    def _vibe(self, m: Any, time_s: float) -> None:
        if getattr(m, "IMU", 0) == 0:
            self.facts.add(Quantity.VIBRATION, time_s, max(m.VibeX, m.VibeY, m.VibeZ))

    def _terrain(self, m: Any, time_s: float) -> None:
        if self.facts.home is not None and m.Status:
            self.facts.add(Quantity.TERRAIN, time_s, m.TerrH - self.facts.home.alt)

    def _rssi(self, m: Any, time_s: float) -> None:
        self.facts.add(Quantity.RSSI, time_s, 100.0 * m.RXRSSI)

    def _arm(self, m: Any, time_s: float) -> None:
        self.facts.arm(time_s, bool(m.ArmState))

    def _event(self, m: Any, time_s: float) -> None:
        if m.Id in (_ARMED, _DISARMED):
            self.facts.arm(time_s, m.Id == _ARMED)

    def _error(self, m: Any, time_s: float) -> None:
        name = _SUBSYSTEMS.get(m.Subsys, f"subsystem {m.Subsys}")
        self.facts.texts.append((time_s, f"error {m.ECode}: {name}" if m.ECode else f"error resolved: {name}"))
        if m.ECode:
            self.facts.troubles.append(Trouble(time_s, Severity.ERROR, f"{name}, code {m.ECode}"))

    def _msg(self, m: Any, time_s: float) -> None:
        self.facts.say(time_s, m.Message)
        self.facts.vehicle = self.facts.vehicle or m.Message

    def _cmd(self, m: Any, time_s: float) -> None:
        if m.CNum > 0:
            params = (m.Prm1, m.Prm2, m.Prm3, m.Prm4, m.Lat, m.Lng, m.Alt)
            self._items[m.CNum] = MissionItem(m.CId, m.Frame, *params, seq=m.CNum)

    def _origin(self, m: Any, time_s: float) -> None:
        if m.Type == _HOME:
            self.facts.home = GeoPoint(m.Lat, m.Lng, m.Alt)

    def finish(self) -> FlightFacts:
        """All of it."""
        self.facts.items = tuple(self._items[seq] for seq in sorted(self._items))
        return self.facts


def read_dataflash(path: Path) -> FlightFacts:
    """The facts of a DataFlash log. OSError when it cannot be read; one that ends early gives what is there."""
    from pymavlink import mavutil
    from pymavlink.DFReader import DFReader_binary

    reader, told = _Reader(), io.StringIO()
    # The reader tells of broken places by print.
    with (
        contextlib.redirect_stdout(told), contextlib.redirect_stderr(told),
        closing(DFReader_binary(str(path), zero_time_base=True)) as log,
    ):  # fmt: skip
        wanted = [*reader.takes, "MODE"]
        while (message := log.recv_match(type=wanted)) is not None:
            kind, time_s = message.get_type(), message.TimeUS / 1e6
            if kind == "MODE":
                names = mavutil.mode_mapping_bynumber(log.mav_type) or {}
                reader.facts.enter(time_s, names.get(message.ModeNum, str(message.ModeNum)))
            else:
                reader.takes[kind](message, time_s)
    facts = reader.finish()
    facts.cut = "parts of the log cannot be read" if told.getvalue() else ""
    return facts
