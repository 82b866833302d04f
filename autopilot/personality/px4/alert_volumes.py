"""Other aircraft by ASTM F3442, as PX4 judges them if it is built for that (DAA_, F34_): four volumes around both.

Critical is a near mid-air collision; high is no longer well clear; medium and low are possible collisions within
F34_LVL_MED_TIME and _LOW_TIME on any course. Each aircraft has half of a volume, which grows with its speed. DAA_LVL_
gives the action on the most urgent conflict. It is taken once for each level above the last, if its mode is more
serious than the present one. Pilots' modes are left alone. There is no return to the previous mode. A conflict without
reports for DAA_TRAFF_TOUT ends when another report comes. Source: PX4 main of 2026, src/lib/adsb
(f3442_standard/DaaF3442.cpp, DaaActionPolicy.cpp, ConflictTracker.cpp) and src/modules/navigator/DetectAndAvoid.
"""

from __future__ import annotations

from enum import IntEnum
from math import fsum, sqrt
from typing import Final

from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface.geo import Ned, to_local
from autopilot.interface.mathematics import hypot
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.interface.records import dataclass
from autopilot.interface.traffic import Contact
from autopilot.mav import CollisionSource, Severity
from autopilot.personality.px4.flight import Px4Flight
from autopilot.personality.px4.modes import (
    FOLLOW,
    HOLD,
    LAND,
    MISSION,
    OFFBOARD,
    ORBIT,
    RETURN,
    TAKEOFF,
    VTOL_TAKEOFF,
    Pair,
)
from autopilot.personality.px4.parameters import Px4Parameters

ENABLED: Final = "DAA_EN"


class AlertLevel(IntEnum):
    """Values of DAA_CONFLICT_LVL_."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class DaaAction(IntEnum):
    """Responses in the order of their severity."""

    NONE = 0
    WARN = 1
    HOLD = 2
    RETURN = 3
    LAND = 4
    TERMINATE = 5
    LEFT_TO_OTHERS = 6


_BY_SETTING: Final = (
    DaaAction.NONE, DaaAction.WARN, DaaAction.RETURN, DaaAction.LAND, DaaAction.HOLD, DaaAction.TERMINATE,
)  # fmt: skip
_MODES: Final[dict[DaaAction, Pair]] = {DaaAction.HOLD: HOLD, DaaAction.RETURN: RETURN, DaaAction.LAND: LAND}
_FLOWN: Final[dict[Pair, DaaAction]] = {
    **dict.fromkeys((MISSION, TAKEOFF, VTOL_TAKEOFF, FOLLOW), DaaAction.NONE),
    **dict.fromkeys((HOLD, ORBIT), DaaAction.HOLD),
    RETURN: DaaAction.RETURN, OFFBOARD: DaaAction.LEFT_TO_OTHERS,
}  # fmt: skip
"""Severity of a mode; pilots' modes and landings count as LAND."""
_SETTINGS: Final = {
    AlertLevel.CRITICAL: "DAA_LVL_CRIT_ACT", AlertLevel.HIGH: "DAA_LVL_HIGH_ACT",
    AlertLevel.MEDIUM: "DAA_LVL_MED_ACT", AlertLevel.LOW: "DAA_LVL_LOW_ACT",
}  # fmt: skip
_SIZES: Final = ("CRIT_RAD", "CRIT_HGT", "HIGH_RAD", "HIGH_HGT", "MED_TIME", "LOW_TIME")
_ELSE: Final = {
    AlertLevel.CRITICAL: (AlertLevel.CRITICAL, AlertLevel.HIGH, AlertLevel.MEDIUM, AlertLevel.LOW),
    AlertLevel.HIGH: (AlertLevel.HIGH, AlertLevel.LOW),
    AlertLevel.MEDIUM: (AlertLevel.MEDIUM, AlertLevel.LOW),
    AlertLevel.LOW: (AlertLevel.LOW,),
}
"""Levels whose settings are tried: the first that is not 0 counts. An aircraft at a level is also within the later
ones."""


@dataclass(frozen=True, slots=True)
class Volumes:
    """F34_LVL_ volumes of one aircraft: radius and height, m, of a near collision and of well clear; prediction times,
    s."""

    critical_m: float
    critical_z_m: float
    high_m: float
    high_z_m: float
    medium_s: float
    low_s: float

    @property
    def valid(self) -> bool:
        """True if the well clear volume is at least as large as that of a near collision, and its prediction at least
        as long."""
        inside = 0.0 < self.critical_m <= self.high_m and 0.0 < self.critical_z_m <= self.high_z_m
        return inside and 0.0 <= self.medium_s <= self.low_s


def level_of(relative: Ned, own: Ned, other: Ned, volumes: Volumes) -> AlertLevel:
    """Level of an aircraft at this place relative to the vehicle, from both velocities, NED."""
    away_m, up_m = hypot(relative[0], relative[1]), abs(relative[2])
    along_mps, upward_mps = hypot(own[0], own[1]) + hypot(other[0], other[1]), abs(own[2]) + abs(other[2])
    critical, high = (volumes.critical_m, volumes.critical_z_m), (volumes.high_m, volumes.high_z_m)
    for level, (radius_m, half_m), ahead_s in (
        (AlertLevel.CRITICAL, critical, 0.0),
        (AlertLevel.HIGH, high, 0.0),
        (AlertLevel.MEDIUM, critical, volumes.medium_s),
        (AlertLevel.LOW, high, volumes.low_s),
    ):
        if away_m <= 2.0 * radius_m + along_mps * ahead_s and up_m <= 2.0 * half_m + upward_mps * ahead_s:
            return level
    return AlertLevel.NONE


