"""A sortie loop as the page shows it: from the journal of a loop that runs or has ended."""

from __future__ import annotations

import json
import sqlite3

from sortie.web.records import DECISIONS, JOURNAL, read_loop
from tests.fakes.program import run


def test_a_loop_is_read_from_its_journal(tmp_path):
    """Phase, timers, tanks and the newest decisions with their facts; the journal is not touched."""
    assert read_loop(tmp_path) is None
    done = run(tmp_path, "loop", "--sorties", "2", "--state-dir", str(tmp_path / "state"))
    assert done.returncode == 0, done.stderr
    before = (tmp_path / "state" / JOURNAL).read_bytes()
    loop = read_loop(tmp_path / "state")
    assert loop is not None
    assert loop["sortie"] == 2
    assert [name for name, _ in loop["timers"]] == ["time", "in this phase", "T_DEATH", "heartbeat"]
    assert all(0.0 <= share <= 1.0 for _, share in loop["levels"])
    assert len(loop["levels"]) >= 3
    numbers = [one["id"] for one in loop["decisions"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == DECISIONS
    assert any(one["facts"] for one in loop["decisions"])
    json.dumps(loop)
    assert (tmp_path / "state" / JOURNAL).read_bytes() == before


def test_a_journal_of_another_version_is_none(tmp_path):
    """What cannot be read is not shown."""
    (tmp_path / JOURNAL).write_bytes(b"no database")
    assert read_loop(tmp_path) is None
    (tmp_path / JOURNAL).unlink()
    with sqlite3.connect(tmp_path / JOURNAL) as database:
        database.execute("CREATE TABLE state (id INTEGER, data BLOB)")
        database.execute("INSERT INTO state VALUES (0, ?)", (b"\xc1",))
    assert read_loop(tmp_path) is None
