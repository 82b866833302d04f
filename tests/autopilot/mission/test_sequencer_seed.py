"""Seed 001: every unit test that it names, and those of the firmware it was written for (docs/catalogue.md, 1 to 14).

The seed's storage counts from 0 and has no home item.
"""

from __future__ import annotations

import pytest

from autopilot.mission.commands import is_nav_command
from autopilot.mission.events import CurrentChanged, ItemReached, MissionCleared, MissionComplete
from autopilot.mission.executor import CommandStartResult
from autopilot.mission.sequencer import DoTiming, MissionSequencer, MissionState
from tests.fakes.recording_executor import RecordingExecutor, begun, do, speed, wp
from tests.fakes.recording_executor import seed_mission as mission


# --- state transitions ------------------------------------------------------------------------------------------------
def test_sequencer_start_stop_lifecycle() -> None:
    """Idle; start gives Running and one CurrentChanged; stop gives Idle and keeps the index."""
    sequencer, executor, storage = MissionSequencer(), RecordingExecutor(), mission(wp(), wp())
    assert sequencer.state() is MissionState.IDLE
    assert sequencer.start(storage, executor) == [CurrentChanged(0)]
    assert sequencer.state() is MissionState.RUNNING
    executor.arrive(0)
    sequencer.update(storage, executor, 0)
    assert sequencer.stop() == []
    assert sequencer.state() is MissionState.IDLE
    assert sequencer.current_nav_index() == 1


def test_start_begins_at_the_first_item_again() -> None:
    """Wherever it was: `resume` goes on, `start` does not."""
    storage = mission(wp(), wp(), wp())
    sequencer, executor = begun(storage)
    executor.arrive(0)
    sequencer.update(storage, executor, 20)
    assert sequencer.current_nav_index() == 1
    sequencer.stop()
    assert sequencer.start(storage, executor) == [CurrentChanged(0)]
    assert executor.started == [0, 1, 0]


def test_start_while_it_runs_forgets_the_hold_and_the_waiting_item() -> None:
    """Nothing of the run before reaches the new one."""
    storage = mission(wp(hold=9.0), do(112, 5.0), do(), wp())
    sequencer, executor = MissionSequencer(DoTiming.ARDUPILOT), RecordingExecutor()
    executor.wait_at(1)
    sequencer.start(storage, executor)
    executor.arrive(0)
    sequencer.update(storage, executor, 20)
    sequencer.start(storage, executor)
    assert not sequencer.is_holding()
    for now_ms in (40, 9_040):
        sequencer.update(storage, executor, now_ms)
    sequencer.start(storage, executor)
    executor.take_started()
    executor.arrive(1)
    sequencer.update(storage, executor, 9_060)
    assert executor.started == []


def test_the_vehicle_is_asked_in_every_tick_while_it_holds() -> None:
    """`verify_command` of the active item, as the seed's executor expects it."""
    storage = mission(wp(hold=1.0), wp())
    sequencer, executor = begun(storage)
    executor.arrive(0)
    for now_ms in range(0, 200, 20):
        sequencer.update(storage, executor, now_ms)
    assert [call for call in executor.calls if call[0] == "verify"] == [("verify", 0)] * 10


def test_sequencer_start_empty_mission() -> None:
    """Without items start does nothing and the state stays Idle."""
    sequencer, executor = MissionSequencer(), RecordingExecutor()
    assert sequencer.start(mission(), executor) == []
    assert sequencer.state() is MissionState.IDLE
    assert executor.calls == []
    sequencer.restore(1, MissionState.COMPLETED)
    assert sequencer.start(mission(), executor) == []
    assert sequencer.state() is MissionState.IDLE


def test_sequencer_start_single_waypoint() -> None:
    """The only waypoint is started, reached, and ends the mission."""
    storage = mission(wp())
    sequencer, executor = begun(storage)
    assert executor.started == [0]
    assert sequencer.update(storage, executor, 20) == []
    executor.arrive(0)
    assert sequencer.update(storage, executor, 40) == [ItemReached(0), MissionComplete()]
    assert sequencer.state() is MissionState.COMPLETED
    assert executor.calls[-1] == ("complete", 0)


