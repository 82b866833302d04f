"""Energy of a way: at hovering power, or what the wings' drag and the climbs ask of the propeller.

The propeller pulls `pull_n` at full throttle and takes `amps` of the throttle and its square; level flight needs the
drag's share of it. Lift motors take what momentum theory gives for the weight, and in wind more or less: from ahead it
carries the wings, from the side the motors hold these against it. The numbers are those of the bodies that are built in
(`sitl.vehicles.aerodynamics`, `sitl.vehicles.quadplane`), which nothing in a plan tells.
"""

from __future__ import annotations

from math import pi
from typing import Final

from autopilot.interface.layout import GRAVITY
from autopilot.interface.records import dataclass
from autopilot.rehearsal.field import FlyingField, PlannedLeg

_SEA_DENSITY: Final = 1.225  # kg/m3: airspeeds are equivalent ones
_DRAG, _OSWALD = 0.1, 0.9  # without lift; of the induced
_AREA_M2, _SPAN_M = 0.45, 1.88
_VOLTS, _HOTEL_A = 12.6, 0.5  # of a full pack, by which charge is told as energy; of the electronics


@dataclass(frozen=True, slots=True)
class WingPower:
    """See the module. `turns`: share of a turn by its bank that the slip leaves of it; `hover_w`: of the lift motors at
    rest."""

    mass_kg: float
    pull_n: float
    amps: tuple[float, float]
    turns: float
    hover_w: float = 0.0

    def drag_n(self, speed_mps: float, load: float) -> float:
        """Drag at an equivalent airspeed, the wings carrying `load` times the weight."""
        press = 0.5 * _SEA_DENSITY * speed_mps * speed_mps * _AREA_M2
        lift = load * self.mass_kg * GRAVITY / press
        return press * (_DRAG + lift * lift * _AREA_M2 / (pi * _OSWALD * _SPAN_M * _SPAN_M))

    def watts(self, throttle: float) -> float:
        """Power of the propeller and the electronics."""
        return _VOLTS * ((self.amps[0] + self.amps[1] * throttle) * throttle + _HOTEL_A)


PLANE_POWER: Final = WingPower(2.0, 28.02, (0.0, 50.0), 0.748)
LIFTED_POWER: Final = WingPower(4.5, 28.02, (20.0, 0.0), 0.875, 600.0)


Shares = tuple[tuple[float, ...], ...]
"""Power by that in calm air, in wind of `_WIND_STEP_MPS` and its multiples, from ahead to behind by `_TURN_STEP`."""
_WIND_STEP_MPS, _TURN_STEP = 2.0, pi / 6.0
_CALM: Final = (1.0,) * 7
RISING: Final[Shares] = (
    _CALM,
    (0.99, 1.0, 1.02, 1.01, 1.01, 0.96, 0.95),
    (1.0, 1.01, 1.04, 1.05, 1.0, 0.91, 0.89),
    (1.38, 1.09, 1.14, 1.15, 1.08, 0.93, 0.87),
)
STAYING: Final[Shares] = (
    _CALM,
    (0.99, 0.99, 1.0, 1.0, 1.0, 1.01, 1.01),
    (0.96, 0.99, 1.02, 1.0, 0.97, 1.01, 1.04),
    (0.96, 1.05, 1.12, 1.01, 0.84, 0.87, 1.36),
)
SINKING: Final[Shares] = (
    _CALM,
    (1.02, 1.02, 1.01, 1.01, 1.04, 1.06, 1.06),
    (0.74, 0.79, 0.99, 1.03, 1.16, 1.3, 1.37),
    (0.33, 0.67, 0.98, 1.04, 1.12, 1.27, 1.2),
)


def share_in_wind(shares: Shares, wind_mps: float, off_nose_rad: float) -> float:
    """Power of lift motors by that in calm air, the wind coming from `off_nose_rad` (0 to pi); over 6 m/s as in 6."""
    row, turn = min(wind_mps / _WIND_STEP_MPS, 3.0), off_nose_rad / _TURN_STEP
    i, k = min(int(row), 2), min(int(turn), 5)
    low, high = (shares[j][k] + (turn - k) * (shares[j][k + 1] - shares[j][k]) for j in (i, i + 1))
    return low + (row - i) * (high - low)


def leg_wh(field: FlyingField, leg: PlannedLeg) -> float | None:
    """Wh of a leg; None for what neither hovers nor flies: roads are not known."""
    if field.kind.hovers:
        return field.param("SIM_HOVER_W") * (leg.seconds + leg.wait_s) / 3600.0
    return leg.wh


def energy_wh(field: FlyingField, legs: list[PlannedLeg]) -> float | None:
    """Wh of a way; None: see `leg_wh`."""
    known = [wh for wh in (leg_wh(field, leg) for leg in legs) if wh is not None]
    return sum(known) if len(known) == len(legs) else None
