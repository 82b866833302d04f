"""Steering and speed of a car: turn rate to wheel angle, speed to throttle (50 Hz).

Both are a model of the vehicle fed forward and a PI on what the model misses. The wheel angle of a turn follows from
the bicycle's geometry, tan(angle) = wheelbase x turn rate / speed (Rajamani, Vehicle Dynamics and Control, 2nd ed.,
2.2); the throttle from a motor whose pull falls linearly with speed.
"""

from __future__ import annotations

from math import atan, cos, pi, sin

from autopilot.control import layout as L
from autopilot.control import rover_layout as V
from autopilot.control.attitude import limit
from autopilot.control.heading import wrap, yaw_of
from autopilot.control.jit import jit

#: Below this speed, m/s, the wheel angle of a turn rate is that of this speed: standing, no angle turns the vehicle.
SLOWEST = 0.3


@jit
def sense_motion(s: L.Row, p: L.Row) -> None:
    """Forward speed along the nose, and course: by velocity where it says more than the compass. Backwards the centre
    of mass follows the axle that leads, so its course lags behind a turn: that a wheelbase farther is used."""
    yaw = yaw_of(s)
    c, sn = cos(yaw), sin(yaw)
    ahead = c * s[L.EVN] + sn * s[L.EVE]
    aside = c * s[L.EVE] - sn * s[L.EVN]
    s[V.SPEED] = ahead
    course = yaw if s[V.WAY] > 0.0 else yaw + pi
    share = min(max(1.25 * abs(ahead) - 1.0, 0.0), 1.0)  # from 0.8 to 1.6 m/s
    if share > 0.0:
        course += share * limit(atan(aside / ahead), 0.5)
        if s[V.WAY] < 0.0:
            course += share * p[V.WHEELBASE] * s[L.GYZ] / abs(ahead)
    s[V.COURSE] = wrap(course)


@jit
def steer_by_rate(s: L.Row, p: L.Row, rate: float) -> None:
    """Wheel angle for a turn rate, rad/s clockwise, within grip, turning circle and how fast a turn may begin."""
    speed = s[V.SPEED]
    quick = max(abs(speed), SLOWEST)
    most = min(p[V.RATE_MAX], min(p[V.TURN_ACCEL] / quick, quick / p[V.TURN_RADIUS]))
    s[V.RATE_REF] += limit(limit(rate, most) - s[V.RATE_REF], p[V.RATE_ACCEL] * L.TICK)
    way = s[V.WAY] if abs(speed) < SLOWEST else (1.0 if speed > 0.0 else -1.0)
    angle = atan(p[V.WHEELBASE] * s[V.RATE_REF] / quick) * way
    if abs(speed) > SLOWEST:
        error = s[V.RATE_REF] - s[L.GYZ]
        s[V.STEER_SUM] = limit(s[V.STEER_SUM] + p[V.KI_RATE] * error * L.TICK, 0.3)
        angle += way * (p[V.KP_RATE] * error + s[V.STEER_SUM]) * p[V.WHEELBASE] / quick
    s[V.WHEEL] = limit(angle, p[V.WHEEL_MAX])


@jit
def hold_speed(s: L.Row, p: L.Row, wanted: float) -> None:
    """Throttle for a forward speed, m/s (negative: backwards), reached within the acceleration limits."""
    ref = s[V.SPEED_REF]
    slower = abs(wanted) < abs(ref) or wanted * ref < 0.0
    s[V.SPEED_REF] += limit(wanted - ref, (p[V.DECEL] if slower else p[V.ACCEL]) * L.TICK)
    feed = (s[V.SPEED_REF] - ref) / L.TICK
    ref = s[V.SPEED_REF]
    if abs(wanted) < p[V.STOP_SPEED] and abs(s[V.SPEED]) < 2.0 * p[V.STOP_SPEED]:
        s[V.SPEED_REF] = 0.0
        s[V.SPEED_SUM] = 0.0
        s[V.THROTTLE] = 0.0
        return
    error = ref - s[V.SPEED]
    push = ref / p[V.TOP_SPEED] + (feed + p[V.KP_SPEED] * error + s[V.SPEED_SUM]) / p[V.FULL_ACCEL]
    throttle = limit(push, p[V.THROTTLE_MAX])
    if push == throttle:
        s[V.SPEED_SUM] = limit(s[V.SPEED_SUM] + p[V.KI_SPEED] * error * L.TICK, p[V.FULL_ACCEL])
    if p[V.BRAKING] == 0.0 and throttle * s[V.SPEED] < 0.0 and wanted * s[V.SPEED] >= 0.0:
        throttle = 0.0
    s[V.THROTTLE] = throttle


@jit
def release(s: L.Row) -> None:
    """No throttle, wheels straight, nothing remembered."""
    s[V.THROTTLE] = 0.0
    s[V.WHEEL] = 0.0
    s[V.RATE_REF] = 0.0
    s[V.SPEED_SUM] = 0.0
    s[V.STEER_SUM] = 0.0
    s[V.SPEED_REF] = s[V.SPEED]
