"""How well the rover drives, judged by the truth and not by its estimate: gusty wind, several seeds."""

from __future__ import annotations

from math import cos, radians, sin

import numpy as np
import numpy.typing as npt
import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Circle, Hold, Leg, Speeds
from autopilot.interface.vehicle import VehicleEvent
from tests.fakes.rover_drive import RoverDrive

SEEDS = (1, 2, 3, 4, 5)
TRUTH = (R.TRUE_N, R.TRUE_E)
Point = tuple[float, float, float]


def _windy(seed: int, speed: float = 5.0) -> RoverDrive:
    return RoverDrive(seed, speed=speed, wind=6.0, direction=70.0 * seed, gust=1.5)


def _beside(
    track: npt.NDArray[np.float64], start: Point, end: Point
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Distance along and across the line from start to end."""
    u = (np.array(end) - np.array(start))[:2]
    u = u / np.linalg.norm(u)
    rel = track - np.array(start)[:2]
    return rel @ u, rel[:, 1] * u[0] - rel[:, 0] * u[1]


def _route(drive: RoverDrive, points: list[Point], *, backwards: bool = False) -> list[npt.NDArray[np.float64]]:
    """Drive from the origin through the points as AUTO does; the true track of each leg."""
    tracks, start = [], (0.0, 0.0, 0.0)
    for i, end in enumerate(points):
        onward = points[i + 1] if i + 1 < len(points) else None
        drive.rover.set_target(Leg(end, start, onward, backwards=backwards))
        tracks.append(drive.record(120.0, TRUTH, VehicleEvent.ARRIVED))
        assert drive.report[R.ARRIVED] == 1.0
        start = end
    return tracks


@pytest.mark.parametrize("seed", SEEDS)
def test_straights_at_5_m_s_are_driven_within_half_a_metre(seed: int) -> None:
    """Legs of 80 m with right angles between them: cross-track below 0.5 m once 8 m behind the corner."""
    drive = _windy(seed)
    corners: list[Point] = [(80.0, 0.0, 0.0), (80.0, 80.0, 0.0), (0.0, 80.0, 0.0), (0.0, 0.0, 0.0)]
    start: Point = (0.0, 0.0, 0.0)
    for end, track in zip(corners, _route(drive, corners), strict=True):
        along, across = _beside(track, start, end)
        straight = (along > 8.0) & (along < 74.0)  # the last metres belong to the next turn
        assert np.abs(across[straight]).max() < 0.5
        assert np.linalg.norm(track - np.array(end)[:2], axis=1).min() < 2.2  # the truth, 2 m by estimate
        start = end


@pytest.mark.parametrize("seed", SEEDS)
def test_a_stop_is_within_the_radius_and_stays_there(seed: int) -> None:
    """Without a next leg the rover comes to rest within 2 m of the end, and is not blown away."""
    drive = _windy(seed)
    drive.drive(Leg((40.0, 10.0, 0.0), (0.0, 0.0, 0.0)), 60.0)
    drive.run(8.0)
    rest = drive.record(20.0, TRUTH)
    assert np.linalg.norm(rest - (40.0, 10.0), axis=1).max() < 0.6
    assert np.ptp(rest, axis=0).max() < 0.01


@pytest.mark.parametrize("speed", [2.0, 5.0, 8.0])
@pytest.mark.parametrize("angle", [30, 60, 90, 120, 150, 180])
def test_any_corner_is_passed_within_the_radius_and_the_next_line_found_soon(angle: int, speed: float) -> None:
    """Within 12 m of the corner the rover is on the next line (30 cm), also after a turn round."""
    drive = RoverDrive(3, speed=speed)
    corner: Point = (60.0, 0.0, 0.0)
    end: Point = (60.0 + 50.0 * cos(radians(angle)), 50.0 * sin(radians(angle)), 0.0)
    first, second = _route(drive, [corner, end])
    assert np.linalg.norm(np.concatenate([first, second]) - (60.0, 0.0), axis=1).min() < 2.1
    along, across = _beside(second, corner, end)
    assert np.abs(across[along > 12.0]).max() < 0.3


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_backwards_is_as_straight_as_forwards(seed: int) -> None:
    """A mission leg behind the vehicle, and one with a corner, driven in reverse: the nose never turns to them."""
    drive = _windy(seed, speed=3.0)
    track = _route(drive, [(-50.0, 0.0, 0.0), (-50.0, 40.0, 0.0)], backwards=True)[0]
    along, across = _beside(track, (0.0, 0.0, 0.0), (-50.0, 0.0, 0.0))
    assert np.abs(across[(along > 5.0) & (along < 46.0)]).max() < 0.5
    drive.run(2.0)
    assert abs(drive.speed) < 1e-6  # m/s: it stands
    assert abs(abs(drive.report[R.TRUE_YAW]) - np.pi / 2.0) < 0.3  # tail to the east: nose west
    assert drive.report[R.TRUE_YAW] < 0.0


@pytest.mark.parametrize("heading", [0, 90, 135, 180, 270])
@pytest.mark.parametrize("speed", [2.0, 5.0, 8.0])
def test_backwards_the_line_is_found_from_any_heading(heading: int, speed: float) -> None:
    """Tail first onto a leg that lies anywhere about the vehicle: within 12 m on the line, without weaving."""
    drive = RoverDrive(heading, heading=heading, speed=speed)
    (track,) = _route(drive, [(-80.0, 0.0, 0.0)], backwards=True)
    along, across = _beside(track, (0.0, 0.0, 0.0), (-80.0, 0.0, 0.0))
    assert np.abs(across[(along > 12.0) & (along < 74.0)]).max() < 0.3


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_corners_at_5_m_s_backwards(seed: int) -> None:
    """The square of the forward test, in reverse and in wind."""
    drive = _windy(seed)
    corners: list[Point] = [(-80.0, 0.0, 0.0), (-80.0, 80.0, 0.0), (0.0, 80.0, 0.0), (0.0, 0.0, 0.0)]
    start: Point = (0.0, 0.0, 0.0)
    for end, track in zip(corners, _route(drive, corners, backwards=True), strict=True):
        along, across = _beside(track, start, end)
        assert np.abs(across[(along > 8.0) & (along < 74.0)]).max() < 0.5
        start = end


@pytest.mark.parametrize("seed", range(6))
def test_missions_of_any_shape_at_5_m_s(seed: int) -> None:
    """Six legs of any length and turn up to 150 degrees, stops among them, every second one in reverse, in wind: each
    place within its radius (the truth: 2 m and what the receiver is off), each straight within half a metre, and each
    stop stays within the radius."""
    rng = np.random.default_rng(seed)
    drive = RoverDrive(seed + 1, heading=360.0 * rng.random(), speed=5.0, wind=8.0, direction=360.0 * rng.random())
    course, points = 2.0 * np.pi * rng.random(), [(0.0, 0.0, 0.0)]
    for turn, length in zip(rng.uniform(-2.6, 2.6, 6), rng.uniform(25.0, 90.0, 6), strict=True):
        course += turn
        points.append((points[-1][0] + length * cos(course), points[-1][1] + length * sin(course), 0.0))
    for i in range(1, 7):
        stops = i in (3, 6)
        onward = None if stops else points[i + 1]
        drive.rover.set_target(Leg(points[i], points[i - 1], onward, backwards=seed % 2 == 1))
        track = drive.record(120.0, TRUTH, VehicleEvent.ARRIVED)
        along, across = _beside(track, points[i - 1], points[i])
        straight = (along > 15.0) & (along < along.max() - 8.0)
        assert np.abs(across[straight]).max(initial=0.0) < 0.5
        if stops:
            track = drive.record(6.0, TRUTH)
            assert np.linalg.norm(track - points[i][:2], axis=1).max() < 2.3
        assert np.linalg.norm(track - points[i][:2], axis=1).min() < 2.3


@pytest.mark.parametrize("direction", [1, -1])
def test_a_circle_is_round(direction: int) -> None:
    """10 m at 5 m/s, two turns from afar: within 0.4 m of the edge, the right way round."""
    drive = _windy(2)
    drive.rover.set_target(Circle((0.0, 30.0, 0.0), 10.0, direction, 2.0))
    track = drive.record(120.0, TRUTH, VehicleEvent.ARRIVED)
    assert drive.report[R.ARRIVED] == 1.0
    rel = track - (0.0, 30.0)
    away = np.linalg.norm(rel, axis=1)
    joined = int(np.argmax(np.abs(away - 10.0) < 0.4)) + 200
    assert np.abs(away[joined:] - 10.0).max() < 0.4
    turned = np.unwrap(np.arctan2(rel[:, 1], rel[:, 0]))
    assert direction * (turned[-1] - turned[0]) > 1.9 * 2.0 * np.pi


def test_a_circle_too_small_to_drive_still_ends() -> None:
    """LOITER_TURNS with a radius below the turning circle: the smallest turns that can be driven."""
    drive = RoverDrive(4)
    drive.drive(Circle((20.0, 0.0, 0.0), 0.0, 1, 2.0), 60.0)
    assert np.linalg.norm(drive.place - (20.0, 0.0)) < 2.0


@pytest.mark.parametrize("place", [(0.0, 2.5), (0.0, -2.5), (-2.5, 0.3), (1.5, 1.5), (-1.5, -2.0), (-40.0, 3.0)])
def test_a_place_is_reached_from_any_side(place: tuple[float, float]) -> None:
    """Hold beside, behind, and far away: near places behind are backed up to, far ones turned to."""
    drive = RoverDrive(5, speed=3.0)
    drive.drive(Hold((*place, 0.0), radius=0.5), 60.0)
    drive.run(6.0)
    assert np.linalg.norm(drive.place - place) < 0.6
    assert abs(drive.speed) < 0.01


@pytest.mark.parametrize("seed", SEEDS)
def test_the_set_speed_is_driven(seed: int) -> None:
    """Within 0.5 m/s of DO_CHANGE_SPEED's value, and at once when it changes in the middle of the leg."""
    drive = _windy(seed, speed=4.0)
    drive.rover.set_target(Leg((300.0, 0.0, 0.0), (0.0, 0.0, 0.0)))
    drive.run(8.0)
    for wanted in (4.0, 7.0, 2.0):
        drive.rover.set_speeds(Speeds(wanted, 1.0, 1.0))
        drive.run(6.0)
        speeds = drive.record(4.0, (R.GROUND_SPEED,))
        assert np.abs(speeds - wanted).max() < 0.5
