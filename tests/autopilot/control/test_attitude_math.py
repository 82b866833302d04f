"""Quaternions and mixer of the compiled control layer."""

from __future__ import annotations

from math import cos, pi, sin, sqrt

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.control.attitude import attitude_error, from_euler, from_thrust_and_yaw, limit, mix

ANGLE = st.floats(-3.0, 3.0)
#: The first call of a function compiles it.
UNHURRIED = settings(deadline=None)


def _matrix(q: tuple[float, float, float, float]) -> npt.NDArray[np.float64]:
    """Rotation matrix body -> NED, by Rodrigues' formula from axis and angle (another way than the code's)."""
    axis = np.array(q[1:])
    size = float(np.linalg.norm(axis))
    if size < 1e-12:
        return np.eye(3)
    angle = 2.0 * np.arctan2(size, q[0])
    x, y, z = axis / size
    k = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    matrix: npt.NDArray[np.float64] = np.eye(3) + sin(angle) * k + (1.0 - cos(angle)) * k @ k
    return matrix


@UNHURRIED
@given(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5), ANGLE)
def test_euler_angles_are_yaw_then_pitch_then_roll(roll: float, pitch: float, yaw: float) -> None:
    """Product of the three elementary rotations."""
    rz = np.array([[cos(yaw), -sin(yaw), 0.0], [sin(yaw), cos(yaw), 0.0], [0.0, 0.0, 1.0]])
    ry = np.array([[cos(pitch), 0.0, sin(pitch)], [0.0, 1.0, 0.0], [-sin(pitch), 0.0, cos(pitch)]])
    rx = np.array([[1.0, 0.0, 0.0], [0.0, cos(roll), -sin(roll)], [0.0, sin(roll), cos(roll)]])
    assert np.allclose(_matrix(from_euler(roll, pitch, yaw)), rz @ ry @ rx, atol=1e-9)


@UNHURRIED
@given(st.floats(-8.0, 8.0), st.floats(-8.0, 8.0), st.floats(-20.0, -2.0), ANGLE)
def test_thrust_points_where_it_was_asked_and_the_nose_too(fn: float, fe: float, fd: float, yaw: float) -> None:
    """Body-up along the force; the nose's heading, seen from above along the tilt, is `yaw`."""
    q = from_thrust_and_yaw(fn, fe, fd, yaw)
    assert sum(x * x for x in q) == pytest.approx(1.0)
    force = np.array((fn, fe, fd))
    assert np.allclose(_matrix(q) @ np.array((0.0, 0.0, -1.0)), force / np.linalg.norm(force), atol=1e-9)
    level = from_thrust_and_yaw(0.0, 0.0, -9.8, yaw)
    assert np.allclose(_matrix(level)[:, 0], (cos(yaw), sin(yaw), 0.0), atol=1e-9)


@UNHURRIED
@given(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3), st.floats(-0.3, 0.3), ANGLE)
def test_small_attitude_errors_are_body_angles(x: float, y: float, z: float, yaw: float) -> None:
    """A demand turned by a small vector in body axes gives that vector back, whichever sign the quaternion has."""
    e = np.array(from_euler(0.2, -0.1, yaw))
    size = sqrt(x * x + y * y + z * z)
    k = sin(size / 2.0) / size if size > 0.0 else 0.5
    w, a, b, c = cos(size / 2.0), k * x, k * y, k * z
    t = np.array(
        (
            e[0] * w - e[1] * a - e[2] * b - e[3] * c,
            e[0] * a + e[1] * w + e[2] * c - e[3] * b,
            e[0] * b - e[1] * c + e[2] * w + e[3] * a,
            e[0] * c + e[1] * b - e[2] * a + e[3] * w,
        )
    )
    for sign in (1.0, -1.0):
        error = attitude_error(*[float(v) for v in e], *[float(sign * v) for v in t])
        assert error == pytest.approx((2.0 * a, 2.0 * b, 2.0 * c), abs=1e-9)


@UNHURRIED
@given(st.floats(0.0, 1.0), st.floats(-2.0, 2.0), st.floats(-2.0, 2.0), st.floats(-2.0, 2.0))
def test_motors_stay_within_their_range(thrust: float, x: float, y: float, z: float) -> None:
    """0 .. 1, whatever is asked."""
    assert all(0.0 <= motor <= 1.0 for motor in mix(thrust, x, y, z))


@UNHURRIED
@given(st.floats(0.3, 0.7), st.floats(-0.1, 0.1), st.floats(-0.1, 0.1), st.floats(-0.05, 0.05))
def test_what_fits_is_mixed_exactly(thrust: float, x: float, y: float, z: float) -> None:
    """ArduPilot's X: 1 front right, 2 rear left, 3 front left, 4 rear right; 1 and 2 turn counter-clockwise."""
    front_right, rear_left, front_left, rear_right = mix(thrust, x, y, z)
    assert front_right + rear_left + front_left + rear_right == pytest.approx(4.0 * thrust)
    assert (front_left + rear_left) - (front_right + rear_right) == pytest.approx(4.0 * x, abs=1e-12)
    assert (front_right + front_left) - (rear_left + rear_right) == pytest.approx(4.0 * y, abs=1e-12)
    assert (front_right + rear_left) - (front_left + rear_right) == pytest.approx(4.0 * z, abs=1e-12)


@UNHURRIED
@given(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0), st.floats(-2.0, 2.0), st.floats(0.0, 1.0))
def test_roll_and_pitch_come_before_yaw_and_height(x: float, y: float, z: float, thrust: float) -> None:
    """Their directions survive any saturation."""
    one, two, three, four = mix(thrust, x, y, z)
    roll, pitch = (two + three) - (one + four), (one + three) - (two + four)
    assert roll * x >= -1e-9
    assert pitch * y >= -1e-9
    if abs(x) + abs(y) > 0.5:
        assert abs(roll) + abs(pitch) > 1.5


def test_limit_is_symmetric() -> None:
    """Both ends."""
    assert (limit(3.0, 2.0), limit(-3.0, 2.0), limit(1.0, 2.0)) == (2.0, -2.0, 1.0)
    assert limit(pi, 4.0) == pi
