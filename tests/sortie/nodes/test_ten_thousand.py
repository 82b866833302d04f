"""A fleet as large as memory allows: what it holds at the end of a minute is what it held at its begin."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from autopilot.interface.geo import GeoPoint
from sortie import Fleet

HOME = GeoPoint(47.3769, 8.5417, 408.0)


def resident_bytes() -> int:
    """Of this process now."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.long)])
def test_a_minute_of_many_does_not_grow(count: int) -> None:
    """In the air, headless: from the 20th to the 80th second memory grows by less than 2 kB a vehicle."""
    with Fleet(count, home=HOME, params={"SIM_BATT_CAP_AH": 0.0}) as fleet:
        fleet.wait_armable()
        for one in fleet:
            one.set_mode("GUIDED")
            one.arm()
            one.takeoff(10.0)
        fleet.run_until(lambda all_: all_.time_s >= 20.0)
        before = resident_bytes()
        fleet.run_for(60.0)
        assert (resident_bytes() - before) / count < 2_000
        assert (fleet.positions[:, 2] < -8.0).all()
