"""Approach of another aircraft, as judgements and the kernel compute it."""

from __future__ import annotations

from random import Random

import pytest

from autopilot.control.approach import nearest_ahead, offset
from autopilot.interface.geo import GeoPoint, to_local


def test_nearest_point_ahead() -> None:
    """Not behind, and not beyond the time ahead."""
    assert nearest_ahead(100.0, 30.0, -10.0, 0.0, 20.0) == pytest.approx(30.0)
    assert nearest_ahead(100.0, 0.0, -10.0, 0.0, 5.0) == pytest.approx(50.0)
    assert nearest_ahead(100.0, 0.0, 10.0, 0.0, 20.0) == pytest.approx(100.0)
    assert nearest_ahead(3.0, 4.0, 0.0, 0.0, 20.0) == pytest.approx(5.0)


def test_an_offset_is_that_of_the_local_frame_to_the_last_bit() -> None:
    """Near and far, over the poles' caps and both ways over the date line."""
    chance = Random(3)
    for _ in range(20_000):
        lat, lon = chance.uniform(-90.0, 90.0), chance.choice([chance.uniform(-180.0, 180.0), 180.0, -180.0])
        there_lat, there_lon = lat + chance.gauss(0.0, 0.01), chance.choice([lon + chance.gauss(0.0, 0.01), -lon])
        there_lon = min(max(there_lon, -180.0), 180.0)
        assert (*offset(lat, lon, there_lat, there_lon), 0.0) == to_local(GeoPoint(lat, lon), there_lat, there_lon, 0.0)
