"""Attitude as unit quaternions, and turns about one axis with limited rate and acceleration.

Source: Wertz, Spacecraft Attitude Determination and Control, 1978, 12.1 and 19. A quaternion (w, x, y, z) turns body
axes into the Hill frame. An attitude is held in that frame, which turns once in an orbit.
"""

from __future__ import annotations

from math import degrees, fsum, radians, sqrt

from msgspec import Struct

from autopilot.interface.mathematics import acos, cos, hypot, sin, whole_power
from depot.physics.orbit import Vector

Quaternion = tuple[float, float, float, float]
LEVEL: Quaternion = (1.0, 0.0, 0.0, 0.0)
NOSE: Vector = (1.0, 0.0, 0.0)
"""Body axis of THRUSTER_FWD's push; INTAKE and DOCK_PORT are at its end."""


def multiply(a: Quaternion, b: Quaternion) -> Quaternion:
    """Product of two rotations: first `b`, then `a`."""
    return (
        a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
        a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
        a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
        a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
    )


def about(axis: Vector, degs: float) -> Quaternion:
    """Rotation about a unit axis by `degs` degrees."""
    half = radians(degs) / 2.0
    return (cos(half), axis[0] * sin(half), axis[1] * sin(half), axis[2] * sin(half))


def turn(q: Quaternion, v: Vector) -> Vector:
    """Turn a body vector into the Hill frame."""
    w, x, y, z = q
    tx, ty, tz = 2.0 * (y * v[2] - z * v[1]), 2.0 * (z * v[0] - x * v[2]), 2.0 * (x * v[1] - y * v[0])
    return (v[0] + w * tx + y * tz - z * ty, v[1] + w * ty + z * tx - x * tz, v[2] + w * tz + x * ty - y * tx)


def between_deg(a: Vector, b: Vector) -> float:
    """Angle between two directions, degrees."""
    scale = hypot(*a) * hypot(*b)
    return (
        0.0 if scale == 0.0 else degrees(acos(min(max(fsum(p * q for p, q in zip(a, b, strict=True)) / scale, -1), 1)))
    )


class AttitudeSlew(Struct):
    """Turn from the attitude `before`, started at `start_ms`, about `axis` by `angle_deg`.

    Its rate is a trapezoid over time: acceleration, constant rate, deceleration. An angle of 0 is a held attitude.
    """

    before: Quaternion = LEVEL
    axis: Vector = (0.0, 0.0, 1.0)
    angle_deg: float = 0.0
    start_ms: int = 0
    rate_dps: float = 1.0
    accel_dps2: float = 1.0

    @property
    def _ramp_s(self) -> float:
        return min(self.rate_dps / self.accel_dps2, sqrt(self.angle_deg / self.accel_dps2))

    @property
    def peak_dps(self) -> float:
        """Largest rate of the turn, degrees/s."""
        return self._ramp_s * self.accel_dps2

    @property
    def seconds(self) -> float:
        """Duration of the slew, s."""
        ramp = self._ramp_s
        return 0.0 if ramp <= 0.0 else self.angle_deg / (ramp * self.accel_dps2) + ramp

    def turned_deg(self, now_ms: int) -> float:
        """Angle turned so far, degrees."""
        since, whole, ramp = (now_ms - self.start_ms) / 1000.0, self.seconds, self._ramp_s
        if since >= whole:
            return self.angle_deg
        if since <= ramp:
            return self.accel_dps2 * whole_power(max(since, 0.0), 2) / 2.0
        if since <= whole - ramp:
            return self.accel_dps2 * ramp * (since - ramp / 2.0)
        return self.angle_deg - self.accel_dps2 * whole_power(whole - since, 2) / 2.0

    def rate_at(self, now_ms: int) -> float:
        """Rate of turn now, degrees/s."""
        since, whole = (now_ms - self.start_ms) / 1000.0, self.seconds
        return 0.0 if not 0.0 < since < whole else self.accel_dps2 * min(since, self._ramp_s, whole - since)

    def at(self, now_ms: int) -> Quaternion:
        return multiply(about(self.axis, self.turned_deg(now_ms)), self.before)


def slew_to(now: Quaternion, direction: Vector, now_ms: int, rate_dps: float, accel_dps2: float) -> AttitudeSlew:
    """Shortest turn that points the nose in `direction`."""
    nose = turn(now, NOSE)
    axis = (
        nose[1] * direction[2] - nose[2] * direction[1],
        nose[2] * direction[0] - nose[0] * direction[2],
        nose[0] * direction[1] - nose[1] * direction[0],
    )
    length, angle = hypot(*axis), between_deg(nose, direction)
    if length < 1e-9 * max(hypot(*direction), 1e-12):  # parallel or opposite: any axis across the nose
        axis = turn(now, (0.0, 0.0, 1.0))
        length = 1.0
    unit = (axis[0] / length, axis[1] / length, axis[2] / length)
    return AttitudeSlew(now, unit, angle, now_ms, max(rate_dps, 1e-3), max(accel_dps2, 1e-6))
