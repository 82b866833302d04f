"""What is a rover's own behind a controller: it has no landing."""

from __future__ import annotations

from autopilot.flight.lifecycle import FlightState
from sortie.sample import square
from tests.fakes.controller_bench import ControllerBench
from tests.stand_in.controller import HOME

USER_1, GO = 31010, 0x20


def state(bench: ControllerBench) -> FlightState:
    assert bench.autopilot.flights is not None
    return bench.autopilot.flights.state


def test_a_flight_ends_when_it_stands() -> None:
    """Its landing is to stop in HOLD, which the controller does by itself: seen, not waited out."""
    bench = ControllerBench("rover", own={"FM_COUNTDOWN": 1.0})
    ground = bench.ground()
    bench.ready()
    bench.upload(square(HOME, takeoff=False))
    ground.command(USER_1, GO)
    bench.run_until(lambda: state(bench) is FlightState.LANDING)
    bench.run_until(lambda: state(bench) is FlightState.IDLE, 10.0)
    assert not bench.controller.armed
    assert not any("never confirmed" in text for text in ground.texts())
