"""Every state with every input: the next state, and whether the executor is called, as one table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autopilot.mission.events import CurrentChanged, ItemReached, MissionCleared, MissionComplete, MissionEvent
from autopilot.mission.sequencer import DoTiming, MissionSequencer, MissionState, SetCurrentError
from autopilot.mission.storage import MissionStorage
from tests.fakes.recording_executor import RecordingExecutor, mission, wp

IDLE, RUNNING, COMPLETED = MissionState.IDLE, MissionState.RUNNING, MissionState.COMPLETED
Input = Callable[[MissionSequencer, MissionStorage, RecordingExecutor], list[MissionEvent]]


def _refused(sequencer: MissionSequencer, storage: MissionStorage, executor: RecordingExecutor) -> list[MissionEvent]:
    with pytest.raises(SetCurrentError):
        sequencer.set_current(3, storage, executor)
    return []


def _upload(sequencer: MissionSequencer, storage: MissionStorage, executor: RecordingExecutor) -> list[MissionEvent]:
    old = storage.items()
    storage.replace([wp(x=1.0), wp(x=2.0)])
    return sequencer.mission_changed(old, storage, executor).events


def _empty(sequencer: MissionSequencer, storage: MissionStorage, executor: RecordingExecutor) -> list[MissionEvent]:
    old = storage.items()
    storage.clear()
    return sequencer.mission_changed(old, storage, executor).events


def _arrived(sequencer: MissionSequencer, storage: MissionStorage, executor: RecordingExecutor) -> list[MissionEvent]:
    executor.arrive(1, 2)
    return sequencer.update(storage, executor, 1000)


INPUTS: dict[str, Input] = {
    "start": lambda q, s, x: q.start(s, x),
    "stop": lambda q, s, x: q.stop(),
    "resume": lambda q, s, x: q.resume(s, x),
    "update": lambda q, s, x: q.update(s, x, 1000),
    "update arrived": _arrived,
    "set_current": lambda q, s, x: q.set_current(2, s, x),
    "set_current bad": _refused,
    "clear": lambda q, s, x: q.clear(s),
    "upload": _upload,
    "upload empty": _empty,
}

# (state, input): next state, events, items started. Mission of two waypoints; Idle and Running at 1, Completed at 2.
TABLE: dict[tuple[MissionState, str], tuple[MissionState, list[MissionEvent], list[int]]] = {
    (IDLE, "start"): (RUNNING, [CurrentChanged(1)], [1]),
    (IDLE, "stop"): (IDLE, [], []),
    (IDLE, "resume"): (RUNNING, [CurrentChanged(1)], [1]),
    (IDLE, "update"): (IDLE, [], []),
    (IDLE, "update arrived"): (IDLE, [], []),
    (IDLE, "set_current"): (IDLE, [CurrentChanged(2)], []),
    (IDLE, "set_current bad"): (IDLE, [], []),
    (IDLE, "clear"): (IDLE, [MissionCleared()], []),
    (IDLE, "upload"): (IDLE, [CurrentChanged(0)], []),
    (IDLE, "upload empty"): (IDLE, [CurrentChanged(0)], []),
    (RUNNING, "start"): (RUNNING, [CurrentChanged(1)], [1]),
    (RUNNING, "stop"): (IDLE, [], []),
    (RUNNING, "resume"): (RUNNING, [], []),
    (RUNNING, "update"): (RUNNING, [], []),
    (RUNNING, "update arrived"): (RUNNING, [ItemReached(1), CurrentChanged(2)], [2]),
    (RUNNING, "set_current"): (RUNNING, [CurrentChanged(2)], [2]),
    (RUNNING, "set_current bad"): (RUNNING, [], []),
    (RUNNING, "clear"): (IDLE, [MissionCleared()], []),
    (RUNNING, "upload"): (RUNNING, [CurrentChanged(1)], [1]),
    (RUNNING, "upload empty"): (COMPLETED, [MissionComplete()], []),
    (COMPLETED, "start"): (RUNNING, [CurrentChanged(1)], [1]),
    (COMPLETED, "stop"): (COMPLETED, [], []),
    (COMPLETED, "resume"): (RUNNING, [CurrentChanged(1)], [1]),
    (COMPLETED, "update"): (COMPLETED, [], []),
    (COMPLETED, "update arrived"): (COMPLETED, [], []),
    (COMPLETED, "set_current"): (IDLE, [CurrentChanged(2)], []),
    (COMPLETED, "set_current bad"): (COMPLETED, [], []),
    (COMPLETED, "clear"): (IDLE, [MissionCleared()], []),
    (COMPLETED, "upload"): (IDLE, [CurrentChanged(0)], []),
    (COMPLETED, "upload empty"): (IDLE, [CurrentChanged(0)], []),
}


def brought_to(state: MissionState, timing: DoTiming, storage: MissionStorage) -> MissionSequencer:
    sequencer, executor = MissionSequencer(timing), RecordingExecutor(always=True)
    sequencer.start(storage, executor)
    if state is IDLE:
        sequencer.stop()
    elif state is COMPLETED:
        sequencer.update(storage, executor, 0)
        sequencer.update(storage, executor, 20)
    assert sequencer.state() is state
    return sequencer


def test_table_covers_every_state_and_input() -> None:
    """No pair is forgotten when a state or an input is added."""
    assert set(TABLE) == {(state, name) for state in MissionState for name in INPUTS}


@pytest.mark.parametrize("timing", DoTiming)
@pytest.mark.parametrize(("state", "name"), TABLE)
def test_state_and_input(state: MissionState, name: str, timing: DoTiming) -> None:
    """State x input gives the table's next state, events and started items."""
    storage, executor = mission(wp(), wp()), RecordingExecutor()
    sequencer = brought_to(state, timing, storage)
    after, events, started = TABLE[state, name]
    assert INPUTS[name](sequencer, storage, executor) == events
    assert sequencer.state() is after
    assert executor.started == started
    assert sequencer.update(storage, executor, 1020) == [] or after is RUNNING


@pytest.mark.parametrize("timing", DoTiming)
@pytest.mark.parametrize("name", [name for name in INPUTS if name not in ("set_current", "upload")])
def test_without_items_every_input_leaves_idle(name: str, timing: DoTiming) -> None:
    """With no mission nothing is started, whatever is asked."""
    storage, executor, sequencer = mission(), RecordingExecutor(), MissionSequencer(timing)
    INPUTS[name](sequencer, storage, executor)
    assert sequencer.state() is IDLE
    assert executor.calls == []
