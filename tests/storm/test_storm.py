"""A minute of storm: seeds that are the same everywhere; the same bytes twice; what a disk loses at a crash."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from random import SystemRandom

import pytest

from tests.storm.disk import Disk, mounted
from tests.storm.invariant import INVARIANTS
from tests.storm.planted import ROOT, rows
from tests.storm.swarm import draw
from tests.storm.world import run

SEEDS = ((1, 1), (4, 1), (11, 1), (15, 1), (22, 1), (6, 3))
"""Seeds, and how many vehicles."""


@pytest.mark.parametrize(("seed", "vehicles"), SEEDS)
def test_nothing_breaks(seed: int, vehicles: int) -> None:
    verdict = run(draw(seed, vehicles=vehicles))
    assert verdict.broken is None, "\n".join(
        [*list(verdict.story.lines)[-20:], f"scripts/storm {seed} --vehicles {vehicles}"]
    )
    assert verdict.vehicle_s > 10.0


def test_a_seed_gives_the_same_bytes_twice() -> None:
    plan = draw(6, vehicles=1)
    first, second = run(plan), run(plan)
    assert first.story.frames > 200
    assert first.story.digest == second.story.digest
    assert run(draw(15, vehicles=1)).story.digest != first.story.digest


def test_a_disk_loses_what_was_not_synced_and_keeps_what_was() -> None:
    disk = Disk("loses")
    with mounted("/storm", disk):
        for round_ in range(20):
            database = sqlite3.connect("/storm/state.db", isolation_level=None)
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=FULL")
            database.execute("CREATE TABLE IF NOT EXISTS numbers (number)")
            assert database.execute("SELECT count(*) FROM numbers").fetchone() == (round_,)
            database.execute("INSERT INTO numbers VALUES (1)")
            database.execute("BEGIN")
            database.execute("INSERT INTO numbers VALUES (2)")
            disk.dead = True
            database.close()
            disk.crash(power=True)


def test_a_database_that_does_not_sync_is_seen_to_lose() -> None:
    disk = Disk("unsynced")
    counts = []
    with mounted("/storm", disk):
        for _ in range(10):
            database = sqlite3.connect("/storm/state.db", isolation_level=None)
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=OFF")
            database.execute("CREATE TABLE IF NOT EXISTS numbers (number)")
            counts.append(database.execute("SELECT count(*) FROM numbers").fetchone()[0])
            database.execute("INSERT INTO numbers VALUES (1)")
            disk.dead = True
            database.close()
            disk.crash(power=True)
    assert counts[-1] < 9


def test_a_full_disk_and_a_failing_write_are_refused() -> None:
    disk = Disk("full")
    with mounted("/storm", disk):
        database = sqlite3.connect("/storm/state.db", isolation_level=None)
        database.execute("CREATE TABLE numbers (number)")
        disk.full = True
        with pytest.raises(sqlite3.OperationalError, match="full"):
            database.execute("CREATE TABLE others (number)")
        disk.full = False
        disk.fails_at = disk.operations + 1
        with pytest.raises(sqlite3.OperationalError, match="disk I/O"):
            database.execute("CREATE TABLE others (number)")
        database.execute("CREATE TABLE others (number)")
        database.close()


def test_every_invariant_says_what_it_means_and_from_where() -> None:
    assert all(each.sentence.endswith(".") and each.source for each in INVARIANTS.values())


def test_every_planted_error_stands_in_its_file() -> None:
    assert all(row.text() and row.source for row in rows())
    assert len({row.name for row in rows()}) == len(rows())


def _runs(*words: str) -> None:
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3 * 3600)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr


def test_a_planted_error_is_found() -> None:
    _runs("tests.storm.planted", "commits are not synced")


@pytest.mark.long
def test_planted_errors_are_found() -> None:
    _runs("tests.storm.planted")


@pytest.mark.long
def test_an_hour_of_new_seeds() -> None:
    _runs("tests.storm", str(SystemRandom().randrange(1 << 31)), "--hours", "1")
