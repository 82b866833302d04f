"""Attitudes of a vehicle and of its gimbal as quaternions (w, x, y, z). Each turns from its own axes (forward, right,
down) into north, east, down.

A vehicle's attitude uses the angles of aviation: yaw, then pitch, then roll (3-2-1). A gimbal's joints have another
order: yaw, then roll, and pitch innermost (3-1-2), as in MAVLink's GIMBAL_REPORT, so that a camera that looks straight
down is not singular. With a gimbal roll of 0 both orders are equal.
"""

from __future__ import annotations

from math import pi, remainder

from autopilot.interface.mathematics import asin, atan2, cos, sin

Quaternion = tuple[float, float, float, float]
Angles = tuple[float, float, float]
"""Roll, pitch, yaw, rad."""
Vector = tuple[float, float, float]


def wrap(angle: float) -> float:
    """Wrap an angle to -pi .. pi, rad, without a rounding error; both ends stay."""
    return remainder(angle, 2.0 * pi)


def about(axis: int, angle: float) -> Quaternion:
    """Rotation by `angle` about forward (0), right (1) or down (2)."""
    turn = [cos(angle / 2.0), 0.0, 0.0, 0.0]
    turn[axis + 1] = sin(angle / 2.0)
    return (turn[0], turn[1], turn[2], turn[3])


def times(a: Quaternion, b: Quaternion) -> Quaternion:
    """Rotation by `b` and then by `a`."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


def inverse(q: Quaternion) -> Quaternion:
    return (q[0], -q[1], -q[2], -q[3])


def turn(q: Quaternion, v: Vector) -> Vector:
    _, x, y, z = times(times(q, (0.0, *v)), inverse(q))
    return (x, y, z)


def attitude(roll: float, pitch: float, yaw: float) -> Quaternion:
    """Attitude of a vehicle, 3-2-1, from angles in rad."""
    return times(times(about(2, yaw), about(1, pitch)), about(0, roll))


def of_joints(angles: Angles) -> Quaternion:
    """Attitude of a gimbal, 3-1-2, from angles in rad."""
    roll, pitch, yaw = angles
    return times(times(about(2, yaw), about(0, roll)), about(1, pitch))


def joints_of(q: Quaternion) -> Angles:
    """Inverse of `of_joints`; roll within -pi / 2 .. pi / 2."""
    w, x, y, z = q
    roll = asin(max(-1.0, min(1.0, 2.0 * (y * z + w * x))))
    pitch = atan2(2.0 * (w * y - x * z), 1.0 - 2.0 * (x * x + y * y))
    yaw = atan2(2.0 * (w * z - x * y), 1.0 - 2.0 * (x * x + z * z))
    return roll, pitch, yaw
