"""ArduPilot's timing: DO items run when a NAV item is done, on the leg to the next
(docs/reference/mission-semantics.md, 1.2; docs/catalogue.md, 17 to 20)."""

from __future__ import annotations

import pytest

from autopilot.mission.events import CurrentChanged, ItemReached, MissionComplete
from autopilot.mission.sequencer import DoTiming, MissionSequencer, MissionState
from autopilot.mission.storage import MissionStorage
from tests.fakes.recording_executor import RecordingExecutor, do, jump, mission, wp


def begun(storage: MissionStorage) -> tuple[MissionSequencer, RecordingExecutor]:
    sequencer, executor = MissionSequencer(DoTiming.ARDUPILOT), RecordingExecutor()
    sequencer.start(storage, executor)
    return sequencer, executor


def test_example_of_both_timings_as_ardupilot_flies_it() -> None:
    """1 NAV, 2 DO, 3 DO, 4 NAV, 5 DO: moment by moment as in the table."""
    storage = mission(wp(), do(), do(), wp(), do())
    sequencer, executor = begun(storage)
    assert executor.take_started() == [1]
    assert sequencer.update(storage, executor, 20) == []
    assert executor.take_started() == []
    executor.arrive(1)
    assert sequencer.update(storage, executor, 40) == [ItemReached(1), CurrentChanged(4)]
    assert executor.take_started() == [2, 4]
    sequencer.update(storage, executor, 60)
    assert executor.take_started() == []
    sequencer.update(storage, executor, 80)
    assert executor.take_started() == [3]
    executor.arrive(4)
    assert sequencer.update(storage, executor, 100) == [ItemReached(4), MissionComplete()]
    assert executor.calls[-2:] == [("start", 5), ("complete", 0)]


def test_a_second_trailing_do_item_does_not_run() -> None:
    """ends_with_do_commands: the first trailing DO item starts and is never verified, the last never starts."""
    storage = mission(wp(), do(112, 9.0), do())
    sequencer, executor = begun(storage)
    executor.wait_at(2)
    executor.arrive(1)
    assert sequencer.update(storage, executor, 20) == [ItemReached(1), MissionComplete()]
    sequencer.update(storage, executor, 40)
    assert executor.started == [1, 2]
    assert ("verify", 2) not in executor.calls


def test_no_nav_commands_starts_the_first_do_item_and_completes() -> None:
    """no_nav_commands: one DO item, then complete."""
    sequencer, executor = MissionSequencer(DoTiming.ARDUPILOT), RecordingExecutor()
    assert sequencer.start(mission(do(), do(), do()), executor) == [MissionComplete()]
    assert executor.calls == [("start", 1), ("complete", 0)]
    assert sequencer.next_deadline_ms() is None  # the others are not waited for


def test_endless_loop_without_nav_completes() -> None:
    """endless_loop: a jump loop of DO items only ends the mission instead of hanging it."""
    sequencer, executor = MissionSequencer(DoTiming.ARDUPILOT), RecordingExecutor()
    assert sequencer.start(mission(do(), do(), jump(1, -1)), executor) == [MissionComplete()]
    assert sequencer.state() is MissionState.COMPLETED


def test_starts_with_do_commands() -> None:
    """starts_with_do_commands: DO, NAV, the second DO behind the first; the DO behind NAV 3 after NAV 3."""
    storage = mission(do(), do(), wp(), do(), wp())
    sequencer, executor = begun(storage)
    assert executor.take_started() == [1, 3]
    sequencer.update(storage, executor, 20)
    sequencer.update(storage, executor, 40)
    assert executor.take_started() == [2]
    for now in (60, 80, 100):
        sequencer.update(storage, executor, now)
    assert executor.take_started() == []
    executor.arrive(3)
    sequencer.update(storage, executor, 120)
    assert executor.take_started() == [4, 5]


