"""Mission changes by switches: save the present place, reset, clear.

Source: ArduPilot ArduCopter/RC_Channel_Copter.cpp and Rover/RC_Channel_Rover.cpp (SAVE_WP, CLEAR_WP, MISSION_RESET).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.commands.mission_commands import MissionCommands
from autopilot.commands.plans import Plans
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Cmd, Frame, MissionType, Severity
from autopilot.mission.items import MissionItem
from autopilot.mission.state import MissionState
from autopilot.modes.manager import CommandContext

_LOWEST_TAKEOFF_M: Final = 1.0


class MissionRecorder:
    """Changes the stored mission of one vehicle. `throttle_up` is True while the pilot's stick is above its low end."""

    def __init__(
        self, context: CommandContext, plans: Plans, commands: MissionCommands, throttle_up: Callable[[], bool]
    ) -> None:
        self._facts, self._announcer = context.facts, context.announcer
        self._modes, self._auto = context.modes, context.auto
        self._plans = plans
        self._commands = commands
        self._throttle_up = throttle_up

    def save(self) -> Outcome:
        """Add the vehicle's place. Missions of flying vehicles begin with a takeoff, and with the throttle down the
        place becomes a landing. A disarmed rover or boat clears the mission instead."""
        if self._modes.mode is self._auto:
            return self._refuse("in AUTO")
        if not self._facts.has_position or self._facts.home is None:
            return self._refuse("requires position")
        if not self._facts.vehicle_class.flies:
            return self._add(Cmd.NAV_WAYPOINT) if self._facts.armed else self.clear()
        if not self._facts.armed:
            return self._refuse("not armed")
        up = self._throttle_up()
        if not self._plans.mission.total():
            if not up:
                return self._refuse("throttle is down")
            height = max(self._facts.height, _LOWEST_TAKEOFF_M)
            self._plans.keep(MissionType.MISSION, (MissionItem(Cmd.NAV_TAKEOFF, Frame.GLOBAL_RELATIVE_ALT, z=height),))
        return self._add(Cmd.NAV_WAYPOINT if up else Cmd.NAV_LAND)

    def clear(self) -> Outcome:
        """Delete all items, except while the mission is flown."""
        if not self._plans.may_clear(MissionType.MISSION):
            return self._announcer.refuse("Mission not cleared: it is flown")
        self._plans.keep(MissionType.MISSION, ())
        return ACCEPTED

    def reset(self) -> Outcome:
        """Start from the first item, now or in the next AUTO."""
        if self._auto.sequencer.state() is not MissionState.IDLE:
            return self._commands.set_current(self._plans.mission.first_index, reset=True)
        self._auto.rewind()
        return ACCEPTED

    def _add(self, command: Cmd) -> Outcome:
        place = self._facts.vehicle.state.place
        height = 0.0 if command is Cmd.NAV_LAND else self._facts.height
        item = MissionItem(command, Frame.GLOBAL_RELATIVE_ALT, x=place.lat, y=place.lon, z=height)
        self._plans.keep(MissionType.MISSION, (*self._plans.mission.items(), item))
        self._announcer.say(Severity.INFO, f"Added waypoint {self._plans.mission.count() - 1}")
        return ACCEPTED

    def _refuse(self, reason: str) -> Outcome:
        return self._announcer.refuse(f"Waypoint not saved: {reason}")
