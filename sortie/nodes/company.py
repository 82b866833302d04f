"""Distances between the vehicles of a fleet: approaches are logged, and vehicles that touch crash if SIM_COLLIDE is 1.

When both vehicles have SIM_COLLIDE 1 and come closer than the sum of their radii (SIM_COLLIDE_RAD), all motors of both
fail for good. Without it they pass through each other, as ArduPilot's simulated vehicles do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from autopilot.interface.geo import GeoPoint
from sitl.vehicles.separation import Approach, Separation
from sortie.config.faults import Fault
from sortie.logs.separation_log import SeparationLog
from sortie.nodes.fleet import FleetNode
from sortie.nodes.vehicle import VehicleService

_KEPT: Final = 10_000


class Company:
    """Watch over the vehicles of `node`, which start at `homes`. `approaches`: the last 10,000."""

    def __init__(self, node: FleetNode, homes: Sequence[GeoPoint]) -> None:
        self.approaches: deque[Approach] = deque(maxlen=_KEPT)
        self.collisions: list[Approach] = []
        self._node = node
        self._log: SeparationLog | None = None
        self._wrecked: set[int] = set()
        self._separation = Separation(node.states, homes, self._note)
        if len(node.services) > 1:
            node.on_pass.append(self.look)

    def log_to(self, log: SeparationLog) -> None:
        self._log = log

    @property
    def closest(self) -> Approach | None:
        """Closest approach of any two vehicles while one of them was moving."""
        return self._separation.closest

    def look(self, now_ms: int) -> bool:
        """Check all distances at this vehicle time. True if all vehicles stand."""
        for approach in self._separation.look(now_ms):
            if self._touch(approach):
                self._crash(approach)
        return self._separation.all_stand

    def finish(self) -> None:
        """End the run: log approaches that have not ended."""
        self._separation.finish()

    def _note(self, approach: Approach) -> None:
        self.approaches.append(approach)
        if self._log is not None:
            self._log.approached(approach)

    def _touch(self, approach: Approach) -> bool:
        a, b = (self._node.services[number] for number in approach.pair)
        if a.parameters["SIM_COLLIDE"] == 0.0 or b.parameters["SIM_COLLIDE"] == 0.0:
            return False
        reach_m = a.parameters["SIM_COLLIDE_RAD"] + b.parameters["SIM_COLLIDE_RAD"]
        return approach.distance_m < reach_m and not self._wrecked.issuperset(approach.pair)

    def _crash(self, approach: Approach) -> None:
        for number in approach.pair:
            if number not in self._wrecked:
                self._wrecked.add(number)
                self._node.touch(number)
                break_motors(self._node.services[number])
        self.collisions.append(approach)
        if self._log is not None:
            self._log.collided(approach)


def break_motors(service: VehicleService) -> None:
    """Crash a vehicle: every motor fails at once and for good, whatever faults of it were to end later."""
    for name in service.vehicle.fault_names():
        if name.startswith("motor"):
            service.faults.add(Fault(name), service.now_ms)
