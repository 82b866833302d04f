"""How flights begin and end: GO and its countdown, ABORT, FM_AUTO_GO, the profiles and their duration."""

from __future__ import annotations

from typing import Any

import pytest

from autopilot.context.events import ModeChanged
from autopilot.flight.flags import UNDER_WAY
from autopilot.flight.messages import Manner
from autopilot.interface import report
from autopilot.interface.reasons import BARO_FAILED, COMPASS_FAILED, ModeReason
from autopilot.interface.vehicle import ControlPart, Request, VehicleEvent
from autopilot.mav import Cmd, Result
from autopilot.vehicles.kinds import COPTER
from tests.fakes.core_bench import item, takeoff, waypoint
from tests.fakes.fake_vehicle import NO_POSITION_EKF, FakeVehicle
from tests.fakes.flight_bench import HANGING_MISSION, LAND, RETURN, WHOLE, A, D, F, FlightBench, I, L, P

AUTO, GUIDED, LOITER, LAND_MODE = 3, 4, 5, 9


def test_go_changes_the_mode_as_a_command_of_a_station() -> None:
    """What a log says of the change to AUTO."""
    bench = FlightBench(mission=HANGING_MISSION)
    bench.go()
    bench.until(F)
    assert {event.reason for event in bench.events(ModeChanged)} == {ModeReason.GCS_COMMAND}


def test_on_the_way_up_begins_with_the_mission_and_not_with_its_end() -> None:
    """On the ground in AUTO the flight is under way while the mission runs, with the takeoff allowed."""
    bench = FlightBench(mission=HANGING_MISSION)
    bench.arm_plainly()
    read = bench.flights.context.flags.read
    assert not read() & UNDER_WAY
    assert bench.core.mission_commands.start(bench.now_ms).ok
    assert bench.core.facts.landed
    assert read() & UNDER_WAY
    bench.core.helm.takeoff_allowed = False
    assert not read() & UNDER_WAY


# --- GO ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mission", "parameters", "reason"),
    [
        ((), {}, "no mission"),
        ((waypoint(30.0, 0.0), LAND), {}, "the mission does not begin with a takeoff"),
        (HANGING_MISSION, {"FM_PROFILE": 1}, "FM_PROFILE 1 (hover) needs FM_DURATION"),
        (HANGING_MISSION, {"FM_PROFILE": 2}, "FM_PROFILE 2 is no profile"),
    ],
)
def test_go_without_anything_to_fly_is_refused(mission: Any, parameters: Any, reason: str) -> None:
    """FAILED with the reason, as text too, and nothing happens."""
    bench = FlightBench(mission=mission, parameters=parameters)
    outcome = bench.go()
    assert (outcome.result, outcome.reason, outcome.detail) == (Result.FAILED, f"GO refused: {reason}", 0)
    assert bench.said(f"GO refused: {reason}")
    assert (bench.states, bench.mode_changes()) == ([], [])


def test_go_is_in_guided_before_arm_and_in_auto_after_the_countdown() -> None:
    bench = FlightBench()
    bench.go()
    assert bench.mode_changes() == [GUIDED]
    bench.until(F)
    assert bench.mode_changes() == [GUIDED, AUTO]


@pytest.mark.parametrize("seconds", [0, 1, 60, 255])
def test_the_countdown_lasts_as_long_as_its_parameter_says(seconds: int) -> None:
    """And the vehicle stays armed on the ground meanwhile, whatever DISARM_DELAY says."""
    bench = FlightBench(parameters={"FM_COUNTDOWN": seconds, "DISARM_DELAY": 10})
    began = bench.now_ms
    assert bench.go().detail == (A + 256 * seconds if seconds else F)
    bench.until(F)
    assert bench.now_ms - began == 1000 * seconds
    default = next(each.default for each in COPTER.parameters.definitions if each.name == "FM_COUNTDOWN")
    assert default == 60.0  # unless somebody sets it


def test_after_an_abort_that_the_motors_refuse_disarm_delay_acts_again() -> None:
    bench = FlightBench(parameters={"FM_COUNTDOWN": 100, "DISARM_DELAY": 10})
    bench.fault("motor.disarm", "hang")
    bench.go()
    bench.abort()
    assert bench.state is A
    bench.until(I, 25.0)
    assert not bench.core.facts.armed


