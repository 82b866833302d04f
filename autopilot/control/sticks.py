"""Flying by sticks and by angles: pilot modes and attitude targets (50 Hz).

Angles, rates and thrust go to the attitude controller directly. The reference moves with the vehicle, so that the next
target begins there.
"""

from __future__ import annotations

from math import pi

from autopilot.control.attitude import from_euler, limit
from autopilot.control.avoidance import AVOID_GAIN, avoiding_accel, keep_climb, keep_off
from autopilot.control.heading import RATE, wrap, yaw_of
from autopilot.control.position import MOST_THRUST, control_height, fly_reference, set_thrust
from autopilot.control.reference import follow_vehicle, overspeed_gain, shape
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import cos, sin, tan

STABILIZE, ALT_HOLD, LOITER, MANUAL, STEERING, ACRO, FBWA, FBWB, CRUISE, HOVER, TRAINING, DRIFT = range(12)
#: DRIFT (ArduCopter/mode_drift.cpp): lean for each m/s of slip, rad; largest slip, m/s; speed that counts for the turn,
#: and speed at which the stick would not turn, m/s; stick deflection that turns as fast as in ACRO, rad.
DRIFT_GAIN, DRIFT_SLIP, DRIFT_FAST, DRIFT_STRAIGHT, DRIFT_LEAN = 0.13962634, 5.6, 20.0, 50.0, 0.25 * pi
#: Throttle in DRIFT: correction for each m/s of climb, and its limit; stick deflection beyond which there is none.
DRIFT_HELP, DRIFT_MOST_HELP, DRIFT_ALONE = 0.18, 0.3, 0.287
#: Time constant for following the ground by the range finder, s.
SURFACE_S = 1.0


@jit
def shape_by_stick(s: L.Row, p: L.Row, n: float, e: float, rate: float, accel: float) -> None:
    """Do as `shape` with the vertical limits of the throttle stick, climbing at `rate`."""
    gain = overspeed_gain(s[L.S_RVD], p[L.P_STICK_UP], p[L.P_STICK_DN])
    shape(s, n, e, -rate, accel, gain * p[L.P_STICK_ACCEL_Z], p[L.P_JERK], gain * p[L.P_JERK_Z])


@jit
def climb(s: L.Row, p: L.Row, rate: float) -> None:
    """Move only the height of the reference, at `rate` m/s upwards; the rest follows the vehicle."""
    d, vd, ad = s[L.S_RPD], s[L.S_RVD], s[L.S_RAD]
    follow_vehicle(s)
    s[L.S_RPD], s[L.S_RVD], s[L.S_RAD] = d, vd, ad
    if s[L.S_RPD] - s[L.S_EPD] > 1.0:
        s[L.S_RPD] = s[L.S_EPD] + 1.0
    if s[L.S_RPD] - s[L.S_EPD] < -2.0:
        s[L.S_RPD] = s[L.S_EPD] - 2.0
    shape_by_stick(s, p, s[L.S_RVN], s[L.S_RVE], rate, p[L.P_ACCEL])
    s[L.S_RPN], s[L.S_RPE] = s[L.S_EPN], s[L.S_EPE]


@jit
def demand_angles(s: L.Row, roll: float, pitch: float, yaw: float, yaw_rate: float) -> None:
    """Demand these angles, rad."""
    s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3] = from_euler(roll, pitch, yaw)
    s[L.S_YAW_FF] = yaw_rate
    s[L.S_RATE_MODE] = 0.0


@jit
def demand_rates(s: L.Row, roll: float, pitch: float, yaw: float) -> None:
    """Demand these body rates, rad/s. The demanded attitude and the heading reference move with the vehicle."""
    s[L.S_QT0], s[L.S_QT1], s[L.S_QT2], s[L.S_QT3] = s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3]
    s[L.S_RYAW] = yaw_of(s)
    s[L.S_KEEP_YAW] = s[L.S_RYAW]
    s[L.S_RYAW_RATE] = 0.0
    s[L.S_RATE_MODE] = 1.0
    s[L.S_RDX], s[L.S_RDY], s[L.S_RDZ] = roll, pitch, yaw


@jit
def turn_heading(s: L.Row, p: L.Row, rate: float) -> None:
    """Turn the heading reference by a stick, rad/s."""
    s[L.S_RYAW_RATE] += limit(rate - s[L.S_RYAW_RATE], p[L.P_YAW_ACCEL] * L.TICK)
    s[L.S_RYAW] = wrap(s[L.S_RYAW] + s[L.S_RYAW_RATE] * L.TICK)
    s[L.S_KEEP_YAW] = s[L.S_RYAW]


