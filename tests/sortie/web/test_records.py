"""What the page reads from files: the journal of a sortie loop that runs or has ended, the ground."""

from __future__ import annotations

import json
import shutil
import sqlite3

import pytest

from autopilot.context.events import StatusText
from autopilot.mav import Severity
from sortie.logs.flight_log import event_line
from sortie.web.records import DECISIONS, JOURNAL, MOST_SAMPLES, MapHeights, RecordedFlights, read_loop
from tests.fakes.program import run
from tests.fakes.terrain import hills, ramp, write_srtm


def test_a_loop_is_read_from_its_journal(tmp_path):
    """Phase, timers, tanks and the newest decisions with their facts; the journal is not touched."""
    assert read_loop(tmp_path) is None
    done = run(tmp_path, "loop", "--sorties", "2", "--state-dir", str(tmp_path / "state"))
    assert done.returncode == 0, done.stderr
    before = (tmp_path / "state" / JOURNAL).read_bytes()
    loop = read_loop(tmp_path / "state")
    assert loop is not None
    assert loop["sortie"] == 2
    assert [name for name, _ in loop["timers"]] == ["time", "in this phase", "overdue", "heartbeat"]
    assert all(0.0 <= share <= 1.0 for _, share in loop["levels"])
    assert len(loop["levels"]) >= 3
    numbers = [one["id"] for one in loop["decisions"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == DECISIONS
    assert any(one["facts"] for one in loop["decisions"])
    json.dumps(loop)
    assert (tmp_path / "state" / JOURNAL).read_bytes() == before
    for damage in (
        "UPDATE level SET data = '[1]'",
        "UPDATE level SET data = '{\"a\": 1}'",
        "UPDATE decision SET facts = 'nonsense'",
        "UPDATE decision SET time_ms = 'noon'",
    ):
        (tmp_path / JOURNAL).write_bytes(before)
        with sqlite3.connect(tmp_path / JOURNAL) as database:
            database.execute(damage)
        assert read_loop(tmp_path) is None, damage


def test_a_journal_of_another_version_is_none(tmp_path):
    """What cannot be read is not shown."""
    (tmp_path / JOURNAL).write_bytes(b"no database")
    assert read_loop(tmp_path) is None
    (tmp_path / JOURNAL).unlink()
    with sqlite3.connect(tmp_path / JOURNAL) as database:
        database.execute("CREATE TABLE state (id INTEGER, data BLOB)")
        database.execute("INSERT INTO state VALUES (0, ?)", (b"\xc1",))
    assert read_loop(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Failsafe activated\t", "Failsafe activated"), ('"FENCE" is "off"', '"FENCE" is "off"'), ("60°", "60°")],
)
def test_the_outcome_of_a_flight_is_its_first_warning_as_it_was_said(tmp_path, text, shown):
    """A PX4's ended in a backslash and a t, and a quotation mark ended any."""
    flight = tmp_path / "flights" / "0001"
    flight.mkdir(parents=True)
    (flight / "flight.bin").write_bytes(b"")
    (flight / "events.jsonl").write_text(event_line(StatusText(Severity.WARNING, text), 1.0))
    assert [row["outcome"] for row in RecordedFlights(tmp_path).listed()] == [shown]


def test_a_flight_that_is_deleted_while_flights_are_listed_is_left_out(tmp_path, monkeypatch):
    """The oldest go when a flight ends, and a station may erase logs: the list was an internal error."""
    for name in ("0001", "0002"):
        flight = tmp_path / "flights" / name
        flight.mkdir(parents=True)
        (flight / "flight.bin").write_bytes(b"")

    def outcome(events):
        if events.parent.name == "0001":
            shutil.rmtree(events.parent)
        return ""

    monkeypatch.setattr("sortie.web.records._outcome", outcome)
    assert [row["name"] for row in RecordedFlights(tmp_path).listed()] == ["flights-0002"]


def test_the_ground_is_a_grid_of_heights(tmp_path):
    """From the south-west corner, row after row to the north; voids and what lies beyond the tile are none."""
    ground = MapHeights(write_srtm(tmp_path, -36, 149, ramp(0.01)).parent)
    grid = ground.grid(-35.5, 149.2, -35.4, 149.3, 3, 4)
    assert grid is not None
    assert len(grid) == 12
    assert grid[0:4] == [grid[0]] * 4
    assert abs((grid[8] - grid[0]) - 0.1 * 111318.845 * 0.01) < 2.0
    edge = ground.grid(-35.1, 149.8, -34.9, 150.2, 4, 4)
    assert edge is not None
    assert edge[0] is not None
    assert edge[-1] is None


def test_the_whole_of_a_wide_area_has_its_ground(tmp_path):
    """It was read half a degree around a grid point, and the edges of a wider map stayed empty."""
    tiles = [write_srtm(tmp_path, south, 149, ramp(0.01)) for south in (-37, -36)]
    ground = MapHeights(tiles[0].parent)
    for south in (-36.3, -36.2):
        wide = ground.grid(south, 149.1, south + 0.95, 149.9, 5, 5)
        assert wide is not None
        assert None not in wide


def test_no_ground_is_shown_where_there_is_none(tmp_path):
    """No file, a file that is none, too wide an area, an area that is none; too many samples are fewer."""
    (tmp_path / "S36E149.hgt").write_bytes(b"short")
    assert MapHeights(tmp_path).grid(-35.5, 149.2, -35.4, 149.3, 3, 3) is None
    assert MapHeights(None).grid(-35.5, 149.2, -35.4, 149.3, 3, 3) is None
    ground = MapHeights(write_srtm(tmp_path / "tiles", -36, 149, hills).parent)
    for box in ((-35.5, 149.2, -34.4, 149.3), (-35.4, 149.2, -35.5, 149.3), (float("nan"), 149.2, -35.5, 149.3)):
        assert ground.grid(*box, 3, 3) is None
    many = ground.grid(-35.5, 149.2, -35.4, 149.3, 10**6, 2)
    assert many is not None
    assert len(many) == MOST_SAMPLES * 2
