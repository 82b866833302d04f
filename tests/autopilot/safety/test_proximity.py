"""Objects that count: by the height over the ground that the range finder sees (Copter::low_alt_avoidance)."""

from __future__ import annotations

from math import hypot, inf

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.interface.obstacles import Scan
from autopilot.interface.targets import Sticks
from tests.fakes.core_bench import Bench
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.sim_copter import LOITER, in_air


def backs_away(bench: Bench) -> bool:
    """In LOITER, from something right before the nose."""
    assert bench.core.modes.set(LOITER, bench.now_ms).ok
    start = bench.vehicle.state.position
    for _ in range(30):
        bench.core.proximity.see(Scan([0.5, inf, inf, inf], 0.0, 90.0, 10.0), bench.now_ms)
        bench.core.proximity.keep_off(on=True)
        bench.core.sticks.move(Sticks(), bench.now_ms)
        bench.run(0.1)
    end = bench.vehicle.state.position
    return hypot(end[0] - start[0], end[1] - start[1]) > 0.5


def test_objects_are_avoided_below_home_too() -> None:
    """With the defaults: a copter that had gone down from a hill avoided nothing."""
    bench = in_air(10.0)
    assert bench.core.home.set(GeoPoint(ORIGIN.lat, ORIGIN.lon, ORIGIN.alt + 40.0)).ok
    assert backs_away(bench)


@pytest.mark.parametrize(("lowest", "finder", "backs"), [(6, True, False), (4, True, True), (6, False, True)])
def test_near_the_ground_objects_are_left_alone(lowest: float, finder: bool, backs: bool) -> None:
    """AVOID_ALT_MIN counts by the range finder; the switch that has objects avoided does not change that."""
    bench = in_air(5.0, RNGFND1_TYPE=100, AVOID_ALT_MIN=lowest)
    bench.core.facts.uses_range_finder = finder
    assert backs_away(bench) is backs
