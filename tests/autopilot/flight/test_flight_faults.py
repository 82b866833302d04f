"""Actors that raise, hang or refuse: nothing of that ends the process, and the vehicle comes down."""

from __future__ import annotations

import pytest

from autopilot.context.events import StatusText
from autopilot.flight.actors import LoggerActor, MotorActor
from autopilot.flight.faults import ACTORS, FAULT_NAMES
from autopilot.flight.kernel import InjectedFault
from autopilot.flight.manager import FlightManager
from autopilot.interface import report
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Result, Severity
from tests.fakes.fake_vehicle import FakeVehicle
from tests.fakes.flight_bench import ROVER_MISSION, A, D, F, FlightBench, I, L, P

CRITICAL, ASIDE = ACTORS[:9], ACTORS[9:]
HOLD = 4
WITH_RESET = [name for name in ACTORS if name != "flight_manager"]


def test_the_actors_are_those_of_the_reference_in_its_order() -> None:
    system = FlightBench().core.flights
    assert system is not None
    actors = [cell.actor for cell in system.kernel._order]
    assert (
        [actor.name for actor in actors]
        == list(ACTORS)
        == [
            "sensor",
            "estimator",
            "waypoint",
            "altitude",
            "position",
            "attitude",
            "rate",
            "motor",
            "flight_manager",
            "battery",
            "comms",
            "logger",
        ]
    )
    assert [actor.name for actor in actors if actor.critical] == [
        "sensor",
        "estimator",
        "waypoint",
        "altitude",
        "position",
        "attitude",
        "rate",
        "motor",
        "flight_manager",
    ]


def test_the_deadman_is_told_when_it_acts_and_only_then() -> None:
    """50 ms without a torque command: the kernel stops the motors, the motor actor says so."""
    text = "Motor deadman: no torque command for 50 ms"
    bench = FlightBench()
    bench.go()
    bench.until(F)
    assert text not in bench.texts
    bench.vehicle.raise_event(VehicleEvent.DEADMAN)
    bench.run(0.1)
    assert bench.texts.count(text) == 1
    assert StatusText(Severity.CRITICAL, text) in bench.events(StatusText)
    bench.run(300.0, lambda: bench.state is I)
    assert bench.texts.count(text) == 1


@pytest.mark.parametrize("name", CRITICAL)
def test_a_critical_actor_that_raises_in_flight(name: str) -> None:
    """All restart, the flight manager finds the vehicle in the air and lands it; then GO flies again."""
    bench = FlightBench()
    bench.fly()
    bench.fault(f"{name}.raise")
    bench.run(0.1)
    assert (bench.state, bench.core.modes.number) == (L, 9)
    bench.run(100.0, lambda: bench.state is I)
    assert bench.states == [P, A, F, L, D, I]
    assert not bench.core.facts.armed
    assert [where for where, _ in bench.errors] == [f"actor {name}"]
    assert isinstance(bench.errors[0][1], InjectedFault)
    assert bench.said(f"actor {name} failed")
    bench.go()
    bench.run(300.0, lambda: bench.state is I)
    assert bench.states == [P, A, F, L, D, I] * 2


@pytest.mark.parametrize("kind", ["rover", "boat"])
def test_a_critical_actor_that_raises_while_it_drives(kind: str) -> None:
    """What drives is as little at rest as what flies: it was disarmed at speed, and counted as landed."""
    bench = FlightBench(kind, mission=ROVER_MISSION, vehicle=FakeVehicle(rover=True))
    bench.vehicle.state.report[report.THROTTLE] = 0.5
    bench.fly()
    bench.fault("rate.raise")
    bench.until(I)
    assert (bench.states, bench.core.modes.number) == ([P, A, F, L, D, I], HOLD)


