"""The eight scenarios of seed 002, in virtual time, on a vehicle made of straight lines."""

from __future__ import annotations

import pytest

from autopilot.context.events import ArmedChanged, FlightStateChanged
from autopilot.flight.messages import MessageKind
from autopilot.interface.reasons import ArmingMethod, FlightEvent
from autopilot.interface.result import Outcome
from autopilot.interface.vehicle import ControlPart, Request, VehicleEvent
from autopilot.mav import Cmd, Result
from autopilot.mission.items import MissionItem
from tests.fakes.core_bench import takeoff, waypoint
from tests.fakes.flight_bench import HANGING_MISSION, LAND, A, D, F, FlightBench, I, L, P

WHOLE_FLIGHT = [P, A, F, L, D, I]


def test_single_flight() -> None:
    """GO walks all six states and ends disarmed in IDLE."""
    bench = FlightBench()
    assert bench.go().result is Result.ACCEPTED
    bench.run(300.0, lambda: bench.state is I)
    assert bench.states == WHOLE_FLIGHT
    assert bench.events(ArmedChanged)[1:] == [ArmedChanged(False, ArmingMethod.LANDED)]
    assert bench.reached == [1, 2, 3]
    said = [entry.message.subject for entry in bench.trace if entry.message.to == "motor"]
    assert said[-1] == "DISARM"  # asked for when it has landed, not left to DISARM_DELAY


def test_multiple_flights() -> None:
    """GO again after a flight: the same flight again, from the first item on, without a restart."""
    bench = FlightBench()
    for _ in range(3):
        assert bench.go().ok
        bench.run(300.0, lambda: bench.state is I)
    assert bench.states == WHOLE_FLIGHT * 3
    assert bench.reached == [1, 2, 3] * 3


def test_each_actor_clears_its_part_before_each_flight() -> None:
    """RESET in the order of the actors: no part is left as the last flight had it (seed 002)."""
    bench = FlightBench()
    parts = ["ALTITUDE", "ESTIMATOR", "POSITION", "ATTITUDE", "RATE", "MOTORS"]
    for flight in (1, 2):
        bench.go()
        assert bench.vehicle.cleared == [ControlPart[name] for name in parts] * flight
        bench.run(300.0, lambda: bench.state is I)


def test_reset_failure() -> None:
    """A calibration that fails: back to IDLE, never armed, and people are told which actor and why."""
    bench = FlightBench()
    bench.vehicle.calibrate = lambda: Request.refused("gyros moved")
    outcome = bench.go()
    assert outcome.result is Result.FAILED
    assert outcome.reason == "sensor: RESET: calibration: gyros moved"
    assert bench.states == [P, I]
    assert bench.arms() == []
    assert bench.said("sensor: RESET: calibration: gyros moved")
    asked = [entry.message.to for entry in bench.trace if entry.message.kind is MessageKind.REQUEST]
    assert asked == ["waypoint", "altitude", "sensor"]  # nobody is asked after it
    assert [name for name, *_ in bench.logs.calls] == ["close"]
    assert not bench.flights.status.begun_by_go


def test_arm_failure() -> None:
    """Motors that do not arm: back to IDLE, with the reason."""
    bench = FlightBench()
    bench.vehicle.arm = lambda *, force=False: Request.refused("motor 3 stuck")
    outcome = bench.go()
    assert (outcome.result, outcome.reason) == (Result.FAILED, "motor: ARM: motor 3 stuck")
    assert bench.states == [P, I]
    assert bench.said("Arm: motor 3 stuck")


def test_abort_during_armed() -> None:
    """ABORT in the countdown disarms and returns to IDLE; the next GO flies."""
    bench = FlightBench()
    bench.go()
    bench.run(1.0)
    outcome = bench.abort()
    assert (outcome.result, outcome.detail) == (Result.ACCEPTED, 0)
    assert bench.states == [P, A, I]
    assert not bench.core.facts.armed
    bench.go()
    bench.run(300.0, lambda: bench.state is I)
    assert bench.states == [P, A, I, *WHOLE_FLIGHT]
    causes = [event.cause for event in bench.events(FlightStateChanged) if event.state == I]
    assert causes == [FlightEvent.ABORT, FlightEvent.DISARM_OK]  # the next flight does not end as aborted
    stopped = [event.method for event in bench.events(ArmedChanged) if not event.armed]
    assert stopped == [ArmingMethod.MAVLINK, ArmingMethod.LANDED]  # as a person asks, who aborts before the takeoff


def test_an_abort_that_motors_do_not_answer_has_no_countdown_any_more() -> None:
    """ARMED until they are off, and it does not take off when the countdown would have been over."""
    bench = FlightBench()
    bench.go()
    bench.run(1.0)
    bench.fault("motor.disarm", "hang")
    bench.abort()
    assert bench.flights.ask_status(bench.now_ms) == (A, 0)
    bench.run(4.0)
    assert bench.states == [P, A]
    bench.fault("motor.disarm", "hang", active=False)
    bench.until(I, 20.0)
    assert bench.states == [P, A, I]


@pytest.mark.parametrize("value", ["fail", "hang"])
def test_a_flight_that_is_taken_over_behind_an_abort_does_not_end_as_aborted(value: str) -> None:
    """The motors do not answer the ABORT, and somebody takes off: what ends with the landing is that flight."""
    bench = FlightBench()
    bench.go()
    bench.run(1.0)
    bench.fault("motor.disarm", value)
    bench.abort()
    assert bench.core.commands.takeoff(10.0).ok
    bench.run(5.0)
    bench.fault("motor.disarm", value, active=False)
    assert bench.core.commands.land(bench.now_ms).ok
    bench.until(I)
    end = bench.events(FlightStateChanged)[-1]
    assert (bench.states, end.cause, end.text) == ([P, A, F, L, D, I], FlightEvent.DISARM_OK, "")


