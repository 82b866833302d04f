"""Files of shows: their blocks, the curves of a trajectory, when to take off and to land."""

from __future__ import annotations

import itertools
import struct
from math import sqrt

import pytest

from autopilot.show.show_file import Segment, Trajectory, bezier, read_show
from tests.fakes.show_files import RED_THEN_BLUE, UP_AND_BACK, block, show_file, trajectory, with_checksum


def test_places_and_speeds_between_the_knots() -> None:
    way = read_show(show_file()).trajectory
    assert way.end_s == pytest.approx(25.0)
    for (begin_s, begin), (end_s, end) in itertools.pairwise(UP_AND_BACK):
        place, velocity = way.at(0.5 * (begin_s + end_s))
        assert place == pytest.approx(tuple(0.5 * (a + b) for a, b in zip(begin, end, strict=True)))
        assert velocity == pytest.approx(tuple((b - a) / (end_s - begin_s) for a, b in zip(begin, end, strict=True)))
    assert way.at(-1.0) == ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    assert way.at(99.0) == ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


def test_coordinates_are_in_units_of_the_scale() -> None:
    far = [(0.0, (0.0, 0.0, 0.0)), (10.0, (200.0, -150.0, 100.0))]
    assert read_show(show_file(far, scale=10)).trajectory.at(10.0)[0] == pytest.approx((200.0, -150.0, 100.0))


def test_curves_of_the_third_and_seventh_degree() -> None:
    """Control points for x alone; y, z and the yaw stay, or have their own."""
    start = struct.pack("<B4h", 1, 0, 0, 0, 0)
    cubic = struct.pack("<BH3hh", 0b01_00_00_10, 4000, 0, 3000, 3000, 900)
    seventh = struct.pack("<BH7h", 0b00_00_11_00, 2000, *(1000 * n for n in range(1, 8)))
    way = read_show(b"skyb\1" + block(1, start + cubic + seventh)).trajectory
    assert way.at(2.0)[0] == pytest.approx((1.5, 0.0, 0.0))  # 3 m (3 t^2 - 2 t^3) at a half
    assert way.at(2.0)[1] == pytest.approx((3.0 * 1.5 / 4.0, 0.0, 0.0))
    assert way.at(5.0)[0] == pytest.approx((3.0, 3.5, 0.0))
    assert way.at(5.0)[1] == pytest.approx((0.0, 3.5, 0.0))


def test_the_polynomial_is_bernsteins() -> None:
    controls, t = (1.0, -2.0, 5.0, 0.5), 0.3
    wanted = sum(n * (1 - t) ** (3 - k) * t**k * c for k, (n, c) in enumerate(zip((1, 3, 3, 1), controls, strict=True)))
    assert bezier(controls, t)[0] == pytest.approx(wanted)
    step = 1e-6
    slope = (bezier(controls, t + step)[0] - bezier(controls, t - step)[0]) / (2.0 * step)
    assert bezier(controls, t)[1] == pytest.approx(slope)
    assert bezier((4.0,), 0.5) == (4.0, 0.0)


def test_lights_are_kept_as_they_are_and_other_blocks_passed_over() -> None:
    content = with_checksum(block(3, b"a comment") + block(2, RED_THEN_BLUE) + block(1, trajectory(UP_AND_BACK)))
    assert read_show(content).lights == RED_THEN_BLUE
    assert read_show(b"skyb\1" + block(1, trajectory(UP_AND_BACK))).lights == b""


@pytest.mark.parametrize(
    "content, why",
    [
        (b"", "no show file"),
        (b"skyb\3" + block(1, trajectory(UP_AND_BACK)), "no show file"),
        (b"skyb\1" + block(2, b"\0"), "no trajectory"),
        (b"skyb\1" + block(1, trajectory(UP_AND_BACK[:1])), "an empty trajectory"),
        (b"skyb\1" + block(1, trajectory(UP_AND_BACK))[:-1], "the last block is cut"),
        (b"skyb\1" + block(1, trajectory(UP_AND_BACK)[:-1]), "a block is cut"),
        (b"skyb\1" + block(1, b""), "a block is cut"),
        (b"skyb\1" + block(1, trajectory(UP_AND_BACK)) + b"\1", "the last block is cut"),
        (show_file()[:-1] + b"\1", "the checksum is wrong"),
    ],
)
def test_what_is_no_show(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_show(content)


def test_takeoff_is_so_early_that_the_trajectory_does_not_wait() -> None:
    """It is 2.5 m up after 1.25 s. A climb at 2.5 m/s with 1 m/s/s never gets so fast; one at 1 m/s does."""
    later = [(0.0, (0.0, 0.0, 0.0)), *((time_s + 10.0, place) for time_s, place in UP_AND_BACK)]
    way = read_show(show_file(later)).trajectory
    assert way.takeoff_s(2.5, 2.5, 1.0) == pytest.approx(11.25 - 2.0 * sqrt(2.5), abs=0.01)
    assert way.takeoff_s(2.5, 1.0, 1.0) == pytest.approx(11.25 - 3.5, abs=0.01)
    assert read_show(show_file()).trajectory.takeoff_s(2.5, 2.5, 1.0) == 0.0
    low = [(0.0, (0.0, 0.0, 0.0)), (5.0, (0.0, 0.0, 1.0))]
    assert read_show(show_file(low)).trajectory.takeoff_s(2.5, 2.5, 1.0) == float("inf")


def test_landing_begins_in_the_straight_descent_at_the_end() -> None:
    way = read_show(show_file()).trajectory
    assert way.landing_s(2.5) == pytest.approx(23.75, abs=0.01)
    assert way.landing_s(20.0) == pytest.approx(20.0)  # the whole of it
    hanging = read_show(show_file(UP_AND_BACK[:-1])).trajectory
    assert hanging.landing_s(2.5) == hanging.end_s


def test_a_descent_in_pieces_is_one() -> None:
    pieces = [(20.0, 10.0), (22.0, 6.0), (24.0, 2.0), (25.0, 0.0)]
    down = [Segment(a_s, b_s - a_s, ((1.0, 1.02), (2.0,), (a, b))) for (a_s, a), (b_s, b) in itertools.pairwise(pieces)]
    aside = Segment(0.0, 20.0, ((0.0, 1.0), (2.0,), (10.0,)))
    assert Trajectory((aside, *down)).landing_s(5.0) == pytest.approx(22.5, abs=0.01)
