"""The car against closed forms of vehicle dynamics (Rajamani, Vehicle Dynamics and Control) that nobody here wrote."""

from __future__ import annotations

from collections.abc import Callable
from math import atan, hypot, sqrt, tan

import numpy as np
import pytest

from autopilot.interface import layout as L
from sitl.kernel import layout as M
from sitl.kernel import rover
from sitl.kernel.quantiles import quantiles
from sitl.vehicles.chassis import (
    DRAG_AREA,
    FRONT,
    FULL_ACCEL,
    FULL_V,
    GRIP,
    MASS,
    REAR,
    ROLLING,
    STIFF_F,
    STIFF_R,
    TOP_SPEED,
    default_settings,
    initial_state,
)
from tests.fakes.rover_drive import HOME

GRAVITY = 9.80665
BASE = FRONT + REAR

run_tick = np.errstate(over="ignore")(rover.run_tick)  # splitmix64 wraps around


class Car:
    """The plant alone, without noise: wheel angle and throttle as set, or speed held by an ideal driver."""

    def __init__(self, throttle: float = 0.0, wheel: float = 0.0) -> None:
        self.s, self.rng = initial_state(0.0, 1)
        self.p = default_settings(HOME)
        self.p[M.P_GYRO_NOISE] = self.p[M.P_ACC_NOISE] = 0.0
        self.s[L.S_ARMED] = 1.0
        self.s[M.S_VOLTS] = FULL_V
        self.s[L.S_THROTTLE], self.s[L.S_WHEEL] = throttle, wheel

    def run(self, seconds: float, each: Callable[[], None] = lambda: None) -> None:
        for _ in range(round(seconds * 50)):
            run_tick(self.s, self.p, self.rng, quantiles())
            each()

    def cruise(self, speed: float, wheel: float, seconds: float) -> None:
        """Hold a speed by throttle alone while the wheels are turned."""
        self.s[L.S_WHEEL] = wheel

        def push() -> None:
            self.s[L.S_THROTTLE] = speed / TOP_SPEED + 1.0 * (speed - self.s[M.S_BODY_U])

        self.run(seconds, push)


def test_full_throttle_ends_where_pull_and_resistance_are_equal() -> None:
    """stall (1 - u / free) = rolling + drag u^2, solved for u."""
    car = Car(throttle=1.0)
    car.run(30.0)
    drag = 0.5 * 1.225 * DRAG_AREA
    stall = FULL_ACCEL * MASS
    a, b, c = drag, stall / TOP_SPEED, ROLLING * MASS * GRAVITY - stall
    assert car.s[M.S_BODY_U] == pytest.approx((-b + sqrt(b * b - 4.0 * a * c)) / (2.0 * a), rel=1e-3)


def test_a_rolling_car_without_motor_stops_by_its_tyres() -> None:
    """Constant rolling resistance: v^2 / (2 c g) metres, drag left out."""
    car = Car()
    car.p[M.P_LOSS_1], car.p[M.P_DRAG] = 0.0, 0.0
    car.s[M.S_BODY_U] = 3.0
    car.run(20.0)
    assert car.s[M.S_BODY_U] == pytest.approx(0.0, abs=1e-3)
    assert car.s[M.S_PN] == pytest.approx(3.0**2 / (2.0 * ROLLING * GRAVITY), rel=0.01)


def test_a_slow_turn_has_the_radius_of_the_geometry() -> None:
    """Turn rate = speed tan(angle) / wheelbase."""
    car = Car()
    car.cruise(0.5, 0.3, 6.0)
    assert car.s[M.S_BODY_R] / car.s[M.S_BODY_U] == pytest.approx(tan(0.3) / BASE, rel=0.03)


def test_a_fast_turn_has_the_understeer_of_the_bicycle() -> None:
    """Steady turn rate = u angle / (L + K u^2) with K = m (b Cr - a Cf) / (L Cf Cr)."""
    car = Car()
    wheel, speed = 0.02, 6.0
    car.cruise(speed, wheel, 8.0)
    load = GRIP * MASS * GRAVITY
    front, rear = STIFF_F * load * REAR / BASE, STIFF_R * load * FRONT / BASE
    understeer = MASS * (REAR * rear - FRONT * front) / (BASE * front * rear)
    speed = car.s[M.S_BODY_U]
    assert car.s[M.S_BODY_R] == pytest.approx(speed * wheel / (BASE + understeer * speed * speed), rel=0.02)


def test_no_turn_is_tighter_than_the_grip_allows() -> None:
    """Sideways acceleration stays below friction times g, however the wheels are turned."""
    car = Car()
    most = 0.0

    def watch() -> None:
        nonlocal most
        most = max(most, abs(float(car.s[M.S_FY])))

    car.s[M.S_BODY_U], car.s[L.S_WHEEL], car.s[L.S_THROTTLE] = 9.0, 0.4, 0.6
    car.run(4.0, watch)
    assert 0.5 * GRIP * GRAVITY < most <= GRIP * GRAVITY


def test_driving_backwards_mirrors_driving_forwards() -> None:
    """Same wheel angle, opposite speed: the same circle the other way round."""
    ahead, back = Car(), Car()
    ahead.cruise(1.0, 0.2, 5.0)
    back.cruise(-1.0, 0.2, 5.0)
    assert back.s[M.S_BODY_U] == pytest.approx(-ahead.s[M.S_BODY_U], rel=1e-3)
    assert back.s[M.S_BODY_R] == pytest.approx(-ahead.s[M.S_BODY_R], rel=0.03)


def test_a_parked_car_stays_where_it_is() -> None:
    """A storm from the side does not push it over the ground, nor does numerical noise."""
    car = Car(wheel=0.3)
    car.s[M.S_WIND_E] = 15.0
    car.run(60.0)
    assert hypot(car.s[M.S_PN], car.s[M.S_PE]) < 1e-6


def test_a_dead_motor_does_not_drive() -> None:
    """LOSS_1 is what is left of it."""
    car = Car(throttle=1.0)
    car.p[M.P_LOSS_1] = 0.0
    car.run(5.0)
    assert car.s[M.S_BODY_U] == 0.0


def test_velocity_and_attitude_of_the_truth_belong_together() -> None:
    """Heading from the quaternion is the body's, over several full turns."""
    car = Car()

    def check() -> None:
        s = car.s
        yaw = np.arctan2(2.0 * s[M.S_Q0] * s[M.S_Q3], 1.0 - 2.0 * s[M.S_Q3] ** 2)
        ahead = np.cos(yaw) * s[M.S_VN] + np.sin(yaw) * s[M.S_VE]
        assert ahead == pytest.approx(s[M.S_BODY_U], abs=1e-6)
        assert s[M.S_Q0] ** 2 + s[M.S_Q3] ** 2 == pytest.approx(1.0, abs=1e-6)

    car.s[L.S_WHEEL], car.s[L.S_THROTTLE] = 0.3, 0.2
    car.run(12.0, check)


def test_the_current_is_the_power_at_the_wheels_and_in_the_winding() -> None:
    """Motor current times volts driven = pull times speed + heat of the winding, at steady speed."""
    car = Car(throttle=0.5)
    car.run(20.0)
    s = car.s
    driven = 0.5 * FULL_V
    ohms = FULL_V / (FULL_ACCEL * MASS * TOP_SPEED / FULL_V)
    amps = s[M.S_MOTOR_A] / 0.5  # in the winding; the battery sees the duty cycle's share
    assert driven * amps == pytest.approx(s[M.S_PULL] * s[M.S_BODY_U] + ohms * amps * amps, rel=0.01)
    assert atan(s[M.S_VE] / s[M.S_VN]) == 0.0