def test_jump_to_nonnav() -> None:
    """jump_to_nonnav: a counted jump back onto a DO item: that DO item runs once, the NAV behind it follows."""
    storage = mission(wp(), do(), wp(), jump(2, 1), wp())
    sequencer, executor = begun(storage)
    executor.calls.clear()
    executor.arrive(1, 3)
    assert sequencer.update(storage, executor, 20) == [ItemReached(1), CurrentChanged(3)]
    assert executor.take_started() == [2, 3]
    assert sequencer.update(storage, executor, 40) == [ItemReached(3), CurrentChanged(3)]
    assert executor.take_started() == [2, 3]
    assert sequencer.update(storage, executor, 60) == [ItemReached(3), CurrentChanged(5)]
    assert executor.take_started() == [5]


def test_waiting_condition_is_dropped_when_the_nav_completes() -> None:
    """A condition on leg 2 and all behind it are dropped when leg 2 ends."""
    storage = mission(wp(), do(112, 900.0), do(), wp(), wp())
    sequencer, executor = begun(storage)
    executor.wait_at(2)
    executor.arrive(1)
    sequencer.update(storage, executor, 20)
    executor.take_started()
    executor.arrive(4)
    assert sequencer.update(storage, executor, 40) == [ItemReached(4), CurrentChanged(5)]
    executor.arrive(2)
    for now in (60, 80, 100):
        sequencer.update(storage, executor, now)
    assert executor.started == [5]


def test_deadline_asks_for_the_next_tick_only_while_do_items_are_left() -> None:
    """Stepping through DO items needs each tick; a waiting condition and an empty slot need none."""
    storage = mission(wp(), do(), do(112, 5.0), do(), wp())
    sequencer, executor = begun(storage)
    assert sequencer.next_deadline_ms() is None
    executor.wait_at(3)
    executor.arrive(1)
    sequencer.update(storage, executor, 1_000)
    assert sequencer.next_deadline_ms() == 1_001
    sequencer.update(storage, executor, 1_020)
    assert sequencer.next_deadline_ms() == 1_021
    sequencer.update(storage, executor, 1_040)
    assert executor.started[-1] == 3
    assert sequencer.next_deadline_ms() is None
    executor.arrive(3)
    sequencer.update(storage, executor, 1_060)
    assert sequencer.next_deadline_ms() == 1_061
    sequencer.update(storage, executor, 1_080)
    assert executor.started[-1] == 4
    assert sequencer.next_deadline_ms() is None


def test_timing_may_change_in_flight() -> None:
    """SRT_MIS_DO_LEG set between two NAV items acts from the next one on."""
    storage = mission(wp(), do(), wp(), do(), wp())
    sequencer, executor = MissionSequencer(DoTiming.SEED), RecordingExecutor()
    sequencer.start(storage, executor)
    assert executor.take_started() == [1, 2]
    sequencer.timing = DoTiming.ARDUPILOT
    executor.arrive(1)
    sequencer.update(storage, executor, 20)
    assert executor.take_started() == [2, 3]


@pytest.mark.parametrize(("timing", "run"), [(DoTiming.SEED, [1, 2]), (DoTiming.ARDUPILOT, [1])])
def test_of_do_items_alone_ardupilot_runs_the_first(timing: DoTiming, run: list[int]) -> None:
    """Its mission is complete as there is no item to navigate to; with the seed's timing all of them run before."""
    storage, executor = mission(do(), do()), RecordingExecutor()
    assert MissionSequencer(timing).start(storage, executor) == [MissionComplete()]
    assert executor.started == run


def test_a_nav_item_that_is_refused_starts_no_do_item_twice() -> None:
    """The one before it has the slot, and the one behind it follows."""
    storage = mission(do(), wp(), do(), wp())
    sequencer, executor = MissionSequencer(DoTiming.ARDUPILOT), RecordingExecutor()
    executor.refuse(2)
    sequencer.start(storage, executor)
    assert executor.take_started() == [1, 2, 4]
    for now in (20, 40):
        sequencer.update(storage, executor, now)
    assert executor.started == [3]


def test_a_do_item_that_is_done_is_not_started_again_behind_a_pause() -> None:
    """Only one that waits, and those behind it, are unfinished."""
    storage = mission(wp(), do(), do(), wp())
    sequencer, executor = begun(storage)
    executor.arrive(1)
    sequencer.update(storage, executor, 20)
    assert executor.take_started() == [1, 2, 4]
    sequencer.stop()
    sequencer.resume(storage, executor)
    assert executor.take_started() == [3, 4]
