"""How far copters go until they stand. The ways are ArduCopter 4.7-dev's in its SITL, with the same parameters."""

from __future__ import annotations

import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Hold, Land, Leg, Target
from autopilot.interface.vehicle import VehicleEvent
from sortie import Session
from tests.fakes.copter_flight import HOME, CopterFlight

HARD = Hold(hard=True)
SHARE = 0.15


def way(flight: CopterFlight, stop: Target, field: int = R.TRUE_N) -> float:
    """Way along an axis until it stands, m."""
    begin = float(flight.report[field])
    flight.copter.set_target(stop)
    flight.run(10.0)
    assert flight.report[R.GROUND_SPEED] < 0.3
    return float(flight.report[field]) - begin


def on_its_way(speed: float, **parameters: float) -> CopterFlight:
    """At `speed` m/s on a leg to the north."""
    flight = CopterFlight()
    flight.take_off()
    for name, value in {"WPNAV_SPEED": 100.0 * speed, **parameters}.items():
        flight.copter.set_parameter(name, value)
    flight.copter.set_target(Leg((1000.0, 0.0, -20.0)))
    flight.run(4.0 + speed)
    assert flight.report[R.GROUND_SPEED] == pytest.approx(speed, abs=0.1)
    return flight


@pytest.mark.parametrize(
    ("stop", "speed", "there_m"),
    [
        (Hold(), 10.0, 23.3),
        (Hold(), 5.0, 6.8),
        (HARD, 10.0, 20.3),
        (HARD, 5.0, 8.9),
        (Land(None), 10.0, 24.0),
        (Land(None), 5.0, 7.2),
    ],
)  # fmt: skip
def test_it_stops_in_the_way_of_arducopter(stop: Target, speed: float, there_m: float) -> None:
    """A pause, GUIDED and LAND with the acceleration of legs, BRAKE with its own, which takes longer from 5 m/s."""
    assert way(on_its_way(speed), stop) == pytest.approx(there_m, rel=SHARE)


@pytest.mark.parametrize(
    ("stop", "up", "there_m"), [(Hold(), True, 3.4), (Hold(), False, 1.3), (HARD, True, 4.1), (HARD, False, 2.4)]
)
def test_it_stops_climbs_and_descents_in_the_way_of_arducopter(stop: Target, up: bool, there_m: float) -> None:
    flight = CopterFlight()
    flight.take_off()
    flight.copter.set_target(Leg((0.0, 0.0, -100.0 if up else 0.0)))
    flight.run(6.0)
    assert abs(way(flight, stop, R.TRUE_D)) == pytest.approx(there_m, rel=SHARE)


def test_wpnav_accel_and_psc_jerk_change_its_stops() -> None:
    """Not the one of BRAKE, which only the jerk changes; a stop ends with ARRIVED."""
    usual, hard = way(on_its_way(10.0), Hold()), way(on_its_way(10.0), HARD)
    assert way(on_its_way(10.0, WPNAV_ACCEL=500.0), Hold()) == pytest.approx(0.75 * usual, rel=0.1)
    assert way(on_its_way(10.0, WPNAV_ACCEL=500.0), HARD) == pytest.approx(hard, rel=0.02)
    assert way(on_its_way(10.0, PSC_JERK_XY=20.0), HARD) < 0.6 * hard
    flight = on_its_way(10.0)
    flight.copter.set_target(Hold())
    assert flight.run(8.0, VehicleEvent.ARRIVED)


def test_with_the_face_of_px4_all_stops_are_the_same() -> None:
    """Whatever WPNAV_ACCEL is."""
    flights = (
        on_its_way(10.0, MPC_XY_TRAJ_P=0.5, MPC_ACC_HOR=3.0, MPC_JERK_AUTO=4.0, WPNAV_ACCEL=accel)
        for accel in (250.0, 500.0)
    )
    ways = [way(flight, stop) for flight, stop in zip(flights, (Hold(), HARD), strict=True)]
    assert ways == pytest.approx([12.2, 12.2], abs=0.4)


def test_the_mode_brake_stops_hard() -> None:
    with Session("sim:copter", home=HOME, params={"WPNAV_SPEED": 500.0}) as session:
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(20.0)
        session.run_for(15.0)
        session.goto(HOME.lat + 0.01, HOME.lon, 20.0)
        session.run_for(9.0)
        begin = session.state.position[0]
        session.set_mode("BRAKE")
        session.run_for(10.0)
        assert session.state.position[0] - begin == pytest.approx(8.9, rel=SHARE)
