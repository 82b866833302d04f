"""The simulated sensor for landing pads: what it sees, and what it does not."""

from __future__ import annotations

from itertools import pairwise
from math import atan, degrees
from statistics import fmean, pstdev

import pytest

from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint, to_global
from autopilot.precision.lander import SeesPads
from autopilot.precision.tracker import Look
from sitl.kernel import layout as M
from sitl.vehicles.copter import SimulatedCopter
from sitl.vehicles.kinds import make_simulated

HOME = GeoPoint(-35.0, 149.0, 584.0)


class Over:
    """A copter held somewhere over its home, nose north, level."""

    def __init__(self, north: float = 0.0, east: float = 0.0, up: float = 5.0, **values: float) -> None:
        self.copter = SimulatedCopter(HOME, 0.0, 3)
        for name, value in ({"SIM_PLD_ENABLE": 1.0, "SIM_PLD_NOISE": 0.0} | values).items():
            self.copter.set_parameter(name, value)
        s = self.copter._s
        s[M.S_PN], s[M.S_PE], s[M.S_PD] = north, east, -up

    def looks(self, count: int = 1, every_ms: int = 100) -> list[list[Look]]:
        seen = []
        for _ in range(count):
            self.copter._s[L.S_TIME_MS] += every_ms
            seen.append(list(self.copter.see_pads()))
        return seen


def test_only_a_copter_has_the_sensor() -> None:
    """A rover does not land."""
    assert isinstance(make_simulated("copter", HOME, 0.0, 0), SeesPads)
    assert not isinstance(make_simulated("rover", HOME, 0.0, 0), SeesPads)


def test_it_is_off_unless_it_is_switched_on() -> None:
    """No period, and nothing seen."""
    over = Over(SIM_PLD_ENABLE=0.0)
    assert (over.copter.pads_period_ms, over.looks()) == (0, [[]])
    assert Over(SIM_PLD_RATE=20.0).copter.pads_period_ms == 50
    assert Over(SIM_PLD_RATE=0.0).copter.pads_period_ms == 0


def test_a_pad_lies_where_a_place_says() -> None:
    """SIM_PLD_LAT and SIM_PLD_LON as ArduPilot's; SIM_PLD_N and SIM_PLD_E count from there; by themselves from home."""
    pad = to_global(HOME, (30.0, -20.0, 0.0))
    place = {"SIM_PLD_LAT": pad.lat, "SIM_PLD_LON": pad.lon}
    assert Over(**place).copter.pads.pads(0)[0][:2] == pytest.approx((30.0, -20.0), abs=1e-6)
    assert Over(**place, SIM_PLD_N=1.0, SIM_PLD_E=-2.0).copter.pads.pads(0)[0][:2] == pytest.approx((31.0, -22.0))
    ((look,),) = Over(28.0, -20.0, **place).looks()
    assert look.direction[0] / look.direction[2] == pytest.approx(0.4)


def test_a_look_points_at_the_pad() -> None:
    """Forward, right, down of the body, and its distance to a hundredth or so."""
    ((look,),) = Over(-1.0, 2.0).looks()
    forward, right, down = look.direction
    assert (forward / down, right / down) == pytest.approx((0.2, -0.4))
    assert look.distance_m == pytest.approx(30.0**0.5, rel=0.05)


def test_a_leaning_body_sees_it_elsewhere() -> None:
    """Pitched up by 20 degrees, what is straight below lies behind the axis."""
    over = Over()
    over.copter._s[M.S_Q0], over.copter._s[M.S_Q2] = 0.984807753, 0.173648178
    ((look,),) = over.looks()
    assert degrees(atan(look.direction[0] / look.direction[2])) == pytest.approx(-20.0)


@pytest.mark.parametrize(
    ("over", "seen"),
    [
        (Over(2.8, 0.0), True),
        (Over(3.0, 0.0), False),  # 31 degrees, of 60 in all
        (Over(3.0, 0.0, SIM_PLD_FOV=90.0), True),
        (Over(up=15.5), False),
        (Over(up=15.5, SIM_PLD_ALT_LMT=20.0), True),
        (Over(11.0, 0.0, 14.0, SIM_PLD_FOV=120.0), False),
        (Over(11.0, 0.0, 14.0, SIM_PLD_FOV=120.0, SIM_PLD_DIST_LMT=12.0), True),
        (Over(up=0.2), False),
        (Over(up=2.1, SIM_PLD_HEIGHT=2.0), False),
        (Over(up=3.0, SIM_PLD_HEIGHT=2.0), True),
        (Over(SIM_PLD_N=20.0), False),
        (Over(20.0, -5.0, SIM_PLD_N=20.0, SIM_PLD_E=-5.0), True),
    ],
)
def test_field_of_view_and_range(over: Over, seen: bool) -> None:
    """A cone of SIM_PLD_FOV, as far as the limits, not nearer than a picture can hold it."""
    assert bool(over.looks()[0]) is seen


def test_its_noise_is_that_of_the_parameter() -> None:
    """Without a mean; degrees."""
    angles = [degrees(atan(one.direction[0])) for (one,) in Over(SIM_PLD_NOISE=2.0).looks(500)]
    assert abs(fmean(angles)) < 0.3
    assert pstdev(angles) == pytest.approx(2.0, rel=0.15)


@pytest.mark.parametrize("seconds", [0.0, 2.0])
def test_dropouts_are_that_share_of_its_looks(seconds: float) -> None:
    """Each for itself, or seconds in a row."""
    blind = [not looks for looks in Over(SIM_PLD_DROP=30.0, SIM_PLD_DROP_S=seconds).looks(3000)]
    assert fmean(blind) == pytest.approx(0.3, abs=0.06)
    changes = sum(a != b for a, b in pairwise(blind))
    assert changes < 100 if seconds else changes > 1000


def test_a_pad_moves_and_a_second_lies_beside_it() -> None:
    """The nearer to the middle of the picture is told first."""
    over = Over(0.0, 0.0, SIM_PLD_VN=0.1, SIM_PLD2_E=1.0)
    first, last = over.looks(2, every_ms=10_000)
    assert [look.direction[1] / look.direction[2] for look in first] == pytest.approx([0.0, 0.2])
    assert last[0].direction[0] / last[0].direction[2] == pytest.approx(0.4)
    over = Over(0.0, 0.8, SIM_PLD2_E=1.0)
    assert [look.direction[1] / look.direction[2] for look in over.looks()[0]] == pytest.approx([0.04, -0.16])


def test_looking_more_often_changes_nothing() -> None:
    """What is seen follows from the seed and the time."""
    often, seldom = Over(SIM_PLD_NOISE=1.0, SIM_PLD_DROP=30.0), Over(SIM_PLD_NOISE=1.0, SIM_PLD_DROP=30.0)
    assert often.looks(100, 20)[4::5] == seldom.looks(20, 100)


@pytest.mark.parametrize(("kind", "north", "up", "seen"), [
    (0, 9.0, 3.0, True), (0, 11.0, 3.0, False), (1, 9.0, 3.0, False), (1, 1.0, 3.0, True), (2, 9.0, 3.0, True),
    (2, 9.0, 9.0, False),
])  # fmt: skip
def test_the_room_in_which_pads_are_seen_is_a_cylinder_a_cone_or_a_sphere(
    kind: int, north: float, up: float, seen: bool
) -> None:
    assert bool(Over(north, 0.0, up, SIM_PLD_TYPE=kind).looks()[0]) is seen
