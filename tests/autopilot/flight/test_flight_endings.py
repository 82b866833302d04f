"""Ends of flights: landings that nobody confirms, motors that go on, and rovers that stand."""

from __future__ import annotations

import pytest

from autopilot.context.events import StatusText
from autopilot.flight.messages import Tag
from autopilot.interface import report
from autopilot.interface.layout import ON_GROUND
from autopilot.interface.targets import Sticks
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity
from tests.fakes.core_bench import takeoff, waypoint
from tests.fakes.fake_vehicle import FakeVehicle
from tests.fakes.flight_bench import HANGING_MISSION, ROVER_MISSION, WHOLE, A, D, F, FlightBench, I, L, P

AUTO, GUIDED = 3, 4
ROVER_AUTO, ROVER_GUIDED, HOLD = 10, 15, 4


# --- landing that is not confirmed ------------------------------------------------------------------------------------
@pytest.mark.parametrize("plainly", [False, True])
def test_a_landing_that_is_never_confirmed_is_ended_at_rest_on_the_ground(plainly: bool) -> None:
    """The detector is silent, but the vehicle touches the ground and stands still, whoever began the flight."""
    bench = FlightBench(mission=HANGING_MISSION)
    if plainly:
        bench.airborne()
        bench.core.commands.land(bench.now_ms)
    else:
        bench.go()
    bench.until(L)
    bench.vehicle._fly = lambda target, dt: None  # hangs in the air
    bench.run(200.0)
    assert (bench.state, bench.core.facts.armed) == (L, True)
    assert bench.texts.count("Flight: landing takes long, not on the ground yet") == 1
    bench.vehicle.state.report[report.GROUND_CONTACT] = 1.0
    bench.run(3.0)
    assert (bench.state, bench.core.facts.armed) == (I, False)
    assert bench.said("landing never confirmed")
    (told,) = [event for event in bench.events(StatusText) if event.text.startswith("Flight: landing never confirmed")]
    assert told.severity == Severity.WARNING


@pytest.mark.parametrize(
    ("kind", "moves", "rests"),
    [
        ("copter", {report.GROUND_CONTACT: 1.0, report.VN: 0.4}, {report.VN: 0.2}),
        ("copter", {report.GROUND_CONTACT: 0.0}, {report.LANDED_STATE: ON_GROUND}),
        ("rover", {report.VE: 0.4}, {report.VE: 0.2}),
        ("boat", {report.THROTTLE: 0.1, report.VN: 0.4}, {report.THROTTLE: 0.0}),
    ],
)
def test_each_kind_rests_in_its_own_way(kind: str, moves: dict[int, float], rests: dict[int, float]) -> None:
    """A vehicle on its feet that is slow or that the detector had seen, a rover that is slow, a boat without thrust."""
    drives = kind != "copter"
    mission = ROVER_MISSION if drives else HANGING_MISSION
    bench = FlightBench(kind, mission=mission, vehicle=FakeVehicle(rover=drives))
    bench.go()
    bench.until(L)
    bench.vehicle._move = lambda dt: None
    for at, value in moves.items():
        bench.vehicle.state.report[at] = value
    bench.run(100.0)
    assert (bench.state, bench.core.facts.armed) == (L, True)
    for at, value in rests.items():
        bench.vehicle.state.report[at] = value
    bench.run(3.0)
    assert (bench.state, bench.core.facts.armed) == (I, False)
    assert bench.said("landing never confirmed")


