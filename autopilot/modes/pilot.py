"""Modes in which the sticks fly, and those that just stop.

The vehicle understands the sticks (`autopilot.vehicle.PilotKind`); a mode only says how. A takeoff on command in a
height-holding mode is flown first, then the sticks have it again.
"""

from __future__ import annotations

from autopilot.cockpit import Cockpit
from autopilot.modes.heading import KEEP
from autopilot.modes.mode import Mode
from autopilot.modes.table import ModeSpec
from autopilot.vehicle import Hold, Idle, Pilot, PilotKind, TakeOff, VehicleEvent


class PilotMode(Mode):
    """STABILIZE, ALT_HOLD, LOITER, POSHOLD; MANUAL, STEERING, ACRO."""

    def __init__(self, cockpit: Cockpit, spec: ModeSpec, kind: PilotKind) -> None:
        super().__init__(cockpit, spec)
        self._kind = kind
        self._climbing = False

    def enter(self, now_ms: int) -> None:
        self._climbing = False
        self.cockpit.fly(Pilot(self._kind))

    def take_off(self, down: float) -> bool:
        if self.spec.manual_throttle or self.cockpit.rover:
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


class StopMode(Mode):
    """BRAKE of a copter, HOLD of a rover: stop as hard as allowed, and stay there."""

    def enter(self, now_ms: int) -> None:
        on_ground = self.cockpit.landed and not self.cockpit.rover
        self.cockpit.fly(Idle() if on_ground else Hold(None))
