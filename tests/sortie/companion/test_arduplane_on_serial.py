"""A real ArduPlane on a serial line, where its binary is (ARDUPILOT_SITL names a folder with it)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sitl.ardupilot.launcher import defaults_file
from tests.fakes.served import free_port

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("ARDUPILOT_SITL", "") or "nowhere") / "arduplane"
HOME = "-35.363262,149.165237,584,353"
FLIGHT_S = 240.0

pytestmark = pytest.mark.skipif(not BINARY.exists(), reason="ARDUPILOT_SITL names no folder with arduplane")


@pytest.fixture
def ends() -> Iterator[tuple[str, str]]:
    """Two devices, and what is written into one is read from the other."""
    masters, slaves = zip(*(os.openpty() for _ in range(2)), strict=True)
    for descriptor in (*masters, *slaves):
        tty.setraw(descriptor)

    def carry(source: int, sink: int) -> None:
        with suppress(OSError):  # the test is over
            while data := os.read(source, 4096):
                os.write(sink, data)

    for pair in (masters, masters[::-1]):
        threading.Thread(target=carry, args=pair, daemon=True).start()
    yield os.ttyname(slaves[0]), os.ttyname(slaves[1])
    for descriptor in (*slaves, *masters):
        os.close(descriptor)


@pytest.mark.timeout(FLIGHT_S + 60)
@pytest.mark.parametrize("kind", ["plane", "quadplane"])
def test_arduplane_on_a_serial_line_flies_a_plan_to_its_end(tmp_path: Path, ends: tuple[str, str], kind: str) -> None:
    """It is found by its device's name, takes the plan, is armed, and has reached each item when it stands again."""
    plane = subprocess.Popen(
        [
            *(BINARY, "--model", kind, "--speedup", "5", "--home", HOME, "--serial0", f"uart:{ends[0]}:115200"),
            *("--defaults", str(defaults_file(kind)), "--base-port", str(free_port())),
        ],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        flown = subprocess.run(
            [
                *(sys.executable, "-m", "sortie", "fly", "examples/plane.plan", "--json"),
                *("--vehicle", f"{ends[1]},115200", "--link", f"tcpin:127.0.0.1:{free_port()}"),
                *("--state-dir", str(tmp_path / "state"), "--log-dir", str(tmp_path / "log")),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=FLIGHT_S,
        )
    finally:
        plane.kill()
        plane.wait()
    assert f"ArduPilot {kind}, system 1" in flown.stderr
    assert flown.returncode == 0, flown.stderr
    assert json.loads(flown.stdout.splitlines()[-1])["result"] == "completed"
