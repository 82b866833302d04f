"""Time that a station has had to answer, where clients pace the vehicle.

ArduPilot's simulator counts it in vehicle time: an upload that stalls for eight seconds of it is given up. At 60 times
the wall that is the tenth of a second which a busy station may need for one answer; by the wall alone, a test that runs
ten times as fast waits eighty seconds of its flight. So it is vehicle time, never slower than the wall (a vehicle that
waits for a station which has gone would wait for ever), and since the last message never more than ten times as fast:
whoever reads at all then has 0.8 s of the wall.
"""

from __future__ import annotations

from collections.abc import Callable

FASTEST = 10
"""Times the wall."""


class Patience:
    """Patience with stations, ms. `vehicle_ms` gives the vehicle's time; the wall's is told with every call."""

    def __init__(self, vehicle_ms: Callable[[], int]) -> None:
        self._vehicle_ms = vehicle_ms
        self._since: tuple[int, int, int] | None = None  # the wall's, the vehicle's and this time at the last message
        self._ahead = 0

    def passed(self, wall_ms: int) -> int:
        """This time now."""
        if self._since is None:
            self._since = wall_ms, self._vehicle_ms(), wall_ms
        wall, vehicle, then = self._since
        gone = wall_ms - wall
        now = then + max(gone, min(self._vehicle_ms() - vehicle, FASTEST * gone))
        self._ahead = now - wall_ms
        return now

    def heard(self, wall_ms: int) -> int:
        """A message came. This time now."""
        now = self.passed(wall_ms)
        self._since = wall_ms, self._vehicle_ms(), now
        return now

    def on_wall(self, due_ms: int) -> int:
        """The latest that `due_ms` may come, in the wall's time; the vehicle's may be there before."""
        return due_ms - self._ahead
