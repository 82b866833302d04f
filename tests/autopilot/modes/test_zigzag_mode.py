"""ZIGZAG on the simulated copter: places by a switch, ways between the lines across them, and the sticks between."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autopilot.interface.targets import Sticks
from autopilot.modes.auxiliary import HIGH, LOW, MIDDLE, ZIGZAG_PLACES
from tests.fakes.core_bench import Bench
from tests.fakes.sim_copter import LOITER, away, ground_speed, height, in_air

ZIGZAG = 24


def switch(bench: Bench, position: int) -> None:
    assert bench.core.auxiliary.act(ZIGZAG_PLACES, position).ok
    fly(bench, 0.1)


def fly(bench: Bench, seconds: float, sticks: Sticks | None = None, until: Callable[[], bool] = lambda: False) -> None:
    """With sticks that are told again and again, centred ones if none are given."""
    for _ in range(round(10.0 * seconds)):
        if until():
            return
        bench.core.sticks.move(sticks or Sticks(), bench.now_ms)
        bench.run(0.1)


def moved(bench: Bench, north: float, east: float) -> None:
    """By the sticks, about so many metres."""
    begun = bench.position
    sticks = Sticks(roll=0.4 if east else 0.0, pitch=0.4 if north else 0.0)
    fly(bench, 30.0, sticks, lambda: max(bench.position[axis] - begun[axis] for axis in (0, 1)) > north + east)
    fly(bench, 6.0)


def with_places() -> tuple[Bench, float, float]:
    """A at the start, B to the east of it; both as metres east."""
    bench = in_air(10.0)
    assert bench.core.modes.set(ZIGZAG, bench.now_ms).ok
    start = bench.position[1]
    switch(bench, LOW)
    moved(bench, 0.0, 15.0)
    switch(bench, HIGH)
    return bench, start, bench.position[1]


def test_it_flies_across_to_the_lines_through_both_places() -> None:
    bench, west, east = with_places()
    moved(bench, 10.0, 0.0)
    north = bench.position[0]
    for position, goal in ((LOW, west), (HIGH, east)):
        switch(bench, position)
        fly(bench, 30.0, until=lambda: bench.texts[-1] == "ZIGZAG: manual control")
        fly(bench, 3.0)
        assert away(bench, north, goal) < 1.5
        assert ground_speed(bench) < 0.5
    assert height(bench) == pytest.approx(10.0, abs=1.0)
    said = [text.removeprefix("ZIGZAG: ") for text in bench.texts if text.startswith("ZIGZAG")]
    assert said[:2] == ["point A stored", "point B stored"]
    assert said[2:] == ["moving to A", "manual control", "moving to B", "manual control"]


def test_the_middle_of_the_switch_gives_the_sticks_back_and_the_way_may_go_on() -> None:
    bench, west, east = with_places()
    switch(bench, LOW)
    fly(bench, 3.0)
    switch(bench, MIDDLE)
    fly(bench, 5.0)
    assert west + 2.0 < bench.position[1] < east - 2.0
    assert ground_speed(bench) < 0.5
    moved(bench, 5.0, 0.0)
    switch(bench, LOW)
    fly(bench, 20.0)
    assert bench.position[1] == pytest.approx(west, abs=1.0)


def test_places_stay_through_a_landing() -> None:
    """ModeZigZag::init alone forgets them. The next flight stored A again, and the row went on from there."""
    bench, west, _ = with_places()
    fly(bench, 60.0, Sticks(throttle=0.1), lambda: bench.core.facts.landed)
    fly(bench, 30.0, Sticks(throttle=0.0), lambda: not bench.core.facts.armed)
    assert not bench.core.facts.armed and bench.core.modes.number == ZIGZAG
    bench.arm()
    fly(bench, 4.0, Sticks(throttle=0.9))
    switch(bench, LOW)
    assert bench.texts[-1] == "ZIGZAG: moving to A"
    fly(bench, 30.0, until=lambda: bench.texts[-1] == "ZIGZAG: manual control")
    assert bench.position[1] == pytest.approx(west, abs=3.0)


def test_one_place_is_no_way_and_another_mode_forgets_it() -> None:
    bench = in_air(10.0)
    assert bench.core.modes.set(ZIGZAG, bench.now_ms).ok
    switch(bench, LOW)
    switch(bench, LOW)
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    assert bench.core.modes.set(ZIGZAG, bench.now_ms).ok
    switch(bench, HIGH)
    assert bench.texts[-1] == "ZIGZAG: point B stored"
    assert not any("moving" in text for text in bench.texts)


def test_in_another_mode_the_switch_does_nothing() -> None:
    bench = in_air(10.0)
    said = len(bench.texts)
    switch(bench, LOW)
    assert len(bench.texts) == said
