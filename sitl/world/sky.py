"""Other aircraft in the world: where each is at a time.

An aircraft flies straight from knot to knot of its track; before the first knot and behind the last it is not there.
Positions are NED metres from `Sky.origin`, times seconds of vehicle time. Tracks that are known before the flight are
the same for all vehicles; those of an encounter begin when a vehicle flies, and are added then.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from math import inf

from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.records import dataclass

Knot = tuple[float, Ned]
"""A time in s, and where it is then."""


@dataclass(frozen=True, slots=True)
class Aircraft:
    """An aircraft and its track. `number`: ICAO address; `emitter`: ADSB_EMITTER_TYPE; `ghost`: it is told and not
    there (a false report)."""

    number: int
    knots: tuple[Knot, ...]
    callsign: str = ""
    emitter: int = 0
    squawk: int = 0
    ghost: bool = False

    def at(self, time_s: float) -> tuple[Ned, Ned] | None:
        """Position and velocity then; None: it is not there."""
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
    """Knots of a straight track."""
    n, e, d = place
    vn, ve, vd = velocity
    end = (n + vn * duration_s, e + ve * duration_s, d + vd * duration_s)
    return (begin_s, place), (begin_s + duration_s, end)


class Sky:
    """The aircraft of a run. `origin`: what their positions count from; `receivers`: how many hear them, each of which
    may add the encounters of its own vehicle."""

    def __init__(self, origin: GeoPoint, aircraft: Iterable[Aircraft] = ()) -> None:
        self.origin = origin
        self.aircraft = list(aircraft)
        self.receivers = 0

    def add(self, aircraft: Aircraft) -> None:
        """Take one more aircraft from now on."""
        self.aircraft.append(aircraft)

    def present(self, time_s: float) -> list[tuple[Aircraft, Ned, Ned]]:
        """Aircraft that are there then, false ones too, with position and velocity."""
        return [
            (aircraft, *at)
            for aircraft in self.aircraft
            if aircraft.knots[-1][0] >= time_s and (at := aircraft.at(time_s)) is not None
        ]

    def empty_until_s(self, time_s: float) -> float:
        """The time before which none of the aircraft that are known now is there; that time itself while one is."""
        begin = (aircraft.knots[0][0] for aircraft in self.aircraft if aircraft.knots[-1][0] >= time_s)
        return max(min(begin, default=inf), time_s)
