"""Flags of the vehicle's state in one integer, and news about it: the interface between the core and the actors.

A flag is a fact that holds (armed, in the air, ...). It changes only by a vehicle event, a command or a deadline that
the core announces, never gradually, so that actors decide the same however often they are called. News is a mask of the
changed flags, with the vehicle's events in the higher bits.
"""

from __future__ import annotations

from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.interface import report
from autopilot.interface.layout import ON_GROUND
from autopilot.interface.targets import Hold, Idle, Pilot
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mission.sequencer import MissionState

ARMED: Final = 1
AIRBORNE: Final = 2
UNDER_WAY: Final = 4  # in the air, taking off, in AUTO, or moved by sticks or targets (rovers, boats)
DESCENDING: Final = 8  # the mode brings the vehicle down to land
FINISHED: Final = 16  # the mode reports that the landing is done
COMPLETED: Final = 32  # the mission has ended
READY: Final = 64  # the arming checks pass
STILL: Final = 128  # the target has been reached: a rover that was stopped stands still
_EVENT_SHIFT: Final = 16

CUTOFF: Final = int(VehicleEvent.CUTOFF) << _EVENT_SHIFT
CRASHED: Final = int(VehicleEvent.CRASHED) << _EVENT_SHIFT
BATTERY_LOW: Final = int(VehicleEvent.BATTERY_LOW) << _EVENT_SHIFT
BATTERY_CRITICAL: Final = int(VehicleEvent.BATTERY_CRITICAL) << _EVENT_SHIFT
REPLY: Final = int(VehicleEvent.REPLY) << _EVENT_SHIFT
DEADMAN: Final = int(VehicleEvent.DEADMAN) << _EVENT_SHIFT
_LIFTOFF: Final = int(VehicleEvent.LIFTOFF)
_LANDED: Final = int(VehicleEvent.LANDED)
_STRANGE: Final = int(VehicleEvent.ARMED | VehicleEvent.LINK_OK | VehicleEvent.TAKEN_OVER)
"""Events after which the flags must be read anew, because the vehicle was changed from outside."""
_HEARD: Final = (CUTOFF | CRASHED | BATTERY_LOW | BATTERY_CRITICAL | REPLY | DEADMAN) >> _EVENT_SHIFT


def event_news(events: int) -> int:
    """News for the vehicle events that actors listen to."""
    return (events & _HEARD) << _EVENT_SHIFT


class Flags:
    def __init__(self, parts: VehicleParts) -> None:
        self._parts = parts
        self._report = parts.facts.vehicle.state.report
        self._drives = not parts.facts.vehicle_class.flies
        self._airborne = self._off_the_ground()

    def heed(self, events: int) -> None:
        """Take vehicle events. A vehicle counts as off the ground from LIFTOFF on, not from the attempt."""
        if events & _LIFTOFF:
            self._airborne = True
        elif events & _LANDED:
            self._airborne = False
        elif events & _STRANGE:
            self._airborne = self._off_the_ground()

    def _off_the_ground(self) -> bool:
        return bool(self._report[report.LANDED_STATE] != ON_GROUND) and not self._drives

    @property
    def ready(self) -> bool:
        """True if FM_AUTO_GO may begin a flight: the arming checks pass and there is a position. A flight controller
        may pass its own checks before it has one."""
        return self._parts.prearm.ok and self._parts.facts.has_position

    def read(self) -> int:
        flags = READY if self.ready else 0
        if self._report[report.ARMED] == 0.0:
            self._airborne = self._off_the_ground()
            return flags
        flags |= ARMED
        mode = self._parts.modes.mode
        if mode.finished:
            flags |= FINISHED
        if self._parts.sequencer.state() is MissionState.COMPLETED:
            flags |= COMPLETED
        if self._drives:
            return flags | (UNDER_WAY if self._driving() else 0) | (STILL if self._parts.helm.arrived else 0)
        if self._airborne:
            flags |= AIRBORNE | UNDER_WAY
            if mode.is_landing and not (mode is self._parts.auto and self._parts.auto.lands_to_go_on):
                flags |= DESCENDING
        elif self._taking_off():
            flags |= UNDER_WAY
        return flags

    def _taking_off(self) -> bool:
        """True on the ground during a takeoff: in AUTO with the takeoff allowed, or after a takeoff command."""
        if self._parts.modes.mode is self._parts.auto:
            return self._parts.sequencer.running and self._parts.helm.takeoff_allowed
        return not isinstance(self._parts.helm.target, Idle | Pilot | Hold) and not self._parts.modes.mode.is_landing

    def _driving(self) -> bool:
        if self._parts.modes.mode is self._parts.auto:
            return self._parts.sequencer.running
        if isinstance(self._parts.helm.target, Pilot):
            return self._parts.sticks.deflected
        return not isinstance(self._parts.helm.target, Idle | Hold)

    def key(self) -> tuple[object, int, bool, bool, bool]:
        """Key that is cheap to compare. If it has changed, a command has come since the last pass."""
        moved = self._drives and self._parts.sticks.deflected
        armed = bool(self._report[report.ARMED])
        return (self._parts.helm.target, self._parts.modes.number, armed, self.ready, moved)
