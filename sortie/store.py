"""The state directory: SQLite, one writer thread, one process.

What was acknowledged must be there after `kill -9`: a change is queued with a ticket, the writer thread commits all
that is queued in one transaction (WAL, `synchronous=FULL`), and only then the ticket is settled and the run loop woken,
which lets the acknowledgement go. The service itself never waits for the disk.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autopilot.geo import GeoPoint
from autopilot.journal import Change, SaveHome, SaveParameter, SavePlan, SaveProgress, SaveTogether
from autopilot.mission.items import MissionItem
from sortie.errors import UserError

SCHEMA_VERSION = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS plan_item (
    kind INTEGER, seq INTEGER, command INTEGER, frame INTEGER, param1 REAL, param2 REAL, param3 REAL, param4 REAL,
    x REAL, y REAL, z REAL, autocontinue INTEGER, PRIMARY KEY (kind, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS plan (kind INTEGER PRIMARY KEY, items INTEGER);
CREATE TABLE IF NOT EXISTS parameter (name TEXT PRIMARY KEY, value REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS home (id INTEGER PRIMARY KEY CHECK (id = 0), lat REAL, lon REAL, alt REAL);
CREATE TABLE IF NOT EXISTS progress (id INTEGER PRIMARY KEY CHECK (id = 0), item INTEGER, state INTEGER);
CREATE TABLE IF NOT EXISTS identity (id INTEGER PRIMARY KEY CHECK (id = 0), uid BLOB);
CREATE TABLE IF NOT EXISTS signing (id INTEGER PRIMARY KEY CHECK (id = 0), stamp INTEGER);
"""


@dataclass(frozen=True, slots=True)
class SaveStamp:
    """The signing stamp below which nothing is accepted after a restart."""

    stamp: int


_Entry = Change | SaveStamp


@dataclass(slots=True)
class StoredState:
    """Everything a start finds: plans by MAV_MISSION_TYPE (None: never uploaded), parameters that differ from their
    defaults, home as a person set it, the sequencer's index and state, the signing stamp."""

    plans: dict[int, tuple[MissionItem, ...]] = field(default_factory=dict)
    parameters: dict[str, float] = field(default_factory=dict)
    home: GeoPoint | None = None
    progress: tuple[int, int] | None = None
    signing_stamp: int = 0


def _nan(value: float | None) -> float:
    """SQLite keeps NaN as NULL."""
    return float("nan") if value is None else value


def _item(row: tuple[Any, ...]) -> MissionItem:
    """An item from the columns command, frame, param1 .. 4, x, y, z, autocontinue, seq."""
    p1, p2, p3, p4, x, y, z = map(_nan, row[2:9])
    return MissionItem(row[0], row[1], p1, p2, p3, p4, x, y, z, bool(row[9]), row[10])


class StateLock:
    """The directory belongs to one process: an flock that the kernel drops when the process ends, however it ends."""

    def __init__(self, directory: Path) -> None:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._file = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UserError(
                f"state directory {directory}: {error.strerror}; choose another with --state-dir"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._file, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise UserError(
                f"state directory {directory} is in use by process {holder}; stop it or choose another with --state-dir"
            ) from error
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, str(os.getpid()).encode(), 0)
        except OSError as error:
            os.close(self._file)
            raise UserError(f"state directory {directory}: {error.strerror}; make room or choose another") from error

    def release(self) -> None:
        os.close(self._file)