@pytest.mark.parametrize("name", ASIDE)
def test_another_actor_that_raises_in_flight(name: str) -> None:
    """The flight goes on to its end, and the next one has the actor again."""
    bench = FlightBench()
    bench.fly()
    bench.fault(f"{name}.raise")
    bench.run(300.0, lambda: bench.state is I)
    assert bench.states == [P, A, F, L, D, I]
    assert bench.reached == [1, 2, 3]
    assert bench.said(f"actor {name} failed")
    assert bench.go().ok
    bench.run(300.0, lambda: bench.state is I)
    assert bench.states == [P, A, F, L, D, I] * 2
    assert bench.logs.calls[-1][0] == "close"


def test_comms_is_back_at_once() -> None:
    """The next command after its failure is served, in the same flight."""
    bench = FlightBench()
    bench.fly()
    bench.fault("comms.raise")
    bench.run(0.1)
    assert bench.flights.ask_status(bench.now_ms) == (F, 0)


@pytest.mark.parametrize("name", CRITICAL)
@pytest.mark.parametrize("state", [I, A])
def test_a_critical_actor_that_raises_on_the_ground(name: str, state: int) -> None:
    """In the countdown the vehicle is disarmed; in IDLE nothing happens."""
    bench = FlightBench()
    if state == A:
        bench.go()
    bench.fault(f"{name}.raise")
    bench.run(1.0)
    assert (bench.state, bench.core.facts.armed) == (I, False)
    assert bench.go().ok
    bench.run(300.0, lambda: bench.state is I)
    assert bench.reached == [1, 2, 3]


def test_an_actor_that_raises_in_preflight_ends_a_waiting_arm_command() -> None:
    bench = FlightBench()
    bench.fault("rate.reset", "hang")
    assert bench.core.arming.arm(bench.now_ms).result is Result.IN_PROGRESS
    request = bench.core.arming.arm_request
    bench.fault("motor.raise")
    bench.run(0.1)
    assert request is not None
    assert (request.done, request.ok) == (True, False)
    assert bench.states == [P, I]


@pytest.mark.parametrize("name", ACTORS)
def test_an_actor_that_hangs_in_flight_keeps_nobody_in_the_air(name: str) -> None:
    """Whoever hangs: the operator's LAND brings the vehicle down and stops its motors."""
    bench = FlightBench()
    bench.fly()
    bench.fault(f"{name}.raise", "hang")
    bench.run(2.0)
    assert bench.core.commands.land(bench.now_ms).ok
    bench.run(300.0, lambda: not bench.core.facts.armed)
    assert not bench.core.facts.armed
    bench.fault(f"{name}.raise", "hang", active=False)
    bench.run(5.0)
    assert bench.state is I
    assert bench.go().ok
    bench.run(300.0, lambda: bench.state is I)
    assert bench.state is I


@pytest.mark.parametrize("name", WITH_RESET)
@pytest.mark.parametrize("value", ["fail", "hang"])
def test_a_reset_that_fails_or_is_never_answered(name: str, value: str) -> None:
    """Back to IDLE, and people hear which actor and why; without the fault GO flies."""
    bench = FlightBench()
    bench.fault(f"{name}.reset", value)
    outcome = bench.go()
    assert outcome.result is (Result.FAILED if value == "fail" else Result.ACCEPTED)
    bench.run(11.0)
    assert bench.states == [P, I]
    assert bench.arms() == []
    reason = f"{name}.reset: injected fault" if value == "fail" else "no answer"
    assert bench.said(f"Flight: not started: {name}: RESET: {reason}")
    bench.fault(f"{name}.reset", value, active=False)
    assert bench.go().ok


