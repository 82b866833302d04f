"""Any commands in any order, with any numbers: the core never raises, and what it says is consistent."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.context.events import ArmedChanged, ModeChanged
from autopilot.interface.geo import GeoPoint
from autopilot.interface.result import Outcome
from autopilot.interface.targets import Sticks, Yaw, YawMode
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mission.items import MissionItem
from tests.fakes.core_bench import Bench
from tests.fakes.examples import examples

NUMBER = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0, 2.0, -1.0, -2.0, 1e30, -1e30]))
ANY_NUMBER = st.one_of(NUMBER, st.sampled_from([float("nan"), float("inf"), float("-inf")]))
LAT, LON, ALT = st.floats(-90, 90), st.floats(-180, 180), st.floats(-1000, 20000)
NED = st.tuples(NUMBER, NUMBER, NUMBER)
PLACE = st.one_of(st.none(), st.builds(GeoPoint, LAT, LON, ALT))
YAW = st.one_of(st.none(), st.builds(Yaw, st.sampled_from(YawMode), NUMBER, NUMBER))
COMMAND_IDS = st.one_of(
    st.sampled_from(
        [
            16,
            17,
            18,
            19,
            20,
            21,
            22,
            31,
            82,
            92,
            93,
            112,
            114,
            115,
            177,
            178,
            179,
            181,
            182,
            183,
            184,
            189,
            194,
            195,
            201,
            206,
            207,
            222,
            600,
            601,
        ]
    ),
    st.integers(2, 300),
)
ITEM = st.builds(
    MissionItem,
    COMMAND_IDS,
    st.sampled_from([0, 2, 3, 6, 10]),
    ANY_NUMBER,
    ANY_NUMBER,
    ANY_NUMBER,
    ANY_NUMBER,
    LAT,
    LON,
    ALT,
)


NOW = object()
SOMEWHERE = st.builds(GeoPoint, LAT, LON, ALT)


def call(method: str, *arguments: st.SearchStrategy[Any], **named: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.just(method), st.tuples(*arguments), st.fixed_dictionaries(named))


def timed(method: str, *arguments: st.SearchStrategy[Any], **named: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A method that takes the time behind its arguments."""
    return call(method, *arguments, st.just(NOW), **named)


CALL = st.one_of(
    timed("modes.set", st.integers(0, 30)),
    timed("arming.arm", force=st.booleans()),
    timed("arming.disarm", force=st.booleans()),
    timed("prearm.run"),
    call("commands.takeoff", NUMBER),
    timed("commands.land"),
    timed("commands.return_to_launch"),
    timed("mission_commands.start"),
    call("mission_commands.set_current", st.integers(-2, 8), reset=st.booleans()),
    call("mission_commands.jump_to_tag", ANY_NUMBER),
    timed("mission_commands.land_start"),
    call("mission_commands.pause"),
    call("mission_commands.resume"),
    timed("commands.reposition", SOMEWHERE, change_mode=st.booleans()),
    call("commands.guided_item", SOMEWHERE),
    call("commands.guided_altitude", st.integers(-1, 25), ANY_NUMBER),
    call("commands.change_speed", st.integers(-1, 5), NUMBER),
    call("commands.set_roi", PLACE),
    call("commands.condition_yaw", NUMBER, NUMBER, st.sampled_from([-1, 0, 1]), st.booleans()),
    call("home.set", PLACE),
    call("commands.set_reverse", st.booleans()),
    call("commands.guided_course", st.one_of(st.none(), NUMBER), st.floats(0.05, 100.0), of_nose=st.booleans()),
    call("commands.change_over", st.integers(-1, 6)),
    call("mission_commands.go_around", NUMBER),
    call("fence.command", NUMBER),
    call("commands.reboot"),
    timed("payload.command", COMMAND_IDS, st.lists(ANY_NUMBER, max_size=7).map(tuple)),
    timed("sticks.move", st.one_of(st.none(), st.builds(Sticks, throttle=st.floats(0, 1)))),
)
GUIDED = st.tuples(
    st.just("guided_target"),
    st.fixed_dictionaries({"position": st.one_of(st.none(), NED), "velocity": st.one_of(st.none(), NED), "yaw": YAW}),
)
EVENT = st.tuples(st.just("event"), st.sampled_from(VehicleEvent))
PLAN = st.tuples(st.just("plan"), st.lists(ITEM, max_size=6).map(tuple))
STEP = st.one_of(CALL, CALL, GUIDED, EVENT, PLAN)


def act(bench: Bench, step: Any) -> None:
    core = bench.core
    match step:
        case ("guided_target", named):
            assert isinstance(core.commands.guided_target(**named), Outcome)
        case ("event", event):
            bench.vehicle.raise_event(event)
        case ("plan", items):
            core.plans.replace(0, items)
        case (method, arguments, named):
            arguments = tuple(bench.now_ms if one is NOW else one for one in arguments)
            answer = attrgetter(method)(core)(*arguments, **named)
            assert answer is None or isinstance(answer, Outcome)


KINDS = ("copter", "rover", "plane", "quadplane")


@settings(max_examples=examples(150), deadline=None)
@given(st.sampled_from(KINDS), st.lists(st.tuples(STEP, st.integers(0, 200)), max_size=12))
def test_the_core_survives_and_stays_consistent(kind: str, steps: list[tuple[Any, int]]) -> None:
    bench = Bench(kind, parameters={"BATT_FS_LOW_ACT": 2, "FENCE_RADIUS": 100})
    for step, ticks in steps:
        act(bench, step)
        bench.run(ticks * 0.02)
        modes, armed = bench.modes, [event.armed for event in bench.events(ArmedChanged)]
        assert not modes or modes[-1] == bench.core.modes.number
        assert bench.core.facts.armed == (bool(armed) and armed[-1])
        deadline = bench.core.next_deadline_ms()
        assert deadline is None or deadline > 0
    assert all(isinstance(event.number, int) for event in bench.events(ModeChanged))
