"""Steering and speed of a car: turn rate to wheel angle, speed to throttle (50 Hz).

Both are a feed-forward of a vehicle model plus a PI of the remaining error. The wheel angle of a turn follows from the
bicycle's geometry, tan(angle) = wheelbase x turn rate / speed (Rajamani, Vehicle Dynamics and Control, 2nd ed., 2.2);
the throttle from a motor whose pull falls linearly with speed.
"""

from __future__ import annotations

from math import pi

from autopilot.control.attitude import limit
from autopilot.control.heading import wrap, yaw_of
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import atan, cos, sin

#: Lower limit of the speed in the wheel angle of a turn rate, m/s, because a standing vehicle cannot turn.
SLOWEST = 0.3
#: Share of the speed limit below which a wanted speed may be none, so that a slow vehicle drives too.
STANDS = 0.2


@jit
def sense_motion(s: L.Row, p: L.Row) -> None:
    """Compute forward speed along the nose, and course: by velocity where it is better than the compass. Backwards, the
    course of a point a wheelbase farther is used, because the centre of mass lags behind the leading axle in a turn."""
    yaw = yaw_of(s)
    c, sn = cos(yaw), sin(yaw)
    ahead = c * s[L.S_EVN] + sn * s[L.S_EVE]
    aside = c * s[L.S_EVE] - sn * s[L.S_EVN]
    s[L.S_SPEED] = ahead
    course = yaw if s[L.S_WAY] > 0.0 else yaw + pi
    share = min(max(1.25 * abs(ahead) - 1.0, 0.0), 1.0)  # from 0.8 to 1.6 m/s
    if share > 0.0:
        course += share * limit(atan(aside / ahead), 0.5)
        if s[L.S_WAY] < 0.0:
            course += share * p[L.P_WHEELBASE] * s[L.S_GYZ] / abs(ahead)
    s[L.S_COURSE] = wrap(course)


@jit
def steer_by_rate(s: L.Row, p: L.Row, rate: float) -> None:
    """Set the wheel angle for a turn rate, rad/s clockwise, within grip, turning circle and yaw acceleration."""
    speed = s[L.S_SPEED]
    quick = max(abs(speed), SLOWEST)
    most = min(p[L.P_TURN_RATE_MAX], min(p[L.P_TURN_ACCEL] / quick, quick / p[L.P_TURN_RADIUS]))
    s[L.S_RATE_REF] += limit(limit(rate, most) - s[L.S_RATE_REF], p[L.P_TURN_RATE_ACCEL] * L.TICK)
    way = s[L.S_WAY] if abs(speed) < SLOWEST else (1.0 if speed > 0.0 else -1.0)
    angle = atan(p[L.P_WHEELBASE] * s[L.S_RATE_REF] / quick) * way
    if abs(speed) > SLOWEST:
        error = s[L.S_RATE_REF] - s[L.S_GYZ]
        s[L.S_STEER_SUM] = limit(s[L.S_STEER_SUM] + p[L.P_KI_TURN] * error * L.TICK, 0.3)
        angle += way * (p[L.P_KP_TURN] * error + s[L.S_STEER_SUM]) * p[L.P_WHEELBASE] / quick
    s[L.S_WHEEL] = limit(angle, p[L.P_WHEEL_MAX])


@jit
def hold_speed(s: L.Row, p: L.Row, wanted: float) -> None:
    """Set the throttle for a forward speed, m/s (negative: backwards), within the acceleration limits."""
    reach_speed(s, p, wanted, 1.0)


@jit
def reach_speed(s: L.Row, p: L.Row, wanted: float, share: float) -> None:
    """Set the throttle for a forward speed, m/s (negative: backwards), within this share of the limits."""
    ref = s[L.S_SPEED_REF]
    slower = abs(wanted) < abs(ref) or wanted * ref < 0.0
    most = share * (p[L.P_DRIVE_DECEL] if slower else p[L.P_DRIVE_ACCEL])
    s[L.S_SPEED_REF] += limit(wanted - ref, most * L.TICK)
    feed = (s[L.S_SPEED_REF] - ref) / L.TICK
    ref = s[L.S_SPEED_REF]
    least = min(p[L.P_STOP_SPEED], STANDS * p[L.P_SPEED_GROUND])
    if abs(wanted) <= least and abs(s[L.S_SPEED]) < 2.0 * p[L.P_STOP_SPEED]:
        s[L.S_SPEED_REF] = 0.0
        s[L.S_SPEED_SUM] = 0.0
        s[L.S_THROTTLE] = 0.0
        return
    error = ref - s[L.S_SPEED]
    push = ref / p[L.P_TOP_SPEED] + (feed + p[L.P_KP_SPEED] * error + s[L.S_SPEED_SUM]) / p[L.P_FULL_ACCEL]
    throttle = limit(push, p[L.P_THROTTLE_MAX])
    if push == throttle:
        s[L.S_SPEED_SUM] = limit(s[L.S_SPEED_SUM] + p[L.P_KI_SPEED] * error * L.TICK, p[L.P_FULL_ACCEL])
    if p[L.P_BRAKING] == 0.0 and throttle * s[L.S_SPEED] < 0.0 and wanted * s[L.S_SPEED] >= 0.0:
        throttle = 0.0
    s[L.S_THROTTLE] = throttle


@jit
def motor_throttle(s: L.Row, p: L.Row) -> float:
    """Throttle of the motor: any throttle begins at MOT_THR_MIN, where it starts to move."""
    throttle, least = s[L.S_THROTTLE], p[L.P_THROTTLE_LEAST]
    if throttle == 0.0:
        return 0.0
    return (least if throttle > 0.0 else -least) + (1.0 - least) * throttle


@jit
def release(s: L.Row) -> None:
    """Release: no throttle, wheels straight, integrators empty."""
    s[L.S_THROTTLE] = 0.0
    s[L.S_WHEEL] = 0.0
    s[L.S_RATE_REF] = 0.0
    s[L.S_SPEED_SUM] = 0.0
    s[L.S_STEER_SUM] = 0.0
    s[L.S_SPEED_REF] = s[L.S_SPEED]
