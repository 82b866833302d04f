"""The cost of a pass does not grow with the number of items: storage reads are counted, not time."""

from __future__ import annotations

import pytest

from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import DoTiming, MissionSequencer
from autopilot.mission.storage import MissionStorage
from tests.fakes.recording_executor import RecordingExecutor, do, jump, wp

BOTH = pytest.mark.parametrize("timing", DoTiming)


class CountingStorage(MissionStorage):
    """Counts reads of items."""

    reads = 0

    def get(self, seq: int) -> MissionItem | None:
        self.reads += 1
        return super().get(seq)

    def take_reads(self) -> int:
        reads, self.reads = self.reads, 0
        return reads


def stored(items: list[MissionItem]) -> CountingStorage:
    storage = CountingStorage(1)
    storage.replace(items)
    return storage


@BOTH
@pytest.mark.parametrize("count", [3, 5000, 20000])
def test_update_in_steady_state_reads_no_item(timing: DoTiming, count: int) -> None:
    """On the way and while holding an update costs the same for 3 items and for 20,000: no read at all."""
    storage = stored([wp(hold=5.0)] * count)
    sequencer, executor = MissionSequencer(timing), RecordingExecutor()
    sequencer.start(storage, executor)
    storage.take_reads()
    for now in range(0, 1000, 20):
        sequencer.update(storage, executor, now)
        executor.always = now > 400
    assert sequencer.is_holding()
    assert storage.reads == 0


@BOTH
@pytest.mark.parametrize("count", [10, 5000])
def test_step_to_the_next_nav_reads_only_what_lies_between(timing: DoTiming, count: int) -> None:
    """Arriving costs a handful of reads however long the mission is."""
    storage = stored([wp(), do()] * (count // 2))
    sequencer, executor = MissionSequencer(timing), RecordingExecutor(always=True)
    sequencer.start(storage, executor)
    for now in range(0, 80, 20):
        storage.take_reads()
        sequencer.update(storage, executor, now)
        assert storage.reads <= 6


@BOTH
def test_worst_walk_is_one_pass_over_the_storage(timing: DoTiming) -> None:
    """Unsupported items round an endless loop: one call reads about one pass (and 255 steps), then completes."""
    storage = stored([*[wp()] * 2500, *[do()] * 2499, jump(1, -1)])
    sequencer, executor = MissionSequencer(timing), RecordingExecutor()
    executor.refuse(*range(1, 2501))
    sequencer.start(storage, executor)
    assert storage.reads <= storage.count() + 255 + 64
    assert len(executor.started) <= storage.count() + 255


@BOTH
def test_long_mission_is_flown_to_its_end(timing: DoTiming) -> None:
    """run_max_cmd: 5,000 items, each reached once."""
    storage = stored([wp()] * 5000)
    sequencer, executor = MissionSequencer(timing), RecordingExecutor(always=True)
    sequencer.start(storage, executor)
    for now in range(5000):
        sequencer.update(storage, executor, 20 * now)
    assert executor.started == list(range(1, 5001))
    assert executor.calls[-1] == ("complete", 0)
