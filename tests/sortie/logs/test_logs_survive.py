"""A death takes at most a second of a flight's logs along: they are handed to the operating system meanwhile."""

from __future__ import annotations

import csv
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from pymavlink import mavutil

from autopilot.interface import report as R
from autopilot.mission.items import MissionItem
from autopilot.vehicles import kinds
from sortie import Session
from sortie.logs import dataflash_kinds as K
from sortie.logs.dataflash_columns import UNKNOWN_OF_A_REAL_VEHICLE
from sortie.logs.dataflash_samples import Sampler, take
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import KEEP_S
from tests.fakes.patience import PATIENCE_S
from tests.fakes.program import begin, environment, wait_for

SQUARE = str(Path(__file__).parents[3] / "examples" / "square.waypoints")
SPEEDUP = 20


def ends_s(folder: Path) -> dict[str, float]:
    """Vehicle time, s, of the last thing in each file of a flight."""
    rows = list(csv.reader((folder / "telemetry.csv").read_text().splitlines()))
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    found = {"telemetry.csv": float(rows[-1][0]), "events.jsonl": lines[-1]["time_s"]}
    for name in ("flight.bin", "flight.tlog"):
        log, last = mavutil.mavlink_connection(str(folder / name)), None
        while (message := log.recv_match()) is not None:
            last = message if hasattr(message, "TimeUS" if name == "flight.bin" else "time_boot_ms") else last
        assert last is not None, name
        found[name] = last.TimeUS / 1e6 if name == "flight.bin" else last.time_boot_ms / 1e3
    return found


def test_what_is_kept_in_flight_is_in_all_four_files(tmp_path: Path) -> None:
    """Not closed, and read by others: each goes up to now."""
    with Session(seed=1, log_dir=tmp_path) as session:
        session.upload([MissionItem(22, 3, z=10.0), MissionItem(21, 3)])
        session.start()
        session.run_for(6.0)
        session.runtime.keeping._next_s = 0.0  # a second has passed
        session.run_for(0.02)
        found = ends_s(tmp_path / "flights" / "0001")
        now_s = session.service.now_ms / 1000.0
    assert found.pop("events.jsonl") > now_s - 6.5
    assert all(now_s - 0.6 <= end_s <= now_s for end_s in found.values()), (now_s, found)


def test_it_is_done_at_each_half_second_of_the_wall() -> None:
    """Whatever vehicle time does meanwhile, and not at each of its steps."""
    wall_s = [0.0]
    runtime, kept = Runtime(wall_s=lambda: wall_s[0]), []
    runtime.keeping.add(lambda: kept.append(wall_s[0]))
    for step in range(200):
        wall_s[0] = 10.0 + step / 100.0
        runtime.step(step)
    assert kept == pytest.approx([10.0 + KEEP_S * count for count in range(4)])
    assert KEEP_S <= 0.5


def test_logs_of_several_vehicles_are_packed_together_as_each_alone() -> None:
    """Of two kinds, one of them with other figures unknown, with what stands between their samples."""

    def collected() -> list[Sampler]:
        draw = np.random.default_rng(3)
        made = []
        for number, kind in enumerate((kinds.COPTER, kinds.ROVER, kinds.COPTER, kinds.COPTER)):
            unknown = UNKNOWN_OF_A_REAL_VEHICLE if number == 3 else UNKNOWN_OF_A_REAL_VEHICLE[:0]
            sampler = Sampler(K.samples(kind, simulated=True), 10**15 + number * 10**9, 0.1 * number, unknown)
            for row in range(number):
                sampler.add(draw.normal(size=R.SIZE), 100 * row, 500.0 + number)
                sampler.insert(bytes([number, row]))
            made.append(sampler)
        return made

    alone = [sampler.take() for sampler in collected()]
    assert take(collected()) == alone
    assert len({len(log) for log in alone}) == 4 and alone[0] == b""


def flying(folder: Path) -> Path:
    """The flight that is under way in a `log` there, once its telemetry has grown twice."""
    moment, sizes = Event(), set()
    path = folder / "log" / "flights" / "0001"
    while len(sizes) < 3:
        moment.wait(0.05)
        file = path / "telemetry.csv"
        sizes |= {file.stat().st_size} if file.exists() else set()
    return path


def test_kill_9_leaves_the_flight_in_all_files(tmp_path: Path) -> None:
    """In flight at 20 times real time: a second of the wall is 20 s of the vehicle. Death may come between two files of
    one keeping, so that one has all that the keeping before it kept. A keeping itself may take 0.1 s of the wall."""
    link = ("--link", "tcpin:127.0.0.1:0")
    process = begin(tmp_path, "fly", SQUARE, "--speedup", str(SPEEDUP), "--log-dir", "log", *link)
    wait_for(process, "Reached command #1")
    path = flying(tmp_path)
    process.kill()
    process.communicate()
    found = ends_s(path)
    assert max(found.values()) > 8.0
    del found["events.jsonl"]
    assert max(found.values()) - min(found.values()) < SPEEDUP * (KEEP_S + 0.1) + 0.6, found


def test_a_closed_terminal_ends_a_flight_as_sigterm_does(tmp_path: Path) -> None:
    """Its kernel sends SIGHUP, and what is written to it fails: the logs are closed, with a summary, status 0."""
    ours, theirs = pty.openpty()
    command = [
        sys.executable,
        "-m",
        "sortie",
        "fly",
        SQUARE,
        "--speedup",
        str(SPEEDUP),
        "--log-dir",
        "log",
        "--link",
        "tcpin:127.0.0.1:0",
    ]
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(tmp_path),
        cwd=tmp_path,
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(theirs)
    path = flying(tmp_path)
    os.close(ours)
    assert process.wait(timeout=PATIENCE_S) == 0
    assert json.loads((path / "summary.json").read_text())["end_s"] > 3.0
    assert "Traceback" not in (tmp_path / "log" / "run.log").read_text()


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
