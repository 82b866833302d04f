"""DO_JUMP, JUMP_TAG and DO_JUMP_TAG (docs/reference/mission-semantics.md, items 20, 21; docs/catalogue.md, 17, 18,
21)."""

from __future__ import annotations

import math

import pytest

from autopilot.mission.events import JumpTaken, MissionNotice
from autopilot.mission.sequencer import DoTiming, MissionSequencer, MissionState
from autopilot.mission.storage import MissionStorage
from tests.fakes.recording_executor import RecordingExecutor, do, jump, jump_to_tag, mission, numbered, tag, wp

BOTH = pytest.mark.parametrize("timing", DoTiming)


def flown(
    storage: MissionStorage, timing: DoTiming, updates: int = 40, sequencer: MissionSequencer | None = None
) -> list[int]:
    """The NAV items started, in order, by a vehicle that arrives every second update."""
    sequencer = sequencer or MissionSequencer(timing)
    executor = RecordingExecutor()
    sequencer.start(storage, executor)
    for turn in range(updates):
        executor.always = turn % 4 == 3
        sequencer.update(storage, executor, 20 * turn)
    return [seq for seq in executor.started if storage.get(seq).command == 16]  # type: ignore[union-attr]


@BOTH
@pytest.mark.parametrize(("count", "legs"), [(0, [1, 2, 4]), (1, [1, 2, 1, 2, 4]), (2, [1, 2, 1, 2, 1, 2, 4])])
def test_jump_runs_its_body_once_more_than_its_count(timing: DoTiming, count: int, legs: list[int]) -> None:
    """A count of n jumps n times."""
    assert flown(mission(wp(), wp(), jump(1, count), wp()), timing) == legs


@BOTH
def test_ends_with_jump_command(timing: DoTiming) -> None:
    """A mission that ends with a jump completes after exactly the wanted number of jumps."""
    storage = mission(wp(), wp(), jump(1, 2))
    sequencer = MissionSequencer(timing)
    assert flown(storage, timing, 80, sequencer) == [1, 2, 1, 2, 1, 2]
    assert sequencer.state() is MissionState.COMPLETED


@BOTH
def test_count_minus_one_jumps_for_ever(timing: DoTiming) -> None:
    """-1 never runs out."""
    storage = mission(wp(), wp(), jump(1, -1), wp())
    sequencer = MissionSequencer(timing)
    assert flown(storage, timing, 400, sequencer)[-2:] in ([1, 2], [2, 1])
    assert sequencer.state() is MissionState.RUNNING


@BOTH
@pytest.mark.parametrize("target", [0.0, 4.0, 99.0, -1.0, math.nan, math.inf])
def test_jump_to_nowhere_completes(timing: DoTiming, target: float) -> None:
    """Target 0 or beyond the last item: the mission completes, even with a count of 0."""
    for count in (0.0, 5.0):
        storage = mission(wp(), do(177, target, count), wp())
        sequencer = MissionSequencer(timing)
        assert flown(storage, timing, 40, sequencer) == [1]
        assert sequencer.state() is MissionState.COMPLETED


@BOTH
def test_endless_loop_without_nav_completes(timing: DoTiming) -> None:
    """A jump loop that meets no NAV item ends the mission."""
    storage = mission(wp(), do(), jump(2, -1), wp())
    sequencer = MissionSequencer(timing)
    assert flown(storage, timing, 40, sequencer) == [1]
    assert sequencer.state() is MissionState.COMPLETED


@BOTH
def test_endless_loop_of_unsupported_navs_completes(timing: DoTiming) -> None:
    """A loop whose NAV items are all unsupported ends the mission within one call."""
    storage = mission(wp(), wp(), jump(2, -1))
    sequencer, executor = MissionSequencer(timing), RecordingExecutor(always=True)
    executor.refuse(2)
    sequencer.start(storage, executor)
    sequencer.update(storage, executor, 20)
    assert sequencer.state() is MissionState.COMPLETED


@BOTH
def test_exhausted_inner_loop_loops_again_on_reentry(timing: DoTiming) -> None:
    """The counter of a loop that has run out starts again, so an outer loop enters the inner one anew."""
    storage = mission(wp(), jump(1, 1), wp(), jump(1, 1))
    assert flown(storage, timing, 80) == [1, 1, 3, 1, 1, 3]


@BOTH
def test_option_keeps_the_count_of_an_exhausted_loop(timing: DoTiming) -> None:
    """MIS_OPTIONS bit 3: the inner loop stays exhausted."""
    storage = mission(wp(), jump(1, 1), wp(), jump(1, 1))
    sequencer = MissionSequencer(timing)
    sequencer.keep_jump_counts(True)
    assert flown(storage, timing, 80, sequencer) == [1, 1, 3, 1, 3]


