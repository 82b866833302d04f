"""Collisions with obstacles: a vehicle nearer to an obstacle than its radius (SIM_COLLIDE_RAD) crashes there.

The next check is at the earliest time at which the vehicle could touch an obstacle, with at most 20 m/s2 of
acceleration. So checks far from obstacles cost one pass a second, and a touch is noticed within its tick. The vehicle
is stopped at that place, and all motors fail for good.
"""

from __future__ import annotations

from math import inf, sqrt
from typing import Final

from autopilot.context.events import Event
from autopilot.interface.geo import GeoPoint, to_global
from autopilot.interface.layout import TICK_MS
from autopilot.interface.mathematics import hypot
from autopilot.mav import Severity
from sitl.vehicles.simulated import SimulatedMachine
from sitl.world.scanner import Scanner
from sortie.nodes.company import break_motors
from sortie.nodes.vehicle import VehicleService

_FASTEST_CHANGE: Final = 20.0  # m/s2
_SELDOM_S: Final = 1.0


class ObstacleWatch:
    """Watch over one vehicle until it touches an obstacle. `nearest_m`: the smallest distance so far."""

    def __init__(self, service: VehicleService, machine: SimulatedMachine, scanner: Scanner, origin: GeoPoint) -> None:
        self._service = service
        self._machine = machine
        self._scanner = scanner
        self._origin = origin
        self._due_ms: int | None = None
        self._touched = False
        self.nearest_m = inf
        service.watchers.follow(self)

    def next_deadline_ms(self) -> int | None:
        """Return the vehicle time of the next check, ms."""
        return self._due_ms

    def step(self, events: list[Event], now_ms: int) -> None:
        if self._touched or not self._service.autopilot.facts.armed:
            self._due_ms = None
        elif self._due_ms is None or now_ms >= self._due_ms:
            self._look(now_ms)

    def _look(self, now_ms: int) -> None:
        away, name = self._scanner.nearest_m()
        self.nearest_m = min(self.nearest_m, away)
        room = away - self._service.parameters["SIM_COLLIDE_RAD"]
        if room <= 0.0:
            self._crash(name)
            return
        speed = hypot(*self._machine.true_velocity)
        clear_s = inf if room == inf else (sqrt(speed * speed + 2.0 * _FASTEST_CHANGE * room) - speed) / _FASTEST_CHANGE
        ticks = int(min(clear_s, _SELDOM_S) * 1000.0) // int(TICK_MS)
        self._due_ms = now_ms + max(ticks, 1) * int(TICK_MS)

    def _crash(self, name: str) -> None:
        self._touched = True
        self._due_ms = None
        place = to_global(self._origin, self._scanner.place())
        self._service.autopilot.announcer.say(
            Severity.CRITICAL, f"Hit {name[:20]} at {place.lat:.6f},{place.lon:.6f}"[:50]
        )
        self._machine.stop_short()
        break_motors(self._service)
