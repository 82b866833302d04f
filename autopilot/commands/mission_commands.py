"""Commands for the mission: start, go to an item, jump, land start, pause (docs/reference/mission-semantics.md,
1.5)."""

from __future__ import annotations

from autopilot.interface.reasons import ModeReason
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Result
from autopilot.mission.sequencer import InvalidIndexError, NoNavigationItemError
from autopilot.modes.manager import CommandContext, ReturnBy

_HIGHEST_TAG = 65535


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
        in_auto = self._modes.mode is self._auto
        allowed, self._helm.takeoff_allowed = self._helm.takeoff_allowed, self._facts.armed
        outcome = ACCEPTED if in_auto else self._modes.set(self._auto_number, now_ms, ModeReason.GCS_COMMAND)
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