@BOTH
def test_behind_its_end_any_item_begins_the_counts_anew(timing: DoTiming) -> None:
    """Also those that the option keeps."""
    storage = mission(wp(), jump(1, 2), wp())
    sequencer, executor = MissionSequencer(timing), RecordingExecutor(always=True)
    sequencer.keep_jump_counts(True)
    assert flown(storage, timing, 80, sequencer) == [1, 1, 1, 3]
    sequencer.set_current(1, storage, executor)
    sequencer.resume(storage, executor)
    for now in range(0, 200, 20):
        sequencer.update(storage, executor, now)
    assert executor.take_started() == [1, 1, 1, 3]


@BOTH
def test_start_resets_the_counters(timing: DoTiming) -> None:
    """A second start jumps as often as the first."""
    storage = mission(wp(), wp(), jump(1, 3))
    sequencer = MissionSequencer(timing)
    flown(storage, timing, 10, sequencer)
    assert flown(storage, timing, 80, sequencer) == [1, 2] * 4


@BOTH
def test_jump_is_announced_and_never_given_to_the_executor(timing: DoTiming) -> None:
    """Each taken jump is a notice with its run and count; the executor does not see jumps and tags."""
    notices: list[MissionNotice] = []
    storage = mission(wp(), tag(7), wp(), jump(1, 2), jump_to_tag(7, -1))
    sequencer, executor = MissionSequencer(timing, notices.append), RecordingExecutor(always=True)
    sequencer.start(storage, executor)
    for now in range(0, 160, 20):
        sequencer.update(storage, executor, now)
    taken = [notice for notice in notices if isinstance(notice, JumpTaken)]
    assert taken[:3] == [JumpTaken(4, 1, 1, 2), JumpTaken(4, 1, 2, 2), JumpTaken(5, 2, 1, -1)]
    assert set(executor.started) == {1, 3}


@BOTH
def test_tag_jump_goes_to_the_first_item_with_the_tag(timing: DoTiming) -> None:
    """DO_JUMP_TAG finds the tag, counts like DO_JUMP, and an unknown tag completes the mission."""
    storage = mission(wp(), tag(5), wp(), tag(5), wp(), jump_to_tag(5, 1), wp())
    assert flown(storage, timing, 80) == [1, 3, 5, 3, 5, 7]
    storage = mission(wp(), jump_to_tag(9, 1), wp())
    assert flown(storage, timing, 40) == [1]


@BOTH
def test_jump_to_index_0_is_valid_without_home_item(timing: DoTiming) -> None:
    """In a storage that counts from 0 (seed 001) item 0 is an item like any other."""
    assert flown(numbered([wp(), jump(0, 1), wp()], 0), timing) == [0, 0, 2]


def test_do_run_of_the_seed_ends_before_a_jump() -> None:
    """DO items behind an exhausted jump start with the NAV that follows, once."""
    storage = mission(wp(), do(), jump(1, 1), do(), wp(), do())
    sequencer, executor = MissionSequencer(), RecordingExecutor(always=True)
    sequencer.start(storage, executor)
    assert executor.take_started() == [1, 2]
    sequencer.update(storage, executor, 20)
    assert executor.take_started() == [1, 2]
    sequencer.update(storage, executor, 40)
    assert executor.take_started() == [5, 4, 6]


def test_do_items_between_target_and_nav_start_with_that_nav() -> None:
    """Seed: a jump onto DO items runs them with the NAV behind them, once even in a loop that passes them often."""
    storage = mission(wp(), do(), jump(2, 3), wp())
    sequencer, executor = MissionSequencer(), RecordingExecutor(always=True)
    sequencer.start(storage, executor)
    assert executor.take_started() == [1, 2]
    sequencer.update(storage, executor, 20)
    assert executor.take_started() == [4, 2]


def test_do_items_passed_and_following_start_once() -> None:
    """Seed: DO items that were passed on the way to a jump and follow its NAV as well start once."""
    storage = mission(wp(), do(), do(), jump(1, -1))
    sequencer, executor = MissionSequencer(), RecordingExecutor()
    sequencer.start(storage, executor)
    executor.calls.clear()
    sequencer.set_current(3, storage, executor)
    assert executor.started == [1, 3, 2]


@BOTH
def test_looking_ahead_counts_no_jump(timing: DoTiming) -> None:
    """next_nav sees through jumps as they stand and changes nothing."""
    storage = mission(wp(), wp(), jump(1, 1), wp())
    sequencer, executor = MissionSequencer(timing), RecordingExecutor(always=True)
    sequencer.start(storage, executor)
    for _ in range(5):
        ahead = sequencer.next_nav(storage, after=2)
        assert ahead is not None and ahead.seq == 1
    for now in (20, 40, 60):
        sequencer.update(storage, executor, now)
    ahead = sequencer.next_nav(storage, after=2)
    assert ahead is not None and ahead.seq == 4
    assert sequencer.next_nav(storage, after=4) is None


@pytest.mark.parametrize(("jumps", "flies"), [(64, True), (65, False)])
def test_more_than_64_jumps_in_a_row_lead_nowhere(jumps: int, flies: bool) -> None:
    """ArduPilot's limit."""
    storage = mission(*(jump(target, -1) for target in range(2, jumps + 2)), wp())
    executor = RecordingExecutor()
    MissionSequencer().start(storage, executor)
    assert executor.started == ([jumps + 1] if flies else [])