def test_an_abort_is_in_idle_when_the_motors_are_off_and_no_sooner() -> None:
    """Motors that refuse are asked each second; until they have stopped the flight is in ARMED."""
    bench = FlightBench(parameters={"FM_COUNTDOWN": 100, "DISARM_DELAY": 0})
    bench.fault("motor.disarm")
    bench.go()
    bench.run(1.0)
    assert bench.abort().ok
    bench.run(10.0)
    assert (bench.states, bench.core.facts.armed) == ([P, A], True)
    bench.fault("motor.disarm", active=False)
    bench.run(2.0)
    assert (bench.states, bench.core.facts.armed) == ([P, A, I], False)


def test_go_starts_at_the_first_item_and_a_plain_arm_where_set_current_said() -> None:
    """Decided: GO's RESET sets the index, the RESET of a plain arm keeps it."""
    mission = (takeoff(), waypoint(30.0, 0.0), takeoff(20.0), LAND)
    plain = FlightBench(mission=mission)
    plain.core.mission_commands.set_current(3)
    plain.arm_plainly()
    plain.core.mission_commands.start(plain.now_ms)
    plain.run(200.0, lambda: plain.state is I)
    assert plain.reached == [3, 4]
    gone = FlightBench(mission=mission)
    gone.core.mission_commands.set_current(3)
    gone.go()
    gone.run(200.0, lambda: gone.state is I)
    assert gone.reached == [1, 2, 3, 4]


def test_a_hanging_mission_lands_when_it_is_done_in_a_flight_that_go_began() -> None:
    bench = FlightBench(mission=HANGING_MISSION)
    bench.go()
    bench.run(300.0, lambda: bench.state is I)
    assert bench.states == WHOLE
    assert bench.mode_changes() == [GUIDED, AUTO, LAND_MODE]


def test_rtl_is_landing_from_its_final_descent_on() -> None:
    bench = FlightBench(mission=(takeoff(), waypoint(30.0, 0.0), RETURN))
    bench.go()
    bench.until(L)
    assert abs(bench.position[0]) < 3.0, "LANDING began on the way home"
    bench.run(300.0, lambda: bench.state is I)
    assert bench.states == WHOLE


def test_the_duration_ends_a_flight_that_go_began() -> None:
    bench = FlightBench(mission=(takeoff(), waypoint(3000.0, 0.0)), parameters={"FM_DURATION": 20})
    bench.go()
    bench.until(F)
    began = bench.now_ms
    bench.until(L)
    assert bench.now_ms - began == 20_000
    bench.run(100.0, lambda: bench.state is I)
    assert bench.states == WHOLE


def test_the_duration_waits_while_somebody_else_has_the_vehicle() -> None:
    """Taken to LOITER it is left alone; back in AUTO its time is over."""
    bench = FlightBench(mission=(takeoff(), waypoint(3000.0, 0.0)), parameters={"FM_DURATION": 20})
    bench.fly()
    bench.core.modes.set(LOITER, bench.now_ms)
    bench.run(60.0)
    assert (bench.state, bench.core.modes.number) == (F, LOITER)
    bench.core.modes.set(AUTO, bench.now_ms)
    bench.run(1.1)
    assert (bench.state, bench.core.modes.number) == (L, LAND_MODE)


def test_hover_profile() -> None:
    """FM_PROFILE 1: up to 5 m, and down after FM_DURATION; no mission is needed."""
    bench = FlightBench(mission=(), parameters={"FM_PROFILE": 1, "FM_DURATION": 30})
    assert bench.go().ok
    bench.until(F)
    bench.run(29.0)
    assert -bench.position[2] == pytest.approx(5.0, abs=0.3)
    bench.run(100.0, lambda: bench.state is I)
    assert bench.states == WHOLE


def test_a_mission_that_vanishes_before_its_takeoff_ends_the_flight_where_it_stands() -> None:
    """AUTO has finished on the ground: there is nothing that altitude could land."""
    bench = FlightBench(mission=(item(Cmd.NAV_DELAY, param1=100.0), takeoff(), LAND))
    bench.fly()
    bench.upload(())
    bench.run(1.0)
    assert (bench.states, bench.mode_changes()) == (WHOLE, [GUIDED, AUTO])


