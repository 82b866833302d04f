"""How vehicle time follows the wall clock."""

from __future__ import annotations

MAX_LAG_S = 0.5


class Pace:
    """Maps the wall (seconds, monotonic) to vehicle time (ms) at a factor.

    A process that was stopped, or a factor that the machine cannot reach, must not be followed by a burst that tries to
    make up for it: more than `MAX_LAG_S` behind, the lag is forgotten.
    """

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self._wall_s = 0.0
        self._vehicle_ms = 0

    def rebase(self, wall_s: float, vehicle_ms: int) -> None:
        """From here on, `wall_s` is `vehicle_ms`."""
        self._wall_s = wall_s
        self._vehicle_ms = vehicle_ms

    def due_ms(self, wall_s: float, reached_ms: int) -> int:
        """The vehicle time that should have been reached; `reached_ms` is where the vehicle is."""
        due = self._vehicle_ms + int((wall_s - self._wall_s) * 1000.0 * self.factor)
        if (due - reached_ms) / 1000.0 > MAX_LAG_S * self.factor:
            self.rebase(wall_s, reached_ms)
            return reached_ms
        return due

    def wall_s(self, vehicle_ms: int) -> float:
        """When `vehicle_ms` is due."""
        return self._wall_s + (vehicle_ms - self._vehicle_ms) / 1000.0 / self.factor