class Store:
    """A `Journal` on SQLite. `wake` is called from the writer thread after each commit (it must only signal).

    Raises UserError when the directory cannot be used, is another process's, or holds no database of ours.
    """

    def __init__(self, directory: Path, wake: Callable[[], None] = lambda: None) -> None:
        self.directory = directory
        self.path = directory / "state.db"
        self.wake = wake
        self._lock = StateLock(directory)
        self._ready = threading.Condition()
        self._queue: list[tuple[int, _Entry]] = []
        self._progress: tuple[int, SaveProgress] | None = None
        self._submitted = 0
        self._settled = 0
        self._failures: dict[int, str] = {}
        self._closing = False
        try:
            self._database = self._open()
            self.stored = self._load()
        except (sqlite3.Error, OSError) as error:
            self._lock.release()
            raise UserError(
                f"{self.path}: {error}; move the file away to start with an empty state, or choose another --state-dir"
            ) from error
        self._writer = threading.Thread(target=self._write_forever, name="sortie-store", daemon=True)
        self._writer.start()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=5.0)
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            database.close()
            raise sqlite3.DatabaseError(
                f"written by a newer Sortie (schema {version}, this one knows {SCHEMA_VERSION})"
            )
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        if version < SCHEMA_VERSION:
            database.executescript(f"BEGIN;{_SCHEMA}COMMIT;")
        # Written at every start: a state that cannot be written must be refused now, not with the first change.
        database.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        return database

    def _load(self) -> StoredState:
        state = StoredState()
        database = self._database
        for (kind,) in database.execute("SELECT kind FROM plan").fetchall():
            rows = database.execute(
                "SELECT command, frame, param1, param2, param3, param4, x, y, z, autocontinue, seq FROM plan_item"
                " WHERE kind = ? ORDER BY seq",
                (kind,),
            )
            state.plans[kind] = tuple(_item(row) for row in rows)
        state.parameters = dict(database.execute("SELECT name, value FROM parameter").fetchall())
        home = database.execute("SELECT lat, lon, alt FROM home").fetchone()
        state.home = None if home is None else GeoPoint(*home)
        state.progress = database.execute("SELECT item, state FROM progress").fetchone()
        stamp = database.execute("SELECT stamp FROM signing").fetchone()
        state.signing_stamp = 0 if stamp is None else stamp[0]
        return state

    def uid(self) -> bytes:
        """Eight bytes that tell this vehicle from others, made once for the directory."""
        row = self._database.execute("SELECT uid FROM identity").fetchone()
        if row is None:
            row = (os.urandom(8),)
            with contextlib.suppress(sqlite3.Error):  # a read-only disk: another uid at the next start, no harm
                self._database.execute("INSERT INTO identity VALUES (0, ?)", row)
        return bytes(row[0])

    def save_stamp(self, stamp: int) -> None:
        """Keep the signing stamp, soon; nobody waits for it."""
        self.submit(SaveStamp(stamp))

    # --- Journal ------------------------------------------------------------------------------------------------------
    def submit(self, change: _Entry) -> int:
        with self._ready:
            self._submitted += 1
            if isinstance(change, SaveProgress):
                # Only the newest matters and nobody waits for it: a fast flight must not queue thousands.
                self._progress = (self._submitted, change)
            else:
                self._queue.append((self._submitted, change))
            self._ready.notify()
            return self._submitted

    def latest(self) -> int:
        return self._submitted

    def durable(self) -> int:
        return self._settled

    def failure(self, ticket: int) -> str | None:
        return self._failures.get(ticket)

    def wait(self, ticket: int, timeout_s: float = 5.0) -> bool:
        """Wait until `ticket` is settled, for callers whose time stands still meanwhile; False when it took longer."""
        with self._ready:
            return self._ready.wait_for(lambda: self._settled >= ticket, timeout_s)

    # --- the writer ---------------------------------------------------------------------------------------------------
    def _write_forever(self) -> None:
        while True:
            with self._ready:
                while not self._queue and self._progress is None and not self._closing:
                    self._ready.wait()
                if not self._queue and self._progress is None:
                    return
                batch, self._queue = self._queue, []
                if self._progress is not None:
                    batch.append(self._progress)
                    batch.sort(key=lambda entry: entry[0])
                    self._progress = None
                highest = self._submitted
            failure = self._write(batch)
            with self._ready:
                if failure is not None:
                    self._remember_failures(batch, failure)
                self._settled = highest
                self._ready.notify_all()
            self.wake()

    def _remember_failures(self, batch: Iterable[tuple[int, _Entry]], failure: str) -> None:
        for ticket, _ in batch:
            self._failures[ticket] = failure
        while len(self._failures) > 1000:  # askers ask at once; what is older was never asked for
            del self._failures[next(iter(self._failures))]

    def _write(self, batch: Sequence[tuple[int, _Entry]]) -> str | None:
        """One transaction for all that was waiting; the reason when it failed (then nothing of it is kept)."""
        database = self._database
        try:
            database.execute("BEGIN IMMEDIATE")
            for _, change in batch:
                _apply(database, change)
            database.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            with contextlib.suppress(sqlite3.Error):  # a failed COMMIT may already have rolled back
                database.execute("ROLLBACK")
            return _reason(error)
        return None

    def close(self) -> None:
        """Write what is queued, stop the thread, release the directory."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        self._writer.join(timeout=5.0)
        self._database.close()
        self._lock.release()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "disk full"
    return str(error).replace("database or disk is full", "disk full")


def _apply(database: sqlite3.Connection, change: _Entry) -> None:
    if isinstance(change, SaveTogether):
        for plan in change.plans:
            _apply(database, plan)
    elif isinstance(change, SavePlan):
        database.execute("DELETE FROM plan_item WHERE kind = ?", (change.kind,))
        database.executemany(
            "INSERT INTO plan_item VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                (
                    change.kind,
                    seq,
                    i.command,
                    i.frame,
                    i.param1,
                    i.param2,
                    i.param3,
                    i.param4,
                    i.x,
                    i.y,
                    i.z,
                    int(i.autocontinue),
                )
                for seq, i in enumerate(change.items)
            ),
        )
        database.execute("INSERT OR REPLACE INTO plan VALUES (?, ?)", (change.kind, len(change.items)))
    elif isinstance(change, SaveParameter):
        if change.value is None:
            database.execute("DELETE FROM parameter WHERE name = ?", (change.name,))
        else:
            database.execute("INSERT OR REPLACE INTO parameter VALUES (?, ?)", (change.name, change.value))
    elif isinstance(change, SaveHome):
        database.execute("DELETE FROM home")
        if change.home is not None:
            home = change.home
            database.execute("INSERT INTO home VALUES (0, ?, ?, ?)", (home.lat, home.lon, home.alt))
    elif isinstance(change, SaveStamp):
        database.execute("INSERT OR REPLACE INTO signing VALUES (0, ?)", (change.stamp,))
    else:
        database.execute("INSERT OR REPLACE INTO progress VALUES (0, ?, ?)", (change.index, change.state))