@jit
def fly_attitude(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly angles, or body rates, with a climb rate or a thrust. If not renewed in time, level without climb."""
    s[L.S_IVN], s[L.S_IVE] = 0.0, 0.0
    late = s[L.S_TIME_MS] - s[L.S_TARGET_MS] > t[L.T_TIMEOUT_MS]
    if t[L.T_BY_BODY] == 1.0 and not late:
        demand_rates(s, t[L.T_ROLL_RATE], t[L.T_PITCH_RATE], t[L.T_YAW_RATE])
    else:
        roll = 0.0 if late else t[L.T_ROLL]
        pitch = 0.0 if late else t[L.T_PITCH]
        if t[L.T_USE_RATE] == 1.0:
            turn_heading(s, p, 0.0 if late else t[L.T_YAW_RATE])
        else:
            turn_heading(s, p, limit(3.0 * wrap(t[L.T_YAW] - s[L.S_RYAW]), p[L.P_YAW_RATE]))
        demand_angles(s, roll, pitch, s[L.S_RYAW], s[L.S_RYAW_RATE])
    if t[L.T_BY_CLIMB] == 1.0 or late:
        climb(s, p, 0.0 if late else limit(t[L.T_CLIMB], max(p[L.P_SPEED_UP], p[L.P_SPEED_DOWN])))
        set_thrust(s, p, control_height(s, p), s[L.S_ER + 8])
    else:
        follow_vehicle(s)
        s[L.S_THRUST] = min(max(t[L.T_THRUST], 0.0), 1.0)


@jit
def throttle_stick(p: L.Row) -> float:
    """Throttle stick, 0 .. 1: in the middle while nobody holds it."""
    return min(p[L.P_STICK_T], 1.0) if p[L.P_STICK_T] >= 0.0 else 0.5


@jit
def climb_stick(p: L.Row) -> float:
    """Climb rate of the throttle stick, m/s, with ArduPilot's dead zone of a tenth about the middle."""
    x = throttle_stick(p) - 0.5
    if x > 0.05:
        return (x - 0.05) / 0.45 * p[L.P_STICK_UP]
    if x < -0.05:
        return (x + 0.05) / 0.45 * p[L.P_STICK_DN]
    return 0.0


@jit
def throttle(s: L.Row, p: L.Row) -> float:
    """Collective of the throttle stick: the middle hovers."""
    x = throttle_stick(p)
    if x < 0.5:
        return 2.0 * x * s[L.S_HOVER]
    return s[L.S_HOVER] + (2.0 * x - 1.0) * (MOST_THRUST - s[L.S_HOVER])


@jit
def follow_surface(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Move the reference with the ground by the range finder, at most at the sticks' climb rate."""
    if t[L.T_SURFACE] != 1.0 or s[L.S_RANGE] <= 0.0:
        return
    below = s[L.S_EPD] + s[L.S_RANGE]
    if s[L.S_TIME_MS] - s[L.S_SURFACE_MS] > 1500.0 * L.TICK:
        s[L.S_SURFACE] = below
    most = p[L.P_STICK_UP] * L.TICK
    step = limit((below - s[L.S_SURFACE]) * (L.TICK / SURFACE_S), most)
    s[L.S_SURFACE] += step
    s[L.S_RPD] += step
    s[L.S_SURFACE_MS] = s[L.S_TIME_MS]


@jit
def loiter_speed(p: L.Row, stick: float) -> float:
    """Speed at which drag balances the lean of this stick, m/s (AC_Loiter.cpp: drag grows with speed, up to the
    acceleration of the largest lean at LOIT_SPEED)."""
    return p[L.P_LOITER_SPEED] * tan(stick * p[L.P_LOITER_LEAN]) / tan(p[L.P_LOITER_LEAN])


@jit
def lean_by_sticks(p: L.Row) -> tuple[float, float]:
    """Bank and pitch of the sticks, rad. Lift motors keep within the limits of the wings (ArduPlane's
    set_limited_roll_pitch)."""
    bank = up = down = p[L.P_STICK_LEAN]
    if p[L.P_LIFTS] == 1.0 and p[L.P_LEANS_FREELY] == 0.0:
        bank, up, down = min(bank, p[L.P_BANK]), min(up, p[L.P_PITCH_UP]), min(down, -p[L.P_PITCH_DOWN])
    return p[L.P_STICK_R] * bank, -p[L.P_STICK_P] * (up if p[L.P_STICK_P] < 0.0 else down)


@jit
def drift(s: L.Row, p: L.Row) -> None:
    """Fly DRIFT: the roll stick turns, and the lean follows from the slip, as in a plane. It brakes with the pitch
    stick centred. Near its middle the throttle gets a correction that holds the height."""
    c, sn = cos(s[L.S_RYAW]), sin(s[L.S_RYAW])
    right, ahead = s[L.S_EVE] * c - s[L.S_EVN] * sn, s[L.S_EVE] * sn + s[L.S_EVN] * c
    turned = p[L.P_STICK_R] * p[L.P_STICK_LEAN] / DRIFT_LEAN
    turn_heading(s, p, turned * p[L.P_ACRO_YAW_RATE] * (1.0 - min(abs(ahead), DRIFT_FAST) / DRIFT_STRAIGHT))
    roll = limit(p[L.P_STICK_Y] * DRIFT_LEAN - DRIFT_GAIN * limit(right, DRIFT_SLIP), DRIFT_LEAN)
    pitch = -p[L.P_STICK_P] * p[L.P_STICK_LEAN]
    if pitch == 0.0:
        pitch = DRIFT_GAIN * limit(ahead, DRIFT_SLIP)
    demand_angles(s, roll, pitch, s[L.S_RYAW], s[L.S_RYAW_RATE])
    follow_vehicle(s)
    off = abs(p[L.P_STICK_T] - 0.5)
    helped = min(max(1.2 - off / 0.24, 0.0), 1.0) if off < DRIFT_ALONE else 0.0
    assist = limit(helped * DRIFT_HELP * s[L.S_EVD], DRIFT_MOST_HELP)
    s[L.S_THRUST] = min(max(throttle(s, p) / max(s[L.S_ER + 8], 0.5) + assist, 0.0), 1.0)


@jit
def fly_sticks(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly pilot modes. Pitch stick forward is positive and flies forward (nose down)."""
    kind = t[L.T_STICKS]
    yaw_rate = p[L.P_STICK_Y] * p[L.P_STICK_YAW_RATE]
    if kind == ACRO:
        roll, pitch = p[L.P_STICK_R] * p[L.P_ACRO_RATE], -p[L.P_STICK_P] * p[L.P_ACRO_RATE]
        follow_vehicle(s)
        demand_rates(s, roll, pitch, p[L.P_STICK_Y] * p[L.P_ACRO_YAW_RATE])
        s[L.S_THRUST] = throttle(s, p)
        return
    if kind == DRIFT:
        drift(s, p)
        return
    turn_heading(s, p, yaw_rate + (t[L.T_YAW_RATE] if t[L.T_YAW_MODE] == RATE else 0.0))
    if kind in (ALT_HOLD, LOITER):
        follow_surface(s, p, t)
    if kind == LOITER and s[L.S_POS_OK] == 1.0:
        c, sn = cos(s[L.S_RYAW]), sin(s[L.S_RYAW])
        x, y = loiter_speed(p, p[L.P_STICK_P]), loiter_speed(p, p[L.P_STICK_R])
        if s[L.S_RPD] - s[L.S_EPD] > 1.0:
            s[L.S_RPD] = s[L.S_EPD] + 1.0
        want_n, want_e = c * x - sn * y, sn * x + c * y
        n, e = keep_off(p, s[L.S_RPN], s[L.S_RPE], want_n, want_e, AVOID_GAIN, p[L.P_LOITER_ACCEL])
        accel = p[L.P_LOITER_ACCEL] if n == want_n and e == want_e else avoiding_accel(p, p[L.P_LOITER_ACCEL])
        shape_by_stick(s, p, n, e, keep_climb(s, p, climb_stick(p), p[L.P_STICK_ACCEL_Z]), accel)
        fly_reference(s, p)
        return
    s[L.S_IVN], s[L.S_IVE] = 0.0, 0.0
    roll, pitch = lean_by_sticks(p)
    demand_angles(s, roll, pitch, s[L.S_RYAW], s[L.S_RYAW_RATE])
    if kind in (STABILIZE, HOVER):
        follow_vehicle(s)
        s[L.S_THRUST] = throttle(s, p)
    else:
        climb(s, p, keep_climb(s, p, climb_stick(p), p[L.P_STICK_ACCEL_Z]))
        set_thrust(s, p, control_height(s, p), s[L.S_ER + 8])
