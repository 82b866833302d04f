"""Sleeping in vehicle time: what `time.sleep` should be where a vehicle's time is not the wall's.

`sleep(1)` of a test or of mission code lasts 1 s of the vehicle that this process flies: of a fixture's by itself, of
any other within `flies(vehicle)`, or of the one that is given. Without one it is the wall's second, so that the same
code flies a real vehicle. For code that cannot be changed: `monkeypatch.setattr(time, "sleep", sortie.pacing.sleep)`.
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
_wall_sleep = time.sleep  # whoever else takes its place


class TimedVehicle(Protocol):
    """A vehicle whose time can be waited for: a `Session`, one of a `Fleet`, `sortie_server.vehicle`."""

    flown_by: threading.Thread | None
    """The thread that lets its time pass; None: whoever waits for it."""

    def sleep(self, seconds: float) -> None: ...

    async def arun_for(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class _FlownVehicle:
    vehicle: TimedVehicle
    thread: threading.Thread

    @property
    def may_wait(self) -> bool:
        """True when this thread may wait: where no thread flies the vehicle, its owner alone; else any but the one
        that flies it."""
        flown_by = self.vehicle.flown_by
        here = threading.current_thread()
        return here is self.thread if flown_by is None else here is not flown_by


_flying: list[_FlownVehicle] = []


@contextmanager
def flies(vehicle: TimedVehicle) -> Iterator[None]:
    """Meanwhile `sleep` and `asleep` are in the time of this vehicle, beside those that fly already."""
    flying = _FlownVehicle(vehicle, threading.current_thread())
    _flying.append(flying)
    try:
        yield
    finally:
        _flying.remove(flying)


def sleep(seconds: float, vehicle: TimedVehicle | None = None) -> None:
    """Until so much vehicle time has passed; see the module. UserError where several vehicles fly and none is given."""
    found = _meant(vehicle)
    if found is None:
        _wall_sleep(seconds)
    else:
        found.sleep(max(seconds, 0.0))


async def asleep(seconds: float, vehicle: TimedVehicle | None = None) -> None:
    """Sleep as `sleep` does, letting other tasks of the event loop run in between."""
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
