"""The real MAVProxy with a plane: ArduPlane's modes by their names, a mission up, down and flown to its landing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.test_mavproxy import HOME, LAT, LON, ZERO, Row, lines, no_trouble, write
from tests.fakes.mavproxy import mavproxy
from tests.fakes.served import served

pytestmark = pytest.mark.client

#: Take off along the runway's 353 deg, two corners, down a slope of 5 deg.
MISSION: tuple[Row, ...] = (
    (0, 16, ZERO, LAT, LON, 584.0),
    (3, 22, (12.0, 0.0, 0.0, 0.0), 0.0, 0.0, 50.0),
    (3, 16, ZERO, LAT + 0.0045, LON, 50.0),
    (3, 16, ZERO, LAT + 0.0045, LON + 0.005, 50.0),
    (3, 16, ZERO, LAT - 0.0045, LON + 0.0006, 40.0),
    (3, 21, ZERO, LAT, LON, 0.0),
)


def test_mavproxy_flies_a_plane(tmp_path: Path) -> None:
    write(tmp_path / "up.txt", MISSION)
    with (
        served(tmp_path, "--home", HOME, "--vehicle", "sim:plane", speedup="60", paced=True) as service,
        mavproxy(service.tcp, tmp_path) as station,
    ):
        station.ask_until("param show AIRSPEED_CRUISE", r"AIRSPEED_CRUISE\s+22\b")
        station.ask("wp load up.txt", "MISSION_ACK: TYPE_MISSION: ACCEPTED")
        station.ask("wp list", "Requesting 6 waypoints")
        station.expect("Saved waypoints to")
        station.ask("wp save down.txt", "Saved 6 waypoints")
        assert lines(tmp_path / "down.txt") == lines(tmp_path / "up.txt")
        for mode in ("FBWA", "CRUISE", "LOITER", "GUIDED"):
            station.ask(f"mode {mode}", f"Mode {mode}")
        station.ask("mode AUTO", "Mode AUTO")
        station.ask("arm throttle", "ARMED")
        station.expect("Mission: 5 Land")
        station.expect("DISARMED")
        no_trouble(station)
