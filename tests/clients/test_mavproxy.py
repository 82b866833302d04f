"""The real MAVProxy flies it: connect, parameters, plan up and down, a whole mission, modes, GUIDED, fence and rally."""

from __future__ import annotations

from pathlib import Path

import pytest
from pymavlink import mavutil, mavwp

from tests.fakes.mavproxy import Mavproxy, mavproxy
from tests.fakes.served import served

pytestmark = pytest.mark.client

LAT, LON = -35.363261, 149.165230
HOME = f"{LAT},{LON},584,353"
#: What MAVProxy prints when something is wrong.
TROUBLE = ("fence breach", "Unable", "Failed", "Invalid", "BUG", "Traceback", "link 1 down", "no link", "EKF",
           "Time has wrapped", "internal error", "PreArm", "UNSUPPORTED", "DENIED", "re-requesting")  # fmt: skip


def write_mission(file: Path) -> None:
    """Take off, a small square with a hold, a speed and a region of interest in between, return."""
    commands = [
        (0, 16, (0, 0, 0, 0), LAT, LON, 584.0),
        (3, 22, (0, 0, 0, 0), 0.0, 0.0, 12.5),
        (3, 178, (0, 7, -1, 0), 0.0, 0.0, 0.0),
        (3, 16, (1.5, 0, 0, 0), LAT + 0.0003, LON, 15.0),
        (3, 201, (0, 0, 0, 0), LAT, LON, 0.0),
        (3, 16, (0, 2, 0, 0), LAT + 0.0003, LON + 0.0003, 20.0),
        (3, 20, (0, 0, 0, 0), 0.0, 0.0, 0.0),
    ]
    loader = mavwp.MAVWPLoader()
    for seq, (frame, command, parameters, lat, lon, alt) in enumerate(commands):
        loader.add(mavutil.mavlink.MAVLink_mission_item_message(
            1, 1, seq, frame, command, 0, 1, *parameters, lat, lon, alt))  # fmt: skip
    loader.save(str(file))


def lines(file: Path) -> list[str]:
    """The items of a plan file, without home and without the mark of the current item, which the vehicle sets."""
    rows = [line.split("\t") for line in file.read_text().splitlines()[2:]]
    return ["\t".join([row[0], *row[2:]]) for row in rows]


def no_trouble(station: Mavproxy) -> None:
    found = [line for line in station.output.splitlines() if any(word in line for word in TROUBLE)]
    assert not found, station.output


def test_mavproxy_flies_a_mission(tmp_path: Path) -> None:
    """Connect, set a parameter, upload, arm, AUTO, to the end; read back the same lines that went up."""
    write_mission(tmp_path / "up.txt")
    with served(tmp_path, "--home", HOME, speedup="20") as service, mavproxy(service.tcp, tmp_path) as station:
        station.type("param set DISARM_DELAY 0")
        station.ask_until("param show DISARM_DELAY", r"DISARM_DELAY\s+0\b")
        station.ask("wp load up.txt", "MISSION_ACK: TYPE_MISSION: ACCEPTED")
        station.ask("wp list", "Requesting 7 waypoints")
        station.expect("Saved waypoints to")
        station.ask("wp save down.txt", "Saved 7 waypoints")
        assert lines(tmp_path / "down.txt") == lines(tmp_path / "up.txt")
        station.ask("mode guided", "GUIDED> Mode GUIDED")
        station.ask("arm throttle", "ARMED")
        station.ask("mode auto", "Mode AUTO")
        station.ask("long MISSION_START 0 0", "MISSION_START: ACCEPTED")
        for name in ("WP", "WP", "RTL"):
            station.expect(f"Mission: \\d+ {name}")
        station.expect("DISARMED")
        no_trouble(station)
