"""A plane whose airspeed, fixes or engine fail, and one that strikes the ground."""

from __future__ import annotations

from math import cos, degrees, hypot, radians, sin

import numpy as np
import pytest

from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.targets import Circle, Idle, Land, Leg, Pilot, PilotKind, Speeds, Sticks, TakeOff
from autopilot.interface.vehicle import VehicleEvent
from sitl.kernel import layout as M
from sitl.vehicles.aerodynamics import SKYWALKER
from tests.fakes.plane_flight import WEST_WIND, PlaneFlight, stall_speed


@pytest.mark.parametrize("how", [{"ARSPD_USE": 0.0}, {"ARSPD_TYPE": 0.0}])
def test_without_airspeed_it_flies_on_by_pitch_and_throttle(how: dict[str, float]) -> None:
    """Height is held, the airspeed comes out near that of TRIM_THROTTLE, wind and all, and it lands."""
    flight = PlaneFlight({**WEST_WIND, **how}).airborne()
    flight.to(Circle((200.0, 0.0, -80.0), 150.0, 1, 1.0))
    assert np.abs(flight.seen(R.DOWN)[-100:] + 80.0).max() < 5.0
    assert flight.seen(R.TRUE_AIR_SPEED)[-200:].min() > 15.0
    flight.to(Land((-600.0, 0.0), approach=(200.0, 0.0, -60.0)))


def test_a_blocked_tube_goes_on_showing_what_it_showed() -> None:
    """`airspeed.blocked`, `.offset` and `.loss`: what is shown, and that a tube without samples is not used."""
    flight = PlaneFlight().airborne()
    flight.vehicle.set_target(Circle((0.0, 0.0, -80.0), 150.0, 1))
    flight.fly(20.0)
    assert flight.vehicle._s[L.S_PITOT_USED] == 1.0
    assert flight.vehicle.inject_fault("airspeed.blocked", None, active=True)
    shown = flight.now(R.PITOT)
    flight.vehicle.set_speeds(Speeds(29.0, 5.0, 5.0))
    flight.fly(5.0)
    assert flight.now(R.PITOT) == pytest.approx(shown, abs=1.5)
    assert flight.vehicle.inject_fault("airspeed.blocked", None, active=False)
    flight.fly(0.1)
    before = flight.now(R.PITOT)
    assert flight.vehicle.inject_fault("airspeed.offset", 20.0, active=True)
    flight.fly(0.1)
    assert flight.now(R.PITOT) == pytest.approx(before + 20.0, abs=3.0)
    flight.vehicle.inject_fault("airspeed.offset", None, active=False)
    flight.vehicle.inject_fault("airspeed.loss", None, active=True)
    flight.fly(2.0)
    assert flight.vehicle._s[L.S_PITOT_USED] == 0.0
    flight.vehicle.inject_fault("airspeed.loss", None, active=False)
    flight.fly(2.0)
    assert flight.vehicle._s[L.S_PITOT_USED] == 1.0


def test_without_fixes_it_reckons_by_airspeed_and_the_wind_that_it_knew() -> None:
    """30 s without GPS: off by less than a tenth of the way, its height and attitude held, its position valid as
    ArduPlane's. The first fixes correct it."""
    flight = PlaneFlight(WEST_WIND).airborne()
    flight.to(Circle((0.0, 0.0, -80.0), 150.0, 1, 1.0))
    flight.vehicle.set_target(Leg((5000.0, 0.0, -80.0)))
    flight.fly(20.0)
    flight.vehicle.inject_fault("gps.loss", None, active=True)
    raised = flight.fly(30.0)
    off = hypot(flight.now(R.NORTH) - flight.now(R.TRUE_N), flight.now(R.EAST) - flight.now(R.TRUE_E))
    assert off < 70.0
    assert abs(flight.now(R.DOWN) + 80.0) < 5.0
    assert abs(degrees(flight.now(R.TRUE_ROLL) - flight.now(R.ROLL))) < 5.0
    flight.vehicle.inject_fault("gps.loss", None, active=False)
    raised |= flight.fly(5.0)
    assert hypot(flight.now(R.NORTH) - flight.now(R.TRUE_N), flight.now(R.EAST) - flight.now(R.TRUE_E)) < 3.0
    assert not raised & VehicleEvent.ESTIMATOR_FAILED


