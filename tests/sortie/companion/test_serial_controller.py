"""The whole program with a controller on a serial device: found, flown, unplugged in flight, plugged in again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autopilot.interface.geo import to_global
from sortie.api.testing.stand_in import HOME
from tests.fakes.patience import PATIENCE_S
from tests.fakes.serial_cable import SerialCable
from tests.fakes.served import free_port

pytestmark = pytest.mark.waits

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[SerialCable]:
    made = SerialCable(tmp_path)
    yield made
    made.close()


def plan(folder: Path, north_m: float = 40.0) -> Path:
    """Up to 5 m, 40 m north at 4 m/s, and down there."""
    place = to_global(HOME, (north_m, 0.0, 0.0))
    lines = [
        "QGC WPL 110",
        f"0 1 0 16 0 0 0 0 {HOME.lat} {HOME.lon} {HOME.alt} 1",
        "1 0 3 22 0 0 0 0 0 0 5 1",
        "2 0 3 178 1 4 -1 0 0 0 0 1",
        f"3 0 3 16 0 0 0 0 {place.lat} {place.lon} 5 1",
        "4 0 3 21 0 0 0 0 0 0 0 1",
    ]
    path = folder / "short.waypoints"
    path.write_text("\n".join(line.replace(" ", "\t") if line[0].isdigit() else line for line in lines) + "\n")
    return path


def fly(folder: Path, cable: SerialCable, file: Path | None = None, port: int = 0) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SORTIE_")}
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "sortie",
            "fly",
            str(file or plan(folder)),
            "--json",
            "--vehicle",
            f"{cable.path},57600",
            "--state-dir",
            str(folder / "state"),
            "--log-dir",
            str(folder / "log"),
            "--param",
            "FM_COUNTDOWN=1",
            "--link",
            f"tcpin:127.0.0.1:{port}",
        ],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=(folder / "stderr").open("w"),
        text=True,
    )


def wait_for(folder: Path, text: str) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while text not in (folder / "stderr").read_text():
        assert time.monotonic() < end_s, (folder / "stderr").read_text()
        time.sleep(0.1)


def test_unplugged_in_flight_for_as_long_as_it_is_missed_the_mission_is_flown_to_its_end(
    tmp_path: Path, cable: SerialCable
) -> None:
    """The device vanishes in the middle of the leg and comes back under another name behind the same link."""
    port = free_port()
    flying = fly(tmp_path, cable, port=port)
    try:
        wait_for(tmp_path, "Reached command #1")
        assert_budget(port)
        cable.unplug()
        wait_for(tmp_path, "Link to the flight controller lost")
        cable.plug()
        out, _ = flying.communicate(timeout=PATIENCE_S)
    finally:
        flying.kill()
    story = (tmp_path / "stderr").read_text()
    assert flying.returncode == 0, story
    assert json.loads(out)["result"] == "completed", story
    assert "Link to the flight controller is back" in story
    assert f"{cable.path} has gone; waiting for it\n" in story
    assert f"{cable.path} is back\n" in story


def assert_budget(port: int) -> None:
    """`sortie status --links` tells how much of the line is used: the streams fit into it."""
    done = subprocess.run(
        [sys.executable, "-m", "sortie", "status", "--links", "--json", "--connect", f"tcp:127.0.0.1:{port}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    (line,) = (one for one in json.loads(done.stdout)["links"] if one["baud"] is not None)
    assert line["baud"] == 57_600
    assert 0.5 < line["in_percent"] < 70.0
    assert 0.5 < line["out_percent"] < 70.0


def test_a_plan_for_another_place_is_refused_where_the_controller_stands(tmp_path: Path, cable: SerialCable) -> None:
    """Not at the simulator's home: a controller is where it says that it is, and would go there."""
    far = fly(tmp_path, cable, plan(tmp_path, north_m=900_000.0))
    try:
        assert far.wait(PATIENCE_S) == 2
    finally:
        far.kill()
    last = (tmp_path / "stderr").read_text().splitlines()[-1]
    assert "the first item is 900 km away" in last
    assert last.endswith("expected at most 50 km: take the plan for this place")


def test_the_first_ctrl_c_holds_and_the_second_leaves(tmp_path: Path, cable: SerialCable) -> None:
    """In flight: it says that it holds and goes on serving; then status 130."""
    flying = fly(tmp_path, cable)
    try:
        wait_for(tmp_path, "Reached command #1")
        flying.send_signal(signal.SIGINT)
        wait_for(tmp_path, "holding here")
        assert flying.poll() is None
        flying.send_signal(signal.SIGINT)
        assert flying.wait(PATIENCE_S) == 130
    finally:
        flying.kill()


def test_a_device_that_is_not_there_is_exit_2_with_one_line(tmp_path: Path) -> None:
    """It names the path and where to look."""
    done = subprocess.run(
        [sys.executable, "-m", "sortie", "serve", "--vehicle", str(tmp_path / "nothing"), "--state-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "nothing" in done.stderr and "/dev/serial/by-id" in done.stderr
