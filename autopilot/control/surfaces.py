"""Attitude of wings: bank and pitch demands to rates, rates to control surfaces (50 Hz).

A demanded angle is approached with a first-order lag of RLL2SRV_TCONST or PTCH2SRV_TCONST. Rates go to the surfaces by
feed-forward, proportion and integral. A surface's moment grows with the square of the airspeed and damping with the
airspeed, so proportion and integral are scaled by (SCALING_SPEED / airspeed) squared, the feed-forward by the ratio
itself (ArduPlane's APM_Control with the filter of its target roll rate, RLL_RATE_FLTT, 3 Hz; its D terms and therefore
the filter of the pitch rate are left out). In a turn the nose must rise at g / V tan(bank) sin(bank) in body axes,
which is fed forward, and the rudder damps yaw rate beyond that of the turn (balanced turn: Stevens and Lewis, Aircraft
Control and Simulation, 2nd ed., 3.6).
"""

from __future__ import annotations

from math import pi, sqrt

from autopilot.control.attitude import limit
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import asin, atan2

#: Full deflection of a surface in the units of the gains, rad: 45 degrees of its servo.
FULL = 0.25 * pi
#: Cosines of the bank (80 degrees) and the pitch (70 degrees) up to which turns are fed forward.
BANK_KNOWN, PITCH_KNOWN = 0.173648, 0.342020
INTEGRAL_MAX = 0.666
#: Share of a new roll rate demand in a tick: a lag of 3 Hz.
RATE_SHARE = 0.273749
#: Share of the washed-out yaw rate that remains after a tick: 0.2 rad/s.
WASH_KEEP = 0.996008


@jit
def scaling(s: L.Row, p: L.Row) -> float:
    """SCALING_SPEED over the airspeed, limited to the range of flown airspeeds; from the throttle without airspeed."""
    high = max(2.0, p[L.P_SCALING_SPEED] / (0.7 * max(p[L.P_V_MIN], 1.0)))
    low = min(0.5, p[L.P_SCALING_SPEED] / (2.0 * max(p[L.P_V_MAX], 1.0)))
    if s[L.S_AIRSPEED] < 0.1:
        return high
    return min(max(p[L.P_SCALING_SPEED] / s[L.S_AIRSPEED], low), high)


@jit
def rest_surfaces(s: L.Row) -> None:
    """Centre the surfaces and empty the integrals."""
    s[L.S_AILERON] = s[L.S_ELEVATOR] = s[L.S_RUDDER] = 0.0
    s[L.S_IRX] = s[L.S_IRY] = 0.0
    s[L.S_RDX] = s[L.S_RDY] = 0.0
    s[L.S_YAW_RATE_SEEN] = s[L.S_YAW_RATE_WASHED] = 0.0


@jit
def integral(total: float, gain: float, error: float, out: float) -> float:
    """Integral after a tick. It does not grow beyond a full deflection, nor below flying speed (gain 0)."""
    if abs(out) >= 1.0 and out * error > 0.0:
        return total
    return limit(total + gain * error * L.TICK, INTEGRAL_MAX)


@jit
def move_surfaces(s: L.Row, p: L.Row, roll_rate: float, pitch_rate: float) -> None:
    """Deflect the surfaces for body rates, rad/s."""
    k = scaling(s, p)
    flying = s[L.S_AIRSPEED] > 0.5 * p[L.P_V_MIN]
    s[L.S_RDX] += RATE_SHARE * (roll_rate - s[L.S_RDX])
    roll_rate, s[L.S_RDY] = s[L.S_RDX], pitch_rate
    roll_error, pitch_error = k * k * (roll_rate - s[L.S_GYX]), k * k * (pitch_rate - s[L.S_GYY])
    forward = k / s[L.S_EAS2TAS]
    roll = (p[L.P_ROLL_FF] * roll_rate * forward + p[L.P_ROLL_P] * roll_error + s[L.S_IRX]) / FULL
    s[L.S_IRX] = integral(s[L.S_IRX], p[L.P_ROLL_I] if flying else 0.0, roll_error, roll)
    nose = (p[L.P_PITCH_FF] * pitch_rate * forward + p[L.P_PITCH_P] * pitch_error + s[L.S_IRY]) / FULL
    s[L.S_IRY] = integral(s[L.S_IRY], p[L.P_PITCH_I] if flying else 0.0, pitch_error, nose)
    s[L.S_AILERON], s[L.S_ELEVATOR] = limit(roll, 1.0), limit(nose, 1.0)
    steer_rudder(s, p, k)


@jit
def steer_rudder(s: L.Row, p: L.Row, k: float) -> None:
    """Move the rudder with the ailerons (KFF_RDDRMIX), and against yaw rates that do not belong to a turn
    (YAW2SRV_DAMP)."""
    turn = L.GRAVITY / max(s[L.S_AIRSPEED], p[L.P_V_MIN], 1.0) * limit(s[L.S_ER + 7], 0.985)
    rate = s[L.S_GYZ] - turn
    washed = WASH_KEEP * s[L.S_YAW_RATE_WASHED] + rate - s[L.S_YAW_RATE_SEEN]
    s[L.S_YAW_RATE_SEEN], s[L.S_YAW_RATE_WASHED] = rate, washed
    damping = -p[L.P_YAW_DAMP] * washed * k * k / FULL
    s[L.S_RDZ] = turn
    s[L.S_RUDDER] = limit(p[L.P_RUDDER_MIX] * s[L.S_AILERON] + damping, 1.0)


@jit
def inverted(s: L.Row, p: L.Row) -> bool:
    """True if it is to fly upside down; lift motors carry it upright."""
    return p[L.P_INVERTED] == 1.0 and s[L.S_LIFTING] == L.LIFT_NONE


@jit
def control_attitude(s: L.Row, p: L.Row) -> None:
    """Move the surfaces for the demanded bank and pitch (`S_NAV_ROLL`, `S_NAV_PITCH`). Upside down the bank counts from
    there, and the nose rises by pushing (ArduPlane's stabilize_roll, AP_PitchController)."""
    sine, cosine = s[L.S_ER + 7], s[L.S_ER + 8]
    level = sqrt(sine * sine + cosine * cosine)  # cosine of the pitch
    roll = atan2(sine, cosine)
    pitch = asin(min(max(-s[L.S_ER + 6], -1.0), 1.0))
    if inverted(s, p):
        s[L.S_NAV_ROLL] += pi if roll >= 0.0 else -pi
    roll_rate = limit((s[L.S_NAV_ROLL] - roll) / max(p[L.P_ROLL_TIME], 0.05), p[L.P_ROLL_RATE])
    pitch_rate = (s[L.S_NAV_PITCH] - pitch) / max(p[L.P_PITCH_TIME], 0.05)
    if level > PITCH_KNOWN:
        speed = max(s[L.S_AIRSPEED] * s[L.S_EAS2TAS], p[L.P_V_MIN], 1.0)
        pitch_rate += p[L.P_TURN_PITCH] * L.GRAVITY / speed * sine * sine / max(abs(cosine), BANK_KNOWN * level)
    if cosine >= 0.0:
        pitch_rate = min(max(pitch_rate, -p[L.P_PITCH_RATE_DN]), p[L.P_PITCH_RATE_UP])
    elif inverted(s, p):
        pitch_rate = -pitch_rate
    else:  # the nose comes up after it has rolled upright
        pitch_rate = 0.0
    move_surfaces(s, p, roll_rate, pitch_rate)
