"""Pace of vehicle time, by real time or by the clock of an outside simulator, and waits for slow readers."""

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
"""Lateness allowed to a simulator's messages, ms: their intervals, and the way."""
SILENT_S = 3.0
"""Time that a silent simulator holds vehicle time, s; then the wall's passes, so that its silence is noticed."""


class Pace:
    """Maps the wall (seconds, monotonic) to vehicle time (ms) at a factor.

    A process that was stopped, or a factor that the machine cannot reach, must not be followed by a burst that tries to
    make up for it: what it is more than `MAX_LAG_S` behind is forgotten. That much remains to be flown, so that time
    passes as well where each turn takes longer than that.

    `clock` is what a simulator that is to run at this factor was last heard to have on its own clock, ms; it may not
    reach the factor, or stand still for a while. Then vehicle time waits for it: at a factor of 8 a pause of 0.6 s
    would else be 5 s of silence, and a survey would be over before it was flown.
    """

    def __init__(self, factor: float, clock: Callable[[], int | None] | None = None) -> None:
        self.factor = factor
        self._wall_s = 0.0
        self._vehicle_ms = 0
        self._clock = clock
        self._told_ms: int | None = None
        self._told_s = 0.0
        self._lost_s = 0.0
        self._apart_ms = 0  # vehicle time minus the simulator's, the least so far

    def rebase(self, wall_s: float, vehicle_ms: int) -> None:
        """From here on, `wall_s` is `vehicle_ms`."""
        self._wall_s = wall_s
        self._vehicle_ms = vehicle_ms

    def due_ms(self, wall_s: float, reached_ms: int) -> int:
        """The vehicle time that should have been reached; `reached_ms` is where the vehicle is."""
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
        """Seconds of the wall that were forgotten since the last call: vehicle time lags by them."""
        lost_s, self._lost_s = self._lost_s, 0.0
        return lost_s

    def _limit_ms(self, told_ms: int | None, wall_s: float, reached_ms: int) -> int | None:
        """Latest vehicle time by the simulator's clock, ms; None: it has sent none."""
        before_ms = self._told_ms
        if told_ms is None:
            return None
        apart_ms = reached_ms - told_ms
        if before_ms is None or told_ms + _ANEW_MS < before_ms:  # it has begun anew
            self._apart_ms = apart_ms
        self._apart_ms = min(self._apart_ms, apart_ms)
        if told_ms != before_ms:
            self._told_ms, self._told_s = told_ms, wall_s
        silent_s = max(wall_s - self._told_s - SILENT_S, 0.0)
        return told_ms + self._apart_ms + AHEAD_MS + int(silent_s * 1000.0)

    def wall_s(self, vehicle_ms: int) -> float:
        """Wall time at which `vehicle_ms` is due, s."""
        return self._wall_s + (vehicle_ms - self._vehicle_ms) / 1000.0 / self.factor


STALL_LIMIT_S: Final = 1.0


class Readers:
    """Since when which link takes nothing (s of the wall)."""

    def __init__(self) -> None:
        self._since: dict[Link, float] = {}

    def forget(self) -> None:
        """Forget all stalls: the next one counts as a first one."""
        self._since.clear()

    def wait_s(self, hubs: list[LinkHub], wall_s: float) -> float | None:
        """Wait for readers that are stalled, s; None without any. A reader that has had its second is disconnected."""
        stalled = [(hub, hub.links()[number]) for hub in hubs for number in hub.stalled(0)]
        if not stalled:
            self._since.clear()
            return None
        self._since = {link: self._since.get(link, wall_s) for _, link in stalled}
        left_s = min(self._since.values()) + STALL_LIMIT_S - wall_s
        if left_s <= 0.0:
            for hub, link in stalled:
                if wall_s - self._since[link] >= STALL_LIMIT_S:
                    LOGGER.warning("link %s took nothing for %g s: disconnected", link.name, STALL_LIMIT_S)
                    hub.remove(link, "it stopped reading")
        return max(left_s, 0.0)
