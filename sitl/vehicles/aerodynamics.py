"""Coefficients of planes, as data. Surfaces count from -1 to 1. Positive values (right aileron up, elevator up, rudder
right) turn the plane to the right or its nose up.

`SKYWALKER` is ArduPilot's SITL `plane` (SIM_Plane.h; from last_letter's Skywalker 2013): 2 kg. SITL uses its moments as
angular accelerations, so its inertia is 1 kg m2 about each axis. Its thrust holds its weight at 70 % and does not
depend on airspeed; it takes 50 A at full throttle.
"""

from __future__ import annotations

from math import pi
from typing import Final

from autopilot.interface import layout as L
from autopilot.interface.records import dataclass
from sitl.kernel import layout as M
from sitl.vehicles.parameters import Row

_THROW: Final = 0.8
"""Share of SITL's full deflection (1000 to 2000 us) that ArduPlane's servos give (SERVOn_MIN 1100, _MAX 1900)."""

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Airframe:
    """Numbers of a plane, SI (kg, m, m2, rad, N, A). `inertia`: about its axes, and the product xz. `lift`: at 0, per
    angle, rate, elevator. `drag`: parasitic, per rate, elevator. `side`, `roll`, `yaw`: per slip, roll rate, yaw rate,
    aileron, rudder. `nose`: at 0, per angle, rate, elevator. `acts`: where the forces act, m before and below the
    centre of mass. `thrust`: by throttle, its square, minus the square of the airspeed. `lets_go`: climb rate up to
    which its wheels stay on the ground and its nose hardly rises, m/s (SIM_Aircraft: a vehicle that rises less than
    1 mm in a step of 1/1200 s stands). `roll_gains`, `pitch_gains`: feed-forward, proportion and integral of the rate
    controllers, as ArduPlane's RLL_RATE_ and PTCH_RATE_."""

    mass: float
    inertia: tuple[float, float, float, float]
    area: float
    span: float
    chord: float
    lift: Numbers
    drag: Numbers
    oswald: float
    stall: float
    sharpness: float
    side: Numbers
    roll: Numbers
    nose: Numbers
    yaw: Numbers
    acts: tuple[float, float]
    thrust: tuple[float, float, float]
    amps: tuple[float, float]
    lets_go: float
    roll_gains: tuple[float, float, float]
    pitch_gains: tuple[float, float, float]


SKYWALKER: Final = Airframe(
    mass=2.0,
    inertia=(1.0, 1.0, 1.0, 0.0),
    area=0.45,
    span=1.88,
    chord=0.24,
    lift=(0.56, 6.9, 0.0, 0.0),
    drag=(0.1, 0.0, 0.0),
    oswald=0.9,
    stall=0.4712,
    sharpness=50.0,
    side=(-0.98, 0.0, 0.0, 0.0, -0.2 * _THROW),
    roll=(-0.12, -1.0, 0.14, 0.25 * _THROW, -0.037 * _THROW),
    nose=(0.045, -0.7, -20.0, 1.0 * _THROW),
    yaw=(0.25, 0.022, -1.0, 0.0, 0.1 * _THROW),
    acts=(-0.15, -0.05),
    thrust=(2.0 * L.GRAVITY / 0.7, 0.0, 0.0),
    amps=(0.0, 50.0),
    lets_go=1.2,
    roll_gains=(0.237212, 0.3, 0.25),
    pitch_gains=(0.595723, 0.15, 0.11),
)


def write_airframe(p: Row, body: Airframe) -> None:
    """Write the numbers of `body`, and values derived from them, into a settings row."""
    p[M.P_MASS] = body.mass
    p[M.P_WING], p[M.P_SPAN], p[M.P_CHORD] = body.area, body.span, body.chord
    p[M.P_STALL_ANGLE], p[M.P_STALL_SHARP] = body.stall, body.sharpness
    p[M.P_CL_0], p[M.P_CL_A], p[M.P_CL_Q], p[M.P_CL_E] = body.lift
    p[M.P_CD_0], p[M.P_CD_Q], p[M.P_CD_E] = body.drag
    p[M.P_CD_INDUCED] = body.area / (pi * body.oswald * body.span * body.span)
    p[M.P_CY_B], p[M.P_CY_P], p[M.P_CY_R], p[M.P_CY_A], p[M.P_CY_D] = body.side
    p[M.P_CROLL_B], p[M.P_CROLL_P], p[M.P_CROLL_R], p[M.P_CROLL_A], p[M.P_CROLL_D] = body.roll
    p[M.P_CM_0], p[M.P_CM_A], p[M.P_CM_Q], p[M.P_CM_E] = body.nose
    p[M.P_CN_B], p[M.P_CN_P], p[M.P_CN_R], p[M.P_CN_A], p[M.P_CN_D] = body.yaw
    p[M.P_LIFT_X], p[M.P_LIFT_Z] = body.acts
    p[M.P_THRUST_1], p[M.P_THRUST_2], p[M.P_THRUST_V] = body.thrust
    p[M.P_AMPS_1], p[M.P_AMPS_2] = body.amps
    p[M.P_LETS_GO], p[M.P_AIR] = body.lets_go, 1.0
    p[L.P_ROLL_FF], p[L.P_ROLL_P], p[L.P_ROLL_I] = body.roll_gains
    p[L.P_PITCH_FF], p[L.P_PITCH_P], p[L.P_PITCH_I] = body.pitch_gains
    jx, jy, jz, jxz = body.inertia
    gamma = jx * jz - jxz * jxz
    p[M.P_GAMMA : M.P_GAMMA + 8] = (
        jxz * (jx - jy + jz) / gamma,
        (jz * (jz - jy) + jxz * jxz) / gamma,
        jz / gamma,
        jxz / gamma,
        (jz - jx) / jy,
        jxz / jy,
        ((jx - jy) * jx + jxz * jxz) / gamma,
        jx / gamma,
    )
    p[M.P_INV_IY] = 1.0 / jy
