"""DroneKit against `sortie serve`: connect, take off, go somewhere, come home.

Run it: `sortie serve --speedup 10` in one terminal, `python examples/dronekit_flight.py` in another. The address of the
vehicle may be given as argument (default tcp:127.0.0.1:5760).
"""

from __future__ import annotations

import collections
import collections.abc
import sys
import time
import types
from collections.abc import Callable
from typing import Any

HEIGHT_M = 15.0
PATIENCE_S = 120.0


def import_dronekit() -> types.ModuleType:
    """DroneKit 2.9.2 is of 2019: it looks for a name that Python 3.10 moved, and for `past` of the package `future`."""
    collections.MutableMapping = collections.abc.MutableMapping  # type: ignore[attr-defined]  # what DroneKit looks for
    past, builtins = types.ModuleType("past"), types.ModuleType("past.builtins")
    builtins.basestring = str  # type: ignore[attr-defined]  # as above
    sys.modules.setdefault("past", past)
    sys.modules.setdefault("past.builtins", builtins)
    import dronekit

    return dronekit  # type: ignore[no-any-return]  # DroneKit has no type hints


def wait(what: str, condition: Callable[[], bool]) -> None:
    """DroneKit has no waiting of its own for most things."""
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end_s:
            raise TimeoutError(f"{what}: not within {PATIENCE_S:g} s")
        time.sleep(0.05)
    print(what)


def fly(dronekit: Any, address: str) -> None:
    began_s = time.monotonic()
    vehicle = dronekit.connect(address, wait_ready=True, timeout=60)
    print(f"connected to {vehicle.version} in {time.monotonic() - began_s:.1f} s, {len(vehicle.parameters)} parameters")
    try:
        wait("armable", lambda: bool(vehicle.is_armable))
        vehicle.mode = dronekit.VehicleMode("GUIDED")
        wait("in GUIDED", lambda: vehicle.mode.name == "GUIDED")
        vehicle.armed = True
        wait("armed", lambda: bool(vehicle.armed))
        vehicle.simple_takeoff(HEIGHT_M)
        wait("at height", lambda: vehicle.location.global_relative_frame.alt > 0.95 * HEIGHT_M)
        here = vehicle.location.global_relative_frame
        there = dronekit.LocationGlobalRelative(here.lat + 0.0003, here.lon, HEIGHT_M)
        vehicle.simple_goto(there, groundspeed=6.0)
        wait("33 m north", lambda: abs(vehicle.location.global_relative_frame.lat - there.lat) < 1e-5)
        vehicle.mode = dronekit.VehicleMode("RTL")
        wait("landed", lambda: not vehicle.armed)
    finally:
        vehicle.close()


if __name__ == "__main__":
    fly(import_dronekit(), sys.argv[1] if len(sys.argv) > 1 else "tcp:127.0.0.1:5760")
