"""A vehicle among obstacles: it stops before them, slides along them, goes round them, and crashes where it touches
one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autopilot.context.events import StatusText
from autopilot.interface.geo import to_global
from autopilot.interface.targets import Sticks
from autopilot.mission.events import ItemReached
from autopilot.mission.items import MissionItem
from sortie import Session

WALL = '[[wall]]\nname = "long wall"\npath = [[20, -80], [20, 80]]\nheight = 30\n'


@pytest.fixture
def wall(tmp_path: Path) -> Path:
    path = tmp_path / "wall.toml"
    path.write_text(WALL)
    return path


def hold(session: Session, sticks: Sticks, seconds: float) -> float:
    """Hold the sticks; how far north it has been, m."""
    farthest = -1e9
    for _ in range(round(seconds / 0.2)):
        session.autopilot.sticks.move(sticks, session.service.now_ms)
        session.run_for(0.2)
        farthest = max(farthest, session.service.vehicle.true_ned[0])
    return farthest


def in_loiter(session: Session) -> None:
    session.wait_armable()
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(10.0)
    session.run_for(12.0)
    session.set_mode("LOITER")


@pytest.mark.parametrize(("behaviour", "along"), [(0, True), (1, False)])
def test_sticks_stop_before_a_wall_or_slide_along_it(wall: Path, behaviour: int, along: bool) -> None:
    """AVOID_MARGIN 3 m before it, with full sticks towards it and half to the side."""
    with Session(obstacles=wall, params={"AVOID_MARGIN": 3, "AVOID_BEHAVE": behaviour}) as session:
        station = session.connect()
        in_loiter(session)
        farthest = hold(session, Sticks(pitch=1.0, roll=0.5), 15.0)
        assert 12.0 < farthest < 17.6
        assert (abs(session.service.vehicle.true_ned[1]) > 15.0) is along
        told = station.messages()
        (*_, around) = [message for message in told if message.get_type() == "OBSTACLE_DISTANCE"]
        assert around.distances[0] == pytest.approx(100.0 * (20.0 - session.service.vehicle.true_ned[0]), abs=50.0)
        assert len(around.distances) == 72
        ahead = [message for message in told if message.get_type() == "DISTANCE_SENSOR" and message.orientation == 0]
        assert ahead
        assert session.autopilot.facts.armed


@pytest.mark.parametrize(("kept", "stops"), [(4.0, True), (-1.0, False)])
def test_a_px4_keeps_off_in_position_mode(wall: Path, kept: float, stops: bool) -> None:
    """CP_DIST; below 0 it is off, as PX4 has it, and set in the air it counts at once."""
    with Session(firmware="px4", obstacles=wall, params={"CP_DIST": -1.0 if stops else 4.0}) as session:
        in_loiter(session)
        session.set_param("CP_DIST", kept)
        farthest = hold(session, Sticks(pitch=1.0), 15.0)
        assert (farthest < 20.0 - kept + 0.5) if stops else (farthest > 19.0)
        assert session.autopilot.facts.armed is stops


def test_without_the_sensor_it_hits_the_wall(wall: Path) -> None:
    """AVOID_ENABLE without bit 1: a crash, with its place and time."""
    with Session(obstacles=wall, params={"AVOID_ENABLE": 1}) as session:
        in_loiter(session)
        hold(session, Sticks(pitch=1.0), 12.0)
        (hit,) = [e for e in session.events_of(StatusText) if e.text.startswith("Hit ")]
        assert hit.text.startswith("Hit long wall at -35.3630")
        session.run_for(10.0)
        assert not session.autopilot.facts.armed
        assert session.service.vehicle.true_ned[0] < 20.5


def test_a_mission_into_a_wall_crashes(wall: Path) -> None:
    """AUTO does not look: as ArduPilot's without OA_TYPE."""
    with Session(obstacles=wall) as session:
        session.upload([MissionItem(22, 3, z=10.0), MissionItem(16, 3, x=-35.3625, y=149.16523, z=10.0)])
        session.start()
        session.run_for(40.0)
        assert any(e.text.startswith("Hit long wall") for e in session.events_of(StatusText))
        assert not session.autopilot.facts.armed


