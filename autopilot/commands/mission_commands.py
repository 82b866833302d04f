"""Commands for the mission: start, go to an item, jump, land start, pause (docs/reference/mission-semantics.md, 1.5);
and by switches: save the present place, reset, clear (ArduPilot ArduCopter/RC_Channel_Copter.cpp and
Rover/RC_Channel_Rover.cpp: SAVE_WP, CLEAR_WP, MISSION_RESET)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.commands.plans import Plans
from autopilot.interface.reasons import ModeReason
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Cmd, Frame, MissionType, Result, Severity
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import InvalidIndexError, NoNavigationItemError
from autopilot.mission.state import MissionState
from autopilot.modes.manager import CommandContext, ReturnBy

_HIGHEST_TAG = 65535
_LOWEST_TAKEOFF_M: Final = 1.0


class MissionCommands:
    """Commands that start, continue, jump in or clear the mission."""

    def __init__(self, context: CommandContext) -> None:
        self._facts, self._announcer, self._helm = context.facts, context.announcer, context.helm
        self._modes, self._auto = context.modes, context.auto
        self._auto_number = context.facts.vehicle_class.modes.auto

    def start(self, now_ms: int) -> Outcome:
        """Begin the mission, or go on with it, as the firmware does."""
        own = self._facts.personality.begin_mission(now_ms)
        return self.fly(now_ms) if own is None else own

    def fly(self, now_ms: int) -> Outcome:
        """Enter AUTO, start or resume the mission, and allow the takeoff. While disarmed it only enters AUTO."""
        if not self._auto.mission.total():
            return self._announcer.refuse("Mission start: no mission")
        if self._helm.flight_over:
            return self._announcer.refuse("Mission start: the flight is over, disarming")
        in_auto = self._modes.mode is self._auto
        allowed, self._helm.takeoff_allowed = self._helm.takeoff_allowed, self._facts.armed
        outcome = ACCEPTED if in_auto else self._modes.set(self._auto_number, now_ms)
        if not outcome.ok:
            self._helm.takeoff_allowed = allowed
            return outcome
        if in_auto:
            self._auto.begin_again()
        self._auto.wake()
        return ACCEPTED

    def set_current(self, seq: int, *, reset: bool = False) -> Outcome:
        """Set the current item. `reset` also clears jump counters and starts a mission that has ended or waits in AUTO;
        seq -1 with `reset` clears only the counters."""
        if reset:
            self._auto.sequencer.reset_jump_counters()
            if seq == -1:
                return ACCEPTED
        try:
            self._auto.steer(seq)
        except InvalidIndexError as error:
            return self._announcer.refuse(f"Mission: {error}", Result.DENIED)
        except NoNavigationItemError as error:
            return self._announcer.refuse(f"Mission: {error}")
        if reset:
            self._auto.begin_again()
        return ACCEPTED

    def jump_to_tag(self, tag: float) -> Outcome:
        """DO_JUMP_TAG as a command: go to the first item with `tag`, or rather behind it, because it does nothing: then
        stations are told an item that is flown."""
        if not 0 <= tag <= _HIGHEST_TAG:
            return Outcome(Result.DENIED, "no such tag")
        seq = self._auto.mission.find_tag(int(tag))
        if seq is None:
            return self._announcer.refuse(f"Mission: no tag {int(tag)}")
        behind = seq + 1
        return self.set_current(behind if behind < self._auto.mission.count() else seq)

    def land_start(self, now_ms: int) -> Outcome:
        """DO_LAND_START as a command."""
        return self._return(ReturnBy.LANDING, now_ms)

    def return_path_start(self, now_ms: int) -> Outcome:
        """DO_RETURN_PATH_START as a command."""
        return self._return(ReturnBy.PATH, now_ms)

    def _return(self, way: ReturnBy, now_ms: int) -> Outcome:
        if not self._facts.vehicle_class.flies:
            return Outcome(Result.UNSUPPORTED, "not for this vehicle")
        return self._modes.return_by(way, self._facts.vehicle_class.modes.autos[-1], now_ms, ModeReason.GCS_COMMAND)

    def go_around(self, height_m: float = 0.0) -> Outcome:
        """DO_GO_AROUND: abort the landing and climb to `height_m` above home; 0: to the height that the landing item
        gives."""
        return ACCEPTED if self._modes.mode.go_around(height_m) else self._announcer.refuse("Go around: not landing")

    def pause(self) -> Outcome:
        if not self._modes.mode.pause():
            return self._announcer.refuse(f"Pause: not in {self._modes.spec.name} here")
        return ACCEPTED

    def resume(self) -> Outcome:
        if not self._modes.mode.resume():
            return self._announcer.refuse(f"Continue: not in {self._modes.spec.name} here")
        return ACCEPTED


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
