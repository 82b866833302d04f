"""Statistics over the life of a vehicle: STAT_BOOTCNT, STAT_FLTTIME, STAT_RUNTIME (s), and STAT_RESET to start again.

They are stored when they change: at boot, at disarming, at the end. Setting STAT_RESET to 0 resets the counts and sets
it to the time. Another value is stored and resets nothing, so that loading a parameter file does not reset them.
Source: ArduPilot AP_Stats.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.context.journal import Journal, SaveParameter
from autopilot.context.vehicle_context import VehicleFacts

_EPOCH_S: Final = 1_451_606_400
"""1 January 2016, s since 1970. The seconds since 1970 do not fit a 32-bit float exactly."""
_COUNTS: Final = ("STAT_BOOTCNT", "STAT_FLTTIME", "STAT_RUNTIME")
_RESET: Final = "STAT_RESET"


class LifeStatistics:
    """Counts of one vehicle. `put(name, value)` sets a parameter, also a read-only one, and returns whether it changed.
    A flight controller keeps its own counts."""

    def __init__(self, facts: VehicleFacts, journal: Journal, put: Callable[[str, float], bool]) -> None:
        self._facts = facts
        self._journal = journal
        self._put = put
        self._armed_ms = 0
        self._counted_ms = 0
        self._on = not facts.vehicle.capabilities.own_modes

    def switched_on(self) -> None:
        """Count a boot. Call this once, before anything else."""
        if self._on:
            self._add("STAT_BOOTCNT", 1.0)

    def armed_changed(self, armed: bool, now_ms: int) -> None:
        if armed:
            self._armed_ms = now_ms
        elif self._on:
            self._add("STAT_FLTTIME", (now_ms - self._armed_ms) / 1000.0)
            self.count_time(now_ms)

    def count_time(self, now_ms: int) -> None:
        """Add the whole seconds since the last call."""
        seconds = (now_ms - self._counted_ms) // 1000
        if self._on and seconds > 0:
            self._counted_ms += 1000 * seconds
            self._add("STAT_RUNTIME", float(seconds))

    def parameter_changed(self, name: str) -> None:
        if name != _RESET or self._facts.param(_RESET) != 0.0 or not self._on:
            return
        now_ms = self._facts.now_ms
        self._armed_ms = self._counted_ms = now_ms
        for count in _COUNTS:
            self._keep(count, 0.0)
        clock_s = self._facts.boot_unix_s + now_ms / 1000.0 - _EPOCH_S
        if clock_s > 0.0:
            self._keep(_RESET, float(int(clock_s)))

    def _add(self, name: str, amount: float) -> None:
        self._keep(name, self._facts.param(name) + amount)

    def _keep(self, name: str, value: float) -> None:
        if self._put(name, value):
            self._journal.submit(SaveParameter(name, self._facts.param(name)))