def test_a_profile_that_does_not_start_ends_on_the_ground(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disarmed, with its reason."""
    bench = FlightBench()
    monkeypatch.setattr(bench.core.mission_commands, "start", lambda now_ms: Outcome(Result.FAILED, "no start"))
    bench.go()
    bench.until(I, 20.0)
    assert bench.states == [P, A, F, D, I]
    assert bench.said("Flight: LANDED: no start")
    assert not bench.core.facts.armed


def test_go_jumps_as_often_as_the_first_time() -> None:
    """RESET of the waypoint actor: a loop that an earlier flight left in its middle is counted anew."""
    jump = MissionItem(Cmd.DO_JUMP, 2, 2.0, 1.0)
    bench = FlightBench(mission=(takeoff(), waypoint(30.0, 0.0), jump, LAND))
    sequencer, mission = bench.core.sequencer, bench.core.plans.mission
    item = mission.get(3)
    assert item is not None and sequencer._jumps.follow(item, mission) == 2
    bench.go()
    bench.run(300.0, lambda: bench.state is I)
    assert bench.reached == [1, 2, 2, 4]


@pytest.mark.parametrize(
    ("event", "reason"), [(VehicleEvent.CUTOFF, "emergency cutoff"), (VehicleEvent.CRASHED, "crash")]
)
def test_emergency_cutoff(event: VehicleEvent, reason: str) -> None:
    """Motors cut by the vehicle, or by the crash check, pass through LANDED like a normal landing, and it is said."""
    bench = FlightBench()
    bench.fly()
    bench.vehicle.state.report[88] = 0.0
    bench.vehicle.raise_event(event | VehicleEvent.DISARMED)
    bench.run(1.0)
    assert bench.states == [P, A, F, D, I]
    assert bench.said(f"Flight: LANDED: {reason}")
    assert [event.cause for event in bench.events(FlightStateChanged) if event.state == D] == [FlightEvent.LANDED]
    assert not bench.core.facts.armed


def test_a_crash_that_stops_no_motor_ends_no_flight() -> None:
    """FS_CRASH_CHECK 0: it flies on, whatever the detector says."""
    bench = FlightBench(parameters={"FS_CRASH_CHECK": 0})
    bench.fly()
    bench.vehicle.raise_event(VehicleEvent.CRASHED)
    bench.run(1.0)
    assert (bench.states, bench.core.facts.armed) == ([P, A, F], True)


def test_log_truncation() -> None:
    """Each GO starts a new log, and the end of the flight closes it."""
    bench = FlightBench()
    for _ in range(2):
        bench.go()
        bench.run(300.0, lambda: bench.state is I)
    assert [name for name, *_ in bench.logs.calls] == ["reopen", "close"] * 2


def test_a_log_that_cannot_be_opened_fails_preflight() -> None:
    """The reason of the file system reaches the operator."""
    bench = FlightBench()
    bench.logs.complaint = "/log: no space left on device"
    assert bench.go().reason == "logger: RESET: /log: no space left on device"
    assert bench.states == [P, I]
    assert bench.arms() == []


def test_status_polling() -> None:
    """STATUS gives state and countdown in each state, and asking changes nothing."""
    bench = FlightBench(mission=HANGING_MISSION)
    seen: list[tuple[int, int]] = []

    def poll() -> None:
        status = bench.flights.ask_status(bench.now_ms)
        assert status is not None
        if not seen or seen[-1] != status:
            seen.append(status)

    poll()
    bench.fault("logger.reset", "hang")
    bench.go()
    poll()
    bench.fault("logger.reset", "hang", active=False)
    bench.until(I, 11.0)
    bench.fault("motor.disarm", "hang")
    bench.go()
    while bench.state is not D:
        poll()
        bench.run(0.02)
    poll()
    bench.fault("motor.disarm", "hang", active=False)
    bench.until(I)
    poll()
    assert seen == [(0, 0), (1, 0), (2, 3), (2, 2), (2, 1), (3, 0), (4, 0), (5, 0), (0, 0)]


@pytest.mark.parametrize("state", [P, A, F, L, D])
def test_go_is_refused_outside_idle(state: int) -> None:
    """TEMPORARILY_REJECTED, with the state in result_param2, and the flight goes on as if nobody had asked."""
    bench = _in_state(state)
    states = bench.states
    outcome = bench.go()
    assert (outcome.result, outcome.detail & 0xFF) == (Result.TEMPORARILY_REJECTED, state)
    assert bench.states == states


@pytest.mark.parametrize("state", [I, P, F, L, D])
def test_abort_is_refused_outside_armed(state: int) -> None:
    """ABORT has no side effect anywhere else."""
    bench = _in_state(state)
    states, armed = bench.states, bench.core.facts.armed
    outcome = bench.abort()
    assert (outcome.result, outcome.detail & 0xFF) == (Result.TEMPORARILY_REJECTED, state)
    assert (bench.states, bench.core.facts.armed) == (states, armed)


def _in_state(state: int) -> FlightBench:
    bench = FlightBench()
    if state == I:
        return bench
    if state == P:
        bench.fault("rate.reset", "hang")
    if state == D:
        bench.fault("motor.disarm", "fail")
    bench.go()
    bench.run(300.0, lambda: bench.state == state)
    assert bench.state == state
    return bench
