"""The contract between the sequencer and the vehicle mode that flies the items (seed 001, "executor.rs")."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from autopilot.mission.items import MissionItem


class CommandStartResult(Enum):
    """Result of starting an item."""

    ACCEPTED = "accepted"  # executing; `verify_command` is asked until it says True
    COMPLETE = "complete"  # done at once, nothing to verify
    UNSUPPORTED = "unsupported"  # not known, or impossible for this vehicle: the sequencer goes on


class MissionExecutor(Protocol):
    """Flies items. Only `on_mission_complete` may call the sequencer back; `start_command` and `verify_command` may
    read from it but not steer it, since it is in the middle of a step."""

    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        """Begin `cmd`. NAV: set the target, ACCEPTED. DO: act, COMPLETE. CONDITION: begin to wait, ACCEPTED."""

    def verify_command(self, cmd: MissionItem) -> bool:
        """True when `cmd` has done what it is for (NAV: the vehicle has arrived). Asked at each update for the item in
        the NAV slot and for the one waiting in the DO slot, without side effects that depend on how often."""

    def on_mission_complete(self) -> None:
        """No NAV item is left."""
