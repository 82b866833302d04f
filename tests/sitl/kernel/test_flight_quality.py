"""How well the copter flies, judged by the truth and not by its estimate: 5 m/s of gusty wind, several seeds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Circle, Hold, Land, Leg, Speeds, Velocity
from autopilot.interface.vehicle import VehicleEvent
from tests.fakes.copter_flight import CopterFlight

SEEDS = (1, 2, 3, 4, 5)
POSITION = (R.TRUE_N, R.TRUE_E, R.TRUE_D)


def _aloft(seed: int) -> CopterFlight:
    flight = CopterFlight(seed, wind=5.0, direction=50.0 * seed, gust=1.0)
    flight.take_off()
    return flight


def _cross(
    track: npt.NDArray[np.float64], start: tuple[float, ...], end: tuple[float, ...]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Distance along and across (horizontally) the line from start to end."""
    u = (np.array(end) - np.array(start))[:2]
    u = u / np.linalg.norm(u)
    rel = track[:, :2] - np.array(start)[:2]
    return rel @ u, rel[:, 0] * u[1] - rel[:, 1] * u[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_square_is_flown_tightly(seed: int) -> None:
    """Sides of 200 m at 10 m/s: each waypoint passed within 2 m (3-D), cross-track below 1.5 m after 20 m, height
    within 0.5 m."""
    flight = _aloft(seed)
    corners = [(0.0, 0.0, -20.0), (200.0, 0.0, -20.0), (200.0, 200.0, -20.0), (0.0, 200.0, -20.0), (0.0, 0.0, -20.0)]
    flight.fly(Hold(corners[0]), 10.0)
    flight.run(3.0)
    tracks = []
    for i in range(1, 5):
        flight.copter.set_target(Leg(corners[i], start=corners[i - 1], next=corners[i + 1] if i < 4 else None))
        tracks.append(flight.record(60.0, POSITION, VehicleEvent.ARRIVED))
    tracks.append(flight.record(6.0, POSITION))
    whole = np.concatenate(tracks)
    for corner in corners[1:]:
        assert np.sqrt(((whole - np.array(corner)) ** 2).sum(axis=1)).min() < 2.0
    for i in range(4):
        along, across = _cross(tracks[i], corners[i], corners[i + 1])
        assert np.abs(across[along > 20.0]).max() < 1.5
        assert np.abs(tracks[i][:, 2] + 20.0).max() < 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_a_right_angle_at_8_m_s_is_not_overshot(seed: int) -> None:
    """Never more than 2 m past the corner along the old leg, nor beyond the new one, with the default accelerations."""
    flight = _aloft(seed)
    flight.copter.set_speeds(Speeds(8.0, 2.5, 1.5))
    start, corner, end = (0.0, 0.0, -20.0), (100.0, 0.0, -20.0), (100.0, 100.0, -20.0)
    flight.fly(Hold(start), 10.0)
    flight.copter.set_target(Leg(corner, start=start, next=end))
    first = flight.record(40.0, (*POSITION, R.GROUND_SPEED), VehicleEvent.ARRIVED)
    flight.copter.set_target(Leg(end, start=corner))
    second = flight.record(40.0, POSITION, VehicleEvent.ARRIVED)
    assert first[:, 3].max() > 7.7
    assert max(first[:, 0].max(), second[:, 0].max()) < 102.0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_place_is_held_within_a_metre(seed: int) -> None:
    """Horizontally and in height, for a minute."""
    flight = _aloft(seed)
    flight.fly(Hold((10.0, -5.0, -20.0)), 20.0)
    flight.run(6.0)
    off = flight.record(60.0, POSITION) - np.array((10.0, -5.0, -20.0))
    assert np.hypot(off[:, 0], off[:, 1]).max() < 1.0
    assert np.abs(off[:, 2]).max() < 1.0


@pytest.mark.parametrize("seed", SEEDS)
def test_touchdown_is_gentle_and_on_the_spot(seed: int) -> None:
    """Below 0.7 m/s and within a metre of the landing place, detected within 3 s of touching the ground."""
    flight = _aloft(seed)
    flight.copter.set_target(Land((3.0, 2.0)))
    track = flight.record(90.0, (*POSITION, R.TIME_MS), VehicleEvent.LANDED)
    assert flight.seen & VehicleEvent.LANDED
    assert 0.1 < flight.report[R.TOUCHDOWN_SPEED] < 0.7
    assert np.hypot(track[-1, 0] - 3.0, track[-1, 1] - 2.0) < 1.0
    touched = track[np.argmax(track[:, 2] > 0.0), 3]
    assert track[-1, 3] - touched < 3000.0


@pytest.mark.parametrize("angle", (20.0, 60.0, 120.0, 170.0))
def test_every_corner_is_passed_within_its_radius(angle: float) -> None:
    """Gentle bends and hairpins alike, 2 m in 3-D, without standing still at gentle ones."""
    flight = _aloft(2)
    a = np.radians(angle)
    start, corner = (0.0, 0.0, -20.0), (80.0, 0.0, -20.0)
    end = (80.0 + 80.0 * float(np.cos(a)), 80.0 * float(np.sin(a)), -20.0)
    flight.fly(Hold(start), 10.0)
    flight.copter.set_target(Leg(corner, start=start, next=end))
    first = flight.record(40.0, (*POSITION, R.GROUND_SPEED), VehicleEvent.ARRIVED)
    flight.copter.set_target(Leg(end, start=corner))
    second = flight.record(3.0, (*POSITION, R.GROUND_SPEED))
    both = np.concatenate([first, second])
    distance = np.sqrt(((both[:, :3] - np.array(corner)) ** 2).sum(axis=1))
    assert distance.min() < 2.0
    if angle <= 20.0:
        assert both[distance < 20.0, 3].min() > 4.0


def test_a_climbing_leg_keeps_to_its_line() -> None:
    """A leg of 100 m that climbs 30 m: climb speed holds, the line is flown in 3-D within 1 m."""
    flight = _aloft(3)
    start, end = (0.0, 0.0, -20.0), (100.0, 0.0, -50.0)
    flight.fly(Hold(start), 10.0)
    flight.run(4.0)
    flight.copter.set_target(Leg(end, start=start))
    track = flight.record(60.0, (*POSITION, R.VD), VehicleEvent.ARRIVED)
    u = (np.array(end) - np.array(start)) / np.linalg.norm(np.array(end) - np.array(start))
    rel = track[:, :3] - np.array(start)
    off = rel - np.outer(rel @ u, u)
    assert np.sqrt((off**2).sum(axis=1)).max() < 1.0
    assert -3.0 < track[:, 3].min() < -2.2


@pytest.mark.parametrize("spacing", (2.0, 6.0))
def test_a_survey_with_close_lines_is_flown_within_every_radius(spacing: float) -> None:
    """Lines of 60 m, `spacing` apart, in gusty wind: the short sides too."""
    flight = _aloft(4)
    rows = [(0.0, 60.0) if line % 2 == 0 else (60.0, 0.0) for line in range(4)]
    points = [(n, spacing * line, -20.0) for line, pair in enumerate(rows) for n in pair]
    flight.fly(Hold(points[0]), 20.0)
    tracks = []
    for i in range(1, len(points)):
        following = points[i + 1] if i + 1 < len(points) else None
        flight.copter.set_target(Leg(points[i], start=points[i - 1], next=following))
        tracks.append(flight.record(60.0, POSITION, VehicleEvent.ARRIVED))
    whole = np.concatenate([*tracks, flight.record(3.0, POSITION)])
    for point in points[1:]:
        assert np.sqrt(((whole - np.array(point)) ** 2).sum(axis=1)).min() < 2.0


def test_a_leg_from_rest_builds_up_its_acceleration() -> None:
    """As ArduPilot's WPNAV_JERK (1 m/s3): half a second after setting out it is still slow; a pass-through corner is
    left at once."""
    flight = CopterFlight(1)
    flight.take_off()
    flight.fly(Hold((0.0, 0.0, -20.0)), 10.0)
    flight.run(3.0)
    flight.copter.set_target(Leg((60.0, 0.0, -20.0), start=(0.0, 0.0, -20.0), next=(60.0, 60.0, -20.0)))
    from_rest = flight.record(3.0, (R.GROUND_SPEED,))
    assert from_rest[50, 0] < 1.0 < from_rest[125, 0] < 4.0
    flight.record(40.0, (R.GROUND_SPEED,), VehicleEvent.ARRIVED)
    flight.copter.set_target(Leg((60.0, 60.0, -20.0), start=(60.0, 0.0, -20.0)))
    assert flight.record(3.0, (R.GROUND_SPEED,))[-1, 0] > 4.0


def test_a_spline_keeps_to_the_speed_that_is_set() -> None:
    """The point on the curve goes with the vehicle: what it is ahead is no reason to fly faster."""
    flight = CopterFlight(1)
    flight.take_off()
    flight.copter.set_speeds(Speeds(4.0, 2.5, 1.5))
    flight.fly(Hold((0.0, 0.0, -20.0)), 10.0)
    ends = [(0.0, 40.0, -20.0), (40.0, 40.0, -20.0), (40.0, 0.0, -20.0)]
    start, fastest = (0.0, 0.0, -20.0), 0.0
    for i, end in enumerate(ends):
        following = ends[i + 1] if i < 2 else None
        flight.copter.set_target(
            Leg(end, start=start, next=following, spline=True, next_is_spline=following is not None)
        )
        fastest = max(fastest, float(flight.record(60.0, (R.GROUND_SPEED,), VehicleEvent.ARRIVED).max()))
        start = end
    assert 3.5 < fastest < 4.6


def test_a_circle_is_flown_at_its_own_speed() -> None:
    """`Circle.speed` bounds the way round, also where the accelerations would allow more."""
    flight = CopterFlight(1)
    flight.take_off()
    flight.fly(Hold((12.0, 0.0, -20.0)), 10.0)
    flight.copter.set_target(Circle((0.0, 0.0, -20.0), 12.0, turns=1.0, speed=3.0))
    speeds = flight.record(60.0, (R.GROUND_SPEED,), VehicleEvent.ARRIVED)
    assert 2.7 < float(np.median(speeds[200:])) < 3.3


def test_a_commanded_acceleration_speeds_it_up() -> None:
    """As SET_POSITION_TARGET with an acceleration alone: 1 m/s2 for three seconds, from rest."""
    flight = CopterFlight(1)
    flight.take_off()
    flight.fly(Hold((0.0, 0.0, -20.0)), 10.0)
    flight.copter.set_target(Velocity((0.0, 0.0, 0.0), acceleration=(1.0, 0.0, 0.0), timeout_ms=5000))
    assert 2.3 < flight.record(3.0, (R.VN,))[-1, 0] < 3.7
