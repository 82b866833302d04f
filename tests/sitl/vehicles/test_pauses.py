"""Pauses on a leg: the vehicle stops on its way, and goes on with it. The ways are ArduCopter 4.7-dev's in its SITL."""

from __future__ import annotations

from math import hypot

import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import Ned
from autopilot.interface.targets import Hold, Leg
from autopilot.interface.vehicle import VehicleEvent
from tests.fakes.copter_flight import CopterFlight

PAUSE = Hold(on_leg=True)
SHARE = 0.15


def on_leg(leg: Leg, seconds: float, height: float = 20.0, **parameters: float) -> CopterFlight:
    """Some time after the begin of a leg."""
    flight = CopterFlight()
    flight.take_off(height)
    for name, value in parameters.items():
        flight.copter.set_parameter(name, value)
    flight.copter.set_target(leg)
    flight.run(seconds)
    return flight


def pause(flight: CopterFlight) -> Ned:
    """Stop; the way until it stands, m. A pause is never an arrival."""
    begin = flight.truth()
    flight.copter.set_target(PAUSE)
    assert not flight.run(12.0, VehicleEvent.ARRIVED)
    assert flight.report[R.GROUND_SPEED] < 0.3
    end = flight.truth()
    return (end[0] - begin[0], end[1] - begin[1], end[2] - begin[2])


def go_on(flight: CopterFlight, leg: Leg) -> bool:
    """Go on to the end of the leg."""
    flight.copter.set_target(Leg(leg.end, None, leg.next, leg.radius))
    return flight.run(60.0, VehicleEvent.ARRIVED)


@pytest.mark.parametrize(("height", "down", "there_m"), [(20.0, -200.0, 5.6), (100.0, -1.0, 3.4)])
def test_it_stops_climbs_and_descents_of_a_leg_in_the_way_of_arducopter(
    height: float, down: float, there_m: float
) -> None:
    flight = on_leg(Leg((0.0, 0.0, down)), 15.0, height)
    assert abs(pause(flight)[2]) == pytest.approx(there_m, rel=SHARE)


def test_early_on_a_leg_it_takes_longer_than_a_stop_from_its_speed() -> None:
    """Its speed still grows while it is held back."""
    flight = on_leg(Leg((300.0, 0.0, -20.0)), 0.0)
    while flight.truth()[0] < 5.0:
        flight.run(0.1)
    assert pause(flight)[0] == pytest.approx(16.4, rel=SHARE)


def test_it_stops_at_full_speed_and_goes_on_to_the_end() -> None:
    leg = Leg((200.0, 0.0, -20.0))
    flight = on_leg(leg, 14.0)
    assert pause(flight)[0] == pytest.approx(23.6, rel=SHARE)
    assert go_on(flight, leg)
    assert hypot(flight.truth()[0] - 200.0, flight.truth()[1]) < 2.0


@pytest.mark.parametrize("spline", [False, True])
def test_a_pause_in_a_corner_keeps_the_way(spline: bool) -> None:
    """As it is flown without a pause."""
    leg = Leg((60.0, 0.0, -20.0), (0.0, 0.0, -20.0), (60.0, 60.0, -20.0), spline=spline, previous=None)
    onward = Leg((60.0, 60.0, -20.0), leg.end)

    def places(*, paused: bool) -> list[Ned]:
        flight = on_leg(leg, 0.0)
        while flight.truth()[0] < 45.0:
            flight.run(0.1)
        if paused:
            pause(flight)
            flight.copter.set_target(Leg(leg.end, None, leg.next, leg.radius))
        way = []
        for _ in range(400):
            if flight.run(0.1, VehicleEvent.ARRIVED):
                flight.copter.set_target(onward)
            way.append(flight.truth())
        assert hypot(way[-1][0] - 60.0, way[-1][1] - 60.0) < 2.0
        return way

    straight = places(paused=False)
    for n, e, _ in places(paused=True):
        assert min(hypot(n - other[0], e - other[1]) for other in straight) < 1.5