def test_update_while_idle() -> None:
    """An update while Idle returns nothing and calls nothing."""
    sequencer, executor = MissionSequencer(), RecordingExecutor(always=True)
    assert sequencer.update(mission(wp()), executor, 0) == []
    assert executor.calls == []


def test_update_after_complete() -> None:
    """An update after completion returns nothing and calls nothing."""
    storage = mission(wp())
    sequencer, executor = begun(storage)
    executor.always = True
    sequencer.update(storage, executor, 0)
    executor.calls.clear()
    assert sequencer.update(storage, executor, 20) == []
    assert executor.calls == []


# --- dual-slot advancement --------------------------------------------------------------------------------------------
def test_nav_only_mission_advances() -> None:
    """Waypoints are flown in order, one ItemReached each."""
    storage = mission(wp(), wp(), wp())
    sequencer, executor = begun(storage)
    executor.always = True
    events = [event for now in (20, 40, 60) for event in sequencer.update(storage, executor, now)]
    assert events == [
        ItemReached(0),
        CurrentChanged(1),
        ItemReached(1),
        CurrentChanged(2),
        ItemReached(2),
        MissionComplete(),
    ]
    assert executor.started == [0, 1, 2]


def test_do_commands_execute_between_navs() -> None:
    """DO items behind NAV 0 start together with it."""
    storage = mission(wp(), do(), do(), wp())
    _, executor = begun(storage)
    assert executor.started == [0, 1, 2]


def test_do_commands_stop_at_nav_boundary() -> None:
    """DO items behind the next NAV wait for that NAV."""
    storage = mission(wp(), do(), wp(), do())
    sequencer, executor = begun(storage)
    assert executor.take_started() == [0, 1]
    executor.arrive(0)
    sequencer.update(storage, executor, 20)
    assert executor.started == [2, 3]


def test_do_commands_before_first_nav_executed() -> None:
    """DO items before the first NAV run at start, behind it; the current item is the NAV."""
    storage = mission(do(), do(), wp(), do())
    sequencer, executor = MissionSequencer(), RecordingExecutor()
    assert sequencer.start(storage, executor) == [CurrentChanged(2)]
    assert executor.started == [2, 0, 1, 3]


def test_mixed_nav_do_mission() -> None:
    """The six items of the seed's appendix, in its order."""
    storage = mission(wp(), speed(3.0), do(201), wp(), speed(5.0), wp())
    sequencer, executor = begun(storage)
    assert executor.take_started() == [0, 1, 2]
    assert sequencer.mission_speed() == 3.0
    executor.always = True
    assert sequencer.update(storage, executor, 20) == [ItemReached(0), CurrentChanged(3)]
    assert executor.take_started() == [3, 4]
    assert sequencer.mission_speed() == 5.0
    assert sequencer.update(storage, executor, 40) == [ItemReached(3), CurrentChanged(5)]
    assert executor.take_started() == [5]
    assert sequencer.update(storage, executor, 60) == [ItemReached(5), MissionComplete()]


def test_do_slot_is_served_before_the_nav_slot() -> None:
    """In one update a waiting DO item is verified first, then the NAV item."""
    storage = mission(wp(), do(112, 5.0), wp())
    sequencer, executor = MissionSequencer(), RecordingExecutor()
    executor.wait_at(1)
    sequencer.start(storage, executor)
    executor.calls.clear()
    sequencer.update(storage, executor, 20)
    assert executor.calls == [("verify", 1), ("verify", 0)]


def test_waiting_condition_holds_up_the_do_items_behind_it() -> None:
    """A condition keeps the DO items behind it until it is met; they then start in that update."""
    storage = mission(wp(), do(112, 5.0), do(), do(), wp())
    sequencer, executor = MissionSequencer(), RecordingExecutor()
    executor.wait_at(1)
    sequencer.start(storage, executor)
    assert executor.take_started() == [0, 1]
    sequencer.update(storage, executor, 20)
    assert executor.take_started() == []
    executor.arrive(1)
    sequencer.update(storage, executor, 40)
    assert executor.take_started() == [2, 3]


