"""Rules about obstacles: paths of a plan that touch an obstacle, or come close.

A path is followed in steps of the distance to the nearest obstacle, so that none is missed (sphere tracing; Hart 1996).
Legs count as straight, even if they follow terrain; climbs and descents are paths too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from autopilot.interface.mathematics import hypot
from autopilot.mission.commands import command_name, spec_of
from autopilot.rehearsal.field import FlyingField, Place, PlannedLeg
from autopilot.rehearsal.findings import Finding, found
from autopilot.rehearsal.way import Way
from sitl.world.obstacles import Obstacles

_FINEST_M: Final = 0.1
_BENDY_RULER: Final = 1  # OA_TYPE: 1 and 3


def check_obstacles(obstacles: Obstacles, field: FlyingField, way: Way) -> Iterator[Finding]:
    """Yield a finding for each item whose path or circle touches an obstacle, or comes closer than AVOID_MARGIN."""
    touches = field.param("SIM_COLLIDE_RAD")
    margin = max(field.param("AVOID_MARGIN", 2.0), touches)
    goes_round = bool(int(field.param("OA_TYPE")) & _BENDY_RULER)
    reported: set[tuple[int, str]] = set()
    before: Place | None = None
    for leg in way.legs:
        for begin, end in _lines(leg, before):
            away, at, name = _nearest(obstacles, begin, end, margin)
            if away < margin and (leg.item.seq, name) not in reported:
                reported.add((leg.item.seq, name))
                yield _finding(leg, name, away, at, touches, goes_round=goes_round)
        before = leg.end


def _lines(leg: PlannedLeg, before: Place | None) -> Iterator[tuple[Place, Place]]:
    """Yield the climb to a leg, the leg, the circle at its end, and the descent there."""
    spec = spec_of(leg.item.command)
    if before is not None and before[:2] == leg.begin[:2]:
        yield before, leg.begin
    yield from leg.lines()
    if leg.radius_m == 0.0 and spec is not None and spec.comes_down:
        yield leg.end, (*leg.end[:2], 0.0)


def _nearest(obstacles: Obstacles, begin: Place, end: Place, within_m: float) -> tuple[float, Place, str]:
    """Return the smallest distance to an obstacle on a line, m, its place, and the obstacle; below `within_m`, the
    first one below 0."""
    length = hypot(*(b - a for a, b in zip(begin, end, strict=True)))
    best, place, name, along = within_m, begin, "", 0.0
    while True:
        share = along / length if length > 0.0 else 0.0
        at = (
            begin[0] + share * (end[0] - begin[0]),
            begin[1] + share * (end[1] - begin[1]),
            begin[2] + share * (end[2] - begin[2]),
        )
        away, shape = obstacles.nearest((at[0], at[1], -at[2]))
        if away < best and shape is not None:
            best, place, name = away, at, shape.name
        if best <= 0.0 or along >= length:
            return best, place, name
        along = min(along + max(away - best, _FINEST_M), length)


def _finding(leg: PlannedLeg, name: str, away: float, at: Place, touches: float, *, goes_round: bool) -> Finding:
    where = f"{at[0]:.0f} m north, {at[1]:.0f} m east, {at[2]:.0f} m up"
    way = f"the way to {command_name(leg.item.command)}"
    if away > touches:
        return found("obstacle-close", f"{way} comes to {away:.1f} m of {name}, at {where}", leg.item.seq)
    if goes_round:
        return found("obstacle-close", f"{way} leads through {name}, at {where}: it will go round", leg.item.seq)
    return found("obstacle-leg", f"{way} touches {name}, at {where}", leg.item.seq)
