"""Weathervane: hovering vehicles turn into the wind in AUTO and GUIDED (WVANE_, bit 7 of AUTO_OPTIONS and
GUID_OPTIONS), wings with lift motors wherever these hold a place (Q_WVANE_).

The lean that holds a vehicle against the wind shows the wind's direction: the turn rate is WVANE_GAIN times the angle.
It begins after two seconds of low speed, and ends at once when the vehicle is faster or the pilot turns it. Source:
ArduPilot AC_WeatherVane.cpp, ArduCopter/autoyaw.cpp, QuadPlane::get_weathervane_yaw_rate_cds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from math import copysign, degrees, radians
from typing import Final

from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface import report
from autopilot.interface.targets import Attitude, Drive, Idle, Land, Pilot, PilotKind, TakeOff, Yaw, YawMode
from autopilot.mav import Severity, VtolState
from autopilot.modes.heading import KEEP

_ALLOWED: Final = 1 << 7
_LOOK_MS, _TURN_MS, _WAITS_MS = 250, 100, 2000
_SMOOTHED: Final = 0.55  # weight of a new rate in `_TURN_MS`: ArduPilot's 0.02 in 2.5 ms
_OF_WINGS: Final = {
    "WVANE_ENABLE": "Q_WVANE_ENABLE", "WVANE_GAIN": "Q_WVANE_GAIN", "WVANE_ANG_MIN": "Q_WVANE_ANG_MIN",
    "WVANE_HGT_MIN": "Q_WVANE_HGT_MIN", "WVANE_SPD_MAX": "Q_WVANE_SPD_MAX", "WVANE_VELZ_MAX": "Q_WVANE_VELZ_MAX",
    "WVANE_TAKEOFF": "Q_WVANE_TAKEOFF", "WVANE_LAND": "Q_WVANE_LAND", "WVANE_OPTIONS": "Q_WVANE_OPTIONS",
}  # fmt: skip
_TURNED_BY_HAND: Final = 0.02  # of full stick


class VaneDirection(IntEnum):
    """Values of WVANE_ENABLE, and of WVANE_TAKEOFF and WVANE_LAND, where -1 means the value of WVANE_ENABLE."""

    ONLY_BELOW = -1
    OFF = 0
    NOSE_IN = 1
    NOSE_OR_TAIL_IN = 2
    SIDE_IN = 3
    TAIL_IN = 4


def _beyond(angle: float, least: float) -> float:
    return max(abs(angle) - least, 0.0)


def _nose(roll: float, pitch: float, least: float, by_pitch: bool) -> float:
    turn = abs(roll) + pitch - least if by_pitch and pitch > least else _beyond(roll, least)
    return copysign(turn, roll)


def _nose_or_tail(roll: float, pitch: float, least: float, by_pitch: bool) -> float:
    return copysign(_beyond(roll, least), -1.0 if (roll < 0.0) != (pitch > 0.0) else 1.0)


def _side(roll: float, pitch: float, least: float, by_pitch: bool) -> float:
    return copysign(_beyond(pitch, least), -1.0 if (pitch > 0.0) != (roll > 0.0) else 1.0)


def _tail(roll: float, pitch: float, least: float, by_pitch: bool) -> float:
    turn = abs(roll) - pitch - least if by_pitch and pitch < -least else _beyond(roll, least)
    return copysign(turn, -roll)


_TURNS: Final[Mapping[int, tuple[str, Callable[[float, float, float, bool], float]]]] = {
    VaneDirection.NOSE_IN: ("nose in", _nose),
    VaneDirection.NOSE_OR_TAIL_IN: ("nose or tail in", _nose_or_tail),
    VaneDirection.SIDE_IN: ("side in", _side),
    VaneDirection.TAIL_IN: ("tail in", _tail),
}
"""Text of each direction, and its turn in degrees (right positive) by roll and pitch, the minimum angle, and whether
pitch makes it faster."""


class Weathervane:
    """Turn rate into the wind, from the lean that holds a hovering vehicle in place."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, helm: Helm) -> None:
        self._facts, self._announcer, self._helm = facts, announcer, helm
        self._since_ms: int | None = None  # time since which it is slow enough
        self._due_ms: int | None = None
        self._turning = False
        self._rate = 0.0  # deg/s

    def next_deadline_ms(self) -> int | None:
        return self._due_ms

    def update(self, now_ms: int, mode: int) -> None:
        if self._due_ms is not None and now_ms < self._due_ms:
            return
        turn = _TURNS.get(self._direction(mode))
        if turn is None:
            self._due_ms = None
            self._give_up()
        elif self._moves():
            self._due_ms = now_ms + _LOOK_MS
            self._give_up()
        else:
            self._due_ms = now_ms + (_TURN_MS if self._turning else _LOOK_MS)
            self._since_ms = now_ms if self._since_ms is None else self._since_ms
            if now_ms - self._since_ms >= _WAITS_MS:
                self._turn(*turn)

    def _direction(self, mode: int) -> int:
        """Present direction, OFF if the mode or its target does not allow it."""
        facts, target = self._facts, self._helm.target
        direction = int(self._param("WVANE_ENABLE"))
        if direction == VaneDirection.OFF or facts.grounded or not facts.armed:
            return VaneDirection.OFF
        if self._param("WVANE_GAIN", 1.0) <= 0.0 or not self._allowed(mode):
            return VaneDirection.OFF
        below = {TakeOff: "WVANE_TAKEOFF", Land: "WVANE_LAND"}.get(type(target))
        own = -1 if below is None else int(self._param(below, -1.0))
        return own if own >= 0 else direction

    def _param(self, name: str, otherwise: float = 0.0) -> float:
        return self._facts.param(name if self._facts.vehicle_class.hovers else _OF_WINGS[name], otherwise)

    def _allowed(self, mode: int) -> bool:
        numbers, target = self._facts.vehicle_class.modes, self._helm.target
        if not self._facts.vehicle_class.hovers:
            return not isinstance(target, Pilot) or target.kind is PilotKind.LOITER
        options = {numbers.auto: "AUTO_OPTIONS", numbers.guided: "GUID_OPTIONS"}.get(mode)
        return options is not None and bool(int(self._facts.param(options)) & _ALLOWED)

    def _moves(self) -> bool:
        """True if it is too low, too fast, turned by the pilot or on its wings."""
        r = self._facts.vehicle.state.report
        lowest = self._param("WVANE_HGT_MIN")
        fastest, climbs = self._param("WVANE_SPD_MAX", 2.0), self._param("WVANE_VELZ_MAX", 1.0)
        low = lowest > 0.0 and self._facts.clearance <= lowest
        fast = 0.0 < fastest < r[report.GROUND_SPEED] or 0.0 < climbs < abs(r[report.VD])
        on_wings = r[report.VTOL_STATE] not in (VtolState.UNDEFINED, VtolState.MC)
        return bool(low or fast or on_wings or abs(r[report.STICK_YAW]) > _TURNED_BY_HAND)

    def _turn(self, reason: str, turn: Callable[[float, float, float, bool], float]) -> None:
        r = self._facts.vehicle.state.report
        if not self._turning:
            self._turning = True
            self._announcer.say(Severity.INFO, f"Weathervane Active: {reason}")
        roll, pitch = degrees(float(r[report.NAV_ROLL])), degrees(float(r[report.NAV_PITCH]))
        demand = turn(roll, pitch, self._param("WVANE_ANG_MIN", 1.0), bool(int(self._param("WVANE_OPTIONS")) & 1))
        self._rate += _SMOOTHED * (self._param("WVANE_GAIN", 1.0) * demand - self._rate)
        self._helm.set_yaw(Yaw(YawMode.RATE, rate=radians(self._rate)))

    def _give_up(self) -> None:
        """End it: the target's own heading counts again."""
        self._since_ms, self._rate = None, 0.0
        if self._turning:
            self._turning = False
            target = self._helm.target
            self._helm.set_yaw(KEEP if isinstance(target, Idle | Attitude | Pilot | Drive) else target.yaw)
