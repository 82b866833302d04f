"""Modes in which the sticks fly, and those that just stop.

The vehicle understands the sticks (`autopilot.vehicle.PilotKind`); a mode only says how. A takeoff on command in a
height-holding mode is flown first, then the sticks have it again.
"""

from __future__ import annotations

from autopilot.cockpit import Cockpit
from autopilot.modes.heading import KEEP
from autopilot.modes.mode import Mode
from autopilot.modes.table import ModeSpec
from autopilot.vehicle import Hold, Idle, Pilot, PilotKind, Sticks, TakeOff, VehicleEvent

_CENTRED = 0.02  # of full stick (RC1_DZ, RC2_DZ)
_LIFTS = 0.55  # throttle, 0 .. 1: above the middle, which hovers, and its dead zone
_RELEASED = Sticks()


class PilotMode(Mode):
    """STABILIZE, ALT_HOLD, LOITER, POSHOLD; MANUAL, STEERING, ACRO."""

    def __init__(self, cockpit: Cockpit, spec: ModeSpec, kind: PilotKind) -> None:
        super().__init__(cockpit, spec)
        self._kind = kind
        self._climbing = False
        self._resting = False

    def enter(self, now_ms: int) -> None:
        self._climbing = False
        self._resting = self._lifts_by_throttle and self.cockpit.landed
        self._take_sticks()

    @property
    def _lifts_by_throttle(self) -> bool:
        return self.spec.manual_throttle and self.cockpit.vehicle_class.has_height

    def sticks_moved(self, sticks: Sticks) -> None:
        """A copter on the ground lifts off by a throttle above its middle, not by sticks that nobody holds."""
        if self._resting and sticks.throttle > _LIFTS:
            self._resting = False
            self._take_sticks()
        elif self._lifts_by_throttle and not self._resting and sticks == _RELEASED and self.cockpit.landed:
            self._resting = True
            self._take_sticks()

    def _take_sticks(self) -> None:
        self.cockpit.fly(Idle() if self._resting else Pilot(self._kind))

    def take_off(self, down: float) -> bool:
        if self.spec.manual_throttle or not self.cockpit.vehicle_class.has_height:
            return False
        self._climbing = True
        self.cockpit.fly(TakeOff(down, KEEP))
        return True

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self._climbing and self.cockpit.arrived:
            self._climbing = False
            self.cockpit.fly(Pilot(self._kind))

    def disarmed(self) -> None:
        self.enter(self.cockpit.now_ms)


class AcroMode(PilotMode):
    """ACRO of a copter: roll and pitch stick are rates. In their centre the vehicle levels itself, unless ACRO_TRAINER
    is 0 (its value 2 also limits the lean in ArduPilot, here it does not)."""

    def __init__(self, cockpit: Cockpit, spec: ModeSpec) -> None:
        super().__init__(cockpit, spec, PilotKind.ACRO)
        self._sticks = Sticks()

    def enter(self, now_ms: int) -> None:
        self._kind = self._wanted()
        super().enter(now_ms)

    def sticks_moved(self, sticks: Sticks) -> None:
        self._sticks = sticks
        super().sticks_moved(sticks)
        wanted = self._wanted()
        if wanted is not self._kind:
            self._kind = wanted
            self._take_sticks()

    def _wanted(self) -> PilotKind:
        centred = abs(self._sticks.roll) < _CENTRED and abs(self._sticks.pitch) < _CENTRED
        trained = int(self.cockpit.param("ACRO_TRAINER", 2.0)) != 0
        return PilotKind.STABILIZE if centred and trained else PilotKind.ACRO


class StopMode(Mode):
    """BRAKE or HOLD: stop as hard as allowed, and stay there."""

    def enter(self, now_ms: int) -> None:
        self.cockpit.fly(Idle() if self.cockpit.grounded else Hold(None))