BLOCKS = """
[[box]]
name = "block"
at = [45, 2]
size = [12, 30]
height = 40
[[cylinder]]
name = "tank"
at = [90, -6]
radius = 5
height = 40
"""
ROOFED = """
[[box]]
name = "wall"
at = [45, 0]
size = [6, 300]
height = 20
"""
ROUND = {"OA_TYPE": 1, "OA_BR_LOOKAHEAD": 20, "WPNAV_SPEED": 500}


@pytest.mark.parametrize("planning", [1, 3])
def test_a_mission_goes_round_what_is_seen(tmp_path: Path, planning: int) -> None:
    """BendyRuler keeps nearly OA_MARGIN_MAX off a block and a tank on the way out and home."""
    path = tmp_path / "blocks.toml"
    path.write_text(BLOCKS)
    with Session(obstacles=path, params={**ROUND, "OA_TYPE": planning, "RTL_ALT": 1000}) as session:
        north = to_global(session.spec.home, (130.0, 0.0, 0.0))
        session.upload(
            [MissionItem(22, 3, z=10.0), MissionItem(16, 3, x=north.lat, y=north.lon, z=10.0), MissionItem(20, 3)]
        )
        session.start()
        assert nearest(session, 200.0) > 2.5
        assert [event.seq for event in session.events_of(ItemReached)][:2] == [1, 2]
        assert not session.events_of(StatusText) or not any("Hit" in e.text for e in session.events_of(StatusText))


def test_a_mission_goes_over_what_is_seen(tmp_path: Path) -> None:
    """OA_BR_TYPE 2: straight on in plan, higher than the wall where it stands, and back at its height at the end."""
    path = tmp_path / "blocks.toml"
    path.write_text(ROOFED)
    planning = {"OA_TYPE": 1, "OA_BR_TYPE": 2, "OA_BR_LOOKAHEAD": 15, "WPNAV_SPEED": 300}
    with Session(obstacles=path, params=planning) as session:
        north = to_global(session.spec.home, (100.0, 0.0, 0.0))
        session.upload([MissionItem(22, 3, z=10.0), MissionItem(16, 3, x=north.lat, y=north.lon, z=10.0)])
        session.start()
        way = []
        while len(session.events_of(ItemReached)) < 2 and len(way) < 1000:
            session.run_for(0.2)
            way.append(session.service.vehicle.true_ned)
        assert len(session.events_of(ItemReached)) == 2
        assert max(abs(east) for _, east, _ in way) < 3.0
        assert min(-down for n, _, down in way if 41.0 < n < 49.0) > 22.0
        assert way[-1][2] == pytest.approx(-10.0, abs=1.0)


def test_a_rover_goes_round_what_it_sees(tmp_path: Path) -> None:
    path = tmp_path / "blocks.toml"
    path.write_text(BLOCKS)
    with Session(
        "sim:rover", obstacles=path, params={"OA_TYPE": 1, "OA_BR_LOOKAHEAD": 10, "OA_MARGIN_MAX": 4}
    ) as session:
        north = to_global(session.spec.home, (130.0, 0.0, 0.0))
        session.upload([MissionItem(16, 3, x=north.lat, y=north.lon)])
        session.start()
        assert nearest(session, 200.0, lambda: bool(session.events_of(ItemReached))) > 1.5
        assert session.events_of(ItemReached)


def nearest(session: Session, seconds: float, done: Callable[[], bool] | None = None) -> float:
    """Fly until disarmed; the least distance to any obstacle, m."""
    machine = session.service.vehicle
    least = 1e9
    for _ in range(round(seconds / 0.2)):
        session.run_for(0.2)
        least = min(least, machine.scanner.nearest_m()[0])
        if done() if done is not None else not session.autopilot.facts.armed:
            break
    return least
