"""Many flights, any inputs: no growth, the same trace, the same decisions by ticks and by deadlines, sane states."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.flight.faults import FAULT_NAMES
from autopilot.interface.targets import Sticks
from autopilot.interface.vehicle import VehicleEvent
from tests.fakes.examples import examples
from tests.fakes.flight_bench import HANGING_MISSION, LANDING_MISSION, ROVER_MISSION, A, F, FlightBench, I, L, P

STEPS: st.SearchStrategy[tuple[str, Any]] = st.one_of(
    st.tuples(st.sampled_from(["go", "go", "abort", "arm", "disarm", "force", "start", "land", "rtl"]), st.none()),
    st.tuples(st.just("mode"), st.sampled_from([0, 2, 3, 4, 5, 6, 9, 10, 15, 17])),
    st.tuples(st.just("takeoff"), st.sampled_from([5.0, 12.0])),
    st.tuples(st.just("sticks"), st.sampled_from([None, Sticks(throttle=0.8), Sticks(throttle=0.2)])),
    st.tuples(
        st.just("event"),
        st.sampled_from(
            [VehicleEvent.BATTERY_LOW, VehicleEvent.BATTERY_CRITICAL, VehicleEvent.CRASHED, VehicleEvent.DEADMAN]
        ),
    ),
    st.tuples(st.just("cutoff"), st.none()),
    st.tuples(st.just("fault"), st.tuples(st.sampled_from(FAULT_NAMES), st.sampled_from(["fail", "hang"]))),
    st.tuples(
        st.just("parameter"),
        st.sampled_from(
            [
                ("FM_ARM_EARLY", 0.0),
                ("FM_DURATION", 8.0),
                ("FM_PROFILE", 1.0),
                ("BATT_FS_CRT_ACT", 0.0),
                ("FM_COUNTDOWN", 0.0),
                ("MIS_OPTIONS", 4.0),
            ]
        ),
    ),
)
SCRIPT = st.lists(st.tuples(STEPS, st.integers(0, 600)), max_size=14)


def act(bench: FlightBench, name: str, value: Any) -> None:
    core, now = bench.core, bench.now_ms
    match name:
        case "go":
            bench.go()
        case "abort":
            bench.abort()
        case "arm":
            core.arming.arm(now)
        case "disarm":
            core.arming.disarm(now)
        case "force":
            core.arming.disarm(now, force=True)
        case "start":
            core.mission_commands.start(now)
        case "land":
            core.commands.land(now)
        case "rtl":
            core.commands.return_to_launch(now)
        case "mode":
            core.modes.set(value, now)
        case "takeoff":
            core.commands.takeoff(value)
        case "sticks":
            core.sticks.move(value, now)
        case "event":
            bench.vehicle.raise_event(value)
        case "cutoff":
            if core.facts.armed:
                bench.vehicle.state.report[88] = 0.0
                bench.vehicle.put((0.0, 0.0, 0.0))
                bench.vehicle.raise_event(VehicleEvent.CUTOFF | VehicleEvent.DISARMED)
        case "fault":
            bench.fault(*value)
        case "parameter":
            bench.parameters.set(*value)


def play(kind: str, script: list[Any], *, by_tick: bool = False) -> FlightBench:
    mission = ROVER_MISSION if kind == "rover" else LANDING_MISSION
    bench = FlightBench(kind, mission=mission, by_tick=by_tick)
    for (name, value), ticks in script:
        act(bench, name, value)
        bench.collect()
        bench.run(ticks * 0.02)
    return bench


@settings(max_examples=examples(40), deadline=None)
@given(st.sampled_from(["copter", "rover"]), SCRIPT)
def test_any_sequence_of_inputs_leaves_a_state_that_fits_the_vehicle(kind: str, script: list[Any]) -> None:
    """IDLE is disarmed, PREFLIGHT is disarmed, FLYING and LANDING are armed, as soon as the next pass has run."""
    bench = play(kind, script)
    hung = [value for (name, value), _ in script if name == "fault"]
    for fault, value in hung:
        bench.fault(fault, value, active=False)
    bench.run(1.0)
    if bench.state in (I, P):
        assert not bench.core.facts.armed
    if bench.state in (F, L):
        assert bench.core.facts.armed
    if bench.core.facts.armed and not bench.vehicle.state.landed and kind == "copter":
        assert bench.state in (F, L)
    assert all(type(error).__name__ in ("InjectedFault", "MailboxFullError") for _, error in bench.errors)


@settings(max_examples=examples(25), deadline=None)
@given(st.sampled_from(["copter", "rover"]), SCRIPT)
def test_the_same_by_ticks_and_by_deadlines(kind: str, script: list[Any]) -> None:
    by_tick, by_deadline = play(kind, script, by_tick=True), play(kind, script)
    for bench in (by_tick, by_deadline):
        bench.run(40.0)
    assert by_tick.lines == by_deadline.lines
    assert by_tick.log == by_deadline.log


@settings(max_examples=examples(25), deadline=None)
@given(SCRIPT)
def test_after_anything_the_vehicle_can_be_brought_back_to_idle_and_flown_again(script: list[Any]) -> None:
    bench = play("copter", script)
    for (name, value), _ in script:
        if name == "fault":
            bench.fault(*value, active=False)
    bench.core.sticks.move(None, bench.now_ms)
    bench.core.arming.disarm(bench.now_ms, force=True)
    bench.vehicle.put((0.0, 0.0, 0.0))
    bench.run(30.0)
    for name, value in (("FM_PROFILE", 0.0), ("FM_DURATION", 0.0), ("FM_ARM_EARLY", 1.0), ("FM_COUNTDOWN", 1.0)):
        bench.parameters.set(name, value)
    assert bench.state is I
    assert bench.go().ok
    bench.run(300.0, lambda: bench.state is I)
    assert bench.states[-6:-3] == [P, A, F]
    assert not bench.core.facts.armed


def test_seventy_flights_take_no_memory_and_leave_the_same_trace() -> None:
    """In one process: each flight's messages are those of the first, and nothing is kept: 600 bytes of each show."""
    bench = FlightBench(mission=HANGING_MISSION, parameters={"FM_COUNTDOWN": 1})

    def flight() -> list[tuple[str, str, str, object]]:
        bench.trace.clear()
        bench.log.clear()
        bench.vehicle.targets.clear()
        bench.vehicle.yaws.clear()
        bench.journal.changes.clear()
        bench.logs.calls.clear()
        bench.go()
        bench.run(300.0, lambda: bench.state is I)
        began = bench.trace[0].now_ms
        return [
            (str(entry.now_ms - began), entry.message.sender, entry.message.subject, entry.message.payload)
            for entry in bench.trace
        ]

    flight()
    first = flight()
    for _ in range(18):
        assert flight() == first
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(50):
        assert flight() == first
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 30_000, f"{grown} bytes after 50 flights"


def test_twenty_flights_twice_are_the_same_byte_for_byte() -> None:
    def lines() -> list[str]:
        bench = FlightBench(parameters={"FM_COUNTDOWN": 1})
        for _ in range(20):
            bench.go()
            bench.run(300.0, lambda: bench.state is I)
        return bench.lines

    assert lines() == lines()


def test_in_a_quiet_pass_no_actor_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cruising between two waypoints: passes without news do not enter the kernel."""
    bench = FlightBench()
    bench.fly()
    runs: list[int] = []
    kernel_run = bench.flights.kernel.run

    def counted(now_ms: int, now_flags: int) -> None:
        runs.append(now_ms)
        kernel_run(now_ms, now_flags)

    monkeypatch.setattr(bench.flights.kernel, "run", counted)
    updates = bench.updates
    while bench.state is F and bench.updates < updates + 100:
        bench.step(bench.now_ms + 20)
    assert len(runs) <= 1
