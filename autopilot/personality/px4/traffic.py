"""Other aircraft as PX4's navigator judges them (NAV_TRAFF_): by the distance from an aircraft's line, height and time.

A report is a conflict if the vehicle is nearer than NAV_TRAFF_A_HOR to the aircraft's flight line, less than
NAV_TRAFF_A_VER above or below it, and both would meet within NAV_TRAFF_COLL_T if they flew at each other. It is
announced when it begins and once a minute while it lasts, and NAV_TRAFF_AVOID gives the action: 2 return, 3 land, 4
hold. Ten conflicts are kept, each for two minutes. There is no return to the previous mode. Source: PX4 1.15
src/lib/adsb/AdsbConflict.cpp, src/modules/navigator/navigator_main.cpp.
"""

from __future__ import annotations

from math import degrees
from typing import Final

from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface.geo import Ned, to_local
from autopilot.interface.mathematics import atan2, hypot
from autopilot.interface.reasons import ModeReason
from autopilot.interface.traffic import Contact
from autopilot.mav import CollisionSource, Severity
from autopilot.personality.px4.flight import Px4Flight
from autopilot.personality.px4.modes import HOLD, LAND, RETURN, Pair
from autopilot.personality.px4.parameters import Px4Parameters

_MOST: Final = 10
_AGAIN_MS: Final = 60_000
_FORGET_MS: Final = 120_000
_EXTENSION_M: Final = 1000.0
_OFF: Final = 0
_ACTIONS: Final[dict[int, tuple[Pair, str]]] = {
    2: (RETURN, ", returning home"), 3: (LAND, ", landing"), 4: (HOLD, ", holding"),
}  # fmt: skip


def crosstrack_m(relative: Ned, velocity: Ned) -> float | None:
    """Distance of the vehicle from the line of an aircraft at this place (relative to the vehicle) with this velocity,
    m; None: the vehicle is beyond the line's end, a kilometre behind the aircraft."""
    north, east, _ = relative
    speed = hypot(velocity[0], velocity[1])
    course = (1.0, 0.0) if speed == 0.0 else (velocity[0] / speed, velocity[1] / speed)
    reach = hypot(north, east) + _EXTENSION_M
    end = north + course[0] * reach, east + course[1] * reach
    if end[0] * course[0] + end[1] * course[1] < 0.0:
        return None
    return abs(end[0] * course[1] - end[1] * course[0])


class Px4Traffic:
    """Traffic judgement of one vehicle; see the module."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, parameters: Px4Parameters, flight: Px4Flight) -> None:
        self._facts, self._announcer, self._parameters = facts, announcer, parameters
        self._flight = flight
        self._reported_ms: dict[int, int] = {}  # conflicts, by the aircraft's number

    def hear(self, contact: Contact) -> None:
        """Judge a report of a receiver."""
        if contact.source is not CollisionSource.ADSB:
            return
        now_ms, number = self._facts.now_ms, contact.number
        self._reported_ms = {key: ms for key, ms in self._reported_ms.items() if now_ms - ms <= _FORGET_MS}
        away_m = self._conflict_m(contact)
        if away_m is None:
            self._reported_ms.pop(number, None)
        elif number in self._reported_ms:
            if now_ms - self._reported_ms[number] > _AGAIN_MS:
                self._act(contact, away_m, now_ms)
        elif len(self._reported_ms) < _MOST:
            self._act(contact, away_m, now_ms)

    def _conflict_m(self, contact: Contact) -> float | None:
        """Distance from the aircraft's line, m; None: not a conflict."""
        if not self._facts.has_position:
            return None
        state, limits = self._facts.vehicle.state, self._parameters
        here, velocity = state.place, contact.velocity or (0.0, 0.0, 0.0)
        relative = to_local(here, contact.place.lat, contact.place.lon, contact.place.alt)
        across_m = crosstrack_m(relative, velocity)
        speed = hypot(*velocity) + hypot(*state.velocity)
        near = across_m is not None and across_m < limits["NAV_TRAFF_A_HOR"]
        level = abs(relative[2]) < limits["NAV_TRAFF_A_VER"]
        soon = speed > 0.0 and hypot(*relative) / speed < limits["NAV_TRAFF_COLL_T"]
        return across_m if near and level and soon else None

    def _act(self, contact: Contact, away_m: float, now_ms: int) -> None:
        self._reported_ms[contact.number] = now_ms
        setting = int(self._parameters["NAV_TRAFF_AVOID"])
        if setting == _OFF:
            return
        mode, words = _ACTIONS.get(setting, (None, ""))
        velocity = contact.velocity or (0.0, 0.0, 0.0)
        heading = round(degrees(atan2(velocity[1], velocity[0]))) % 360
        text = f"Traffic alert {contact.number:06X}, {away_m:.0f} m, {heading} deg{words}"
        self._announcer.say(Severity.WARNING, text[:50])
        if mode is not None and self._facts.armed and not self._facts.landed:
            self._flight.enter_by_failsafe(mode, ModeReason.AVOIDANCE, now_ms)
