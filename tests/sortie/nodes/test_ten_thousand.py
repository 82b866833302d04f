"""A fleet as large as memory allows: what it holds at the end of a minute is what it held at its begin."""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autopilot.interface.geo import GeoPoint
from sortie import Fleet

HOME = GeoPoint(47.3769, 8.5417, 408.0)


@contextmanager
def flying(count: int) -> Iterator[Fleet]:
    """Fleet of copters in the air since some seconds, headless; they must hover there to the end."""
    with Fleet(count, home=HOME, params={"SIM_BATT_CAP_AH": 0.0}) as fleet:
        fleet.wait_armable()
        for vehicle in fleet:
            vehicle.set_mode("GUIDED")
            vehicle.arm()
            vehicle.takeoff(10.0)
        fleet.run_until(lambda all_: all_.time_s >= 20.0)
        yield fleet
        assert (fleet.positions[:, 2] < -8.0).all()


def resident_bytes() -> int:
    """Of this process now."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def traced_bytes() -> int:
    """Bytes that were taken since tracing began and are held now."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@pytest.mark.parametrize("leaked", [0, 9])
def test_a_minute_holds_no_more_than_the_one_before(leaked: int) -> None:
    """Less than 1 kB a vehicle in 40 s, of all that asks Python for it; an object of 50 bytes a second shows."""
    count, kept = 40, []
    with flying(count) as fleet:
        tracemalloc.start()
        try:
            fleet.run_for(20.0)
            before = traced_bytes()
            for _ in range(40):
                fleet.run_for(1.0)
                kept += [bytes(leaked) for _ in range(count) if leaked]
            grown = (traced_bytes() - before) / count
        finally:
            tracemalloc.stop()
    assert (grown < 1_000) == (leaked == 0), grown


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_a_minute_of_ten_thousand_does_not_grow() -> None:
    """From the 20th to the 80th second the process grows by less than 2 kB a vehicle."""
    count = 10_000
    with flying(count) as fleet:
        before = resident_bytes()
        fleet.run_for(60.0)
        assert (resident_bytes() - before) / count < 2_000
