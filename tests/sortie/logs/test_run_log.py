"""`run.log`: levels, text and JSON, tracebacks, rotation."""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sortie import Session
from sortie.api import claims
from sortie.commands.cli import run
from sortie.logs.run_log import LOGGER, close_run_log, open_run_log


def fail() -> None:
    raise ValueError("deep down\nand lower")


def written(directory: Path, form: str) -> list[str]:
    """The lines of a log with an entry of each level."""
    handler = open_run_log(directory / "new" / "folder", form)
    try:
        LOGGER.debug("not kept")
        LOGGER.info("link %d opened", 3)
        LOGGER.warning("a\nbroken line")
        try:
            fail()
        except ValueError as error:
            LOGGER.error("internal error in %s", "somewhere", exc_info=error)
    finally:
        close_run_log(handler)
    return (directory / "new" / "folder" / "run.log").read_text().splitlines()


def test_json_is_one_object_a_line(tmp_path: Path) -> None:
    """Whatever the message holds; with time, level, message, and the traceback of an internal error."""
    entries = [json.loads(line) for line in written(tmp_path, "json")]
    assert [entry["level"] for entry in entries] == ["info", "warning", "error"]
    assert [entry["message"] for entry in entries] == ["link 3 opened", "a\nbroken line", "internal error in somewhere"]
    assert all(entry["time"] for entry in entries)
    assert "ValueError: deep down" in entries[2]["traceback"]
    assert "traceback" not in entries[0]


def test_text_has_time_and_level(tmp_path: Path) -> None:
    """As a person reads it."""
    lines = written(tmp_path, "text")
    assert lines[0].endswith("INFO    link 3 opened")
    assert any("WARNING" in line for line in lines)
    assert not any("not kept" in line for line in lines)


@pytest.mark.parametrize("form", ["text", "json"])
def test_times_are_utc_wherever_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """A zone with an hour of its own changes nothing; the mark Z says so."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        before = datetime.now(UTC) - timedelta(seconds=1)
        (line, *_) = written(tmp_path, form)
    finally:
        monkeypatch.undo()
        time.tzset()
    stamp = json.loads(line)["time"] if form == "json" else line.split()[0]
    assert stamp.endswith("Z")
    assert before <= datetime.fromisoformat(stamp) <= datetime.now(UTC) + timedelta(seconds=1)


def test_a_text_that_is_an_event_too_has_no_tab_in_it(tmp_path: Path) -> None:
    """As a PX4 the vehicle marks such texts on the wire; a log, a terminal and flight.bin show words."""
    where = tmp_path / "logs"
    with Session(firmware="px4", seed=4, log_dir=where) as session:
        session.wait_armable()
        station = session.connect()
        session.arm()
        heard = station.receive("STATUSTEXT", where=lambda text: text.text.startswith("Armed by"))
        session.disarm()
        session.run_for(1.0)
        told = [told_as for told_as in (claims.line_of(session, event) for event in session.events) if told_as]
    assert heard.text.endswith("\t")
    assert any("Armed by external command" in line for line in told)
    assert not any("\t" in line for line in told)
    (flight,) = (where / "flights").glob("*/flight.bin")
    assert b"Armed by external command" in flight.read_bytes()
    assert b"Armed by external command\t" not in flight.read_bytes()


def test_the_story_of_a_flight_is_in_it(tmp_path: Path) -> None:
    """Begin and end of the program and of the flight, what the vehicle said and its modes, with vehicle time."""
    plan = tmp_path / "short.waypoints"
    plan.write_text(
        "QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t47\t8\t400\t1\n1\t0\t3\t22\t0\t0\t0\t0\t0\t0\t5\t1\n"
        "2\t0\t3\t21\t0\t0\t0\t0\t0\t0\t0\t1\n"
    )
    where = ["--state-dir", str(tmp_path / "state"), "--log-dir", str(tmp_path), "--link", "tcpin:127.0.0.1:0"]
    assert run(["fly", str(plan), "--speedup", "0", "--log-format", "json", *where]) == 0
    entries = [json.loads(line) for line in (tmp_path / "run.log").read_text().splitlines()]
    said = [entry["message"] for entry in entries]
    assert said[0] == f"started: sim:copter, seed 0, state in {tmp_path / 'state'}"
    assert said[-1] == "stopped"
    for message in ("flight 0001 begins", "Arming motors", "mode AUTO"):
        assert any(message in one for one in said), message
    assert any(one.startswith("flight 0001 ends: ") and one.endswith(" 2 items") for one in said)
    times = [entry["vehicle_s"] for entry in entries if "vehicle_s" in entry]
    assert times == sorted(times)
    assert len(times) > 5


def test_a_log_is_continued_and_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new run appends; a full file becomes run.log.1, and three old ones are kept."""
    written(tmp_path, "text")
    first = len(written(tmp_path, "text"))
    handler = open_run_log(tmp_path / "new" / "folder", "text")
    monkeypatch.setattr(handler, "maxBytes", 1000)
    try:
        for number in range(200):
            LOGGER.info("entry %d of many", number)
    finally:
        close_run_log(handler)
    names = sorted(path.name for path in (tmp_path / "new" / "folder").iterdir())
    assert first > 5
    assert names == ["run.log", "run.log.1", "run.log.2", "run.log.3"]


def test_a_full_disk_that_stderr_is_on_too_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sortie serve 2>FILE`: neither the file of the log nor that of stderr takes a line, and it goes on."""
    log, soft = tmp_path / "run.log", resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with (tmp_path / "told").open("w", buffering=1) as told:
        monkeypatch.setattr(sys, "stderr", told)
        handler = open_run_log(tmp_path, "text")
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, soft[1]))
            LOGGER.error("lost")
            resource.setrlimit(resource.RLIMIT_FSIZE, soft)
            LOGGER.error("kept")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, soft)
            signal.signal(signal.SIGXFSZ, before)
            close_run_log(handler)
    assert "kept" in log.read_text() and "not written: lost" in (tmp_path / "told").read_text()
