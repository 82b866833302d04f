"""The core on the simulated copter: a mission to its end, and the same flight by ticks and by deadlines."""

from __future__ import annotations

import pytest

from autopilot.context.events import ArmedChanged
from sitl.vehicles.copter import SimulatedCopter
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN

MISSION = (
    takeoff(),
    waypoint(40, 0),
    waypoint(40, 40, 15, param1=2.0),
    item(178, param1=1, param2=4.0),
    waypoint(0, 40),
    item(112, param1=1.5),
    item(183, param1=9, param2=1700),
    item(18, 20, 20, 12, param1=1.0, param3=10.0),
    item(20),
)


def flown(*, by_tick: bool) -> Bench:
    bench = Bench(vehicle=SimulatedCopter(ORIGIN, 0.0, 7), by_tick=by_tick)
    bench.run(20.0, lambda: bench.core.prearm.ok)
    bench.begin(MISSION)
    bench.run(300.0, lambda: not bench.core.facts.armed)
    return bench


@pytest.fixture(scope="module")
def flight() -> Bench:
    return flown(by_tick=False)


def test_the_mission_is_flown_to_its_end(flight: Bench) -> None:
    assert flight.reached == [1, 2, 3, 5, 8, 9]
    assert [event.armed for event in flight.events(ArmedChanged)] == [True, False]
    assert flight.position[0] == pytest.approx(0.0, abs=1.0)
    assert flight.position[1] == pytest.approx(0.0, abs=1.0)


def test_it_takes_few_wake_ups(flight: Bench) -> None:
    """About one for each event, and one a second while disarmed."""
    assert flight.updates < 80


def test_by_ticks_it_is_the_same_flight(flight: Bench) -> None:
    other = flown(by_tick=True)
    assert other.log == flight.log
    assert other.position == flight.position
