"""A MissionExecutor that records its calls and arrives where it is told to, and short hand for missions."""

from __future__ import annotations

from collections.abc import Iterable

from autopilot.mission.commands import drives_navigation
from autopilot.mission.executor import CommandStartResult
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import DoTiming, MissionSequencer
from autopilot.mission.storage import MissionStorage


class RecordingExecutor:
    """`calls` lists ("start" | "verify" | "complete", seq) in order. NAV items are ACCEPTED and all others COMPLETE
    unless `results` says otherwise for a seq. `verify_command` is True for the seqs in `arrived`, or for all of them
    with `always`."""

    def __init__(self, *, always: bool = False) -> None:
        self.calls: list[tuple[str, int]] = []
        self.results: dict[int, CommandStartResult] = {}
        self.arrived: set[int] = set()
        self.always = always

    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        self.calls.append(("start", cmd.seq))
        usual = CommandStartResult.ACCEPTED if drives_navigation(cmd.command) else CommandStartResult.COMPLETE
        return self.results.get(cmd.seq, usual)

    def verify_command(self, cmd: MissionItem) -> bool:
        self.calls.append(("verify", cmd.seq))
        return self.always or cmd.seq in self.arrived

    def on_mission_complete(self) -> None:
        self.calls.append(("complete", 0))

    def arrive(self, *seqs: int) -> None:
        """`verify_command` says True for these from now on."""
        self.arrived.update(seqs)

    def refuse(self, *seqs: int) -> None:
        """These items are UNSUPPORTED."""
        self.results.update(dict.fromkeys(seqs, CommandStartResult.UNSUPPORTED))

    def wait_at(self, *seqs: int) -> None:
        """These items are ACCEPTED and wait for `arrive`."""
        self.results.update(dict.fromkeys(seqs, CommandStartResult.ACCEPTED))

    @property
    def started(self) -> list[int]:
        """The seqs given to `start_command`, in order."""
        return [seq for call, seq in self.calls if call == "start"]

    def take_started(self) -> list[int]:
        """`started`, and forget all calls."""
        started = self.started
        self.calls.clear()
        return started


def wp(hold: float = 0.0, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> MissionItem:
    """A waypoint that holds for `hold` s."""
    return MissionItem(16, 3, hold, x=x, y=y, z=z)


def do(command: int = 183, param1: float = 0.0, param2: float = 0.0) -> MissionItem:
    """A DO item (DO_SET_SERVO unless told otherwise)."""
    return MissionItem(command, 2, param1, param2)


def speed(value: float, kind: float = 1.0) -> MissionItem:
    """DO_CHANGE_SPEED."""
    return do(178, kind, value)


def jump(target: int, count: int) -> MissionItem:
    """DO_JUMP."""
    return do(177, target, count)


def tag(number: int) -> MissionItem:
    """JUMP_TAG."""
    return do(600, number)


def jump_to_tag(number: int, count: int) -> MissionItem:
    """DO_JUMP_TAG."""
    return do(601, number, count)


def mission(*items: MissionItem, first_index: int = 1) -> MissionStorage:
    """A storage with `items`, numbered from `first_index`."""
    return numbered(items, first_index)


def numbered(items: Iterable[MissionItem], first_index: int = 1) -> MissionStorage:
    storage = MissionStorage(first_index)
    storage.replace(items)
    return storage


def seed_mission(*items: MissionItem) -> MissionStorage:
    """A mission as seed 001 stores it: from 0, without a home item."""
    return numbered(items, first_index=0)


def begun(storage: MissionStorage, timing: DoTiming = DoTiming.SEED) -> tuple[MissionSequencer, RecordingExecutor]:
    """A sequencer that has begun the mission, and what flies it."""
    sequencer, executor = MissionSequencer(timing), RecordingExecutor()
    sequencer.start(storage, executor)
    return sequencer, executor
