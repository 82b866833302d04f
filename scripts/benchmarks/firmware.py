"""Real firmwares in our world. `ARDUPILOT_SITL` and `PX4_SITL` name their binaries, or the search path has them."""

from __future__ import annotations

import time
from typing import Final

from benchmarks import NotHere
from benchmarks.tests_that_fly import paced_pymavlink
from sitl.ways_in import WAYS
from sortie.commands.doctor import look_for

FLOWN_S: Final = 30.0
FLIGHTS: Final = 5


def _copter(word: str) -> str:
    """The copter of a firmware that is here."""
    missing = look_for(WAYS[word], "copter", "").missing
    if missing:
        raise NotHere(missing)
    return f"{word}:copter,world=ours"


def standing(word: str, count: int) -> float:
    """Times real time of so many in one world, standing with a running estimator."""
    from sortie import Fleet

    with Fleet(count, vehicle=_copter(word)) as fleet:
        fleet.run_for(15.0)
        began = time.perf_counter()
        fleet.run_for(FLOWN_S)
        return FLOWN_S / (time.perf_counter() - began)


def paced() -> float:
    """Times real time of an ArduCopter, in the median of some flights by a client that vehicle time waits for."""
    failed, speed = paced_pymavlink(FLIGHTS, _copter("ardupilot"), load=0)
    if failed:
        raise RuntimeError(f"{failed:g} of {FLIGHTS} flights failed")
    return speed


def armable() -> float:
    """Seconds from the start of an ArduCopter until it can be armed, as fast as it can."""
    from sortie import Session

    vehicle = _copter("ardupilot")
    began = time.perf_counter()
    with Session(vehicle) as session:
        session.wait_armable()
        return time.perf_counter() - began