def test_an_actor_that_raises_in_its_reset_fails_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits ten seconds for one that has begun anew."""
    bench = FlightBench()
    monkeypatch.setattr(bench.logs, "reopen", lambda now_ms: [][now_ms])
    assert bench.go().reason == "logger: RESET: no answer"
    assert [where for where, _ in bench.errors] == ["actor logger"]


@pytest.mark.parametrize("value", ["fail", "hang"])
def test_motors_that_do_not_arm(value: str) -> None:
    bench = FlightBench()
    bench.fault("motor.arm", value)
    bench.go()
    bench.run(6.0)
    assert (bench.states, bench.arms()) == ([P, I], [])
    assert bench.said("Flight: not started: motor: ARM: " + ("motor.arm: injected" if value == "fail" else "no answer"))


@pytest.mark.parametrize("value", ["fail", "hang"])
def test_motors_that_do_not_disarm_are_stopped_by_disarm_delay(value: str) -> None:
    """LANDED until they have stopped; DISARM_DELAY does not go through the actor."""
    bench = FlightBench()
    bench.fault("motor.disarm", value)
    bench.go()
    bench.until(D)
    bench.run(20.0)
    assert (bench.state, bench.core.facts.armed) == (I, False)


def test_a_flight_manager_that_hangs_is_said_not_to_answer() -> None:
    bench = FlightBench()
    assert bench.flights.command(0x22, bench.now_ms).ok
    bench.fault("flight_manager.raise", "hang")
    for command in (0x20, 0x21, 0x22):
        outcome = bench.flights.command(command, bench.now_ms)
        assert (outcome.result, outcome.reason) == (Result.FAILED, "Flight: the flight manager does not answer")
    assert bench.core.arming.arm(bench.now_ms).result is Result.FAILED
    assert not bench.core.facts.armed


def test_a_hung_flight_manager_that_is_flooded_ends_nothing() -> None:
    bench = FlightBench()
    bench.fault("flight_manager.raise", "hang")
    for _ in range(200):
        bench.go()
    bench.run(5.0)
    bench.fault("flight_manager.raise", "hang", active=False)
    bench.run(400.0)
    assert bench.state in (I, A, F)


def test_an_unknown_fault_is_refused() -> None:
    bench = FlightBench()
    for name, value in (("pilot.raise", None), ("motor.raise", "often"), ("flight_manager.reset", None)):
        assert not bench.flights.inject_fault(name, value, active=True)
    assert len(FAULT_NAMES) == 12 + 11 + 2


def test_an_actor_that_raises_every_time_leaves_the_flight_to_the_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """A logger that fails at each flight's end does not stop the next one."""

    def explode(self: LoggerActor, message: object) -> None:
        raise OSError("disk gone")

    bench = FlightBench()
    bench.fly()
    monkeypatch.setattr(LoggerActor, "handle_message", explode)
    bench.run(300.0, lambda: bench.state is I)
    assert bench.said("actor logger stays down")
    bench.go()
    bench.run(30.0)
    assert bench.states[-2:] == [P, I]


def test_motors_that_raise_at_every_arm_command_end_the_one_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """All critical actors are down at last: the station hears it, and DISARM_DELAY is nobody's business any more."""

    def explode(self: MotorActor, message: object) -> None:
        raise OSError("bus gone")

    bench = FlightBench()
    monkeypatch.setattr(MotorActor, "handle_message", explode)
    results = [bench.core.arming.arm(bench.now_ms) for _ in range(6)]
    assert {outcome.result for outcome in results} == {Result.FAILED}
    assert [outcome.reason for outcome in results] == ["actors restarted"] * 5 + ["actors are down"]
    assert bench.said("actor flight_manager stays down") and bench.arms() == []


@pytest.mark.parametrize("plainly", [False, True])
def test_who_begins_a_flight_starts_a_flight_manager_that_is_down(
    monkeypatch: pytest.MonkeyPatch, plainly: bool
) -> None:
    """By GO or by arming; while it is down, DISARM_DELAY stops the motors that its countdown had kept running."""

    def explode(self: FlightManager, message: object) -> None:
        raise OSError("no memory")

    bench = FlightBench(parameters={"FM_COUNTDOWN": 60.0})
    bench.go()
    bench.until(A)
    with monkeypatch.context() as patch:
        patch.setattr(FlightManager, "handle_message", explode)
        bench.abort()
        bench.run(1.0)
        assert bench.said("actor flight_manager stays down")
        bench.run(20.0)
        assert not bench.core.facts.armed
    outcome = bench.core.arming.arm(bench.now_ms) if plainly else bench.go()
    assert outcome.ok
    assert bench.state is A
