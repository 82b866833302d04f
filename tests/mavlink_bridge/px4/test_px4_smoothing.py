"""Climbs and legs as PX4 flies them: slow near the ground, slow round corners, and its parameters act."""

from __future__ import annotations

from math import hypot, sqrt

import pytest

from autopilot.control.smoothing import braking_speed, corner_speed
from autopilot.interface.geo import to_global
from autopilot.mav import Cmd, Frame
from autopilot.mission.items import MissionItem
from sortie import Session


def climb(session: Session, height_m: float, seconds: float) -> list[tuple[float, float]]:
    """Heights m and climb rates m/s in each fifth of a second since arming."""
    session.wait_armable(60.0)
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(height_m)
    seen = []
    for _ in range(round(5.0 * seconds)):
        session.run_for(0.2)
        seen.append((-session.truth.position[2], -session.truth.velocity[2]))
    return seen


def test_it_climbs_slowly_near_the_ground() -> None:
    """As the real one with SIH: 2.4 m 2 s after it has left the ground, 8 m after 6 s, then twice as fast."""
    with Session(firmware="px4", seed=1) as session:
        seen = climb(session, 25.0, 16.0)
    left = next(at for at, (height, _) in enumerate(seen) if height > 0.5)
    assert 12 <= left <= 18  # 2.4 to 3.6 s after arming: spool-up and ramp
    assert seen[left + 10][0] == pytest.approx(3.2, abs=0.5) and seen[left + 30][0] == pytest.approx(9.0, abs=0.8)
    assert max(rate for height, rate in seen if height < 9.5) < 1.8
    assert max(rate for height, rate in seen if height > 10.0) > 2.7


def test_the_parameters_of_its_takeoff_act() -> None:
    with Session(firmware="px4", seed=1, params={"MPC_TKO_SPEED": 3.0, "MPC_TKO_RAMP_T": 0.0}) as session:
        seen = climb(session, 25.0, 8.0)
    left = next(at for at, (height, _) in enumerate(seen) if height > 0.5)
    assert left <= 9 and max(rate for height, rate in seen if height < 9.5) > 2.6
    with Session(firmware="px4", seed=1, params={"MPC_LAND_ALT1": 5.0}) as session:
        session.set_param("MPC_LAND_ALT1", 3.0)
        seen = climb(session, 25.0, 10.0)
    assert max(rate for height, rate in seen if 4.0 < height < 9.5) > 2.5


def slowest_at_corner(firmware: str) -> float:
    """m/s within 6 m of a corner of 90 degrees, on the way at 5 m/s."""
    with Session(firmware=firmware, seed=1, params={} if firmware == "px4" else {"WPNAV_SPEED": 500.0}) as session:
        session.wait_armable(60.0)
        home, places = session.stood[0], ((0.0, 0.0), (60.0, 0.0), (60.0, 60.0))
        items = [MissionItem(Cmd.NAV_TAKEOFF, Frame.GLOBAL_RELATIVE_ALT, x=home.lat, y=home.lon, z=12.0)]
        for north, east in places:
            place = to_global(home, (north, east, -12.0))
            items.append(MissionItem(Cmd.NAV_WAYPOINT, Frame.GLOBAL_RELATIVE_ALT, x=place.lat, y=place.lon, z=12.0))
        session.upload(items)
        session.go()
        slowest = 10.0
        session.run_until(lambda flown: flown.truth.position[0] > 40.0, 150.0)
        assert hypot(*session.truth.velocity[:2]) > 4.5
        while session.truth.position[1] < 10.0:
            session.run_for(0.1)
            north, east, _ = session.truth.position
            if hypot(north - 60.0, east) < 6.0:
                slowest = min(slowest, hypot(*session.truth.velocity[:2]))
    return slowest


def test_corners_are_slower_than_an_ardupilots() -> None:
    """sqrt(0.5 * 3 m/s2 * 2 m) = 1.7 m/s, less while it turns."""
    slowest = slowest_at_corner("px4")
    assert slowest == pytest.approx(sqrt(3.0), abs=0.3)
    assert slowest_at_corner("ardupilot") > slowest + 0.3


def test_the_speeds_are_those_of_its_laws() -> None:
    """Hand-made numbers of TrajMath.hpp."""
    assert corner_speed(1.5, 2.0, -1.0, 0.0, 0.0, 1.0) == pytest.approx(sqrt(3.0))  # 90 degrees
    assert corner_speed(1.5, 2.0, -1.0, 0.0, -1.0, 0.0) == 0.0  # back where it came from
    assert corner_speed(1.5, 2.0, -1.0, 0.0, 1.0, 0.0) > 30.0  # straight on
    assert braking_speed(4.0, 3.0, 10.0, 0.0) == pytest.approx(0.5 * (-9.0 + sqrt(81.0 + 240.0)))
    assert braking_speed(4.0, 3.0, 0.0, 2.0) == 2.0  # never below what is wanted there
