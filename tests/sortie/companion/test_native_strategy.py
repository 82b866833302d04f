"""--strategy native: the controller flies the mission in its own AUTO, and everything above sees the same events."""

from __future__ import annotations

from dataclasses import replace

from autopilot.context.events import StatusText
from autopilot.flight.lifecycle import FlightState
from autopilot.mav import Cmd
from autopilot.mission.state import MissionState
from tests.fakes.controller_flight import (
    AUTO,
    GUIDED,
    LOITER,
    QUICK_PX4,
    SET_CURRENT,
    SET_MODE,
    SQUARE,
    MakeBench,
    flight_state,
    landed,
    reached,
    take_off,
)
from tests.stand_in.real_px4 import px4_controller


def test_the_controller_flies_and_sortie_follows(make_bench: MakeBench) -> None:
    """The mission is in the controller, its AUTO flies it, items are reached in order and shown."""
    bench = make_bench(native=True)
    ground = take_off(bench)
    bench.run_until(lambda: bench.height > 5.0, 60.0)
    assert bench.controller.mode == AUTO
    assert bench.controller.total(0) == len(SQUARE)
    assert ground.mode == AUTO
    bench.run_until(lambda: landed(bench))
    bench.run(1.0)
    assert reached(bench) == [1, 2, 3, 4, 5, 6]
    assert [message.seq for message in ground.of("MISSION_ITEM_REACHED")] == [1, 2, 3, 4, 5, 6]


def test_go_works_with_it(make_bench: MakeBench) -> None:
    """The flight manager: countdown, takeoff, mission, landing, IDLE."""
    bench = make_bench(native=True, own={"FM_COUNTDOWN": 3.0})
    ground = bench.ground()
    bench.ready()
    bench.upload(SQUARE)
    ground.command(31010, 0x20)
    flights = bench.autopilot.flights
    assert flights is not None
    bench.run_until(lambda: flights.state is FlightState.FLYING, 60.0)
    bench.run_until(lambda: flights.state is FlightState.IDLE)
    assert reached(bench) == [1, 2, 3, 4, 5, 6]


def test_an_item_chosen_by_a_station_is_the_controllers_and_is_followed(make_bench: MakeBench) -> None:
    """DO_SET_MISSION_CURRENT passes; Sortie's sequencer goes where the controller goes."""
    bench = make_bench(native=True)
    ground = take_off(bench)
    bench.run_until(lambda: reached(bench) == [1], 60.0)
    ground.command(SET_CURRENT, 4)
    bench.run_until(lambda: bench.autopilot.sequencer.current_nav_index() == 4, 5.0)
    bench.run_until(lambda: len(reached(bench)) >= 2)
    assert reached(bench)[:2] == [1, 4]


def test_a_takeover_pauses_and_auto_resumes(make_bench: MakeBench) -> None:
    """The pilot's switch takes it out of AUTO; a ground station's AUTO gives it back, in AUTO at once in the air."""
    bench = make_bench(native=True)
    ground = take_off(bench)
    bench.run_until(lambda: reached(bench) == [1, 2], 90.0)
    bench.controller.turn_switch(1700)
    bench.run_until(lambda: ground.mode == LOITER, 3.0)
    assert bench.autopilot.sequencer.state() is not MissionState.RUNNING
    bench.run(3.0)
    assert bench.controller.mode == LOITER
    ground.command(SET_MODE, 1, AUTO)
    bench.run_until(lambda: bench.controller.mode == AUTO, 5.0)
    bench.run_until(lambda: landed(bench))
    assert reached(bench) == [1, 2, 3, 4, 5, 6]
    assert bench.controller.mode != GUIDED


def test_a_mission_that_the_controller_refuses_is_not_flown(make_bench: MakeBench) -> None:
    """PX4 knows no splines: said once, with the item; GO is refused, and accepted for a mission that PX4 takes."""
    bench = make_bench(controller=px4_controller(QUICK_PX4), own={"FM_COUNTDOWN": 3.0})
    ground = bench.ground()
    bench.ready()
    bench.upload((SQUARE[0], replace(SQUARE[1], command=Cmd.NAV_SPLINE_WAYPOINT), *SQUARE[2:]))
    bench.run(30.0)
    ground.command(31010, 0x20)
    bench.run(8.0)
    assert ground.acks(31010) == [4] and flight_state(bench) is FlightState.IDLE and not bench.controller.armed
    said = [event.text for event in bench.events if isinstance(event, StatusText)]
    assert said.count("Mission item 2 not taken by the flight controller: UNSUPPORTED") == 1
    bench.upload(SQUARE)
    bench.run(3.0)
    ground.command(31010, 0x20)
    bench.run_until(lambda: flight_state(bench) is FlightState.FLYING and bench.height > 2.0, 60.0)
