"""Seed 001: hold times, and the speed along the track (docs/catalogue.md, 1 to 14)."""

from __future__ import annotations

import math

import pytest

from autopilot.mission.events import CurrentChanged, ItemReached
from autopilot.mission.sequencer import DoTiming, MissionSequencer
from tests.fakes.recording_executor import RecordingExecutor, begun, do, speed, wp
from tests.fakes.recording_executor import seed_mission as mission


# --- hold time --------------------------------------------------------------------------------------------------------
def test_hold_time_zero_advances_immediately() -> None:
    """Arrival and advance happen in one update."""
    storage = mission(wp(hold=0.0), wp())
    sequencer, executor = begun(storage)
    executor.arrive(0)
    assert sequencer.update(storage, executor, 20) == [ItemReached(0), CurrentChanged(1)]
    assert not sequencer.is_holding()


def test_hold_time_waits_before_advance() -> None:
    """No advance 1 ms early, advance at param1 x 1000 ms after arrival; holding in between."""
    storage = mission(wp(hold=5.0), wp())
    sequencer, executor = begun(storage)
    assert sequencer.update(storage, executor, 1_000) == []
    executor.arrive(0)
    assert sequencer.update(storage, executor, 2_000) == []
    assert sequencer.is_holding()
    assert sequencer.next_deadline_ms() == 7_000
    assert sequencer.update(storage, executor, 6_999) == []
    assert sequencer.is_holding()
    assert sequencer.update(storage, executor, 7_000) == [ItemReached(0), CurrentChanged(1)]
    assert not sequencer.is_holding()


def test_item_reached_after_hold_complete() -> None:
    """ItemReached comes after the hold and before CurrentChanged."""
    storage = mission(wp(hold=0.5), wp())
    sequencer, executor = begun(storage)
    executor.arrive(0)
    events = [sequencer.update(storage, executor, now) for now in (0, 480, 500)]
    assert events == [[], [], [ItemReached(0), CurrentChanged(1)]]


def test_drifting_out_does_not_reset_the_hold_timer() -> None:
    """The timer runs from the first arrived tick, even if verify says False afterwards."""
    storage = mission(wp(hold=1.0), wp())
    sequencer, executor = begun(storage)
    executor.arrive(0)
    sequencer.update(storage, executor, 100)
    executor.arrived.clear()
    assert sequencer.update(storage, executor, 600) == []
    assert sequencer.update(storage, executor, 1_100) == [ItemReached(0), CurrentChanged(1)]


@pytest.mark.parametrize("seconds", [math.nan, -1.0, -math.inf, math.inf, 0.0])
def test_hold_time_that_is_none_counts_as_zero(seconds: float) -> None:
    """NaN, negative and infinite hold times do not hold."""
    storage = mission(wp(hold=seconds), wp())
    sequencer, executor = begun(storage)
    executor.arrive(0)
    assert sequencer.update(storage, executor, 20) == [ItemReached(0), CurrentChanged(1)]


@pytest.mark.parametrize(
    ("command", "holds"),
    [
        (16, True),
        (19, True),
        (82, True),
        (17, False),
        (18, False),
        (21, False),
        (22, False),
        (31, False),
        (92, False),
        (93, False),
    ],
)
def test_only_waypoints_and_timed_loiters_hold(command: int, holds: bool) -> None:
    """param1 is a hold time for 16, 19 and 82 alone."""
    storage = mission(do(command, 3.0), wp())
    sequencer, executor = begun(storage)
    executor.arrive(0)
    sequencer.update(storage, executor, 20)
    assert sequencer.is_holding() is holds


def test_fractions_of_a_second_are_held() -> None:
    """A hold of 0.25 s as a 32 bit float from the wire ends after 250 ms, 0.1 s after 100 ms, 12.3 ms after 13 ms."""
    for seconds, ms in ((0.25, 250), (0.10000000149011612, 100), (0.123, 123), (0.0123, 13)):
        storage = mission(wp(hold=seconds), wp())
        sequencer, executor = begun(storage)
        executor.arrive(0)
        sequencer.update(storage, executor, 0)
        assert sequencer.update(storage, executor, ms - 1) == []
        assert sequencer.update(storage, executor, ms) != []


# --- DO_CHANGE_SPEED --------------------------------------------------------------------------------------------------
def test_do_change_speed_updates_mission_speed() -> None:
    """param2 becomes the override, and stop ends it; each is told when it changes, and only then."""
    told: list[float | None] = []
    sequencer = MissionSequencer(speed_changed=lambda: told.append(sequencer.mission_speed()))
    sequencer.start(mission(wp(), speed(7.5), speed(7.5)), RecordingExecutor())
    assert told == [7.5]
    sequencer.stop()
    sequencer.stop()
    assert told == [7.5, None]


def test_mission_speed_none_by_default() -> None:
    """Without DO_CHANGE_SPEED there is no override."""
    sequencer, _ = begun(mission(wp(), do()))
    assert sequencer.mission_speed() is None


@pytest.mark.parametrize("value", [0.0, -5.0, -1.0, math.nan, math.inf, -math.inf])
def test_speed_validation_keeps_the_previous_speed(value: float) -> None:
    """What is no speed is ignored."""
    sequencer, _ = begun(mission(wp(), speed(4.0), speed(value)))
    assert sequencer.mission_speed() == 4.0


@pytest.mark.parametrize(
    ("kind", "expected"), [(0.0, 9.0), (1.0, 9.0), (2.0, 4.0), (3.0, 4.0), (0.5, 9.0), (math.nan, 9.0), (5.0, 4.0)]
)
def test_climb_and_descent_speeds_are_left_to_the_executor(kind: float, expected: float) -> None:
    """Types 0 and 1, cut from a fraction or not given, set the override; others are only given to the executor."""
    sequencer, executor = begun(mission(wp(), speed(4.0), speed(9.0, kind)))
    assert sequencer.mission_speed() == expected
    assert executor.started == [0, 1, 2]


def test_speed_minus_two_returns_to_the_default() -> None:
    """param2 -2 clears the override."""
    sequencer, _ = begun(mission(wp(), speed(4.0), speed(-2.0)))
    assert sequencer.mission_speed() is None


def test_unsupported_speed_change_is_not_taken() -> None:
    """An executor that cannot change speed leaves no override behind."""
    sequencer, executor = MissionSequencer(), RecordingExecutor()
    executor.refuse(1)
    sequencer.start(mission(wp(), speed(4.0)), executor)
    assert sequencer.mission_speed() is None


@pytest.mark.parametrize("timing", DoTiming)
def test_speed_change_restarts_neither_nav_nor_hold(timing: DoTiming) -> None:
    """A speed change in the DO slot leaves the NAV item and its running hold timer alone."""
    storage = mission(do(112, 1.0), speed(6.0), wp(hold=2.0), wp())
    sequencer, executor = MissionSequencer(timing), RecordingExecutor()
    executor.wait_at(0)
    sequencer.start(storage, executor)
    executor.arrive(2)
    sequencer.update(storage, executor, 1_000)
    assert sequencer.is_holding() and sequencer.mission_speed() is None
    executor.arrive(0)
    sequencer.update(storage, executor, 2_000)
    sequencer.update(storage, executor, 2_020)
    assert sequencer.mission_speed() == 6.0
    assert sequencer.update(storage, executor, 2_980) == []
    assert sequencer.update(storage, executor, 3_000) == [ItemReached(2), CurrentChanged(3)]
    assert executor.started.count(2) == 1
