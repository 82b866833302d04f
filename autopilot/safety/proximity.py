"""Obstacles seen by a proximity sensor (PRX1_), and the parts that use them.

Each direction with an object becomes a point. Pilots' modes and velocities keep AVOID_MARGIN from it
(`autopilot.safety.avoidance`, AVOID_ENABLE bit 1), and planned ways avoid it (`autopilot.safety.detour`). Directions
within PRX1_IGN_ANG and _WID, and distances outside of PRX1_MIN and _MAX, do not count. Below PRX_ALT_MIN over the
ground nothing counts, and below AVOID_ALT_MIN nothing is avoided. A scan older than half a second is ignored. ArduPilot
keeps the nearest object in each of eight directions of 45 degrees and the polygon about them; here each direction of
the sensor counts separately, so that objects beside a gap do not close it. Source: ArduPilot AP_Proximity.cpp,
AP_Proximity_MAV.cpp.
"""

from __future__ import annotations

from math import inf, isfinite, radians
from typing import Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.mathematics import cos, sin
from autopilot.interface.obstacles import Scan
from autopilot.interface.reasons import ArmingReason, Check
from autopilot.safety.avoidance import Avoidance
from autopilot.safety.object_database import ObjectDatabase

MAVLINK: Final = 2
SIMULATED: Final = 10
"""Values of PRX1_TYPE: from a link; the simulator's sensor."""
TIMEOUT_MS: Final = 500
_IGNORED: Final = range(1, 5)
_AVOIDS: Final = 2  # AVOID_ENABLE bit 1
_CLOSE_M: Final = 0.6


class Proximity:
    """Points of the last scan. `scan`: that scan; None: no valid one. `kept_off`: objects are avoided."""

    def __init__(self, facts: VehicleFacts, avoidance: Avoidance) -> None:
        self._facts = facts
        self._avoidance = avoidance
        self.objects = ObjectDatabase(facts)
        self.scan: Scan | None = None
        self.scan_ms = 0
        self.kept_off = True
        self.points: tuple[tuple[float, float], ...] = ()
        """North, east, m from the origin."""

    @property
    def source(self) -> int:
        """Value of PRX1_TYPE."""
        return int(self._facts.param("PRX1_TYPE"))

    @property
    def due_ms(self) -> int | None:
        """Time at which the last scan becomes too old; None: no scan."""
        return None if self.scan is None else self.scan_ms + TIMEOUT_MS

    def see(self, scan: Scan, now_ms: int) -> None:
        self.scan, self.scan_ms = scan, now_ms
        self.points = self._points(scan) if self._facts.has_position else ()
        low = self._facts.height < self._facts.param("AVOID_ALT_MIN", -inf)  # on copters
        self._avoidance.see(self.points if self.kept_off and not low else ())
        self.objects.see(self.points, now_ms)

    def complaints(self) -> list[ArmingReason]:
        """Reasons to refuse arming: a sensor tells nothing (AP_Proximity::prearm_healthy), or an object is close to a
        copter that would keep off it (AP_Arming_Copter.cpp)."""
        if self.scan is None:
            return [ArmingReason("PRX1: No Data")] if self.source == MAVLINK else []
        avoids = self.kept_off and self._facts.option("AVOID_ENABLE", _AVOIDS) and self._facts.vehicle_class.hovers
        seen = self._seen(self.scan) if avoids else []
        off, distance_m = min(seen, key=lambda each: each[1], default=(0.0, inf))
        if distance_m > _CLOSE_M:
            return []
        text = f"Proximity {int(off)} deg, {distance_m:4.2f}m (want > {_CLOSE_M}m)"
        return [ArmingReason(text, Check.PARAMETERS)]

    def keep_off(self, on: bool) -> None:
        """Enable or disable avoidance of objects by a switch (RCn_OPTION 40). Planned ways avoid them in any case."""
        self.kept_off = on
        self._avoidance.see(self.points if on else ())

    def forget(self, now_ms: int) -> None:
        """Forget a scan that is too old."""
        if self.scan is not None and now_ms >= self.scan_ms + TIMEOUT_MS:
            self.scan, self.points = None, ()
            self._avoidance.see(())

    def _points(self, scan: Scan) -> tuple[tuple[float, float], ...]:
        param, state = self._facts.param, self._facts.vehicle.state
        if self._facts.vehicle_class.flies and self._facts.height < param("PRX_ALT_MIN", 1.0):
            return ()
        north, east, _ = state.position
        ways = [(state.yaw + radians(off), distance_m) for off, distance_m in self._seen(scan)]
        return tuple((north + far * cos(bearing), east + far * sin(bearing)) for bearing, far in ways)

    def _seen(self, scan: Scan) -> list[tuple[float, float]]:
        """Directions with an object that counts, degrees off the nose, and its distance, m."""
        param, ignored = self._facts.param, self._ignored()
        least, most = max(param("PRX1_MIN"), scan.least_m), param("PRX1_MAX") or scan.range_m
        offs = ((scan.first_deg + k * scan.step_deg) % 360.0 for k in range(len(scan.distances_m)))
        return [
            (off, distance_m)
            for off, distance_m in zip(offs, scan.distances_m, strict=True)
            if isfinite(distance_m) and least <= distance_m <= most and not _within(ignored, off)
        ]

    def _ignored(self) -> list[tuple[float, float]]:
        """Directions that PRX1_IGN_ANGn and _WIDn exclude: middle, degrees off the nose, and width."""
        param = self._facts.param
        return [(param(f"PRX1_IGN_ANG{n}"), width) for n in _IGNORED if (width := param(f"PRX1_IGN_WID{n}")) > 0.0]


def _within(sectors: list[tuple[float, float]], off_deg: float) -> bool:
    return any(abs((off_deg - middle + 180.0) % 360.0 - 180.0) <= 0.5 * width for middle, width in sectors)
