"""A disk that fills up takes the logs, which is said once for each, not the flight."""

from __future__ import annotations

import pytest

from sortie.commands.cli import run
from sortie.logs.run_log import LOGGER, close_run_log, open_run_log

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
