"""A firmware in lockstep, flown by itself."""

from __future__ import annotations

from collections.abc import Callable

from sitl.ways_in import Lockstep


def fly(lockstep: Lockstep, until_ms: float, stop: Callable[[], bool] = lambda: False) -> None:
    """Until the body's time is `until_ms` and the firmware waits again, or `stop()`."""
    while lockstep.step(until_ms, stop):
        pass
