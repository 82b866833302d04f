"""Energy of a way: from hovering power, or from the wings' drag and the climbs.

The propeller pulls `pull_n` at full throttle, and its current is `amps` by the throttle and its square. Level flight
needs the drag's share of the pull. Lift motors need the power of momentum theory for the weight. Wind changes it: a
headwind carries the wings, and in a wind from the side the motors must hold them against it. The numbers are those of
the built-in bodies (`sitl.vehicles.aerodynamics`, `sitl.vehicles.quadplane`), because a plan has none.
"""

from __future__ import annotations

from math import fsum, pi
from typing import Final

from autopilot.interface.layout import GRAVITY
from autopilot.interface.records import dataclass
from autopilot.rehearsal.field import FlyingField, PlannedLeg

_SEA_DENSITY: Final = 1.225  # kg/m3, for equivalent airspeeds
_DRAG, _OSWALD = 0.1, 0.9  # zero-lift drag; factor of induced drag
_AREA_M2, _SPAN_M = 0.45, 1.88
_VOLTS, _HOTEL_A = 12.6, 0.5  # V of a full pack, to convert charge to energy; A of the electronics


@dataclass(frozen=True, slots=True)
class WingPower:
    """Power of wings; see the module. `turns`: share of a turn by its bank that remains with slip; `hover_w`: of the
    lift motors in calm air."""

    mass_kg: float
    pull_n: float
    amps: tuple[float, float]
    turns: float
    hover_w: float = 0.0

    def drag_n(self, speed_mps: float, load: float) -> float:
        """Drag at an equivalent airspeed, N, with wings that carry `load` times the weight."""
        press = 0.5 * _SEA_DENSITY * speed_mps * speed_mps * _AREA_M2
        lift = load * self.mass_kg * GRAVITY / press
        return press * (_DRAG + lift * lift * _AREA_M2 / (pi * _OSWALD * _SPAN_M * _SPAN_M))

    def watts(self, throttle: float) -> float:
        """Power of the propeller and the electronics, W."""
        return _VOLTS * ((self.amps[0] + self.amps[1] * throttle) * throttle + _HOTEL_A)


PLANE_POWER: Final = WingPower(2.0, 28.02, (0.0, 50.0), 0.748)
LIFTED_POWER: Final = WingPower(4.5, 28.02, (20.0, 0.0), 0.875, 600.0)


Shares = tuple[tuple[float, ...], ...]
"""Power over that in calm air, by wind in steps of `_WIND_STEP_MPS`, from ahead to behind in steps of `_TURN_STEP`."""
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
    """Power of lift motors over that in calm air, for wind from `off_nose_rad` (0 to pi). Above 6 m/s as at 6 m/s."""
    row, turn = min(wind_mps / _WIND_STEP_MPS, 3.0), off_nose_rad / _TURN_STEP
    i, k = min(int(row), 2), min(int(turn), 5)
    low, high = (shares[j][k] + (turn - k) * (shares[j][k + 1] - shares[j][k]) for j in (i, i + 1))
    return low + (row - i) * (high - low)


def leg_wh(field: FlyingField, leg: PlannedLeg) -> float | None:
    """Energy of a leg, Wh; None for rovers and boats, because their ground is unknown."""
    if field.kind.hovers:
        return field.param("SIM_HOVER_W") * (leg.seconds + leg.wait_s) / 3600.0
    return leg.wh


def energy_wh(field: FlyingField, legs: list[PlannedLeg]) -> float | None:
    """Energy of a way, Wh; None: see `leg_wh`."""
    known = [wh for wh in (leg_wh(field, leg) for leg in legs) if wh is not None]
    return fsum(known) if len(known) == len(legs) else None
