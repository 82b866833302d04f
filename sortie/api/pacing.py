"""Sleep in vehicle time, a replacement of `time.sleep` for programs whose vehicle time is not real time.

`sleep(1)` in a test or in mission code lasts 1 s of the vehicle that this process flies: that of a pytest fixture, that
of the surrounding `flies(vehicle)`, or the given one. Without any, it lasts 1 s of real time, so the same code can fly
a real vehicle. For code that cannot be changed: `monkeypatch.setattr(time, "sleep", sortie.pacing.sleep)`.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from autopilot.interface.records import dataclass
from sortie.config.errors import UserError

__tracebackhide__ = True  # as in `session`
_wall_sleep = time.sleep  # kept, because a program may replace it


class TimedVehicle(Protocol):
    """Vehicle whose time can be waited for: a `Session`, a member of a `Fleet`, `sortie_server.vehicle`."""

    flown_by: threading.Thread | None
    """Thread that advances its time; None: the thread that waits."""

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of vehicle time."""

    async def arun_for(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class _FlownVehicle:
    vehicle: TimedVehicle
    thread: threading.Thread

    @property
    def may_wait(self) -> bool:
        """True when this thread may wait. If a thread flies the vehicle, any other may; otherwise only the owner."""
        flown_by = self.vehicle.flown_by
        here = threading.current_thread()
        return here is self.thread if flown_by is None else here is not flown_by


_flying: list[_FlownVehicle] = []


@contextmanager
def flies(vehicle: TimedVehicle) -> Iterator[None]:
    """Let `sleep` and `asleep` use the time of this vehicle within the context."""
    flying = _FlownVehicle(vehicle, threading.current_thread())
    _flying.append(flying)
    try:
        yield
    finally:
        _flying.remove(flying)


def sleep(seconds: float, vehicle: TimedVehicle | None = None) -> None:
    """Sleep until `seconds` of vehicle time have passed. UserError when several vehicles fly and none is given."""
    found = _meant(vehicle)
    if found is None:
        _wall_sleep(seconds)
    else:
        found.sleep(max(seconds, 0.0))


async def asleep(seconds: float, vehicle: TimedVehicle | None = None) -> None:
    """Sleep as `sleep` does, while other tasks of the event loop run."""
    found = _meant(vehicle)
    if found is None:
        await asyncio.sleep(seconds)
    else:
        await found.arun_for(max(seconds, 0.0))


def _meant(vehicle: TimedVehicle | None) -> TimedVehicle | None:
    if vehicle is not None:
        return vehicle
    candidates = [flying.vehicle for flying in _flying if flying.may_wait]
    if len(candidates) > 1:
        raise UserError(f"{len(candidates)} vehicles fly: say in whose time to sleep, as sleep(1, vehicle)")
    return candidates[0] if candidates else None
