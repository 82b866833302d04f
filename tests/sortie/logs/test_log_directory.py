"""The log directory keeps the newest flights within its limits; numbers only rise."""

from __future__ import annotations

import json
from math import inf, nan
from pathlib import Path

import pytest

from autopilot.context.events import PayloadAction
from autopilot.mav import Cmd
from sitl.vehicles.separation import Approach
from sortie.logs.directory import KEEP_BYTES, KEEP_FLIGHTS, flight_folders, new_flight_folder, prune
from sortie.logs.flight_log import event_line
from sortie.logs.separation_log import SeparationLog


def make(directory: Path, count: int, size: int = 1) -> None:
    """So many flights with a file of `size` bytes."""
    for _ in range(count):
        (new_flight_folder(directory) / "flight.bin").write_bytes(bytes(size))


def kept(directory: Path) -> list[int]:
    return [int(folder.name) for folder in flight_folders(directory)]


def test_the_newest_flights_are_kept(tmp_path: Path) -> None:
    """100 of them, and the numbers go on behind those that were deleted."""
    assert (KEEP_FLIGHTS, KEEP_BYTES) == (100, 1 << 30)
    make(tmp_path, KEEP_FLIGHTS + 3)
    prune(tmp_path)
    assert kept(tmp_path) == list(range(4, 104))
    assert new_flight_folder(tmp_path).name == "0104"


def test_the_oldest_go_when_there_are_too_many_bytes(tmp_path: Path) -> None:
    """As many as it takes, never the newest."""
    make(tmp_path, 5, 1000)
    prune(tmp_path, limit=2500)
    assert kept(tmp_path) == [4, 5]
    prune(tmp_path, limit=10)
    assert kept(tmp_path) == [5]


def test_latest_is_the_newest(tmp_path: Path) -> None:
    """A relative link, so that the directory can be moved."""
    make(tmp_path, 2)
    assert (tmp_path / "latest").readlink() == Path("flights/0002")
    assert (tmp_path / "latest" / "flight.bin").exists()


def test_what_is_no_flight_is_left_alone(tmp_path: Path) -> None:
    """A person's own folder, a file with a number."""
    make(tmp_path, 2)
    (tmp_path / "flights" / "keep me").mkdir()
    (tmp_path / "flights" / "0009").write_text("a file")
    (tmp_path / "flights" / "3\N{SUPERSCRIPT TWO}").mkdir()
    prune(tmp_path, keep=1)
    assert (tmp_path / "flights" / "keep me").is_dir()
    assert (tmp_path / "flights" / "0009").is_file()
    assert new_flight_folder(tmp_path).name == "0010"


def test_an_approach_before_any_flight_is_written_too(tmp_path: Path) -> None:
    """The directory of a fleet of which nobody has armed is not there yet; the line was lost."""
    log = SeparationLog(tmp_path / "logs", ["1", "2"])
    log.approached(Approach((0, 1), 12.0, 3000))
    assert '"distance_m": 12.0' in (tmp_path / "logs" / "separation.jsonl").read_text()


def test_a_line_of_events_is_json() -> None:
    """A station sends NaN for parameters that it does not use; readers other than Python's refused the line."""
    event = PayloadAction(Cmd.ILLUMINATOR_ON_OFF, (1.0, nan, inf))
    line = event_line(event, 12.0)
    assert json.loads(line, parse_constant=pytest.fail)["params"] == [1.0, None, None]
