"""Events of the sequencer for telemetry, and its notices for people.

Events are seed 001's `MissionEvent`; the call that caused them returns them. Notices are for a person who follows the
flight (an item started, was skipped, a jump was taken). They contain numbers; listeners make texts of them.
"""

from __future__ import annotations

from autopilot.interface.records import dataclass


@dataclass(frozen=True, slots=True)
class CurrentChanged:
    """The current NAV item is now `seq`."""

    seq: int


@dataclass(frozen=True, slots=True)
class ItemReached:
    """NAV item `seq` was reached and its hold time is over."""

    seq: int


@dataclass(frozen=True, slots=True)
class MissionComplete:
    """The mission has no more NAV items."""


@dataclass(frozen=True, slots=True)
class MissionCleared:
    """The mission was cleared."""


MissionEvent = CurrentChanged | ItemReached | MissionComplete | MissionCleared


@dataclass(frozen=True, slots=True)
class ItemStarted:
    """The executor receives item `seq` next ("Mission: <seq> <name>")."""

    seq: int
    command: int


@dataclass(frozen=True, slots=True)
class ItemSkipped:
    """The executor does not support item `seq` ("Skipping invalid cmd #<command>"). Sent once per item and run."""

    seq: int
    command: int


@dataclass(frozen=True, slots=True)
class JumpTaken:
    """Jump item `seq` was taken for the `run`-th time of `count` ("Mission: <seq> Jump <run>/<count>"); `count` -1:
    endless."""

    seq: int
    target: int
    run: int
    count: int


@dataclass(frozen=True, slots=True)
class HoldBegan:
    """The vehicle has arrived at NAV item `seq` and holds for `hold_ms`."""

    seq: int
    command: int
    hold_ms: int


@dataclass(frozen=True, slots=True)
class InterruptedItemBegan:
    """The way back of a resumed mission ends: the item at which it was left begins again ("Mission: Returned to
    interrupted WP")."""


@dataclass(frozen=True, slots=True)
class MissionWaits:
    """The mission waits for a position. AUTO announces it and meanwhile does not update the sequencer (seed 001, "Error
    Handling")."""


MissionNotice = ItemStarted | ItemSkipped | JumpTaken | HoldBegan | InterruptedItemBegan | MissionWaits