@pytest.mark.parametrize("delay_s", [120.0, 0.0])
def test_a_landing_that_was_noticed_waits_until_its_motor_may_stop(delay_s: float) -> None:
    """A plane's GO ends in AUTOLAND, whose motor runs on for LAND_DISARMDELAY, beyond the time of a landing; where that
    never stops it, the flight's end does, in that time."""
    low = (takeoff(20.0), waypoint(60.0, 0.0, 20.0))
    bench = FlightBench("plane", mission=low, parameters={"LAND_DISARMDELAY": delay_s})
    bench.go()
    bench.until(L)
    began = bench.now_ms
    bench.run(110.0, lambda: bench.core.facts.landed)
    assert bench.core.facts.landed
    ends_ms = bench.now_ms + 120_000 if delay_s else began + 110_000
    bench.run((ends_ms - bench.now_ms) / 1000.0 - 1.0)
    assert bench.core.facts.armed
    bench.run(3.0)
    assert (bench.state, bench.core.facts.armed, bench.states) == (I, False, WHOLE)
    assert not bench.said("landing never confirmed") and not bench.said("landing takes long")


@pytest.mark.parametrize(("land_speed", "mps"), [(100.0, 1.0), (0.0, 0.1)])
def test_a_landing_takes_long_after_half_a_minute_and_twice_its_way(land_speed: float, mps: float) -> None:
    """30 s + 2 x height / LAND_SPEED, which counts as 0.1 m/s at least; then it is said, and waited for."""
    bench = FlightBench(mission=HANGING_MISSION, parameters={"LAND_SPEED": land_speed})
    bench.go()
    bench.until(L)
    height = -bench.position[2]
    assert height > 5.0
    bench.vehicle._fly = lambda target, dt: None
    bench.run(30.0 + 2.0 * height / mps - 0.5)
    assert not bench.said("landing takes long")
    bench.run(1.0)
    assert bench.said("landing takes long")


def test_a_landing_that_is_broken_off_still_ends_with_the_duration() -> None:
    """FM_DURATION counts on: back in AUTO behind its time, the flight is landed."""
    bench = FlightBench(mission=(takeoff(), waypoint(3000.0, 0.0)), parameters={"FM_DURATION": 60})
    bench.go()
    bench.until(F)
    began = bench.now_ms
    bench.run(5.0)
    bench.core.commands.land(bench.now_ms)
    bench.run(1.0)
    bench.core.modes.set(AUTO, bench.now_ms)
    bench.run(0.1)
    assert bench.state is F
    bench.run(120.0, lambda: bench.state is L)
    assert bench.now_ms - began == pytest.approx(60_000, abs=1_000)


def test_a_plain_flight_behind_one_of_go_has_no_duration() -> None:
    """Nor the end of the last one: when its landing is broken off, no timer runs."""
    bench = FlightBench(mission=HANGING_MISSION, parameters={"FM_DURATION": 5})
    bench.go()
    bench.until(I)
    bench.arm_plainly()
    bench.core.commands.takeoff(10.0)
    bench.run(20.0)
    bench.core.commands.land(bench.now_ms)
    bench.run(1.0)
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    bench.run(0.1)
    assert (bench.state, bench.flights.kernel.deadline_ms) == (F, None)


def test_motors_are_forced_to_stop_only_where_a_landing_was_never_confirmed() -> None:
    """A plain flight ends with a plain DISARM, which the vehicle itself refuses in the air."""
    for confirmed in (True, False):
        bench = FlightBench(mission=HANGING_MISSION)
        disarm, forced = bench.vehicle.disarm, []
        bench.vehicle.disarm = lambda *, force=False, d=disarm, f=forced: f.append(force) or d(force=force)
        bench.go()
        bench.until(L)
        if not confirmed:
            bench.vehicle._fly = lambda target, dt: None
            bench.vehicle.state.report[report.GROUND_CONTACT] = 1.0
        bench.run(300.0, lambda b=bench: b.state is I)
        assert forced == [not confirmed]


def test_what_is_no_start_starts_no_profile() -> None:
    """Any other notification to the waypoint actor, here in the countdown, is none of its business."""
    bench = FlightBench()
    bench.go()
    bench.run(1.0)
    bench.flights.kernel.notify("waypoint", Tag.STOP)
    bench.run(1.0)
    assert (bench.state, bench.core.modes.number) == (A, GUIDED)


