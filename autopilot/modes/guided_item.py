"""GUIDED_ENABLE inside a mission, and the limits (DO_GUIDED_LIMITS) that end it.

Time is exact; height and distance are checked ten times a second of vehicle time, and only while such a limit is set.
"""

from __future__ import annotations

from autopilot.context.turns import earliest
from autopilot.interface.geo import Ned
from autopilot.interface.records import dataclass
from autopilot.interface.vehicle import VehicleEvent
from autopilot.modes.guided import GuidedFlight
from autopilot.modes.maneuver import Maneuver
from autopilot.modes.mode import VehicleContext

_LOOK_MS = 100


@dataclass(slots=True)
class GuidedLimits:
    """DO_GUIDED_LIMITS: seconds, m above home (below 0: under it), m from the beginning of the guided flight; 0 = no
    limit. They end with AUTO (ArduCopter's and ArduRover's limit_clear)."""

    time_s: float = 0.0
    lowest: float = 0.0
    highest: float = 0.0
    away: float = 0.0

    def set(self, time_s: float = 0.0, lowest: float = 0.0, highest: float = 0.0, away: float = 0.0) -> None:
        self.time_s, self.lowest, self.highest, self.away = time_s, lowest, highest, away

    @property
    def spatial(self) -> bool:
        return self.lowest != 0.0 or self.highest != 0.0 or self.away > 0.0

    def exceeded(self, height: float, away: float) -> bool:
        return (
            (self.lowest != 0.0 and height < self.lowest)
            or (self.highest != 0.0 and height > self.highest)
            or (self.away > 0.0 and away > self.away)
        )


class GuidedItem(Maneuver):
    """Follows guided targets until a limit is met, or until the vehicle is at `goal` (NED m), wherever they lead
    (ArduRover's verify_nav_guided_enable)."""

    def __init__(
        self, context: VehicleContext, flight: GuidedFlight, limits: GuidedLimits, goal: Ned | None = None
    ) -> None:
        super().__init__(context)
        self._goal = goal
        self.flight = flight
        self._limits = limits
        self._begin: Ned = context.facts.vehicle.state.position
        self._begun_ms = self._looked_ms = context.facts.now_ms

    def start(self, now_ms: int) -> None:
        self.flight.begin()

    def next_deadline_ms(self) -> int | None:
        look_ms = self._looked_ms + _LOOK_MS if self._limits.spatial or self._goal is not None else None
        return earliest((look_ms, self._end_ms, self.flight.deadline_ms))

    @property
    def _end_ms(self) -> int | None:
        """A limit that is set during the flight acts from its beginning too (ModeGuided::limit_check)."""
        time_s = self._limits.time_s
        return self._begun_ms + int(time_s * 1000.0) if time_s > 0.0 else None

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        self.flight.update(now_ms)
        self._looked_ms = now_ms
        facts = self.facts
        over = self._limits.exceeded(facts.height, facts.metres_to(self._begin))
        there = self._goal is not None and facts.metres_to(self._goal) <= facts.acceptance_m
        self.done = over or there or (self._end_ms is not None and now_ms >= self._end_ms)
