"""set_current, stop and resume, a new mission in flight, restoring after a restart
(docs/reference/mission-semantics.md, 1.5; docs/catalogue.md, 13, 22 to 24)."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from autopilot.mission.commands import drives_navigation
from autopilot.mission.events import CurrentChanged, ItemReached, ItemSkipped, MissionComplete, MissionNotice
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import (
    DoTiming,
    InvalidIndexError,
    MissionSequencer,
    MissionState,
    NoNavigationItemError,
)
from autopilot.mission.storage import MissionStorage
from tests.fakes.recording_executor import RecordingExecutor, do, jump, mission, speed, wp

BOTH = pytest.mark.parametrize("timing", DoTiming)


def begun(storage: MissionStorage, timing: DoTiming = DoTiming.SEED) -> tuple[MissionSequencer, RecordingExecutor]:
    sequencer, executor = MissionSequencer(timing), RecordingExecutor()
    sequencer.start(storage, executor)
    executor.calls.clear()
    return sequencer, executor


# --- set_current ------------------------------------------------------------------------------------------------------
@BOTH
def test_set_current_reloads_nav_slot(timing: DoTiming) -> None:
    """The target is commanded once, and a hold that ran is forgotten."""
    storage = mission(wp(hold=9.0), wp(hold=9.0))
    sequencer, executor = begun(storage, timing)
    executor.arrive(1)
    sequencer.update(storage, executor, 20)
    assert sequencer.is_holding()
    assert sequencer.set_current(2, storage, executor) == [CurrentChanged(2)]
    assert executor.started == [2]
    assert not sequencer.is_holding()


@pytest.mark.parametrize(("timing", "order"), [(DoTiming.SEED, [4, 2, 3, 5]), (DoTiming.ARDUPILOT, [2, 4, 3])])
def test_set_current_runs_the_do_items_up_to_the_nav(timing: DoTiming, order: list[int]) -> None:
    """A DO item as target: the first NAV behind it starts, and the DO items from there on run."""
    storage = mission(wp(), do(), do(), wp(), do(), wp())
    sequencer, executor = begun(storage, timing)
    assert sequencer.set_current(2, storage, executor) == [CurrentChanged(4)]
    for now in (20, 40, 60):
        sequencer.update(storage, executor, now)
    assert executor.started == order


@BOTH
@pytest.mark.parametrize("index", [4, 99, -1])
def test_set_current_beyond_the_mission_is_an_error(timing: DoTiming, index: int) -> None:
    """An invalid index changes nothing."""
    storage = mission(wp(), wp(), do())
    sequencer, executor = begun(storage, timing)
    with pytest.raises(InvalidIndexError):
        sequencer.set_current(index, storage, executor)
    assert executor.calls == []
    assert sequencer.progress() == (1, MissionState.RUNNING)


@BOTH
def test_set_current_without_nav_ahead_is_an_error(timing: DoTiming) -> None:
    """No NAV item from there on: refused, nothing changes, in every state."""
    storage = mission(wp(), do(), do())
    sequencer, executor = begun(storage, timing)
    with pytest.raises(NoNavigationItemError):
        sequencer.set_current(2, storage, executor)
    assert executor.calls == []
    sequencer.stop()
    with pytest.raises(NoNavigationItemError):
        sequencer.set_current(3, storage, executor)
    assert sequencer.progress() == (1, MissionState.IDLE)


@BOTH
def test_set_current_while_idle_moves_the_index_only(timing: DoTiming) -> None:
    """run_set_current_cmd_while_stopped: no executor call; resume begins there."""
    storage = mission(wp(), do(), wp(), wp())
    sequencer, executor = begun(storage, timing)
    sequencer.stop()
    assert sequencer.set_current(3, storage, executor) == [CurrentChanged(3)]
    assert executor.calls == []
    assert sequencer.progress() == (3, MissionState.IDLE)
    assert sequencer.resume(storage, executor) == [CurrentChanged(3)]
    assert executor.started == [3]


@BOTH
def test_set_current_after_completion_makes_it_idle_there(timing: DoTiming) -> None:
    """Completed becomes Idle at the index, and loops begin anew."""
    storage = mission(wp(), wp(), jump(1, 1))
    sequencer, executor = begun(storage, timing)
    executor.always = True
    for now in range(0, 200, 20):
        sequencer.update(storage, executor, now)
    assert sequencer.state() is MissionState.COMPLETED
    sequencer.set_current(2, storage, executor)
    assert sequencer.progress() == (2, MissionState.IDLE)
    executor.calls.clear()
    sequencer.resume(storage, executor)
    for now in range(200, 400, 20):
        sequencer.update(storage, executor, now)
    assert executor.started == [2, 1, 2]


@BOTH
def test_set_current_0_begins_at_the_first_item_and_resets_counters(timing: DoTiming) -> None:
    """Index 0 is home: item 1 starts; other indices keep the jump counters of a loop that is not over."""
    storage = mission(wp(), wp(), jump(1, 2), wp())
    sequencer, executor = begun(storage, timing)
    executor.always = True
    sequencer.update(storage, executor, 0)
    sequencer.update(storage, executor, 20)
    executor.calls.clear()
    sequencer.set_current(2, storage, executor)
    for now in (40, 60, 80):
        sequencer.update(storage, executor, now)
    assert executor.take_started() == [2, 1, 2, 4]
    sequencer.set_current(2, storage, executor)
    sequencer.update(storage, executor, 100)
    assert executor.take_started() == [2, 1]
    assert sequencer.set_current(0, storage, executor) == [CurrentChanged(1)]
    for now in range(120, 240, 20):
        sequencer.update(storage, executor, now)
    assert executor.started == [1, 2, 1, 2, 1, 2, 4]


# --- stop, resume -----------------------------------------------------------------------------------------------------
@BOTH
def test_resume_starts_the_active_item_again(timing: DoTiming) -> None:
    """run_resume: the NAV item is started anew, its hold counts from zero."""
    storage = mission(wp(), wp(hold=1.0), wp())
    sequencer, executor = begun(storage, timing)
    executor.arrive(1, 2)
    sequencer.update(storage, executor, 0)
    sequencer.update(storage, executor, 100)
    sequencer.stop()
    assert not sequencer.is_holding()
    executor.calls.clear()
    assert sequencer.resume(storage, executor) == [CurrentChanged(2)]
    assert executor.started == [2]
    sequencer.update(storage, executor, 900)
    assert sequencer.update(storage, executor, 1_100) == []
    assert sequencer.update(storage, executor, 1_900) == [ItemReached(2), CurrentChanged(3)]


@pytest.mark.parametrize(("timing", "order"), [(DoTiming.SEED, [4, 5, 6]), (DoTiming.ARDUPILOT, [2, 4, 3])])
def test_resume_starts_a_waiting_do_item_again(timing: DoTiming, order: list[int]) -> None:
    """A condition that waited at stop begins anew, with what is behind it; what had run does not run again."""
    storage = mission(wp(), do(112), do(), wp(), do(112), do(), wp())
    sequencer, executor = MissionSequencer(timing), RecordingExecutor()
    executor.wait_at(2, 5)
    sequencer.start(storage, executor)
    executor.arrive(1)
    sequencer.update(storage, executor, 20)
    sequencer.stop()
    executor.calls.clear()
    sequencer.resume(storage, executor)
    executor.arrive(2, 5)
    for now in (40, 60, 80):
        sequencer.update(storage, executor, now)
    assert executor.started == order


def test_resume_at_another_item_forgets_the_waiting_do_item() -> None:
    """`set_current` after `stop`: the DO items of the item that is now current run, not those that were waiting."""
    storage = mission(wp(), do(112), do(), wp(), do(), wp())
    sequencer, executor = MissionSequencer(), RecordingExecutor()
    executor.wait_at(2)
    sequencer.start(storage, executor)
    sequencer.stop()
    sequencer.set_current(4, storage, executor)
    executor.calls.clear()
    sequencer.resume(storage, executor)
    assert executor.started == [4, 5]


def test_resume_does_not_repeat_do_items_that_have_run() -> None:
    """Seed: the DO items behind the NAV item at the index ran when it was first started."""
    storage = mission(wp(), do(), do(), wp())
    sequencer, executor = begun(storage)
    sequencer.stop()
    sequencer.resume(storage, executor)
    assert executor.started == [1]


@BOTH
def test_resume_after_completion_starts_anew(timing: DoTiming) -> None:
    """Completed survives stop, and resume then begins at the first item."""
    storage = mission(wp(), wp())
    sequencer, executor = begun(storage, timing)
    executor.always = True
    sequencer.update(storage, executor, 0)
    sequencer.update(storage, executor, 20)
    sequencer.stop()
    assert sequencer.progress() == (2, MissionState.COMPLETED)
    assert sequencer.resume(storage, executor) == [CurrentChanged(1)]


@BOTH
def test_resume_while_running_does_nothing(timing: DoTiming) -> None:
    """A second resume neither starts nor restarts anything."""
    storage = mission(wp())
    sequencer, executor = begun(storage, timing)
    assert sequencer.resume(storage, executor) == []
    assert executor.calls == []


@BOTH
def test_resume_with_the_index_gone_starts_anew(timing: DoTiming) -> None:
    """A storage that has become shorter than the index: from the start."""
    storage = mission(wp(), wp(), wp())
    sequencer, executor = MissionSequencer(timing), RecordingExecutor()
    sequencer.restore(3, MissionState.RUNNING)
    storage.replace([wp(), wp()])
    assert sequencer.resume(storage, executor) == [CurrentChanged(1)]
    assert MissionSequencer(timing).resume(mission(), executor) == []


@BOTH
def test_stop_and_start_clear_the_speed(timing: DoTiming) -> None:
    """The override of the first run does not live into the second."""
    storage = mission(speed(3.0), wp(), wp())
    sequencer, executor = begun(storage, timing)
    assert sequencer.mission_speed() == 3.0
    sequencer.stop()
    assert sequencer.mission_speed() is None
    executor.refuse(1)
    sequencer.start(storage, executor)
    assert sequencer.mission_speed() is None


@BOTH
@pytest.mark.parametrize("state", MissionState)
def test_progress_outlives_a_restart(timing: DoTiming, state: MissionState) -> None:
    """What was Running goes on at its index, what was Completed starts anew."""
    storage = mission(wp(), wp(), wp())
    sequencer, executor = MissionSequencer(timing), RecordingExecutor()
    sequencer.restore(2, state)
    assert sequencer.state() is (MissionState.COMPLETED if state is MissionState.COMPLETED else MissionState.IDLE)
    assert sequencer.current_nav_index() == 2
    expected = 1 if state is MissionState.COMPLETED else 2
    assert sequencer.resume(storage, executor) == [CurrentChanged(expected)]


# --- a new mission ----------------------------------------------------------------------------------------------------
@BOTH
def test_upload_that_keeps_the_next_legs_flies_on(timing: DoTiming) -> None:
    """The item at the index and the next two NAV items are the same, NaN included: no restart."""
    yaw = math.nan
    items = [replace(wp(x=seq), param4=yaw) for seq in range(6)]
    storage = mission(*items)
    sequencer, executor = begun(storage, timing)
    old = storage.items()
    storage.replace([*(replace(item, param4=float("nan")) for item in items[:3]), wp(x=50.0)])
    change = sequencer.mission_changed(old, storage, executor)
    assert (change.events, change.restarted) == ([], False)
    assert executor.calls == []


@BOTH
@pytest.mark.parametrize("changed", [0, 1, 2])
def test_upload_that_changes_a_near_leg_restarts_the_index(timing: DoTiming, changed: int) -> None:
    """Any of the item at the index and the next two differs: the index is started again."""
    storage = mission(*(wp(x=seq) for seq in range(5)))
    sequencer, executor = begun(storage, timing)
    old = storage.items()
    items = list(old)
    items[changed] = replace(items[changed], x=99.0)
    storage.replace(items)
    change = sequencer.mission_changed(old, storage, executor)
    assert (change.events, change.restarted) == ([CurrentChanged(1)], True)
    assert executor.started == [1]


@BOTH
def test_upload_in_a_hold_waits_for_the_new_item_to_be_reached(timing: DoTiming) -> None:
    """The hold of the old item does not count for it."""
    storage = mission(wp(hold=9.0), wp())
    sequencer, executor = begun(storage, timing)
    executor.arrive(1)
    sequencer.update(storage, executor, 20)
    assert sequencer.is_holding()
    executor.arrived.clear()
    old = storage.items()
    storage.replace([wp(hold=9.0, x=50.0), wp()])
    assert sequencer.mission_changed(old, storage, executor).restarted
    assert not sequencer.is_holding()
    assert sequencer.update(storage, executor, 60_000) == []


@BOTH
def test_upload_shorter_than_the_index_completes(timing: DoTiming) -> None:
    """The index is gone: Completed, the executor is told."""
    storage = mission(wp(), wp(), wp())
    sequencer, executor = begun(storage, timing)
    sequencer.set_current(3, storage, executor)
    old = storage.items()
    storage.replace([wp(), wp()])
    change = sequencer.mission_changed(old, storage, executor)
    assert (change.events, change.restarted) == ([MissionComplete()], False)
    assert executor.calls[-1] == ("complete", 0)


@BOTH
@pytest.mark.parametrize("state", [MissionState.IDLE, MissionState.COMPLETED])
def test_upload_while_not_running_rewinds(timing: DoTiming, state: MissionState) -> None:
    """Idle or Completed: Idle, no item is current, nothing started."""
    storage = mission(wp(), wp(), wp())
    sequencer, executor = MissionSequencer(timing), RecordingExecutor()
    sequencer.restore(3, state)
    change = sequencer.mission_changed((), storage, executor)
    assert change.events == [CurrentChanged(0)]
    assert sequencer.progress() == (0, MissionState.IDLE)
    assert executor.calls == []
    assert sequencer.resume(storage, executor) == [CurrentChanged(1)]


@BOTH
def test_upload_resets_jump_counters(timing: DoTiming) -> None:
    """After an upload a loop runs its full count again."""
    storage = mission(wp(), wp(), jump(1, 1), wp())
    sequencer, executor = begun(storage, timing)
    executor.always = True
    for now in (0, 20, 40):
        sequencer.update(storage, executor, now)
    assert sequencer.current_nav_index() == 2
    sequencer.mission_changed(storage.items(), storage, executor)
    executor.calls.clear()
    for now in (60, 80, 100):
        sequencer.update(storage, executor, now)
    assert executor.started == [1, 2, 4]


@BOTH
def test_replaced_active_item_acts_when_started_again(timing: DoTiming) -> None:
    """run_replace_cmd: the new content of the active item is what resume starts."""
    storage = mission(wp(), wp(hold=1.0))
    sequencer, executor = begun(storage, timing)
    sequencer.set_current(2, storage, executor)
    old = storage.items()
    storage.replace([wp(), wp(hold=30.0)])
    assert sequencer.mission_changed(old, storage, executor).restarted
    executor.arrive(2)
    sequencer.update(storage, executor, 0)
    assert sequencer.next_deadline_ms() == 30_000


# --- notices ----------------------------------------------------------------------------------------------------------
@BOTH
def test_skipped_item_is_named_once_per_run(timing: DoTiming) -> None:
    """An unsupported item in a loop is named once; a new start names it again."""
    notices: list[MissionNotice] = []
    storage = mission(wp(), do(211), wp(), jump(1, 2))
    sequencer, executor = MissionSequencer(timing, notices.append), RecordingExecutor()
    executor.refuse(2)
    for _ in range(2):
        sequencer.start(storage, executor)
        for turn in range(40):
            executor.always = turn % 4 == 3
            sequencer.update(storage, executor, 20 * turn)
    assert [notice for notice in notices if isinstance(notice, ItemSkipped)] == [ItemSkipped(2, 211)] * 2


def test_another_mission_names_what_it_skips() -> None:
    """Although an item of the same index was named in the one before it."""
    notices: list[MissionNotice] = []
    storage = mission(wp(), do(211))
    sequencer, executor = MissionSequencer(notify=notices.append), RecordingExecutor()
    executor.refuse(2)
    sequencer.start(storage, executor)
    old = storage.items()
    storage.replace((wp(5.0), do(212)))
    assert sequencer.mission_changed(old, storage, executor).restarted
    assert [notice for notice in notices if isinstance(notice, ItemSkipped)] == [
        ItemSkipped(2, 211),
        ItemSkipped(2, 212),
    ]


@pytest.mark.parametrize(
    ("middle", "started", "mission_speed"),
    [
        ((do(112, 5.0), speed(9.0)), [3], 9.0),
        ((do(112, 5.0), jump(4, 1)), [], None),
        ((jump(4, 1), wp(9.0)), [], None),
        ((jump(4, 1), do(31_010)), [], None),
    ],
)
def test_do_items_that_wait_for_a_condition_are_those_of_another_mission(
    middle: tuple[MissionItem, MissionItem], started: list[int], mission_speed: float | None
) -> None:
    """With the same legs ahead nothing is started again; what has become a jump or a NAV item is no DO item."""
    storage = mission(wp(), do(112, 5.0), speed(4.0), wp(x=1.0), wp(x=2.0))
    sequencer = MissionSequencer(takes_nav=lambda command: command == 31_010 or drives_navigation(command))
    executor = RecordingExecutor()
    executor.wait_at(2)
    sequencer.start(storage, executor)
    old = storage.items()
    storage.replace((old[0], *middle, *old[3:]))
    assert not sequencer.mission_changed(old, storage, executor).restarted
    assert executor.take_started() == [1, 2]
    executor.arrive(2)
    sequencer.update(storage, executor, 20)
    assert (executor.started, sequencer.mission_speed()) == (started, mission_speed)


def test_holds_that_the_executor_counts_are_none_of_the_sequencers() -> None:
    """As those of a plane: who has verified an item has waited too."""
    storage = mission(wp(hold=5.0), wp())
    sequencer, executor = MissionSequencer(counts_holds=False), RecordingExecutor(always=True)
    sequencer.start(storage, executor)
    assert sequencer.update(storage, executor, 20) == [ItemReached(1), CurrentChanged(2)]
