"""Called at each tick or only at deadlines and events: the same decisions at the same ticks."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from autopilot.interface.targets import Sticks
from autopilot.mission.items import MissionItem
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.examples import examples

METRES = st.integers(-60, 60).map(float)
UP = st.integers(3, 30).map(float)

ITEMS: st.SearchStrategy[MissionItem] = st.one_of(
    st.builds(waypoint, METRES, METRES, UP, param1=st.sampled_from([0.0, 0.0, 0.5, 3.0])),
    st.builds(lambda n, e, up: item(82, n, e, up), METRES, METRES, UP),
    st.builds(lambda n, s: item(19, n, 5.0, 10.0, param1=s), METRES, st.sampled_from([0.01, 1.0, 4.0])),
    st.builds(lambda n, turns: item(18, n, 9.0, 12.0, param1=turns, param3=8.0), METRES, st.sampled_from([0.5, 1.0])),
    st.builds(lambda n, up: item(31, n, 7.0, up), METRES, UP),
    st.builds(lambda s: item(93, param1=s), st.sampled_from([0.5, 2.0])),
    st.builds(lambda v: item(178, param1=1.0, param2=v), st.sampled_from([2.0, 5.0, -2.0])),
    st.builds(lambda s: item(112, param1=s), st.sampled_from([0.7, 3.0])),
    st.builds(lambda m: item(114, param1=m), st.sampled_from([5.0, 20.0])),
    st.builds(lambda d: item(115, param1=d), st.sampled_from([0.0, 90.0, 200.0])),
    st.builds(lambda p: item(183, param1=9.0, param2=p), st.sampled_from([1100.0, 1900.0])),
    st.builds(lambda n: item(184, param1=9.0, param2=1800.0, param3=n, param4=1.0), st.sampled_from([1.0, 3.0])),
    st.builds(lambda at, n: item(177, param1=at, param2=n), st.sampled_from([1.0, 2.0, 3.0]), st.just(2.0)),
    st.just(item(2000)),
    st.just(item(30, up=20.0)),
    st.just(item(20)),
    st.just(item(21)),
)

COMMANDS: st.SearchStrategy[tuple[str, tuple[Any, ...]]] = st.one_of(
    st.tuples(st.just("modes.set"), st.tuples(st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 9, 17, 21]))),
    st.tuples(st.just("mission_commands.set_current"), st.tuples(st.integers(0, 6))),
    st.tuples(
        st.sampled_from(
            [
                "mission_commands.pause",
                "mission_commands.resume",
                "mission_commands.land_start",
                "arming.arm",
                "arming.disarm",
            ]
        ),
        st.just(()),
    ),
    st.tuples(st.just("commands.change_speed"), st.tuples(st.just(1), st.sampled_from([2.0, 12.0]))),
    st.tuples(st.just("mission_commands.start"), st.just(())),
    st.tuples(st.just("fence.command"), st.tuples(st.sampled_from([0.0, 1.0]))),
    st.tuples(st.just("commands.takeoff"), st.tuples(st.just(8.0))),
    st.tuples(
        st.just("sticks.move"), st.tuples(st.sampled_from([None, Sticks(throttle=0.7), Sticks(pitch=0.5), Sticks()]))
    ),
)

#: Of these, what takes the time behind its arguments.
TIMED = (
    "modes.set", "mission_commands.start", "mission_commands.land_start", "arming.arm", "arming.disarm", "sticks.move",
)  # fmt: skip

SCRIPT = st.lists(st.tuples(st.integers(1, 400), COMMANDS), max_size=5)


def fly(items: list[MissionItem], script: list[tuple[int, Any]], timing: float, by_tick: bool) -> list[Any]:
    bench = Bench(by_tick=by_tick, parameters={"SRT_MIS_DO_LEG": timing, "FENCE_RADIUS": 50.0, "AUTO_OPTIONS": 1.0})
    bench.begin([takeoff(), *items])
    for ticks, (method, arguments) in script:
        bench.run(ticks * 0.02)
        time = (bench.now_ms,) if method in TIMED else ()
        attrgetter(method)(bench.core)(*arguments, *time)
        bench.collect()
    bench.run(150.0)
    return [bench.log, bench.vehicle.targets, bench.vehicle.outputs, bench.journal.changes, bench.position]


LONG_LEG = [waypoint(60.0, 60.0)]


@settings(max_examples=examples(15), deadline=None)
@example(LONG_LEG, [(300, ("sticks.move", (Sticks(pitch=0.5),)))], 1.0)  # lost three seconds later, in mid-leg
@example([waypoint(60.0, 0.0), item(93, param1=2.0), item(20)], [(1, ("fence.command", (1.0,)))], 1.0)
@example([item(184, param1=9.0, param2=1800.0, param3=3.0, param4=1.0), *LONG_LEG], [], 0.0)
@given(st.lists(ITEMS, min_size=1, max_size=6), SCRIPT, st.sampled_from([0.0, 1.0]))
def test_a_flight_is_the_same_by_ticks_and_by_deadlines(items: list[MissionItem], script: Any, timing: float) -> None:
    assert fly(items, script, timing, by_tick=True) == fly(items, script, timing, by_tick=False)
