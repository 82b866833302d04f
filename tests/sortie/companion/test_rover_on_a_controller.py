"""What is a rover's own behind a controller: it has no landing."""

from __future__ import annotations

from math import hypot

from autopilot.flight.lifecycle import FlightState
from autopilot.interface.geo import to_global
from autopilot.mission.items import MissionItem
from sortie.api.sample import square
from sortie.api.testing.stand_in import HOME
from tests.fakes.controller_bench import ControllerBench
from tests.fakes.controller_flight import flight_state, reached

USER_1, GO = 31010, 0x20


def test_a_flight_ends_when_it_stands() -> None:
    """Its landing is to stop in HOLD, which the controller does by itself: seen, not waited out."""
    bench = ControllerBench("rover", own={"FM_COUNTDOWN": 1.0})
    ground = bench.ground()
    bench.ready()
    bench.upload(square(HOME, takeoff=False))
    ground.command(USER_1, GO)
    bench.run_until(lambda: flight_state(bench) is FlightState.LANDING)
    bench.run_until(lambda: flight_state(bench) is FlightState.IDLE, 10.0)
    assert not bench.controller.armed
    assert not any("never confirmed" in text for text in ground.texts())


def test_natively_the_controller_counts_its_hold_times_and_drives_home_by_itself() -> None:
    """A rover is on the ground all the time: its RTL item is done when the controller says so. And what held for 4 s
    there does not hold again here."""
    bench = ControllerBench("rover", own={"FM_COUNTDOWN": 1.0}, native=True)
    ground = bench.ground()
    bench.ready()
    there, back = to_global(HOME, (30.0, 0.0, 0.0)), to_global(HOME, (30.0, 30.0, 0.0))
    bench.upload(
        (
            MissionItem(16, 3, seq=1, param1=4.0, x=there.lat, y=there.lon),
            MissionItem(16, 3, seq=2, x=back.lat, y=back.lon),
            MissionItem(20, 3, seq=3),
        )
    )
    bench.run(5.0)
    ground.command(USER_1, GO)
    bench.run_until(lambda: reached(bench) == [1], 120.0)
    north, east, _ = bench.controller.position
    assert hypot(north - 30.0, east) < 3.0
    bench.run_until(lambda: flight_state(bench) is FlightState.LANDING)
    assert reached(bench) == [1, 2, 3]
    north, east, _ = bench.controller.position
    assert hypot(north, east) < 3.0
