"""Other aircraft in the world, and their positions over time.

An aircraft flies straight from knot to knot of its track. It is absent before the first knot and after the last.
Positions are NED metres from `Sky.origin`, times are seconds of vehicle time. Tracks that are known before the flight
are the same for all vehicles. Tracks of encounters begin while a vehicle flies and are added then.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from math import inf

from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.records import dataclass

Knot = tuple[float, Ned]
"""A time, s, and the place at this time."""


@dataclass(frozen=True, slots=True)
class Aircraft:
    """An aircraft and its track. `number`: ICAO address; `emitter`: ADSB_EMITTER_TYPE; `ghost`: a false report without
    an aircraft."""

    number: int
    knots: tuple[Knot, ...]
    callsign: str = ""
    emitter: int = 0
    squawk: int = 0
    ghost: bool = False

    def at(self, time_s: float) -> tuple[Ned, Ned] | None:
        """Position and velocity at a time; None if absent."""
        knots = self.knots
        if not knots[0][0] <= time_s <= knots[-1][0]:
            return None
        k = min(bisect_right(knots, time_s, key=lambda knot: knot[0]), len(knots) - 1)
        (t0, (n0, e0, d0)), (t1, (n1, e1, d1)) = knots[k - 1], knots[k]
        span = t1 - t0
        vn, ve, vd = (n1 - n0) / span, (e1 - e0) / span, (d1 - d0) / span
        passed = time_s - t0
        return (n0 + vn * passed, e0 + ve * passed, d0 + vd * passed), (vn, ve, vd)


def straight(begin_s: float, place: Ned, velocity: Ned, duration_s: float) -> tuple[Knot, Knot]:
    n, e, d = place
    vn, ve, vd = velocity
    end = (n + vn * duration_s, e + ve * duration_s, d + vd * duration_s)
    return (begin_s, place), (begin_s + duration_s, end)


class Sky:
    """Aircraft of a run. `origin`: origin of their positions. `receivers`: number of receivers; each may add encounters
    of its own vehicle."""

    def __init__(self, origin: GeoPoint, aircraft: Iterable[Aircraft] = ()) -> None:
        self.origin = origin
        self.aircraft = list(aircraft)
        self.receivers = 0

    def add(self, aircraft: Aircraft) -> None:
        self.aircraft.append(aircraft)

    def present(self, time_s: float) -> list[tuple[Aircraft, Ned, Ned]]:
        """Aircraft at a time, false ones included, with position and velocity."""
        return [
            (aircraft, *at)
            for aircraft in self.aircraft
            if aircraft.knots[-1][0] >= time_s and (at := aircraft.at(time_s)) is not None
        ]

    def empty_until_s(self, time_s: float) -> float:
        """Time before which no known aircraft is present; `time_s` itself while one is present."""
        begin = (aircraft.knots[0][0] for aircraft in self.aircraft if aircraft.knots[-1][0] >= time_s)
        return max(min(begin, default=inf), time_s)
