"""A height map says how high the ground is, alike for one place and for many."""

from __future__ import annotations

import numpy as np
import pytest

from autopilot.interface.terrain import HeightMap


def _map() -> HeightMap:
    return HeightMap(10.0, 20.0, 10.0, 10.0, np.array([[0, 10, 20], [100, 110, np.nan], [200, 210, 220]], np.float32))


@pytest.mark.parametrize(
    ("lat", "lon", "height"),
    [(10.0, 20.0, 0.0), (10.05, 20.05, 55.0), (10.0, 20.05, 5.0), (10.2, 20.0, 200.0), (10.15, 20.05, 155.0),
     (10.025, 20.075, 32.5), (10.05, 20.15, None), (9.999, 20.0, None), (10.0, 20.21, None), (11.0, 20.0, None)],
)  # fmt: skip
def test_heights_lie_between_the_four_around(lat: float, lon: float, height: float | None) -> None:
    """Bilinear; none beyond the edge, and none where one of the four is missing."""
    found = _map().height_at(lat, lon)
    assert (found is None) == (height is None)
    assert found is None or found == pytest.approx(height, abs=1e-3)


def test_many_places_are_as_each_alone() -> None:
    """The vectors of a rehearsal and the single places of an autopilot are one function."""
    ground = _map()
    chance = np.random.default_rng(3)
    lats, lons = chance.uniform(9.9, 10.3, 400), chance.uniform(19.9, 20.3, 400)
    for lat, lon, height in zip(lats, lons, ground.heights_at(lats, lons), strict=True):
        alone = ground.height_at(lat, lon)
        assert np.isnan(height) if alone is None else height == pytest.approx(alone, abs=1e-9)


def test_a_line_of_heights_is_no_map() -> None:
    """Nothing lies between its heights."""
    with pytest.raises(ValueError, match="two rows"):
        HeightMap(0.0, 0.0, 1.0, 1.0, np.zeros((1, 5), np.float32))
