"""The place for a mission executor of one's own: it is asked first, and flies the items that it accepts.

What it does not support goes on to AUTO's executor, so an own executor names the items it cares about and answers
UNSUPPORTED to the rest. While one of its items is under way it is asked at every tick.
"""

from __future__ import annotations

from autopilot.mission.commands import drives_navigation
from autopilot.mission.executor import CommandStartResult, MissionExecutor
from autopilot.mission.items import MissionItem


class OwnItems:
    """Which slots (NAV, DO) hold an item of the own executor, and whether it is done. Without one: never any."""

    def __init__(self) -> None:
        self.executor: MissionExecutor | None = None
        self._waiting: dict[bool, bool] = {}  # is it the NAV slot -> still under way; no entry: the item is AUTO's

    def start(self, cmd: MissionItem) -> CommandStartResult | None:
        """Offer `cmd`; None when it is not the own executor's."""
        nav = drives_navigation(cmd.command)
        self._waiting.pop(nav, None)
        if self.executor is None:
            return None
        result = self.executor.start_command(cmd)
        if result is CommandStartResult.UNSUPPORTED:
            return None
        self._waiting[nav] = result is CommandStartResult.ACCEPTED
        return result

    def verify(self, cmd: MissionItem) -> bool | None:
        """Is `cmd` done? None when it is not the own executor's. What is done stays done."""
        nav = drives_navigation(cmd.command)
        waiting = self._waiting.get(nav)
        if waiting is None or self.executor is None:
            return None
        if waiting and self.executor.verify_command(cmd):
            self._waiting[nav] = False
        return not self._waiting[nav]

    @property
    def under_way(self) -> bool:
        return any(self._waiting.values())

    def mission_complete(self) -> None:
        if self.executor is not None:
            self.executor.on_mission_complete()

    def drop(self) -> None:
        """Nothing is being flown any more."""
        self._waiting.clear()
