"""Attitude and rate control: quaternion error to body rates, rates to angular acceleration, and the X mixer.

Body axes are forward-right-down; quaternions (w, x, y, z) rotate body to NED. All functions are pure and are compiled
into the 400 Hz loop, so their arguments and results are plain numbers.
"""

from __future__ import annotations

from math import sqrt

from autopilot.interface.marks import jit
from autopilot.interface.mathematics import cos, sin


@jit
def attitude_error(
    e0: float, e1: float, e2: float, e3: float, t0: float, t1: float, t2: float, t3: float
) -> tuple[float, float, float]:
    """Rotation from the attitude `e` to the demand `t`, as twice the vector part in body axes (rad for small angles).

    The sign of the scalar part picks the short way round (Mayhew, Sanfelice, Teel 2011).
    """
    t0, t1, t2, t3 = 2.0 * t0, 2.0 * t1, 2.0 * t2, 2.0 * t3  # exact, and once in a tick instead of in each step
    x = e0 * t1 - e1 * t0 - e2 * t3 + e3 * t2
    y = e0 * t2 + e1 * t3 - e2 * t0 - e3 * t1
    z = e0 * t3 - e1 * t2 + e2 * t1 - e3 * t0
    if e0 * t0 + e1 * t1 + e2 * t2 + e3 * t3 >= 0.0:
        return x, y, z
    return -x, -y, -z


@jit
def limit(x: float, bound: float) -> float:
    """Limit `x` to -bound .. bound."""
    if x > bound:
        return bound
    if x < -bound:
        return -bound
    return x


@jit
def share(x: float) -> float:
    """Limit `x` to 0 .. 1, by branches: compiled `min` and `max` would stall the loop here."""
    if x < 0.0:
        return 0.0
    if x > 1.0:
        return 1.0
    return x


@jit
def mix(thrust: float, x: float, y: float, z: float) -> tuple[float, float, float, float]:
    """Shares of each motor's full thrust (0 .. 1) for a collective `thrust` and roll, pitch, yaw shares.

    ArduPilot's X numbering: 1 front right, 2 rear left (both counter-clockwise), 3 front left, 4 rear right. When they
    do not fit together, roll and pitch have priority, then height, then yaw.
    """
    span = abs(x) + abs(y)
    if span > 0.48:
        x *= 0.48 / span
        y *= 0.48 / span
        span = 0.48
    room = min(thrust, 1.0 - thrust) - span
    z = limit(z, max(room, 0.04))
    low = span + abs(z)
    if low > 0.5:
        low = 0.5
    if thrust < low:
        thrust = low
    elif thrust > 1.0 - low:
        thrust = 1.0 - low
    return share(thrust - x + y + z), share(thrust + x - y + z), share(thrust + x + y - z), share(thrust - x - y - z)


@jit
def from_thrust_and_yaw(fn: float, fe: float, fd: float, yaw: float) -> tuple[float, float, float, float]:
    """Attitude whose body-down axis opposes the force (fn, fe, fd; fd < 0 is up) with the nose at `yaw`.

    The heading is turned first, then the shortest tilt in the heading frame is added, so no angle is ever extracted.
    """
    size = sqrt(fn * fn + fe * fe + fd * fd)
    ch = cos(0.5 * yaw)
    sh = sin(0.5 * yaw)
    if size < 1e-6:
        return ch, 0.0, 0.0, sh
    c = ch * ch - sh * sh
    s = 2.0 * ch * sh
    zx = -(c * fn + s * fe) / size  # wanted body-down axis in the heading frame
    zy = -(-s * fn + c * fe) / size
    zz = -fd / size
    # shortest rotation taking (0, 0, 1) to z: q ~ (1 + zz, -zy, zx, 0)
    w = 1.0 + zz
    if w < 1e-3:
        w = 1e-3
    n = 1.0 / sqrt(w * w + zx * zx + zy * zy)
    tw = w * n
    tx = -zy * n
    ty = zx * n
    return ch * tw, ch * tx - sh * ty, ch * ty + sh * tx, sh * tw


@jit
def from_euler(roll: float, pitch: float, yaw: float) -> tuple[float, float, float, float]:
    """Quaternion of the aerospace sequence yaw, pitch, roll (rad)."""
    cr = cos(0.5 * roll)
    sr = sin(0.5 * roll)
    cp = cos(0.5 * pitch)
    sp = sin(0.5 * pitch)
    cy = cos(0.5 * yaw)
    sy = sin(0.5 * yaw)
    return (
        cr * cp * cy + sr * sp * sy,
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
    )
