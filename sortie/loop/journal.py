"""Journal of the loop in SQLite: every decision with its facts, every sortie, and the state for a restart.

Decisions and the state after them are committed together. After `kill -9` the loop continues from a time at which
decisions, resources and both parties agree. Nothing is counted twice, and nothing that was reported is lost.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import msgspec
from msgspec import Struct

from depot.decision import Decision
from depot.decisions.record import SortieRecord, SortieReport, TrackRow
from depot.world.flight import LegSegment
from sortie.config.errors import UserError
from sortie.storage.store import OpenFiles, refusal

SCHEMA = """
CREATE TABLE IF NOT EXISTS run (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS decision (
    id INTEGER PRIMARY KEY, time_ms INTEGER, sortie INTEGER, phase INTEGER, party TEXT, name TEXT, reason TEXT,
    facts TEXT);
CREATE TABLE IF NOT EXISTS sortie (number INTEGER PRIMARY KEY, record TEXT);
CREATE TABLE IF NOT EXISTS track (number INTEGER PRIMARY KEY, data TEXT);
CREATE TABLE IF NOT EXISTS flight (number INTEGER PRIMARY KEY, data TEXT);
CREATE TABLE IF NOT EXISTS level (time_ms INTEGER PRIMARY KEY, data TEXT);
CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 0), data BLOB);
"""
FORMAT = 1
CONTROLLER, MODEL = "controller", "model"
"""Vehicles of a loop: with a flight controller; the skimmer of `space`, or in older journals any simulated kind."""


_DECISION = "time_ms, sortie, phase, party, name, reason, facts"


class StoredFlight(Struct):
    """Recording of a sortie by its craft, and its reported margins (columns: `record.MARGINS`)."""

    number: int
    segments: list[LegSegment]
    margins: list[tuple[float, ...]]


class StoredDecision(TypedDict):
    """Decision, as reports give it."""

    time_s: float
    sortie: int
    phase: int
    party: str
    name: str
    reason: str
    facts: dict[str, Any]


class Levels(TypedDict):
    """Fill of the depot's tanks and of the skimmer's store, propellant and batteries, 0 to 1. Stored ones have a
    time."""

    tanks: dict[str, float]
    skimmer: dict[str, float]
    time_s: NotRequired[float]


class StoredLoop(Struct):
    profile: str
    seed: int
    state: bytes
    vehicle: str  # CONTROLLER, a simulated kind, or MODEL


class JournalError(UserError):
    """Journal that cannot be read or written, as on a full disk."""


class LoopJournal:
    """Journal in the database file `path`. JournalError when it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._user_errors():
            self._db = sqlite3.connect(path, isolation_level=None)
        try:
            self._prepare()
        except UserError:
            self.close()
            raise

    def _prepare(self) -> None:
        """Make the tables of a new file. UserError for a damaged file or another format."""
        with self._user_errors():
            tables = {row[0] for row in self._rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if tables and "run" not in tables:  # the first that is made
                raise ValueError("the database of another program")
            version = self._value("format") if tables else None
        if version not in (None, str(FORMAT)):
            raise UserError(
                f"journal {self.path}: written by another version (format {version}, this one reads {FORMAT}); "
                "move the file away, or choose another --state-dir"
            )
        with self._user_errors():
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(SCHEMA)
        self._files = OpenFiles(self.path)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _user_errors(self) -> Iterator[None]:
        """Convert errors of SQLite, of the disk and of damaged data to JournalError."""
        try:
            yield
        except (sqlite3.Error, ValueError, TypeError, RecursionError) as error:
            reason = refusal(error, self.path.parent)
            raise JournalError(f"journal {self.path}: {reason} with --state-dir") from error

    def stored(self) -> StoredLoop | None:
        with self._user_errors():
            state = self._rows("SELECT data FROM state")
            profile, seed = self._value("profile"), self._value("seed")
            if not state or profile is None or seed is None:
                return None
            return StoredLoop(profile, int(seed), state[0][0], self._value("vehicle") or MODEL)

    def begin(self, profile: str, seed: int, vehicle: str = MODEL) -> None:
        """Begin a new loop of a vehicle (`StoredLoop.vehicle`)."""
        with self._user_errors():
            rows = [("format", str(FORMAT)), ("profile", profile), ("seed", str(seed)), ("vehicle", vehicle)]
            self._db.executemany("INSERT OR REPLACE INTO run VALUES (?, ?)", rows)

    def record(
        self,
        decisions: Iterable[Decision],
        closed: Iterable[SortieRecord],
        time_ms: int,
        levels: Levels,
        flights: Iterable[StoredFlight] = (),
    ) -> None:
        """Record one step, stored by the next `commit`. `closed`: ended sorties; `levels`: at `time_ms`, for the
        report."""
        with self._user_errors():
            if not self._db.in_transaction:
                self._db.execute("BEGIN")
            self._db.executemany(
                f"INSERT INTO decision ({_DECISION}) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(d.time_ms, d.sortie, d.phase, d.party, d.name, d.reason, json.dumps(d.facts)) for d in decisions],
            )
            for record in closed:
                self._db.execute("INSERT INTO sortie VALUES (?, ?)", (record.number, json.dumps(record.report())))
                rows = json.dumps(record.track_rows())
                self._db.execute("INSERT INTO track VALUES (?, ?)", (record.number, rows))
            self._db.executemany(
                "INSERT OR REPLACE INTO flight VALUES (?, ?)",
                [(flight.number, msgspec.json.encode(flight).decode()) for flight in flights],
            )
            self._db.execute("INSERT OR REPLACE INTO level VALUES (?, ?)", (time_ms, json.dumps(levels)))

    def commit(self, state: bytes) -> None:
        """Store all recorded steps and the state after them, in one transaction."""
        with self._user_errors():
            self._db.execute("INSERT OR REPLACE INTO state VALUES (0, ?)", (state,))
            if self._files.taken_away():
                raise JournalError(f"journal {self.path}: was deleted, with the decisions in it")
            self._db.execute("COMMIT")

    def sorties(self) -> list[SortieReport]:
        with self._user_errors():
            rows = self._rows("SELECT record FROM sortie ORDER BY number")
            return [msgspec.json.decode(row[0], type=SortieReport) for row in rows]

    def tracks(self) -> dict[int, list[TrackRow]]:
        """Return the tracks of ended sorties by number."""
        with self._user_errors():
            rows = self._rows("SELECT number, data FROM track ORDER BY number")
            return {row[0]: msgspec.json.decode(row[1], type=list[TrackRow]) for row in rows}

    def flights(self) -> dict[int, StoredFlight]:
        """Return the recordings of ended sorties by number."""
        with self._user_errors():
            rows = self._rows("SELECT number, data FROM flight ORDER BY number")
            return {row[0]: msgspec.json.decode(row[1], type=StoredFlight) for row in rows}

    def decisions(self) -> list[StoredDecision]:
        names = tuple(StoredDecision.__annotations__)
        with self._user_errors():
            found = [
                dict(zip(names, (row[0] / 1000.0, *row[1:6], json.loads(row[6])), strict=True))
                for row in self._rows(f"SELECT {_DECISION} FROM decision ORDER BY id")
            ]
            return msgspec.convert(found, type=list[StoredDecision])

    def levels(self) -> list[Levels]:
        with self._user_errors():
            rows = self._rows("SELECT time_ms, data FROM level ORDER BY time_ms")
            return [{"time_s": row[0] / 1000.0, **msgspec.json.decode(row[1], type=Levels)} for row in rows]

    def _value(self, key: str) -> str | None:
        rows = self._rows("SELECT value FROM run WHERE key = ?", key)
        return str(rows[0][0]) if rows else None

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """Read all rows. An error would leave the statement open, and with it the file, also after `close`."""
        with closing(self._db.execute(query, values)) as cursor:
            return cursor.fetchall()
