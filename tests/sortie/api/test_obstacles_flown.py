"""A vehicle among obstacles: it stops before them, slides along them, sees them, and crashes where it touches one."""

from __future__ import annotations

from pathlib import Path

import pytest

from autopilot.context.events import StatusText
from autopilot.interface.targets import Sticks
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
