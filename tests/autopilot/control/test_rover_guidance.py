"""The rover's field of courses, its steering and its velocities, as functions."""

from __future__ import annotations

from math import atan, cos, hypot, pi, sin, tan

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.control.rover_lines import STEEPEST, follow, lean, tight_speed, turn_radius, turn_to
from autopilot.control.rover_steering import hold_speed, steer_by_rate
from autopilot.interface import layout as L
from autopilot.interface.targets import Yaw, YawMode
from autopilot.vehicles.driving import as_drive

Row = npt.NDArray[np.float64]


def rows(speed: float = 0.0, course: float = 0.0) -> tuple[Row, Row]:
    """State and settings of a car that drives 15 m/s at most, with ArduPilot's limits."""
    s, p = np.zeros(L.STATE.size), np.zeros(L.SETTINGS.size)
    s[L.S_WAY] = 1.0 if speed >= 0.0 else -1.0
    s[L.S_SPEED], s[L.S_SPEED_REF], s[L.S_COURSE] = speed, speed, course
    s[L.S_EVN] = speed
    p[L.P_DRIVE_ACCEL], p[L.P_DRIVE_DECEL], p[L.P_STOP_SPEED], p[L.P_BRAKING], p[L.P_THROTTLE_MAX] = (
        1.0,
        2.0,
        0.1,
        1.0,
        1.0,
    )
    p[L.P_TURN_RADIUS], p[L.P_TURN_ACCEL], p[L.P_TURN_RATE_MAX], p[L.P_TURN_RATE_ACCEL] = 0.9, 5.0, 2.0, 2.0
    p[L.P_KP_COURSE], p[L.P_KP_SPEED], p[L.P_KI_SPEED] = 3.0, 3.0, 1.5
    p[L.P_WHEELBASE], p[L.P_WHEEL_MAX], p[L.P_TOP_SPEED], p[L.P_FULL_ACCEL] = 0.33, 0.42, 15.0, 9.5
    return s, p


@settings(deadline=None)  # the first call compiles
@given(st.floats(0.0, 100.0), st.floats(0.5, 12.0))
def test_the_course_leans_to_the_line_and_never_more_than_allowed(off: float, speed: float) -> None:
    """From 0 on the line, growing with the distance, to the steepest."""
    _, p = rows()
    radius = turn_radius(p, speed)
    angle, slope = lean(off, speed, radius)
    assert 0.0 <= angle <= STEEPEST + 1e-9
    assert slope >= 0.0
    assert lean(off + 0.01, speed, radius)[0] >= angle - 1e-9
    assert lean(0.0, speed, radius)[0] == 0.0


@settings(deadline=None)
@given(st.floats(0.0, 30.0), st.floats(0.5, 12.0))
def test_the_lean_has_no_steps_and_its_slope_is_its_derivative(off: float, speed: float) -> None:
    _, p = rows()
    radius = turn_radius(p, speed)
    ahead, behind = lean(off + 1e-5, speed, radius)[0], lean(max(off - 1e-5, 0.0), speed, radius)[0]
    assert abs(ahead - behind) < 1e-3
    if off > 1e-3 and lean(off + 1e-3, speed, radius)[1] > 0.0 and lean(off - 1e-3, speed, radius)[1] > 0.0:
        assert (ahead - behind) / 2e-5 == pytest.approx(lean(off, speed, radius)[1], rel=0.05)


@settings(deadline=None)
@given(st.floats(0.5, 12.0))
def test_the_arc_towards_a_line_is_one_that_grip_allows(speed: float) -> None:
    """Following the lean needs a curvature of sin(angle) x slope, at most that of the planned turn."""
    _, p = rows()
    radius = turn_radius(p, speed)
    for off in np.linspace(0.0, 20.0, 200):
        angle, slope = lean(float(off), speed, radius)
        assert sin(angle) * slope <= 1.0001 / radius


def test_on_the_line_nothing_is_steered_and_beside_it_towards_it() -> None:
    s, p = rows(speed=3.0)
    assert follow(s, p, 0.0, 0.0, 0.0) == pytest.approx(0.0)
    assert follow(s, p, 1.0, 0.0, 0.0) < 0.0 < follow(s, p, -1.0, 0.0, 0.0)


def test_round_a_circle_the_curvature_is_fed_forward() -> None:
    s, p = rows(speed=3.0)
    assert follow(s, p, 0.0, 0.0, 0.1) == pytest.approx(0.3)