def test_motors_that_do_not_disarm_are_asked_until_they_do() -> None:
    """It is said once in each flight."""
    bench = FlightBench(parameters={"DISARM_DELAY": 0})
    for flight in (1, 2):
        bench.fault("motor.disarm")
        bench.go()
        bench.until(D)
        bench.run(20.0)
        assert (bench.state, bench.core.facts.armed) == (D, True)
        assert len([text for text in bench.texts if "motor.disarm" in text]) == flight
        bench.fault("motor.disarm", active=False)
        bench.run(2.0)
        assert (bench.state, bench.core.facts.armed) == (I, False)


# --- rover ------------------------------------------------------------------------------------------------------------
def test_a_rovers_flight_ends_standing_still() -> None:
    """LANDING is braking in HOLD, LANDED is standing."""
    bench = FlightBench("rover", mission=ROVER_MISSION)
    bench.go()
    bench.run(300.0, lambda: bench.state is I)
    assert bench.states == WHOLE
    assert bench.mode_changes() == [ROVER_GUIDED, ROVER_AUTO, HOLD]
    assert not bench.core.facts.armed


@pytest.mark.parametrize("behaviour", [0, 1, 2, 3])
def test_whatever_a_rover_does_at_the_end_of_its_mission_go_stops_it(behaviour: int) -> None:
    bench = FlightBench("rover", mission=ROVER_MISSION, parameters={"MIS_DONE_BEHAVE": behaviour})
    bench.go()
    bench.run(300.0, lambda: bench.state is I)
    assert bench.states == WHOLE


def test_a_rover_that_stands_already_has_landed_at_once() -> None:
    """In HOLD, where an operator has stopped it: no event follows the command to stop."""
    bench = FlightBench("rover", mission=ROVER_MISSION, parameters={"BATT_FS_CRT_ACT": 0})
    bench.fly()
    bench.core.modes.set(HOLD, bench.now_ms)
    bench.run(20.0)
    assert bench.state is F
    bench.vehicle.raise_event(VehicleEvent.BATTERY_CRITICAL)
    bench.run(1.0)
    assert bench.states == WHOLE


def test_a_rover_that_somebody_else_arms_behind_a_flight_is_not_landed() -> None:
    """That it stands still is reported behind LANDING, and once."""
    bench = FlightBench("rover", mission=ROVER_MISSION)
    bench.go()
    bench.run(300.0, lambda: bench.state is I)
    bench.vehicle.state.report[report.ARMED] = 1.0
    bench.vehicle.raise_event(VehicleEvent.ARMED)
    bench.run(0.5)
    bench.core.modes.set(0, bench.now_ms)
    bench.core.sticks.move(Sticks(throttle=0.8), bench.now_ms)
    bench.run(2.0)
    bench.core.modes.set(HOLD, bench.now_ms)
    bench.run(20.0)
    assert bench.states == [*WHOLE, A, F]


def test_a_plain_rover_stays_flying_until_it_is_disarmed() -> None:
    bench = FlightBench("rover", mission=ROVER_MISSION)
    bench.arm_plainly(ROVER_GUIDED)
    bench.core.mission_commands.start(bench.now_ms)
    bench.run(200.0)
    assert bench.states == [P, A, F]
    bench.core.arming.disarm(bench.now_ms)
    bench.run(0.1)
    assert bench.states == [P, A, F, D, I]


def test_a_rover_moved_by_sticks_is_flying() -> None:
    bench = FlightBench("rover", mission=())
    bench.arm_plainly(0)
    bench.run(1.0)
    assert bench.state is A
    bench.core.sticks.move(Sticks(throttle=0.8), bench.now_ms)
    bench.run(1.0)
    assert bench.state is F


def test_a_rover_cannot_hover() -> None:
    bench = FlightBench("rover", mission=(), parameters={"FM_PROFILE": 1, "FM_DURATION": 10})
    assert bench.go().reason == "GO refused: FM_PROFILE 1 (hover) is not for a rover"