def test_without_fixes_and_airspeed_it_has_no_position() -> None:
    flight = PlaneFlight(WEST_WIND).airborne()
    flight.vehicle.set_target(Circle((0.0, 0.0, -80.0), 150.0, 1, 1.0))
    for fault in ("gps.loss", "airspeed.loss"):
        flight.vehicle.inject_fault(fault, None, active=True)
    assert flight.fly(12.0) & VehicleEvent.ESTIMATOR_FAILED


def test_an_engine_that_is_out_lets_it_glide_above_its_stall() -> None:
    """Thrust gone at height: pitch goes to airspeed, and it never stalls on the way down."""
    flight = PlaneFlight().airborne(150.0)
    flight.vehicle.set_target(Circle((0.0, 0.0, -150.0), 150.0, 1))
    flight.fly(20.0)
    flight.vehicle.inject_fault("motor1.loss", None, active=True)
    flight.forget()
    flight.fly(15.0)
    assert flight.seen(R.TRUE_AIR_SPEED).min() > stall_speed(SKYWALKER)
    assert flight.seen(R.STALL_MARGIN).min() > radians(3.0)


def test_what_strikes_the_ground_has_crashed() -> None:
    flight = PlaneFlight().airborne(60.0)
    flight.vehicle.set_sticks(Sticks(pitch=1.0, throttle=1.0))
    flight.vehicle.set_target(Pilot(PilotKind.FBWA))
    raised = flight.fly(20.0, VehicleEvent.CRASHED)
    assert raised & VehicleEvent.CRASHED
    assert raised & VehicleEvent.DISARMED
    lies_where_it_struck(flight)


def test_what_lies_on_its_side_does_not_roll_away() -> None:
    """Armed again where it had fallen on a wing, it slid over the ground at 22 m/s for minutes (29921482 of dense
    storms)."""
    flight = PlaneFlight()
    flight.vehicle._s[[M.S_Q0, M.S_Q1, M.S_Q2, M.S_Q3]] = cos(0.65), sin(0.65), 0.0, 0.0
    flight.fly(5.0)
    assert flight.vehicle.arm().ok
    flight.vehicle.set_target(TakeOff(-60.0))
    raised = flight.fly(10.0, VehicleEvent.CRASHED)
    assert raised & VehicleEvent.CRASHED
    assert raised & VehicleEvent.DISARMED
    flight.vehicle.set_target(Idle())  # as every disarming does
    flight.fly(3.0)
    assert hypot(flight.now(R.TRUE_N), flight.now(R.TRUE_E)) < 3.0
    assert flight.vehicle.state.landed


def test_what_falls_on_its_nose_strikes_once() -> None:
    """Disarmed in the air with its nose far below the horizon; what lies on its nose rights itself."""
    flight = PlaneFlight().airborne(60.0)
    assert flight.vehicle.disarm(force=True).ok
    flight.fly(30.0, VehicleEvent.LANDED)
    assert degrees(flight.seen(R.TRUE_PITCH).min()) < -30.0
    assert flight.now(R.LANDED_STATE) == L.ON_GROUND
    lies_where_it_struck(flight)


def lies_where_it_struck(flight: PlaneFlight) -> None:
    """Assert that the plane rests level within three seconds, and that the estimate has felt the blow: it never sinks
    into the ground."""
    flight.fly(3.0)
    assert flight.vehicle.state.landed
    assert hypot(flight.now(R.TRUE_VN), flight.now(R.TRUE_VE)) < 0.1
    assert abs(degrees(flight.now(R.TRUE_PITCH))) < 2.0
    assert flight.seen(R.DOWN).max() < 1.0


@pytest.mark.parametrize("value", [1.0e300, -1.0e300])
@pytest.mark.parametrize("name", ["wind.gust", "gps.glitch", "baro.wrong", "battery.low", "airspeed.offset"])
def test_a_value_beyond_its_limit_counts_as_the_limit(name: str, value: float) -> None:
    """Far beyond it forces and pressures, and with them the state, would be no numbers."""
    flight = PlaneFlight().airborne()
    assert flight.vehicle.inject_fault(name, value, active=True)
    flight.fly(10.0)
    assert np.isfinite(flight.vehicle.state.report).all()
    if name == "wind.gust":
        assert abs(flight.now(R.TRUE_WIND_E)) == pytest.approx(100.0)
