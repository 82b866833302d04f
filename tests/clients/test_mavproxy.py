"""The real MAVProxy flies it: connect, parameters, plans up and down, a whole mission, modes, GUIDED."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from mavlink_bridge.services.telemetry.announcements import BOOT_TEXTS
from tests.fakes.mavproxy import Mavproxy, mavproxy
from tests.fakes.served import served

pytestmark = pytest.mark.client

LAT, LON = -35.363261, 149.165230
HOME = f"{LAT},{LON},584,353"
#: What MAVProxy prints when something is wrong.
TROUBLE = ("fence breach", "Unable", "Failed", "Invalid", "BUG", "Traceback", "link 1 down", "no link", "EKF",
           "Time has wrapped", "internal error", "PreArm", "UNSUPPORTED", "DENIED", "re-requesting")  # fmt: skip
BEFORE_THE_ITEMS = re.compile(r"^(.*Requesting \d+ .* t=.*)\nre-requesting .* \[\]$", re.M)
"""MISSION_COUNT has come, and MAVProxy's timer before the items that it has just asked for: it asks for none again."""
START = [text for _, text in BOOT_TEXTS if isinstance(text, str)]
"""Texts of a start, which name the EKF without trouble."""

#: frame, command, parameters 1 to 4, latitude, longitude, height of each item
Row = tuple[int, int, tuple[float, float, float, float], float, float, float]
ZERO = (0.0, 0.0, 0.0, 0.0)
#: Take off, two waypoints with a hold, a speed and a region of interest in between, return.
MISSION: tuple[Row, ...] = (
    (0, 16, ZERO, LAT, LON, 584.0),
    (3, 22, ZERO, 0.0, 0.0, 12.5),
    (3, 178, (0.0, 7.0, -1.0, 0.0), 0.0, 0.0, 0.0),
    (3, 16, (1.5, 0.0, 0.0, 0.0), LAT + 0.0003, LON, 15.0),
    (3, 201, ZERO, LAT, LON, 0.0),
    (3, 16, (0.0, 2.0, 0.0, 0.0), LAT + 0.0003, LON + 0.0003, 20.0),
    (3, 20, ZERO, 0.0, 0.0, 0.0),
)
#: An inclusion polygon around home and an exclusion circle in it.
FENCE: tuple[Row, ...] = (
    (0, 5001, (4.0, 0.0, 0.0, 0.0), LAT - 0.002, LON - 0.002, 0.0),
    (0, 5001, (4.0, 0.0, 0.0, 0.0), LAT - 0.002, LON + 0.002, 0.0),
    (0, 5001, (4.0, 0.0, 0.0, 0.0), LAT + 0.002, LON + 0.002, 0.0),
    (0, 5001, (4.0, 0.0, 0.0, 0.0), LAT + 0.002, LON - 0.002, 0.0),
    (0, 5004, (25.0, 0.0, 0.0, 0.0), LAT + 0.001, LON - 0.001, 0.0),
)
RALLY: tuple[Row, ...] = ((3, 5100, ZERO, LAT + 0.0002, LON, 30.0), (3, 5100, ZERO, LAT + 0.0002, LON + 0.0001, 30.0))


def write(file: Path, rows: Sequence[Row]) -> None:
    """A plan file as MAVProxy itself would save it."""
    text = ["QGC WPL 110"]
    for seq, (frame, command, parameters, lat, lon, alt) in enumerate(rows):
        numbers = "\t".join(f"{value:.6f}" for value in parameters)
        text.append(f"{seq}\t0\t{frame}\t{command}\t{numbers}\t{lat:.6f}\t{lon:.6f}\t{alt:.6f}\t1")
    file.write_text("\n".join(text) + "\n")


def lines(file: Path) -> list[str]:
    """The items of a plan file, without its heading and first item (home in a mission), and without the mark of the
    current item, which the vehicle sets."""
    rows = [line.split("\t") for line in file.read_text().splitlines()[2:]]
    return ["\t".join([row[0], *row[2:]]) for row in rows]


def troubles(output: str) -> list[str]:
    """Lines that tell of trouble."""
    output = BEFORE_THE_ITEMS.sub(r"\1", "\n".join(output.splitlines()))
    said = [line for line in output.splitlines() if not any(text in line for text in START)]
    return [line for line in said if any(word in line for word in TROUBLE)]


def no_trouble(station: Mavproxy) -> None:
    assert not troubles(station.output), station.output