def test_a_mission_that_vanishes_in_the_countdown_disarms() -> None:
    bench = FlightBench()
    bench.go()
    bench.upload(())
    bench.run(10.0)
    assert bench.states == [P, A, F, D, I]
    assert not bench.core.facts.armed


@pytest.mark.parametrize("plainly", [False, True])
def test_whoever_begins_a_flight_before_auto_go_ends_its_waiting(plainly: bool) -> None:
    """By GO or by arming: no second flight follows by itself."""
    bench = FlightBench(parameters={"FM_AUTO_GO": 20.0})
    if plainly:
        bench.arm_plainly()
        bench.run(1.0)
        bench.core.arming.disarm(bench.now_ms)
    else:
        bench.go()
        bench.run(1.0)
        bench.abort()
    bench.run(60.0)
    assert bench.states == [P, A, I]


def test_an_auto_go_that_is_refused_is_not_repeated() -> None:
    """Without a mission; it is said once."""
    bench = FlightBench(mission=(), parameters={"FM_AUTO_GO": 5.0})
    bench.run(60.0)
    assert bench.texts.count("GO refused: no mission") == 1
    assert bench.states == []


def test_auto_go_fires_once() -> None:
    """After its delay, never again after the flight."""
    bench = FlightBench(parameters={"FM_AUTO_GO": 20.0})
    bench.until(I, 0.0)
    bench.run(400.0)
    assert bench.states == WHOLE
    go = next(entry for entry in bench.trace if entry.message.subject == "RESET")
    assert go.now_ms in (20_000, 20_020)


def test_auto_go_waits_for_checks_and_position_and_is_not_repeated_after_a_failed_preflight() -> None:
    vehicle = FakeVehicle()
    vehicle.armable_reasons = [BARO_FAILED]
    bench = FlightBench(vehicle=vehicle, parameters={"FM_AUTO_GO": 2.0})
    bench.run(30.0)
    assert bench.states == []
    bench.logs.complaint = "no log"
    vehicle.armable_reasons = []
    vehicle.state.report[report.EKF_FLAGS] = NO_POSITION_EKF
    bench.run(30.0)
    assert bench.states == []
    vehicle.find_position()
    bench.run(60.0)
    assert bench.states == [P, I]


def test_arming_at_the_end_of_the_countdown() -> None:
    """FM_ARM_EARLY 0: PREFLIGHT only asks for the checks."""
    bench = FlightBench(parameters={"FM_ARM_EARLY": 0})
    bench.go()
    bench.run(2.9)
    assert (bench.state, bench.core.facts.armed) == (A, False)
    bench.run(200.0, lambda: bench.state is I)
    assert bench.states == WHOLE


def test_a_refusal_at_the_end_of_the_countdown_returns_to_idle() -> None:
    bench = FlightBench(parameters={"FM_ARM_EARLY": 0})
    bench.go()
    bench.vehicle.armable_reasons = [COMPASS_FAILED]
    bench.run(5.0)
    assert bench.states == [P, A, I]
    assert bench.said("Arm: Compass not healthy")


def test_checks_that_fail_in_preflight_without_early_arming_return_to_idle() -> None:
    bench = FlightBench(parameters={"FM_ARM_EARLY": 0})
    bench.vehicle.armable_reasons = [COMPASS_FAILED]
    assert bench.go().reason == "motor: ARM: Compass not healthy"
    assert bench.states == [P, I]


def test_go_behind_a_plain_flight_is_a_go() -> None:
    """Its RESETs are those of GO, which begin the mission anew."""
    bench = FlightBench(mission=HANGING_MISSION)
    bench.arm_plainly()
    bench.core.arming.disarm(bench.now_ms)
    bench.trace.clear()
    bench.go()
    resets = {entry.message.payload for entry in bench.trace if entry.message.subject == "RESET"}
    assert resets >= {Manner.GO} and Manner.PLAIN not in resets


