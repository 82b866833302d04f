"""A plane takes off: by a throw that it waits for, on wheels, with the throttle and the nose that TKOFF_ say."""

from __future__ import annotations

from math import degrees, radians

import numpy as np
import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import TakeOff
from autopilot.interface.vehicle import VehicleEvent
from tests.fakes.plane_flight import PlaneFlight

CATAPULT = {"SIM_LAUNCH_ACC": 15.0, "SIM_LAUNCH_TIME": 2.0, "SIM_LAUNCH_SERVO": 7.0}
PITOT = {"ARSPD_USE": 1.0, "PTCH_LIM_MAX_DEG": 35.0, "TECS_PITCH_MAX": 35.0}


class Takeoff(PlaneFlight):
    """Armed for a takeoff to `height` m."""

    def __init__(self, parameters: dict[str, float], height: float = 80.0) -> None:
        super().__init__(parameters)
        assert self.vehicle.arm().ok
        self.vehicle.set_target(TakeOff(-height, pitch=radians(15.0)))

    def throw(self) -> None:
        self.vehicle.set_output(7, 2000.0)

    def up_to(self, height: float, seconds: float = 40.0) -> None:
        """Go on up to this height, m."""
        for _ in range(round(seconds / 0.1)):
            if -self.now(R.TRUE_D) >= height:
                return
            self.fly(0.1)
        raise AssertionError(f"it is at {-self.now(R.TRUE_D):.0f} m")


# --- the throw --------------------------------------------------------------------------------------------------------
def test_the_motor_waits_for_the_throw() -> None:
    """TKOFF_THR_MINACC: 0.2 s after it was felt (TKOFF_THR_DELAY), and at TKOFF_THR_IDLE before."""
    flight = Takeoff(CATAPULT | {"TKOFF_THR_MINACC": 3.0, "TKOFF_THR_IDLE": 10.0, "TKOFF_THR_DELAY": 10.0})
    flight.fly(5.0)
    assert flight.now(R.THROTTLE) == pytest.approx(0.1)
    flight.throw()
    flight.fly(0.8)
    assert flight.now(R.THROTTLE) == pytest.approx(0.1)
    flight.fly(0.8)
    assert flight.now(R.THROTTLE) > 0.3
    assert flight.fly(10.0, VehicleEvent.LIFTOFF) & VehicleEvent.LIFTOFF


def test_a_catapult_with_an_output_does_not_throw_by_itself() -> None:
    """It rolls along the ground instead; the pulse throws it then."""
    flight = Takeoff(CATAPULT)
    flight.fly(1.0)
    assert flight.now(R.TRUE_AIR_SPEED) < 8.0
    flight.throw()
    flight.fly(1.0)
    assert flight.now(R.TRUE_AIR_SPEED) > 16.0


def test_a_throw_that_is_too_slow_does_not_start_it() -> None:
    """TKOFF_THR_MINSPD within 0.1 s after TKOFF_THR_DELAY; the speed alone starts it where no throw is asked for."""
    slow = Takeoff(CATAPULT | {"SIM_LAUNCH_TIME": 0.2, "TKOFF_THR_MINACC": 3.0, "TKOFF_THR_MINSPD": 12.0})
    slow.throw()
    slow.fly(5.0)
    assert slow.now(R.THROTTLE) == 0.0
    fast = Takeoff(CATAPULT | {"TKOFF_THR_MINSPD": 12.0})
    fast.fly(3.0)
    assert fast.now(R.THROTTLE) == 0.0
    fast.throw()
    fast.fly(3.0)
    assert fast.now(R.THROTTLE) == 1.0


