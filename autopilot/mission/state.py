"""The sequencer's states, timings, errors and results, how long items hold and wait, and its DO slot with the DO items
that follow before the next NAV item."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from math import ceil, inf, isfinite
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import Cmd, SpeedType
from autopilot.mission.commands import spec_of
from autopilot.mission.events import MissionEvent
from autopilot.mission.items import MissionItem, positive


class MissionState(IntEnum):
    """States of the sequencer. The numbers are stored (`journal.SaveProgress`)."""

    IDLE = 0
    RUNNING = 1
    COMPLETED = 2


class DoTiming(IntEnum):
    """Times at which DO items run. The numbers are values of parameter SRT_MIS_DO_LEG."""

    SEED = 0  # with the NAV item before them
    ARDUPILOT = 1  # when that NAV item is done


class SetCurrentError(ValueError):
    """`set_current` refused an index; nothing has changed."""


class InvalidIndexError(SetCurrentError):
    """No item has this index."""


class NoNavigationItemError(SetCurrentError):
    """No NAV item is at this index or after it."""


@dataclass(frozen=True, slots=True)
class MissionChange:
    """Effect of a new mission on the sequencer. `restarted`: the item at the index was started again while running."""

    events: list[MissionEvent]
    restarted: bool = False


TRACK_KINDS: Final[frozenset[int]] = frozenset({SpeedType.AIRSPEED, SpeedType.GROUNDSPEED})
"""Values of param1 of DO_CHANGE_SPEED that mean the speed along the track."""

DEFAULT_SPEED: Final = -2.0


@dataclass(frozen=True, slots=True)
class SpeedChange:
    """Change of speed by a DO_CHANGE_SPEED. `speed` in m/s, None: the vehicle's default."""

    kind: int
    speed: float | None


def speed_change(item: MissionItem) -> SpeedChange | None:
    """Change by a DO_CHANGE_SPEED: param1 is the kind (cut to an integer, missing: 0), param2 the speed, -2 the
    default. None if param2 is not a speed (-1 is "no change")."""
    kind = int(item.param1) if isfinite(item.param1) else 0
    if item.param2 == DEFAULT_SPEED:
        return SpeedChange(kind, None)
    return SpeedChange(kind, item.param2) if isfinite(item.param2) and item.param2 > 0.0 else None


def hold_time_ms(item: MissionItem) -> int:
    """Hold time of `item` after arrival, ms: param1 s of WAYPOINT, LOITER_TIME and SPLINE_WAYPOINT, else 0. NaN,
    infinite and negative times count as 0. Rounded up, except for the rounding error of a 32-bit float."""
    spec = spec_of(item.command)
    if spec is None or not spec.holds or not isfinite(item.param1) or item.param1 <= 0.0:
        return 0
    return ceil(round(item.param1 * 1000.0, 2))


def waits_s(item: MissionItem) -> float:
    """Time that a CONDITION waits, s; 0 for immediate ones and where only a flight shows it."""
    if item.command == Cmd.CONDITION_DELAY:
        return positive(item.param1)
    return inf if item.command == Cmd.CONDITION_DISTANCE and item.param1 <= 0.0 else 0.0


def done_at(items: Sequence[MissionItem]) -> list[tuple[float, MissionItem]]:
    """Items before a NAV item, each with the time at which it is done, s from the beginning of the leg: DO items behind
    a CONDITION are done on the way or, if the leg ends before, never (ArduPilot AP_Mission.cpp, `update`)."""
    found, waited = [], 0.0
    for item in items:
        found.append((waited, item))
        waited += waits_s(item)
    return found


class DoSlot:
    """The DO slot with its `item`; `done` if its start left nothing to wait for."""

    __slots__ = ("_next", "_queue", "done", "item")

    def __init__(self) -> None:
        self.item: MissionItem | None = None
        self.done = False
        self._queue: list[MissionItem] = []
        self._next = 0

    def clear(self) -> None:
        """Drop the item and all that follow."""
        self.item = None
        self._queue = []
        self._next = 0

    def follow_with(self, items: list[MissionItem]) -> None:
        """Queue `items` after the item in the slot."""
        self._queue = items
        self._next = 0

    def take_next(self) -> MissionItem | None:
        """The next item to start, or None."""
        if self._next == len(self._queue):
            return None
        self._next += 1
        return self._queue[self._next - 1]

    @property
    def empty(self) -> bool:
        """True if no DO item waits and none follows."""
        return self.item is None and self._next == len(self._queue)

    @property
    def wants_step(self) -> bool:
        """True if an item follows and the slot does not wait."""
        return (self.item is None or self.done) and self._next < len(self._queue)

    def following(self) -> list[int]:
        """Indices of the items that have not started."""
        return [item.seq for item in self._queue[self._next :]]

    def unfinished(self) -> list[int]:
        """Indices of the waiting item, if any, and of those that follow."""
        waiting = [] if self.item is None or self.done else [self.item.seq]
        return waiting + self.following()