@settings(deadline=None)
@given(st.floats(-pi, pi))
def test_a_turn_can_be_taken_back_before_the_course_is_passed(error: float) -> None:
    """rate^2 / (2 acceleration) never exceeds the angle that is left."""
    _, p = rows()
    rate = turn_to(p, error)
    assert rate * error >= 0.0
    assert rate * rate / (2.0 * p[L.P_TURN_RATE_ACCEL]) <= abs(error) + 1e-12


@pytest.mark.parametrize("speed", [1.0, 3.0, -2.0])
def test_the_wheels_are_turned_as_the_geometry_asks(speed: float) -> None:
    """tan(angle) = wheelbase x rate / speed; backwards the other way."""
    s, p = rows(speed=speed)
    for _ in range(100):
        s[L.S_GYZ] = s[L.S_RATE_REF]
        steer_by_rate(s, p, 0.5)
    assert tan(s[L.S_WHEEL]) == pytest.approx(0.33 * 0.5 / speed, rel=1e-6)


@pytest.mark.parametrize(
    ("speed", "most"), [(0.9, 1.0), (4.0, 1.25), (1.9, 2.0)], ids=["turning circle", "grip", "rate"]
)
def test_turn_rates_are_limited(speed: float, most: float) -> None:
    s, p = rows(speed=speed)
    for _ in range(200):
        steer_by_rate(s, p, 10.0)
    assert s[L.S_RATE_REF] == pytest.approx(most)


def test_a_standing_car_does_not_wind_up_its_steering() -> None:
    s, p = rows()
    for _ in range(500):
        steer_by_rate(s, p, 1.0)
    assert s[L.S_STEER_SUM] == 0.0
    assert abs(s[L.S_WHEEL]) <= atan(0.33 / 0.9) + 1e-9


def test_speed_is_reached_within_the_acceleration_limits() -> None:
    """1 m/s2 up, 2 m/s2 down, to the tick."""
    s, p = rows()
    for _ in range(100):
        s[L.S_SPEED] = s[L.S_SPEED_REF]
        hold_speed(s, p, 5.0)
    assert s[L.S_SPEED_REF] == pytest.approx(2.0)
    for _ in range(25):
        s[L.S_SPEED] = s[L.S_SPEED_REF]
        hold_speed(s, p, 0.0)
    assert s[L.S_SPEED_REF] == pytest.approx(1.0)


def test_at_a_stop_the_throttle_is_off_and_nothing_is_remembered() -> None:
    s, p = rows(speed=0.15)
    s[L.S_SPEED_SUM] = 3.0
    hold_speed(s, p, 0.0)
    assert s[L.S_THROTTLE] == 0.0
    assert s[L.S_SPEED_SUM] == 0.0


def test_full_throttle_does_not_wind_up() -> None:
    """A car held fast for a minute does not shoot away for a minute."""
    s, p = rows()
    for _ in range(3000):
        hold_speed(s, p, 5.0)
    assert s[L.S_THROTTLE] == 1.0
    s[L.S_SPEED] = 6.0
    hold_speed(s, p, 5.0)
    assert s[L.S_THROTTLE] < 1.0


def test_without_braking_the_throttle_never_opposes_the_speed() -> None:
    s, p = rows(speed=5.0)
    p[L.P_BRAKING] = 0.0
    for _ in range(50):
        hold_speed(s, p, 1.0)
        assert s[L.S_THROTTLE] >= 0.0


def test_the_tightest_turn_is_within_the_grip() -> None:
    _, p = rows()
    assert tight_speed(p) ** 2 / turn_radius(p, tight_speed(p)) <= p[L.P_TURN_ACCEL]


@given(st.floats(-9.0, 9.0), st.floats(-9.0, 9.0), st.floats(-pi, pi))
def test_a_velocity_keeps_its_size_whatever_is_demanded_with_it(north: float, east: float, heading: float) -> None:
    for yaw in (None, Yaw(), Yaw(YawMode.ANGLE, angle=heading), Yaw(YawMode.RATE, rate=0.3)):
        drive = as_drive((north, east, 0.0), yaw, heading, 1000)
        assert abs(drive.speed) == pytest.approx(hypot(north, east))


def test_against_the_demanded_heading_a_velocity_is_driven_backwards() -> None:
    back = (-2.0 * cos(1.0), -2.0 * sin(1.0), 0.0)
    assert as_drive(back, Yaw(YawMode.ANGLE, angle=1.0), 0.0, 1000).speed == pytest.approx(-2.0)
    assert as_drive(back, Yaw(YawMode.RATE, rate=0.2), 1.0, 1000).speed == pytest.approx(-2.0)
    assert as_drive(back, Yaw(YawMode.RATE, rate=0.2), 1.0, 1000).turn_rate == 0.2
    assert as_drive(back, None, 1.0, 1000).speed == pytest.approx(2.0)
