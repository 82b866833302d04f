"""Obstacles: distances to each shape, and what a scanner sees of them."""

from __future__ import annotations

from math import cos, hypot, inf, isnan, pi, radians, sin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.interface.geo import GeoPoint
from sitl.world.obstacles import SECTORS, Cable, Cylinder, Obstacles, Prism
from sitl.world.scanner import Scanner
from tests.fakes.examples import examples

HOUSE = Prism("house", ((10.0, -5.0), (20.0, -5.0), (20.0, 5.0), (10.0, 5.0)), 0.0, 8.0)
MAST = Cylinder("mast", (0.0, 30.0), 0.5, 0.0, 20.0)
WIRE = Cable("wire", (-20.0, -50.0, -10.0), (-20.0, 50.0, -10.0), 0.02)
ALL = Obstacles([HOUSE, MAST, WIRE])
HOME = GeoPoint(-35.363261, 149.165230, 584.0)


@pytest.mark.parametrize(
    ("at", "metres", "name"),
    [
        ((0.0, 0.0, -4.0), 10.0, "house"),
        ((15.0, 0.0, -4.0), -4.0, "house"),
        ((15.0, 0.0, -11.0), 3.0, "house"),
        ((6.0, 0.0, -11.0), 5.0, "house"),
        ((0.0, 26.5, -4.0), 3.0, "mast"),
        ((0.0, 30.0, -23.0), 3.0, "mast"),
        ((-17.0, 3.0, -10.0), 2.98, "wire"),
        ((-20.0, 54.0, -13.0), 4.98, "wire"),
    ],
)
def test_distance_to_the_nearest(at: tuple[float, float, float], metres: float, name: str) -> None:
    """To its surface; below 0 inside."""
    away, shape = ALL.nearest(at)
    assert shape is not None
    assert (away, shape.name) == (pytest.approx(metres), name)


def test_nothing_within() -> None:
    assert ALL.nearest((0.0, 0.0, -4.0), 5.0) == (inf, None)
    assert Obstacles([]).nearest((0.0, 0.0, 0.0)) == (inf, None)


def test_a_level_look_around() -> None:
    """North the house, east the mast, nothing elsewhere: at its height; above all of them only the wire's plane."""
    seen = ALL.around((0.0, 0.0, -4.0), 0.0, 40.0)
    assert seen[0] == pytest.approx(10.0)
    assert seen[SECTORS // 4] == pytest.approx(29.5, abs=0.01)
    assert seen[SECTORS // 2] == inf
    high = ALL.around((0.0, 0.0, -10.0), 0.0, 40.0)
    assert high[0] == inf
    assert high[SECTORS // 2] == pytest.approx(20.0, abs=0.01)


def test_a_wire_that_climbs_is_seen_where_it_crosses_the_look() -> None:
    """From 5 m at its west end to 15 m at its east end: at 10 m in its middle, at 12 m 20 m further east."""
    climbs = Obstacles([Cable("wire", (20.0, -50.0, -5.0), (20.0, 50.0, -15.0), 1.0)])
    for height, east in ((10.0, 0.0), (12.0, 20.0)):
        seen = climbs.around((0.0, east, -height), 0.0, 60.0)
        assert seen[0] == pytest.approx(19.0)
        assert all(away == inf for away in seen[2:-1])


def test_directions_count_from_the_nose() -> None:
    """Turned to the east the house is on the left."""
    seen = ALL.around((0.0, 0.0, -4.0), radians(90.0), 40.0)
    assert seen[0] == pytest.approx(29.5, abs=0.01)
    assert seen[3 * SECTORS // 4] == pytest.approx(10.0)


@settings(max_examples=examples(40), deadline=None)
@given(st.floats(0.0, 2.0 * pi), st.floats(3.0, 30.0), st.floats(0.3, 2.0), st.floats(-pi, pi))
def test_a_cylinder_is_seen_where_it_stands(bearing: float, away: float, radius: float, heading: float) -> None:
    """In its direction, at its distance: wherever it is and the vehicle points."""
    tower = Cylinder("tower", ((away + radius) * cos(bearing), (away + radius) * sin(bearing)), radius, 0.0, 10.0)
    seen = Obstacles([tower]).around((0.0, 0.0, -5.0), heading, 40.0)
    sector = round((bearing - heading) / (2.0 * pi) * SECTORS) % SECTORS
    assert seen.min() == pytest.approx(away, abs=0.02 + 0.02 * away)
    assert seen[sector] < away + radius + 0.1


def scanner(heading: float = 0.0, **values: float) -> Scanner:
    named = {f"SIM_PRX_{name}": value for name, value in values.items()}
    return Scanner(ALL, HOME, HOME, named, 3, lambda: ((0.0, 0.0, -4.0), heading))


def test_range_noise_and_blind_directions() -> None:
    """SIM_PRX_MAX, _MIN, _NOISE and _BLIND; the same seed draws the same."""
    seen = scanner(MAX=20.0).look(0).distances_m
    assert (seen[0], seen[SECTORS // 4]) == (pytest.approx(10.0), inf)
    blind = scanner(radians(180.0), BLIND=40.0).look(0).distances_m
    assert isnan(blind[SECTORS // 2])
    assert isnan(blind[SECTORS // 2 - 3])
    assert not isnan(blind[SECTORS // 2 - 4])
    near = scanner(MIN=12.0).look(0).distances_m
    assert isnan(near[0])
    noisy = [scanner(NOISE=0.5).look(20 * k).distances_m[0] for k in range(200)]
    assert hypot(*(away - 10.0 for away in noisy)) / 200.0**0.5 == pytest.approx(0.5, rel=0.2)
    assert noisy == [scanner(NOISE=0.5).look(20 * k).distances_m[0] for k in range(200)]
