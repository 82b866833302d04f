"""A disk that fills up takes the logs, which is said once for each, not the flight."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sortie.commands.cli import run
from sortie.logs.run_log import LOGGER, close_run_log, open_run_log

SQUARE = Path(__file__).parents[3] / "examples" / "square.plan"
FLEET = ["--count", "2"]
FLIGHT = ("demo", "--once", "--speedup", "0", "--link", "tcpin:127.0.0.1:0", "--no-telemetry-log")


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """Nothing is written outside of the test's folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_a_run_log_that_takes_nothing_is_told_without_a_traceback(capsys, tmp_path):
    """/dev/full is a disk without room: said with the first line that is lost, and not again with each."""
    (tmp_path / "run.log").symlink_to("/dev/full")
    handler = open_run_log(tmp_path, "text")
    for _ in range(3):
        LOGGER.error("flight log: %s", "no room")
    close_run_log(handler)
    err = capsys.readouterr().err
    assert err == f"sortie: {tmp_path}/run.log: No space left on device; not written: flight log: no room\n"


def test_a_flight_is_completed_although_its_logs_find_no_room(capsys, tmp_path):
    """run.log and the trace on a full disk: status 0 and no traceback."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "run.log").symlink_to("/dev/full")
    assert run([*FLIGHT, "--log-dir", str(tmp_path / "log"), "--trace", "/dev/full"]) == 0
    err = capsys.readouterr().err
    assert "sortie: --trace /dev/full: No space left on device; the trace is incomplete\n" in err
    assert err.count("run.log: No space left on device") == 1
    assert "Traceback" not in err


@pytest.fixture
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder with room for the state and for a part of a flight's log: a disk of that size where one may be mounted
    (which file of a log fills it up depends on the size), and without such a right files of 100 kB at most."""
    folder = tmp_path / "small"
    folder.mkdir()
    if request.param != "limited":
        mount = ["mount", "-t", "tmpfs", "-o", f"size={request.param}", "none", str(folder)]
        if os.geteuid() or not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
            pytest.skip("nothing may be mounted here")
        yield folder
        subprocess.run(["umount", str(folder)], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield folder
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


@pytest.mark.parametrize(
    ("more", "small"),
    [([], "150k"), ([], "300k"), (FLEET, "300k"), (FLEET, "400k"), ([], "limited"), (FLEET, "limited")],
    indirect=["small"],
)
def test_a_flight_whose_log_finds_no_room_is_flown_and_told(more, small, capsys, tmp_path):
    """`sortie fly`: the flight's own status, why its log ended, once for each vehicle, and where there is no page."""
    (tmp_path / "pages").mkdir()
    where = ["--state-dir", str(small / "state"), "--log-dir", str(small / "logs"), "--report", str(tmp_path / "pages")]
    flight = ["fly", str(SQUARE), "--speedup", "0", "--json", "--link", "tcpin:127.0.0.1:0", *where, *more]
    assert run(flight) == 0
    told = capsys.readouterr()
    result = json.loads(told.out.splitlines()[-1])
    assert result["result"] == "completed"
    for vehicle in result.get("vehicles", [result]):
        reasons = ("No space left on device", "File too large")
        named = re.compile(rf"flight log {re.escape(vehicle['logs'])}(/flight\.bin)?: ")
        lines = [line for line in told.err.splitlines() if named.search(line)]
        assert len(lines) == 1 and lines[0].endswith(reasons)
        assert len(vehicle["items_reached"]) == 6
    without = [vehicle for vehicle in result.get("vehicles", [result]) if vehicle["report"] is None]
    assert told.err.count("sortie: no report: ") == len(without) and "Traceback" not in told.err