def test_condition_never_delays_a_nav_item() -> None:
    """A DO slot that still waits when the NAV item completes is dropped with all behind it up to the next NAV."""
    storage = mission(wp(), do(112, 500.0), do(), wp(), do())
    sequencer, executor = MissionSequencer(), RecordingExecutor()
    executor.wait_at(1)
    sequencer.start(storage, executor)
    executor.take_started()
    executor.arrive(0)
    assert sequencer.update(storage, executor, 20) == [ItemReached(0), CurrentChanged(3)]
    assert executor.take_started() == [3, 4]
    executor.arrive(1)
    sequencer.update(storage, executor, 40)
    assert executor.started == []


# --- unsupported, complete --------------------------------------------------------------------------------------------
def test_unsupported_nav_is_skipped_in_the_same_call() -> None:
    """No ItemReached and no CurrentChanged for a NAV item that the executor does not support."""
    storage = mission(wp(), wp(), wp())
    sequencer, executor = begun(storage)
    executor.refuse(1)
    executor.arrive(0)
    assert sequencer.update(storage, executor, 20) == [ItemReached(0), CurrentChanged(2)]
    assert executor.started == [0, 1, 2]


def test_all_navs_unsupported_completes() -> None:
    """Nothing but unsupported NAV items: Completed in the call that started them."""
    storage = mission(wp(), wp())
    sequencer, executor = MissionSequencer(), RecordingExecutor()
    executor.refuse(0, 1)
    assert sequencer.start(storage, executor) == [MissionComplete()]
    assert sequencer.state() is MissionState.COMPLETED


def test_unsupported_do_is_skipped() -> None:
    """The DO items behind an unsupported one still run."""
    storage = mission(wp(), do(), do(), wp())
    sequencer, executor = MissionSequencer(), RecordingExecutor()
    executor.refuse(1)
    sequencer.start(storage, executor)
    assert executor.started == [0, 1, 2]


@pytest.mark.parametrize("timing", DoTiming)
def test_nav_that_completes_at_start_is_reached_at_the_next_update(timing: DoTiming) -> None:
    """A NAV item done at once counts as arrived at the next update, unverified and without its hold time."""
    storage = mission(wp(hold=60.0), wp())
    sequencer, executor = MissionSequencer(timing), RecordingExecutor()
    executor.results[0] = CommandStartResult.COMPLETE
    assert sequencer.start(storage, executor) == [CurrentChanged(0)]
    sequencer.stop()
    assert sequencer.next_deadline_ms() is None  # stopped before that update
    sequencer.start(storage, executor)
    assert sequencer.next_deadline_ms() is not None
    assert sequencer.update(storage, executor, 20) == [ItemReached(0), CurrentChanged(1)]
    assert ("verify", 0) not in executor.calls


def test_mission_of_do_items_runs_them_and_completes() -> None:
    """Items but no NAV: the DO items run and the mission completes, so that nobody waits for ever."""
    sequencer, executor = MissionSequencer(), RecordingExecutor()
    assert sequencer.start(mission(do(), do()), executor) == [MissionComplete()]
    assert executor.calls == [("start", 0), ("start", 1), ("complete", 0)]
    assert sequencer.state() is MissionState.COMPLETED


def test_mission_of_do_items_waits_for_its_conditions() -> None:
    """A condition in a mission without NAV items is waited for."""
    storage = mission(do(112, 5.0), do())
    sequencer, executor = MissionSequencer(), RecordingExecutor()
    executor.wait_at(0)
    assert sequencer.start(storage, executor) == []
    assert sequencer.update(storage, executor, 20) == []
    executor.arrive(0)
    assert sequencer.update(storage, executor, 40) == [MissionComplete()]
    assert executor.started == [0, 1]


