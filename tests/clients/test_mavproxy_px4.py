"""The real MAVProxy with `--firmware px4`: it knows a PX4 by its HEARTBEAT, and calls its modes by PX4's names.

It cannot set them by name (1.8: `mode NAME` gives a PX4's triple to a function that wants three numbers, and ends with
"required argument is not a float", on any PX4); `long DO_SET_MODE` does.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pymavlink import mavutil

from tests.clients.test_mavproxy import Row, lines, no_trouble, write
from tests.fakes.mavproxy import Mavproxy, mavproxy
from tests.fakes.served import served

pytestmark = pytest.mark.client

LAT, LON = -35.363261, 149.165230
HOME = f"{LAT},{LON},584,353"
ZERO = (0.0, 0.0, 0.0, 0.0)
#: As PX4's stations send it: from item 0, the takeoff with a place, what has none in frame 2.
MISSION: tuple[Row, ...] = (
    (3, 22, ZERO, LAT, LON, 10.0),
    (3, 16, (1.5, 0.0, 0.0, 0.0), LAT + 0.0003, LON, 12.0),
    (2, 178, (0.0, 4.0, -1.0, 0.0), 0.0, 0.0, 0.0),
    (3, 16, ZERO, LAT + 0.0003, LON + 0.0003, 12.0),
    (2, 20, ZERO, 0.0, 0.0, 0.0),
)


def armed(station: Mavproxy) -> None:
    """As `arm throttle` does; the answer of a PX4."""
    station.ask("arm throttle", "ARMED")
    station.expect("Armed by external command")


def enter(station: Mavproxy, mode: str) -> None:
    """Main and sub mode of PX4's; it shows the name."""
    _, main, sub = mavutil.px4_map[mode]
    station.ask(f"long DO_SET_MODE 1 {main} {sub}", f"Mode {mode}")


def test_mavproxy_flies_a_mission_as_on_a_px4(tmp_path: Path) -> None:
    """A parameter, a mission up and down, arming, mode MISSION: it takes off, and returns by its last item."""
    write(tmp_path / "up.txt", MISSION)
    with (
        served(tmp_path, "--home", HOME, "--firmware", "px4", speedup="20", ready=False, paced=True) as service,
        mavproxy(service.tcp, tmp_path) as station,
    ):
        station.type("param set MIS_TAKEOFF_ALT 8")
        station.ask_until("param show MIS_TAKEOFF_ALT", r"MIS_TAKEOFF_ALT\s+8\.0")
        station.ask("wp load up.txt", "MISSION_ACK: TYPE_MISSION: ACCEPTED")
        station.ask("wp list", "Requesting 5 waypoints")
        station.expect("Saved waypoints to")
        station.ask("wp save down.txt", "Saved 5 waypoints")
        assert lines(tmp_path / "down.txt") == lines(tmp_path / "up.txt")
        enter(station, "MISSION")
        armed(station)
        station.expect("Takeoff detected")
        station.expect("Mode RTL")
        station.expect("Disarmed by landing")
        assert "ArduCopter" not in station.output
        no_trouble(station)


def test_mavproxy_changes_the_modes_of_a_px4(tmp_path: Path) -> None:
    """Each by its name, shown by its name; a takeoff, a hold, the return, the landing."""
    with (
        served(tmp_path, "--home", HOME, "--firmware", "px4", speedup="5", ready=False) as service,
        mavproxy(service.tcp, tmp_path) as station,
    ):
        station.type("param set MIS_TAKEOFF_ALT 30")  # long enough for the mode to be seen
        station.ask_until("param show MIS_TAKEOFF_ALT", r"MIS_TAKEOFF_ALT\s+30\.0")
        for mode in ("ALTCTL", "POSCTL", "STABILIZED", "LOITER"):
            enter(station, mode)
        armed(station)
        enter(station, "TAKEOFF")
        station.expect("Mode LOITER")
        assert "Takeoff detected" in station.output
        enter(station, "RTL")
        station.expect("Disarmed by landing")
        no_trouble(station)