@pytest.mark.parametrize(
    ("output", "wrong"),
    [
        ("STABILIZE> Requesting 7 waypoints t=Sat now=Sat\r\nre-requesting waypoints []\r\n16 0", 0),
        ("Requesting 7 waypoints t=Sat now=Sat\nre-requesting waypoints [3, 4]", 1),
        ("Requesting 7 waypoints t=Sat now=Sat\n16 0\nre-requesting waypoints []", 1),
        ("STABILIZE> wp list\nre-requesting waypoints []", 1),
    ],
)
def test_items_asked_for_again_are_trouble(output: str, wrong: int) -> None:
    """Unless it asks for none, right behind the count."""
    assert len(troubles(output)) == wrong


def test_mavproxy_flies_a_mission(tmp_path: Path) -> None:
    """Connect, set a parameter, upload, arm, AUTO, to the end; read back the same lines that went up."""
    write(tmp_path / "up.txt", MISSION)
    with (
        served(tmp_path, "--home", HOME, speedup="20", paced=True) as service,
        mavproxy(service.tcp, tmp_path) as station,
    ):
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


def test_mavproxy_carries_fence_and_rally(tmp_path: Path) -> None:
    """Both up, down again and compared; the fence switched on and off; both cleared."""
    write(tmp_path / "fence.txt", FENCE)
    write(tmp_path / "rally.txt", RALLY)
    with (
        served(tmp_path, "--home", HOME, speedup="5", ready=False, paced=True) as service,
        mavproxy(service.tcp, tmp_path) as station,
    ):
        for kind, count in (("fence", 5), ("rally", 2)):
            station.ask(f"{kind} load {kind}.txt", f"MISSION_ACK: TYPE_{kind.upper()}: ACCEPTED")
            station.ask(f"{kind} list", f"Requesting {count} {kind} items")
            station.expect(f"Saved {kind} items to")
            station.ask(f"{kind} save {kind}-down.txt", f"Saved {count} {kind} items")
            assert lines(tmp_path / f"{kind}-down.txt") == lines(tmp_path / f"{kind}.txt")
        station.ask("fence enable", "fence enabled")
        station.ask("fence disable", "fence disabled")
        for kind in ("fence", "rally"):
            station.ask(f"{kind} clear", f"MISSION_ACK: TYPE_{kind.upper()}: ACCEPTED")
            station.ask(f"{kind} list", f"Requesting 0 {kind} items")
        no_trouble(station)


def test_mavproxy_carries_plans_by_files(tmp_path: Path) -> None:
    """MAVFTP of @MISSION: up, down, and as the mission protocol has them."""
    plans = (("wp", MISSION, "way.txt"), ("fence", FENCE, "fence-items.txt"), ("rally", RALLY, "rally-items.txt"))
    with (
        served(tmp_path, "--home", HOME, speedup="5", ready=False, paced=True) as service,
        mavproxy(service.tcp, tmp_path) as station,
    ):
        for name, rows, kept in plans:
            write(tmp_path / f"{name}.txt", rows)
            station.ask(f"{name} ftpload {name}.txt", rf"Sent .* of length {len(rows)} ")
            station.ask(f"{name} ftp", rf"Saved {len(rows)} .*{kept}")
            station.expect(f"Saved .*{kept}")
            assert lines(tmp_path / kept) == lines(tmp_path / f"{name}.txt")
            station.ask(f"{name} save {name}-down.txt", rf"Saved {len(rows)} .*-down.txt")
            assert lines(tmp_path / f"{name}-down.txt") == lines(tmp_path / f"{name}.txt")
        no_trouble(station)


def test_mavproxy_steers_in_guided(tmp_path: Path) -> None:
    """Modes by name, takeoff, a target, height, speed, heading, pause, continue, set home, land; each acknowledged."""
    arguments = ("--home", HOME, "--param", "DISARM_DELAY=0")  # whoever types may be slow
    with served(tmp_path, *arguments, speedup="20", paced=True) as service, mavproxy(service.tcp, tmp_path) as station:
        for mode in ("ALT_HOLD", "LOITER", "GUIDED"):
            station.ask(f"mode {mode}", f"Mode {mode}")
        station.ask("arm throttle", "ARMED")
        station.ask("takeoff 10", "NAV_TAKEOFF: ACCEPTED")
        station.expect("height 1[05]")
        station.ask("long DO_CHANGE_SPEED 1 4 -1", "DO_CHANGE_SPEED: ACCEPTED")
        station.ask("setyaw 90 30 0", "CONDITION_YAW: ACCEPTED")
        station.ask(f"guided {LAT + 0.0001} {LON} 15", "Guided")
        station.ask("pause", "DO_PAUSE_CONTINUE: ACCEPTED")
        station.ask("resume", "DO_PAUSE_CONTINUE: ACCEPTED")
        station.ask("long DO_SET_HOME 1", "DO_SET_HOME: ACCEPTED")
        station.ask("mode RTL", "Mode RTL")
        station.ask("mode LAND", "DISARMED")
        no_trouble(station)
