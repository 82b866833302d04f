"""Energy of a way in still air: at hovering power, or by what the wings' drag and the climbs ask of the propeller.

The propeller pulls `pull_n` at full throttle and takes `amps` times the throttle squared; level flight needs the drag's
share of it. Lift motors take what momentum theory gives for the weight. The numbers are those of the built-in bodies
(`sitl.vehicles.aerodynamics`, `sitl.vehicles.quadplane`), which nothing in a plan tells.
"""

from __future__ import annotations

from math import pi
from typing import Final

from autopilot.interface.layout import GRAVITY
from autopilot.interface.mathematics import whole_power
from autopilot.interface.records import dataclass
from autopilot.rehearsal.field import FlyingField, PlannedLeg
from autopilot.rehearsal.wing_way import HOVER_IN_S, LANDINGS, TAKEOFFS, approach_mps

_SEA_DENSITY: Final = 1.225  # kg/m3: airspeeds are equivalent ones
_DRAG, _OSWALD = 0.1, 0.9  # without lift; of the induced
_AREA_M2, _SPAN_M = 0.45, 1.88
_CARRIED: Final = 0.85  # of the way from the wings to the pad, by lift motors; as `change_s` measured in flight
_VOLTS, _HOTEL_A = 12.6, 0.5  # of a full pack, by which charge is told as energy; of the electronics


@dataclass(frozen=True, slots=True)
class WingPower:
    """See the module. `hover_w`: of the lift motors at rest; `change_s`: for which a transition takes as much."""

    mass_kg: float
    pull_n: float
    amps: float
    hover_w: float = 0.0
    change_s: float = 0.0


_PLANE: Final = WingPower(2.0, 28.02, 50.0)
_LIFTED: Final = WingPower(4.5, 28.02, 28.6, 503.0, 3.0)


def leg_wh(field: FlyingField, leg: PlannedLeg, before: PlannedLeg | None) -> float | None:
    """Wh of a leg behind `before`; None for what neither hovers nor flies: roads are not known."""
    if field.kind.hovers:
        return field.param("SIM_HOVER_W") * (leg.seconds + leg.wait_s) / 3600.0
    if not field.kind.flies:
        return None
    body = _LIFTED if field.kind.lands_anywhere else _PLANE
    return (_joules(field, body, leg, before) + _VOLTS * _HOTEL_A * (leg.seconds + leg.wait_s)) / 3600.0


def energy_wh(field: FlyingField, legs: list[PlannedLeg]) -> float | None:
    """Wh of a way; None: see `leg_wh`."""
    parts = [leg_wh(field, leg, legs[at - 1] if at else None) for at, leg in enumerate(legs)]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _joules(field: FlyingField, body: WingPower, leg: PlannedLeg, before: PlannedLeg | None) -> float:
    lifted, rise = field.kind.lands_anywhere, leg.end[2] - leg.begin[2]
    if leg.item.command in TAKEOFFS:
        return body.hover_w * leg.seconds if lifted else _VOLTS * body.amps * leg.seconds
    change = body.change_s if before is not None and before.item.command in TAKEOFFS else 0.0
    if leg.item.command in LANDINGS and lifted:
        upright = leg.wait_s + _CARRIED * HOVER_IN_S
        return body.hover_w * (upright + change) + _flown(body, leg.speed_mps, max(leg.seconds - HOVER_IN_S, 0.0), 0.0)
    if leg.item.command in LANDINGS:
        return _flown(body, approach_mps(field), leg.seconds, rise / max(leg.seconds, 1.0))
    rate = field.param("TECS_CLMB_MAX", 5.0) if rise > 0.0 else -field.param("TECS_SINK_MAX", 5.0)
    climbs = min(rise / rate, leg.seconds)
    level = leg.seconds + leg.wait_s - climbs
    return (
        body.hover_w * change
        + _flown(body, leg.speed_mps, climbs, rate)
        + _flown(body, leg.speed_mps, max(level - change, 0.0), 0.0)
    )


def _flown(body: WingPower, speed_mps: float, seconds: float, climb_mps: float) -> float:
    """Joules of so many seconds on wings at an airspeed, climbing at a rate."""
    press = 0.5 * _SEA_DENSITY * speed_mps * speed_mps * _AREA_M2
    weight = body.mass_kg * GRAVITY
    lift = weight / press
    drag = press * (_DRAG + lift * lift * _AREA_M2 / (pi * _OSWALD * _SPAN_M * _SPAN_M))
    throttle = min(max((drag + weight * climb_mps / speed_mps) / body.pull_n, 0.0), 1.0)
    return _VOLTS * body.amps * whole_power(throttle, 2) * seconds
