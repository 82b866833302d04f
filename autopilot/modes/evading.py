"""AVOID_ADSB: flies away from another aircraft as `autopilot.safety.traffic` commands; without commands it stays in
place.

It is like GUIDED without external targets: a ground station or companion may enter it but cannot steer in it. A copter
gets velocities, which end after GUID_TIMEOUT unless renewed; wings get a place to fly to. Source: ArduPilot
ArduCopter/mode_avoid_adsb.cpp, ArduPlane/mode_avoidADSB.cpp.
"""

from __future__ import annotations

from autopilot.interface.geo import Ned
from autopilot.interface.targets import Velocity
from autopilot.interface.vehicle import VehicleEvent
from autopilot.modes.guided import GuidedFlight
from autopilot.modes.heading import Heading
from autopilot.modes.mode import SelfFlownMode, VehicleContext
from autopilot.vehicles.mode_table import ModeSpec


class EvadeMode(SelfFlownMode):
    """AVOID_ADSB: fly the velocity or the place of an evasion. `renew_ms`: time to renew the present velocity."""

    def __init__(self, context: VehicleContext, spec: ModeSpec, heading: Heading) -> None:
        super().__init__(context, spec)
        self._flight = GuidedFlight(context, heading)
        self.renew_ms = 0

    def enter(self, now_ms: int) -> None:
        self._flight.begin()

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        self._flight.update(now_ms)

    def next_deadline_ms(self) -> int | None:
        return self._flight.deadline_ms

    def armed(self, now_ms: int) -> None:
        self._flight.begin()

    def fly(self, velocity: Ned, now_ms: int) -> None:
        """Fly this velocity, NED m/s. An unchanged velocity is renewed after half of its timeout."""
        flown = self.helm.target
        if isinstance(flown, Velocity) and flown.velocity == velocity and now_ms < self.renew_ms:
            return
        self._flight.move(velocity, position=None, acceleration=None, yaw=None)
        self.renew_ms = now_ms + self._flight.timeout_ms // 2

    def go_to(self, place: Ned) -> None:
        """Fly to a place, NED m, and stay there."""
        self._flight.go_to(place)

    def stay(self) -> None:
        self._flight.begin()
