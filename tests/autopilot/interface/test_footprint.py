"""What a camera sees of the ground: closed forms, tilt, terrain, the horizon."""

from __future__ import annotations

from math import atan, pi, radians, tan

import numpy as np
import pytest

from autopilot.interface.footprint import STRAIGHT_DOWN, Ground, Lens, footprint, look_at_ground, pointing
from autopilot.interface.geo import GeoPoint
from tests.fakes.terrain import map_of, ramp

LENS = Lens(6.0, 4.0, 5.0)
HOME = GeoPoint(47.0, 8.0, 500.0)


def test_straight_down_is_a_rectangle_as_large_as_the_height_says() -> None:
    """Height by focal length, its top towards the heading."""
    north, east = footprint((10.0, 20.0, -50.0), pointing(0.0, STRAIGHT_DOWN, 0.0), LENS, Ground.flat()).T
    assert north == pytest.approx([30.0, 30.0, -10.0, -10.0])
    assert east == pytest.approx([-10.0, 50.0, 50.0, -10.0])


def test_it_turns_with_the_heading() -> None:
    """Heading east the top of the image lies east."""
    north, east = footprint((0.0, 0.0, -50.0), pointing(0.0, STRAIGHT_DOWN, pi / 2.0), LENS, Ground.flat()).T
    assert east == pytest.approx([20.0, 20.0, -20.0, -20.0])
    assert north == pytest.approx([30.0, -30.0, -30.0, 30.0])


def test_a_camera_that_looks_ahead_sees_farther_and_at_last_the_horizon() -> None:
    """Pitch -45: the middle lies as far ahead as it is high; pitch 0: the upper half is sky."""
    rays = LENS.rays(3, 3) @ pointing(0.0, radians(-45.0), 0.0).T
    middle = look_at_ground((0.0, 0.0, -30.0), rays, Ground.flat())[4]
    assert middle == pytest.approx([30.0, 0.0])
    ahead = footprint((0.0, 0.0, -30.0), pointing(0.0, 0.0, 0.0), LENS, Ground.flat())
    assert np.isnan(ahead[:2]).all()
    assert ahead[2:, 0] == pytest.approx([30.0 / tan(atan(0.4))] * 2)


def test_it_rolls_to_the_side() -> None:
    """Right wing down: a camera that looks straight down of the frame sees to the left."""
    attitude = pointing(radians(20.0), 0.0, 0.0) @ pointing(0.0, STRAIGHT_DOWN, 0.0)
    (axis,) = look_at_ground((0.0, 0.0, -40.0), (attitude @ np.array([1.0, 0.0, 0.0]))[None], Ground.flat())
    assert axis == pytest.approx([0.0, -40.0 * tan(radians(20.0))])


def test_on_a_slope_it_ends_where_the_ground_does() -> None:
    """A ramp that rises to the north by one in five: rays meet it where its own equation says."""
    ground = Ground.about(HOME, map_of(ramp(0.2, HOME, 500.0), HOME), 400.0)
    north, east = footprint((0.0, 0.0, -50.0), pointing(0.0, STRAIGHT_DOWN, 0.0), LENS, ground).T
    assert north[0] == pytest.approx(50.0 * 0.4 / (1.0 + 0.2 * 0.4), abs=0.1)  # rises towards the ray
    assert north[3] == pytest.approx(-50.0 * 0.4 / (1.0 - 0.2 * 0.4), abs=0.1)
    assert east[1] == pytest.approx(50.0 * 0.6 / (1.0 + 0.2 * 0.4), abs=0.1)


def test_what_is_not_known_is_not_seen() -> None:
    """Beyond the map there is no ground."""
    ground = Ground.about(HOME, map_of(ramp(0.0, HOME, 500.0), HOME), 400.0)
    assert np.isnan(footprint((1e6, 0.0, -50.0), pointing(0.0, STRAIGHT_DOWN, 0.0), LENS, ground)).all()


def test_a_ridge_hides_what_lies_behind_it() -> None:
    """The first meeting counts."""
    m = 111318.845
    ridge = map_of(
        lambda lat, lon: 500.0 + 40.0 * np.exp(-((((lat - HOME.lat) * m - 100.0) / 20.0) ** 2)) + 0 * lon, HOME
    )
    ground = Ground.about(HOME, ridge, 500.0)
    rays = LENS.rays(1, 1) @ pointing(0.0, radians(-15.0), 0.0).T  # would meet level ground at 112 m
    (met,) = look_at_ground((0.0, 0.0, -30.0), rays, ground)
    assert 60.0 < met[0] < 95.0
