"""Interface between the sequencer and the mode that flies the items (seed 001, "executor.rs")."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from autopilot.mission.items import MissionItem


class CommandStartResult(Enum):
    ACCEPTED = "accepted"  # executing; `verify_command` is called until it returns True
    COMPLETE = "complete"  # done at once, nothing to verify
    UNSUPPORTED = "unsupported"  # unknown, or impossible for this vehicle: the sequencer continues


class MissionExecutor(Protocol):
    """Flies items. Only `on_mission_complete` may call the sequencer. `start_command` and `verify_command` may read
    from it but not change it, because it is in the middle of a step."""

    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        """Begin `cmd`. NAV: set the target, ACCEPTED. DO: act, COMPLETE. CONDITION: begin to wait, ACCEPTED."""

    def verify_command(self, cmd: MissionItem) -> bool:
        """True when `cmd` is done (NAV: the vehicle has arrived). It is called at each update for the items in the NAV
        slot and in the DO slot. Its effects must not depend on the number of calls."""

    def on_mission_complete(self) -> None:
        """Act on the end of the mission."""