# --- classification ---------------------------------------------------------------------------------------------------
def test_is_nav_command_boundary() -> None:
    """Ids up to 95 are NAV, 96 is not."""
    assert all(is_nav_command(command) for command in (0, 16, 95))
    assert not is_nav_command(96)


def test_do_command_classification() -> None:
    """DO_CHANGE_SPEED and its like are not NAV."""
    assert not any(is_nav_command(command) for command in (112, 177, 178, 183, 600))


# --- mission management -----------------------------------------------------------------------------------------------
def test_set_current_updates_nav_slot() -> None:
    """set_current while Running starts the item at once, once."""
    storage = mission(wp(), wp(), wp())
    sequencer, executor = begun(storage)
    executor.calls.clear()
    assert sequencer.set_current(2, storage, executor) == [CurrentChanged(2)]
    assert executor.started == [2]
    assert sequencer.current_nav_index() == 2


def test_clear_resets_state() -> None:
    """clear empties the storage, forgets index and speed, and says so."""
    storage = mission(wp(), speed(3.0), wp())
    sequencer, _ = begun(storage)
    assert sequencer.clear(storage) == [MissionCleared()]
    assert storage.count() == 0
    assert sequencer.state() is MissionState.IDLE
    assert sequencer.current_nav_index() == 0
    assert sequencer.mission_speed() is None
    assert sequencer.current_item() is None


# --- events -----------------------------------------------------------------------------------------------------------
def test_current_changed_on_nav_advance() -> None:
    """The next NAV item is announced when it starts."""
    storage = mission(wp(), do(), wp())
    sequencer, executor = begun(storage)
    executor.arrive(0)
    assert CurrentChanged(2) in sequencer.update(storage, executor, 20)


def test_item_reached_on_nav_verify() -> None:
    """ItemReached comes in the update in which verify says True, not before."""
    storage = mission(wp(), wp())
    sequencer, executor = begun(storage)
    assert sequencer.update(storage, executor, 20) == []
    executor.arrive(0)
    assert sequencer.update(storage, executor, 40)[0] == ItemReached(0)


def test_mission_complete_event() -> None:
    """The last NAV item gives ItemReached, then MissionComplete, and the executor is told once."""
    storage = mission(wp(), do())
    sequencer, executor = begun(storage)
    executor.arrive(0)
    assert sequencer.update(storage, executor, 20) == [ItemReached(0), MissionComplete()]
    assert executor.calls.count(("complete", 0)) == 1
    assert sequencer.current_nav_index() == 0


def test_an_executor_that_is_told_of_the_end_finds_the_mission_completed() -> None:
    """It may leave for another mode at once, which stops what still runs."""

    class Asking(RecordingExecutor):
        def on_mission_complete(self) -> None:
            states.append(sequencer.state())

    states: list[MissionState] = []
    sequencer, storage = MissionSequencer(), mission(wp())
    sequencer.start(storage, Asking(always=True))
    sequencer.update(storage, Asking(always=True), 20)
    assert states == [MissionState.COMPLETED]


def test_from_its_beginning_a_mission_has_nothing_unfinished() -> None:
    """A DO item that waited when it was stopped belongs to the item that is not flown again."""
    storage = mission(wp(), wp(), do(112, 5.0))
    sequencer, executor = begun(storage)
    executor.wait_at(2)
    executor.arrive(0)
    sequencer.update(storage, executor, 20)
    assert executor.take_started() == [0, 1, 2]
    sequencer.stop()
    sequencer.rewind()
    sequencer.resume(storage, executor)
    assert executor.started == [0]


def test_do_items_behind_a_nav_item_that_is_refused_run() -> None:
    """Those before it were done with the item that was reached."""
    storage = mission(wp(), do(), wp(), do(), wp())
    sequencer, executor = begun(storage)
    assert executor.take_started() == [0, 1]
    executor.refuse(2)
    executor.arrive(0)
    sequencer.update(storage, executor, 20)
    assert executor.started == [2, 4, 3]
