"""The sequencer's states, timings, refusals, and what its commands report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from math import ceil, isfinite

from autopilot.mission.commands import HOLD_COMMANDS
from autopilot.mission.events import MissionEvent
from autopilot.mission.items import MissionItem

__all__ = [
    "DoTiming",
    "InvalidIndexError",
    "MissionChange",
    "MissionState",
    "NoNavigationItemError",
    "SetCurrentError",
    "hold_time_ms",
]


class MissionState(IntEnum):
    """Where the sequencer stands. The numbers are stored (`journal.SaveProgress`)."""

    IDLE = 0
    RUNNING = 1
    COMPLETED = 2


class DoTiming(IntEnum):
    """When DO items run. The numbers are those of parameter SRT_MIS_DO_LEG."""

    SEED = 0  # with the NAV item that they follow
    ARDUPILOT = 1  # when that NAV item is done


class SetCurrentError(ValueError):
    """`set_current` refused an index; nothing has changed."""


class InvalidIndexError(SetCurrentError):
    """There is no item with this index."""


class NoNavigationItemError(SetCurrentError):
    """No NAV item lies at this index or behind it."""


@dataclass(frozen=True, slots=True)
class MissionChange:
    """What a new mission did to the sequencer. `restarted`: the item at the index was started again while running."""

    events: list[MissionEvent]
    restarted: bool = False


def hold_time_ms(item: MissionItem) -> int:
    """How long `item` holds after arrival, ms: param1 s of WAYPOINT, LOITER_TIME and SPLINE_WAYPOINT, else 0. NaN,
    infinite and negative times count as 0. Rounded up, less the rounding of a 32 bit float on the wire."""
    if item.command not in HOLD_COMMANDS or not isfinite(item.param1) or item.param1 <= 0.0:
        return 0
    return ceil(round(item.param1 * 1000.0, 2))
