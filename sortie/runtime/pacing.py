"""Pace of vehicle time, by real time or by the clock of an external simulator, and the wait for clients that do not
read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mavlink_bridge.links.base import Link
from mavlink_bridge.links.hub import LinkHub
from sortie.logs.run_log import LOGGER

FOR_EVER_MS: Final = 1 << 62
"""Limit that stands for no limit, ms."""
MAX_LAG_S = 0.5
_ANEW_MS = 2000
AHEAD_MS = 500
"""Allowed delay of a simulator's messages, ms: their interval and the transmission."""
SILENT_S = 3.0
"""Time that a silent simulator stops vehicle time, s. Then real time advances it, so that the silence is noticed."""


class Pace:
    """Maps real time (s, monotonic) to vehicle time (ms) at a factor.

    After a stop of the process, or with a factor that the machine cannot reach, no burst makes up for lost time: lag
    above `MAX_LAG_S` is dropped. Lag below it is kept, so that time also advances when each turn takes long.

    `clock` returns the last known time (ms) of an external simulator that runs at this factor. The simulator may be
    slower or pause. Vehicle time then waits for it. Otherwise a pause of 0.6 s at factor 8 would look like 5 s of
    silence.
    """

    def __init__(self, factor: float, clock: Callable[[], int | None] | None = None) -> None:
        self.factor = factor
        self._wall_s = 0.0
        self._vehicle_ms = 0
        self._clock = clock
        self._simulator_ms: int | None = None
        self._clock_read_s = 0.0
        self._lost_s = 0.0
        self._apart_ms = 0  # smallest difference so far of vehicle time and simulator time

    def rebase(self, wall_s: float, vehicle_ms: int) -> None:
        """Set `vehicle_ms` as the vehicle time at `wall_s`."""
        self._wall_s = wall_s
        self._vehicle_ms = vehicle_ms

    def due_ms(self, wall_s: float, reached_ms: int) -> int:
        """Return the vehicle time that is due at `wall_s`; `reached_ms` is the current vehicle time."""
        due = self._vehicle_ms + int((wall_s - self._wall_s) * 1000.0 * self.factor)
        limit = None if self._clock is None else self._limit_ms(self._clock(), wall_s, reached_ms)
        if limit is not None and due > limit:
            self.rebase(wall_s, max(limit, reached_ms))
            return max(limit, reached_ms)
        most = reached_ms + int(MAX_LAG_S * 1000.0 * self.factor)
        if due > most:
            self._lost_s += (due - most) / 1000.0 / self.factor
            self.rebase(wall_s, most)
            return most
        return due

    def take_lost_s(self) -> float:
        """Return and clear the lag that was dropped since the last call, s of real time."""
        lost_s, self._lost_s = self._lost_s, 0.0
        return lost_s

    def _limit_ms(self, simulator_ms: int | None, wall_s: float, reached_ms: int) -> int | None:
        """Return the latest vehicle time that the simulator's clock allows, ms; None without a clock."""
        before_ms = self._simulator_ms
        if simulator_ms is None:
            return None
        apart_ms = reached_ms - simulator_ms
        if before_ms is None or simulator_ms + _ANEW_MS < before_ms:  # the simulator was restarted
            self._apart_ms = apart_ms
        self._apart_ms = min(self._apart_ms, apart_ms)
        if simulator_ms != before_ms:
            self._simulator_ms, self._clock_read_s = simulator_ms, wall_s
        silent_s = max(wall_s - self._clock_read_s - SILENT_S, 0.0)
        return simulator_ms + self._apart_ms + AHEAD_MS + int(silent_s * 1000.0)

    def wall_s(self, vehicle_ms: int) -> float:
        """Wall time at which `vehicle_ms` is due, s."""
        return self._wall_s + (vehicle_ms - self._vehicle_ms) / 1000.0 / self.factor


STALL_LIMIT_S: Final = 1.0


class Readers:
    """Links whose readers are stalled, and since when (s of real time)."""

    def __init__(self) -> None:
        self._since: dict[Link, float] = {}

    def forget(self) -> None:
        self._since.clear()

    def wait_s(self, hubs: list[LinkHub], wall_s: float) -> float | None:
        """Return the time to wait for stalled readers, s; None without any. A reader that is stalled for
        `STALL_LIMIT_S` is disconnected."""
        stalled = [(hub, hub.links()[number]) for hub in hubs for number in hub.stalled(0)]
        if not stalled:
            self._since.clear()
            return None
        self._since = {link: self._since.get(link, wall_s) for _, link in stalled}
        remaining_s = min(self._since.values()) + STALL_LIMIT_S - wall_s
        if remaining_s <= 0.0:
            for hub, link in stalled:
                if wall_s - self._since[link] >= STALL_LIMIT_S:
                    LOGGER.warning("link %s took nothing for %g s: disconnected", link.name, STALL_LIMIT_S)
                    hub.remove(link, "it stopped reading")
        return max(remaining_s, 0.0)