# --- its throttle -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("options", [0.0, 1.0], ids=["highest", "range"])
@pytest.mark.parametrize("pitot", [1.0, 0.0], ids=["airspeed", "none"])
def test_the_throttle_of_the_climb(options: float, pitot: float) -> None:
    """TKOFF_OPTIONS bit 0: above TKOFF_LVL_ALT the airspeed decides, if there is one (ArduPlane's tests TakeoffTakeoff1
    to 3). Without the bit it is TKOFF_THR_MAX all the way."""
    flight = Takeoff(
        CATAPULT
        | PITOT
        | {"TKOFF_LVL_ALT": 30.0, "TKOFF_OPTIONS": options, "TKOFF_THR_MAX": 80.0, "TKOFF_THR_MINACC": 3.0}
        | {"ARSPD_USE": pitot}
    )
    flight.throw()
    flight.up_to(20.0)
    assert flight.now(R.THROTTLE) == pytest.approx(0.8)
    flight.up_to(40.0)
    if options and pitot:
        assert flight.now(R.THROTTLE) == pytest.approx(0.5, abs=0.05)  # TRIM_THROTTLE
        flight.vehicle.set_parameter("TKOFF_THR_MIN", 70.0)
        flight.fly(1.0)
        assert flight.now(R.THROTTLE) == pytest.approx(0.7)
    else:
        assert flight.now(R.THROTTLE) == pytest.approx(0.8)


def test_full_throttle_comes_first() -> None:
    """TKOFF_THR_MAX_T: whatever the airspeed (ArduPlane's test TakeoffAuto3), and more than THR_MAX if it is told."""
    flight = Takeoff(
        CATAPULT
        | PITOT
        | {"THR_MAX": 80.0, "TKOFF_THR_MAX": 100.0, "TKOFF_THR_MAX_T": 3.0, "TKOFF_LVL_ALT": 1.0, "TKOFF_OPTIONS": 1.0}
        | {"TKOFF_THR_MINACC": 3.0}
    )
    flight.throw()
    flight.fly(2.5)
    assert -flight.now(R.TRUE_D) > 5.0 and flight.now(R.THROTTLE) == 1.0
    flight.fly(2.5)
    assert flight.now(R.THROTTLE) < 0.8


# --- its nose ---------------------------------------------------------------------------------------------------------
def test_the_nose_rises_with_the_speed() -> None:
    """TKOFF_GND_PITCH below TKOFF_ROTATE_SPD, then with the ground speed up to that of cruise (TakeoffGround)."""
    flight = Takeoff({"TKOFF_ROTATE_SPD": 15.0, "TKOFF_GND_PITCH": 3.0, "TKOFF_PLIM_SEC": 0.0, "TECS_PITCH_MAX": 15.0})
    for _ in range(400):
        flight.fly(0.02)
    speed, nose = flight.seen(R.GROUND_SPEED), np.degrees(flight.seen(R.NAV_PITCH))
    assert nose[(speed > 8.0) & (speed < 13.0)] == pytest.approx(3.0)
    rising = (speed > 17.0) & (flight.seen(R.TRUE_D) > -0.05)
    assert rising.sum() > 5
    assert nose[rising] == pytest.approx(15.0 * speed[rising] / 22.0, abs=1.5)
    assert nose[speed > 23.0] == pytest.approx(15.0, abs=0.2)


def test_it_levels_off_near_its_height() -> None:
    """TKOFF_PLIM_SEC below it the lowest pitch falls, and half a second more than that later it has arrived."""
    flight = Takeoff({"TKOFF_PLIM_SEC": 3.0, "ARSPD_USE": 0.0}, height=60.0)
    flight.up_to(30.0)
    flight.forget()
    for _ in range(1000):
        if flight.fly(0.02, VehicleEvent.ARRIVED) & VehicleEvent.ARRIVED:
            break
    levelled = np.degrees(flight.seen(R.NAV_PITCH)) < 14.5
    assert 3.0 < 0.02 * levelled.sum() < 3.6
    assert 50.0 < -flight.now(R.TRUE_D) < 61.0
    assert degrees(flight.now(R.NAV_PITCH)) < 8.0


def test_it_may_end_a_little_below() -> None:
    """`below`, m, for the mode TAKEOFF."""
    flight = PlaneFlight({"TKOFF_PLIM_SEC": 0.0})
    assert flight.vehicle.arm().ok
    flight.to(TakeOff(-60.0, pitch=radians(15.0), below=2.0))
    assert -flight.now(R.DOWN) == pytest.approx(58.0, abs=0.5)
