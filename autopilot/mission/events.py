"""Events of the sequencer for telemetry, and its notices for people.

Events are seed 001's `MissionEvent` and are returned by the call that caused them. Notices tell what a person following
the flight wants to know (an item started, one was skipped, a jump was taken); they carry numbers, and whoever listens
words them.
"""

from __future__ import annotations

from enum import Enum

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
    """No NAV item is left."""


@dataclass(frozen=True, slots=True)
class MissionCleared:
    """The mission was cleared."""


MissionEvent = CurrentChanged | ItemReached | MissionComplete | MissionCleared


@dataclass(frozen=True, slots=True)
class ItemStarted:
    """The executor is about to be given item `seq` ("Mission: <seq> <name>")."""

    seq: int
    command: int


@dataclass(frozen=True, slots=True)
class ItemSkipped:
    """The executor does not support item `seq` ("Skipping invalid cmd #<command>"). Once per item and run."""

    seq: int
    command: int


@dataclass(frozen=True, slots=True)
class JumpTaken:
    """Jump item `seq` was taken for the `run`-th time of `count` ("Mission: <seq> Jump <run>/<count>"); `count` -1:
    without end."""

    seq: int
    target: int
    run: int
    count: int


@dataclass(frozen=True, slots=True)
class HoldBegan:
    """The vehicle has arrived at NAV item `seq` and stays there for `hold_ms`."""

    seq: int
    command: int
    hold_ms: int


class WaitCause(Enum):
    """Causes for which a mission that should go on waits."""

    NO_POSITION = "no position"


@dataclass(frozen=True, slots=True)
class MissionWaits:
    """The mission stands still until `cause` is gone. Told by AUTO, which then does not ask the sequencer (seed 001,
    "Error Handling")."""

    cause: WaitCause


MissionNotice = ItemStarted | ItemSkipped | JumpTaken | HoldBegan | MissionWaits
