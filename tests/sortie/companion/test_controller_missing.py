"""A link that is open, and nobody there: the line that a person reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from mavlink_bridge.links.address import parse_link
from mavlink_bridge.links.serial_trouble import what_may_have
from sortie.companion.connection import what_is_missing

SERIAL = parse_link("/dev/ttyUSB0,57600")
SILENT = (0, 0)
GARBAGE = (900, 0)
FRAMES = (900, 20)


@pytest.mark.parametrize(
    ("address", "counts", "expected"),
    [
        ("/dev/ttyUSB0,57600", SILENT, "/dev/ttyUSB0,57600: waiting for a flight controller; nothing comes in; check "),
        ("/dev/ttyUSB0,57600", GARBAGE, "/dev/ttyUSB0,57600: bytes come in, but no MAVLink; check the baud rate"),
        ("/dev/ttyUSB0,57600", FRAMES, "/dev/ttyUSB0,57600: MAVLink comes in, but no HEARTBEAT of an autopilot"),
        ("udpin:127.0.0.1:14551", SILENT, "udpin:127.0.0.1:14551: waiting for a flight controller"),
        ("tcp:127.0.0.1:5760", GARBAGE, "tcp:127.0.0.1:5760: bytes come in, but no MAVLink"),
    ],
)
def test_what_comes_in_decides_what_is_said(address: str, counts: tuple[int, int], expected: str) -> None:
    text = what_is_missing(parse_link(address), *counts)
    assert text.startswith(expected)
    assert "\n" not in text


def test_a_search_tells_the_rates() -> None:
    text = what_is_missing(SERIAL, *GARBAGE, tried=(115_200, 57_600))
    assert text.startswith("/dev/ttyUSB0: no MAVLink yet; trying 115200, 57600 baud;")


def test_a_vehicle_that_cannot_be_flown_is_named() -> None:
    assert "MAV_TYPE 1, MAV_AUTOPILOT 3" in what_is_missing(SERIAL, *FRAMES, stranger=(1, 3))


def test_whoever_has_the_port_too_is_named_at_the_end() -> None:
    for counts in (SILENT, GARBAGE):
        assert what_is_missing(SERIAL, *counts, hint="QGC has the port").endswith("; QGC has the port")


def process(proc: Path, number: int, name: str, target: Path | None = None) -> None:
    (proc / str(number) / "fd").mkdir(parents=True)
    (proc / str(number) / "comm").write_text(f"{name}\n")
    if target is not None:
        (proc / str(number) / "fd" / "3").symlink_to(target)


def test_another_program_on_the_port_is_named(tmp_path: Path) -> None:
    port = tmp_path / "ttyACM0"
    port.touch()
    process(tmp_path / "proc", 41, "mavproxy.py", port)
    assert what_may_have(str(port), tmp_path / "proc") == "mavproxy.py (process 41) has the port open too: stop it"


def test_modemmanager_is_suspected_when_it_runs(tmp_path: Path) -> None:
    """Which ports root's processes have open is not for everybody to see."""
    process(tmp_path / "proc", 7, "bash")
    assert what_may_have(str(tmp_path / "ttyACM0"), tmp_path / "proc") == ""
    process(tmp_path / "proc", 8, "ModemManager")
    text = what_may_have(str(tmp_path / "ttyACM0"), tmp_path / "proc")
    assert text == "ModemManager is running and takes new ports for modems: `sudo systemctl stop ModemManager`"
