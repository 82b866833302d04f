"""`run.log`: levels, text and JSON, tracebacks, rotation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