def test_somebody_who_takes_off_in_the_countdown_takes_the_flight_over() -> None:
    """It is flown by hand then: no countdown, no end by itself, nor by a battery for which no failsafe is set."""
    bench = FlightBench(parameters={"FM_COUNTDOWN": 30, "FM_DURATION": 10, "BATT_FS_CRT_ACT": 0})
    bench.go()
    bench.core.commands.takeoff(10.0)
    bench.run(60.0)
    bench.vehicle.raise_event(VehicleEvent.BATTERY_CRITICAL)
    bench.run(0.1)
    assert (bench.states, bench.core.modes.number) == ([P, A, F], GUIDED)
    assert bench.said("Flight: FLYING: taken over in the countdown")


def test_a_disarm_command_ends_an_arm_command_that_still_waits() -> None:
    """After a landing PREFLIGHT waits until the vehicle rests; a person who disarms meanwhile wants no motors."""
    bench = FlightBench()
    clear, moves_until_ms = bench.vehicle.clear, bench.now_ms + 3000

    def rocking(part: ControlPart) -> Request:
        moves = part is ControlPart.ESTIMATOR and bench.now_ms < moves_until_ms
        return Request.refused("not at rest") if moves else clear(part)

    bench.vehicle.clear = rocking
    bench.arm_plainly()
    request = bench.flights.arm_request
    assert request is not None and bench.state is P
    bench.run(1.0)
    assert bench.core.arming.disarm(bench.now_ms).ok
    assert (request.done, request.ok, bench.state) == (True, False, I)
    bench.run(10.0)
    assert bench.arms() == [] and bench.said("Flight: not started: disarmed")
    assert bench.logs.calls == [("close",)]  # the estimator's late answer makes nobody reset the actors after it
    bench.arm_plainly()
    assert bench.arms() == [True]


def test_an_answer_of_the_last_preflight_is_none_of_this_one() -> None:
    """The first is called off while rate hangs, whose silence is over in the second, while that waits for logger."""
    bench = FlightBench()
    bench.fault("rate.reset", "hang")
    bench.go()
    bench.run(2.0)
    bench.core.arming.disarm(bench.now_ms)
    bench.fault("rate.reset", "hang", active=False)
    bench.fault("logger.reset", "hang")
    bench.go()
    bench.run(9.9)
    assert (bench.state, bench.states) == (P, [P, I, P])
    bench.until(I, 0.2)
    assert bench.said("Flight: not started: logger: RESET: no answer")


def test_a_vehicle_that_never_rests_is_not_flown_and_it_says_why() -> None:
    """RESET of the estimator waits five seconds, then it fails with the vehicle's reason."""
    bench = FlightBench()
    clear = bench.vehicle.clear
    bench.vehicle.clear = lambda part: Request.refused("rocks") if part is ControlPart.ESTIMATOR else clear(part)
    bench.go()
    bench.run(4.9)
    assert bench.states == [P]
    bench.until(I, 0.2)
    assert bench.said("Flight: not started: estimator: RESET: rocks")
    assert bench.core.arming.arm(bench.now_ms, force=True).result is Result.ACCEPTED  # by force it is not waited for


def test_without_a_position_go_fails_at_once() -> None:
    """A simulated vehicle has one or not."""
    bench = FlightBench()
    bench.vehicle.state.report[report.EKF_FLAGS] = NO_POSITION_EKF
    assert bench.go().reason == "estimator: RESET: no position"


@pytest.mark.parametrize(("kind", "flies"), [("copter", True), ("rover", False)])
def test_a_mission_without_a_place_is_none_for_a_flight_and_no_matter_for_a_hover(kind: str, flies: bool) -> None:
    """Only a DO item: RESET of the waypoint actor has no first item to go to."""
    hover = {"FM_PROFILE": 1.0, "FM_DURATION": 5.0} if flies else {}
    outcome = FlightBench(kind, mission=(item(Cmd.DO_CHANGE_SPEED, param2=5.0),), parameters=hover).go()
    assert outcome.ok is flies
    assert outcome.reason == ("" if flies else "waypoint: RESET: no navigation item from 1 on")


def test_a_disarm_command_ends_a_countdown_with_the_motors_off() -> None:
    bench = FlightBench(parameters={"FM_ARM_EARLY": 0})
    bench.go()
    bench.until(A)
    assert not bench.core.facts.armed
    assert bench.core.arming.disarm(bench.now_ms).ok
    assert bench.state is I
    bench.run(10.0)
    assert bench.arms() == []
