"""Bring something to a place, on DroneKit: take off, go there, come home.

DroneKit 2.9.2 is of 2019: it looks for a name that Python 3.10 moved, and for `past` of the package `future`.
"""

from __future__ import annotations

import collections
import collections.abc
import sys
import threading
import time
import types
from collections.abc import Callable
from typing import Any

collections.MutableMapping = collections.abc.MutableMapping  # type: ignore[attr-defined]
_past = types.ModuleType("past.builtins")
_past.basestring = str  # type: ignore[attr-defined]
sys.modules.setdefault("past", types.ModuleType("past"))
sys.modules.setdefault("past.builtins", _past)

import dronekit  # noqa: E402 - it needs the lines above

PATIENCE_S = 120.0
ARRIVED_DEG = 1e-5


def connect(address: str) -> Any:
    """A vehicle that is ready."""
    return dronekit.connect(address, wait_ready=True, timeout=60)


def deliver(vehicle: Any, north_deg: float, east_deg: float, height: float) -> Any:
    """Fly to a place (degrees from where it stands) and back. Returns where it was."""
    wait(vehicle, lambda: vehicle.is_armable)
    vehicle.mode = dronekit.VehicleMode("GUIDED")
    wait(vehicle, lambda: vehicle.mode.name == "GUIDED")
    vehicle.armed = True
    wait(vehicle, lambda: vehicle.armed)
    vehicle.simple_takeoff(height)
    wait(vehicle, lambda: here(vehicle).alt > 0.95 * height)
    there = dronekit.LocationGlobalRelative(here(vehicle).lat + north_deg, here(vehicle).lon + east_deg, height)
    vehicle.simple_goto(there)
    wait(vehicle, lambda: abs(here(vehicle).lat - there.lat) + abs(here(vehicle).lon - there.lon) < ARRIVED_DEG)
    reached = here(vehicle)
    vehicle.mode = dronekit.VehicleMode("RTL")
    wait(vehicle, lambda: not vehicle.armed)
    return reached


def here(vehicle: Any) -> Any:
    """Degrees, m above home."""
    return vehicle.location.global_relative_frame


def wait(vehicle: Any, condition: Callable[[], bool]) -> None:
    """DroneKit has no waiting of its own. The condition is looked at whenever a message has come: who sleeps in between
    is late, in a simulator that is faster than the clock on the wall by far."""
    heard = threading.Event()

    def hear(*_: object) -> None:
        heard.set()

    vehicle.add_message_listener("*", hear)
    try:
        end_s = time.monotonic() + PATIENCE_S
        while True:
            heard.clear()
            if condition():
                return
            if not heard.wait(max(end_s - time.monotonic(), 0.0)):
                raise TimeoutError(f"not within {PATIENCE_S:g} s")
    finally:
        vehicle.remove_message_listener("*", hear)