@dataclass(frozen=True, slots=True)
class _Conflict:
    number: int
    level: AlertLevel
    away_m: float
    time_ms: int


class AlertVolumes:
    """Alert volumes of one vehicle; see the module."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, parameters: Px4Parameters, flight: Px4Flight) -> None:
        self._facts, self._announcer, self._parameters = facts, announcer, parameters
        self._flight = flight
        self._conflicts: dict[int, _Conflict] = {}
        self._level = AlertLevel.NONE  # of the most urgent conflict at the last report
        self._taken = DaaAction.NONE
        self._reported_ms = 0

    def hear(self, contact: Contact) -> None:
        """Judge a report of a receiver."""
        if contact.source is not CollisionSource.ADSB or not self._facts.has_position:
            return
        now_ms, param = self._facts.now_ms, self._parameters
        oldest_ms = now_ms - 1000 * int(param["DAA_TRAFF_TOUT"])
        self._conflicts = {
            number: conflict for number, conflict in self._conflicts.items() if conflict.time_ms >= oldest_ms
        }
        previous = self._conflicts.pop(contact.number, None)
        conflict = self._judge(contact, now_ms)
        if conflict is not None and conflict.level is not AlertLevel.NONE:
            self._conflicts[contact.number] = conflict
        main = max(self._conflicts.values(), key=lambda known: (known.level, -known.away_m), default=None)
        if conflict is not None:
            self._announce(conflict, AlertLevel.NONE if previous is None else previous.level, main, now_ms)
        self._act(main, now_ms)

    def _judge(self, contact: Contact, now_ms: int) -> _Conflict | None:
        """Conflict of a report; None if the parameters give no valid volumes."""
        param, state = self._parameters, self._facts.vehicle.state
        volumes = Volumes(*(param[f"F34_LVL_{name}"] for name in _SIZES))
        if not volumes.valid:
            return None
        north, east, down = contact.velocity or (0.0, 0.0, 0.0)
        if param["DAA_EN_DFLT_VEL"]:
            down = param["DAA_DFLT_VEL"]
        relative = to_local(state.place, contact.place.lat, contact.place.lon, contact.place.alt)
        level = level_of(relative, state.velocity, (north, east, down), volumes)
        return _Conflict(contact.number, level, sqrt(fsum(part * part for part in relative)), now_ms)

    # --- what is done ---------------------------------------------------------------------------------------------
    def _response(self, level: AlertLevel) -> DaaAction:
        settings = (int(self._parameters[_SETTINGS[inner]]) for inner in _ELSE.get(level, ()))
        return _BY_SETTING[next((setting for setting in settings if 0 < setting < len(_BY_SETTING)), 0)]

    def _act(self, main: _Conflict | None, now_ms: int) -> None:
        level = AlertLevel.NONE if main is None else main.level
        before, self._level = self._level, level
        action = self._response(level)
        if main is None:
            self._taken = DaaAction.NONE
        elif level > before and action > DaaAction.WARN:
            if self._facts.landed or not self._facts.armed:
                self._say(f"DAA do not {'takeoff' if self._facts.armed else 'arm'} until air conflict solved!")
            elif action > _FLOWN.get(self._flight.mode, DaaAction.LAND):
                if action != self._taken or before is AlertLevel.NONE:
                    self._say(f"DAA {main.number:06X}: {action.name.capitalize()}!")
                self._taken = action
                if action is DaaAction.TERMINATE:
                    self._flight.stop_motors(ArmingMethod.FAILSAFE_TERMINATE)
                else:
                    self._flight.enter_by_failsafe(_MODES[action], ModeReason.AVOIDANCE, now_ms)

    # --- what is told ---------------------------------------------------------------------------------------------
    def _announce(self, conflict: _Conflict, previous: AlertLevel, main: _Conflict | None, now_ms: int) -> None:
        """Announce a changed conflict, if a setting requires it; the most urgent one every DAA_NOTIF_STATE s."""
        level, words = conflict.level, f"lvl {conflict.level}. {conflict.away_m:.0f} m."
        moved = "" if level == previous else "UP " if level > previous else "DOWN "
        if max(self._response(level), self._response(previous)) < DaaAction.WARN:
            return
        again_ms = 1000 * int(self._parameters["DAA_NOTIF_STATE"])
        if level is AlertLevel.NONE:
            if previous is not AlertLevel.NONE:
                solved = "all conflicts solved." if main is None else f"SEC: {conflict.number:06X} solved."
                self._say(f"DAA {solved}")
        elif previous is AlertLevel.NONE:
            kind = "New and Main:" if conflict is main else "New"
            self._say(f"DAA {kind} {conflict.number:06X} {words}")
        elif moved or (conflict is main and again_ms and now_ms - self._reported_ms >= again_ms):
            kind = "Main" if conflict is main else "SEC"
            self._say(f"DAA {kind}: {conflict.number:06X} {words.replace('lvl ', 'lvl ' + moved)}")
        else:
            return
        self._reported_ms = now_ms

    def _say(self, text: str) -> None:
        self._announcer.say(Severity.WARNING, text)
