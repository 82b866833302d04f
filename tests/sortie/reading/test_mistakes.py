"""What a stranger gets wrong with a log is one line, and status 2."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sortie.commands.cli import run
from tests.sortie.reading.made import dataflash, telemetry


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The line."""
    assert run(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (
            b"%PDF-1.7 and a great many more bytes of something else",
            "not a flight log; expected .bin (ArduPilot, Sortie)",
        ),
        (b"\xa3\x95", "the log has no data of a flight"),
        (b"\xa3\x95" + bytes(500), "the log has no data of a flight"),
        (b"ULog\x01", "a ULog that cannot be read"),
        (bytes(8) + b"\xfd" + bytes(500), "the log has no data of a flight"),
    ],
    ids=["empty", "another file", "one message's head", "zeros", "a head only", "no frames"],
)
def test_a_file_that_is_no_log(tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes, words: str) -> None:
    """By its bytes, whatever its name."""
    (tmp_path / "flight.bin").write_bytes(data)
    line = told(capsys, "report", str(tmp_path / "flight.bin"))
    assert line.startswith(f"sortie: {tmp_path / 'flight.bin'}: ") and words in line


def test_places_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing there, a folder without a flight, with two, five logs, and a page that cannot be written."""
    assert "No such file" in told(capsys, "report", str(tmp_path / "none.bin"))
    assert "no flight log in this folder" in told(capsys, "report", str(tmp_path))
    log = tmp_path / "a.tlog"
    log.write_bytes(telemetry())
    (tmp_path / "b.tlog").write_bytes(telemetry())
    assert "several logs in this folder; name one" in told(capsys, "report", str(tmp_path))
    assert "at most 4" in told(capsys, "report", *[str(log)] * 5)
    place = str(tmp_path / "no" / "x.html")
    assert "choose another place with --out" in told(capsys, "report", str(log), "--out", place)
    assert "Missing argument 'LOG...'" in told(capsys, "report")


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes")
@pytest.mark.parametrize("command", [("report",), ("convert", "--to", "csv"), ("replay", "--once"), ("reproduce",)])
def test_a_pipe_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]) -> None:
    """At once: opening one waits for a writer, and a log is read more than once."""
    pipe = tmp_path / "flight.bin"
    os.mkfifo(pipe)
    assert run([*command, str(pipe)]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line == f"sortie: {pipe}: a pipe or a device; write its content into a file first"


@pytest.mark.parametrize("made", [telemetry, dataflash])
def test_a_log_that_is_cut_gives_what_is_there(tmp_path: Path, made) -> None:
    """In the middle of a message or between two."""
    whole = made()
    for length in range(len(whole) - 100, len(whole), 3):
        (tmp_path / "cut").write_bytes(whole[:length])
        assert run(["report", str(tmp_path / "cut")]) == 0
    assert "All 4 waypoints were passed" in (tmp_path / "cut.html").read_text()
