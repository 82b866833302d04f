"""State directory: SQLite, one writer thread, one process.

An acknowledged change must survive `kill -9`. So a change gets a ticket and is queued; the writer thread commits all
queued changes in one transaction (WAL, `synchronous=FULL`), then settles the tickets and wakes the runtime, which sends
the acknowledgements. The vehicle never waits for the disk.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from autopilot.context.journal import SaveProgress
from sortie.config.errors import UserError
from sortie.config.files import files_of
from sortie.logs.run_log import log_error
from sortie.storage import rows as store_rows
from sortie.storage.file_lock import NO_LINK, lock
from sortie.storage.rows import ALONE, SCHEMA_VERSION, Entry, SaveStamp, StoredState

_FULL = "database or disk is full"
"""SQLite's text for a full disk: the transaction is rolled back, and some space is free again."""
STAMP = "stamp of signatures"
"""Key of the signing timestamp among unwritten changes; not the name of a vehicle."""
_ROOM_TO_OPEN = 64 * 1024  # bytes: SQLite's shared memory needs 32 KiB, and the first change some more
_PROGRESS_S = 0.1
"""Shortest interval of writing progress only, s. A fast flight produces more than a disk can take, only the last
counts, and the writer thread takes time from the flight."""
_FAILURES = 1000
"""Number of tickets whose failures are remembered."""


def may_be_awaited(change: Entry) -> bool:
    """Check whether a client may wait for a change; not for automatic progress."""
    return not isinstance(change, SaveProgress) or change.requested


class StateLock:
    """Lock of the state directory for one process (`file_lock`)."""

    def __init__(self, directory: Path) -> None:
        with files_of(directory, "choose another", option="state-dir"):
            directory.mkdir(parents=True, exist_ok=True)
            self._file = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | NO_LINK, 0o600)
        try:
            lock(self._file)
        except OSError as error:
            holder = os.read(self._file, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise _unusable(directory, f"in use by process {holder}; stop it or choose another") from error
        try:
            os.ftruncate(self._file, 0)
            os.write(self._file, str(os.getpid()).encode())
        except OSError as error:
            os.close(self._file)
            raise _unusable(directory, f"{error.strerror}; make room or choose another") from error

    def release(self) -> None:
        os.close(self._file)


class OpenFiles:
    """Files of an open database, with the lock beside it. The system goes on writing to deleted ones without an error,
    and all of it is lost."""

    def __init__(self, database: Path) -> None:
        files = (database, database.with_name(f"{database.name}-wal"), database.with_name("lock"))
        self._opened = {path: path.stat() for path in files if path.exists()}

    def taken_away(self) -> bool:
        """Check whether one was deleted, moved or replaced since."""
        try:
            return not all(os.path.samestat(path.stat(), opened) for path, opened in self._opened.items())
        except OSError:
            return True


class Store:
    """`Journal` on SQLite.

    `wake` is called from the writer thread after each commit that a client may wait for; it must only signal. `waits`:
    vehicle time stands still for the disk (`Journal.catch_up`). UserError when the directory is unusable, used by
    another process, or has another database.
    """

    def __init__(self, directory: Path, wake: Callable[[], None] = lambda: None, *, waits: bool = False) -> None:
        self.directory = directory
        self.path = directory / "state.db"
        self.wake = wake
        self._lock = StateLock(directory)
        self._ready = threading.Condition()
        self._queue: list[tuple[int, str, Entry]] = []
        self._progress: dict[str, tuple[int, str, Entry]] = {}
        self._unwritten: dict[str, tuple[int, str, Entry]] = {}
        """Progress and signing timestamps that could not be written. They are written with the next change, because
        they are not submitted again."""
        self._waits = waits
        self._submitted = self._awaited = 0
        self._taken = self._settled = 0  # last tickets that the writer has taken, and has settled
        self._failures: dict[int, str] = {}
        self._urgent = self._closing = False
        self._progress_s = 0.0  # earliest time for writing automatic progress, monotonic
        try:
            self._database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=5.0)
            try:
                self.stored = self._prepare(self._database)
            except BaseException:
                self._database.close()
                raise
            self._files = OpenFiles(self.path)
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            self._lock.release()
            raise _unusable(directory, f"{self.path.name}: {refusal(error, directory)}") from error
        self._writer = threading.Thread(target=self._write_forever, name="sortie-store", daemon=True)
        self._writer.start()

    @staticmethod
    def _prepare(database: sqlite3.Connection) -> StoredState:
        """Check that the database is ours, undamaged and writable, and load it. sqlite3.DatabaseError otherwise; a
        refused file is as it was."""
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise sqlite3.DatabaseError(
                f"written by a newer Sortie (schema {version}, this one knows {SCHEMA_VERSION})"
            )
        if version:  # otherwise a damaged page would only show with the first change
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError("the database is damaged")
        elif database.execute("SELECT 1 FROM sqlite_master").fetchone() is not None:
            raise sqlite3.DatabaseError("the database of another program")
        database.execute("PRAGMA synchronous=FULL")
        if version < SCHEMA_VERSION:
            store_rows.prepare(database, version)
        stored = store_rows.load(database)
        database.execute("PRAGMA journal_mode=WAL")
        # Written at every start, so that an unwritable state is refused now.
        database.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        return stored

    def uid(self) -> bytes:
        """Return eight bytes that identify this vehicle, made once for the directory."""
        row = self._database.execute("SELECT uid FROM identity").fetchone()
        if row is None:
            row = (os.urandom(8),)
            with contextlib.suppress(sqlite3.Error):  # a read-only disk: the next start has another uid
                self._database.execute("INSERT INTO identity VALUES (0, ?)", row)
        return bytes(row[0])

    def of(self, vehicle: str) -> VehicleStore:
        """Return the store of one vehicle. UserError for damaged data."""
        try:
            return VehicleStore(self, vehicle, store_rows.load(self._database, vehicle))
        except sqlite3.Error as error:
            raise _unusable(self.directory, f"{self.path.name}: {refusal(error, self.directory)}") from error

    # --- Journal ------------------------------------------------------------------------------------------------------
    def submit(self, change: Entry, vehicle: str = ALONE) -> int:
        with self._ready:
            if self._closing:  # nobody would settle it, and who waits would wait for ever
                raise UserError(f"{self.path}: the state of a closed vehicle is not changed; make a new one")
            self._submitted += 1
            wakes = awaited = may_be_awaited(change)
            if isinstance(change, SaveProgress):
                # Only the newest counts, so that a fast flight does not queue thousands.
                wakes = awaited or not self._progress  # otherwise the writer already waits for its time
                self._progress[vehicle] = (self._submitted, vehicle, change)
                self._urgent = self._urgent or awaited
            else:
                self._queue.append((self._submitted, vehicle, change))
            if awaited:
                self._awaited = self._submitted
            if wakes:
                self._ready.notify_all()  # also the writer
            return self._submitted

    def latest(self) -> int:
        return self._awaited

    def durable(self) -> int:
        return self._settled

    def failure(self, ticket: int) -> str | None:
        return self._failures.get(ticket)

    def catch_up(self) -> bool:
        return self.catches_up(self._awaited)

    def catches_up(self, ticket: int) -> bool:
        """Wait for this ticket, if vehicle time may stand still (`Journal.catch_up`)."""
        waits = self._waits and self._settled < ticket
        if waits:
            self.wait(ticket)
        return waits

    def wait(self, ticket: int, timeout_s: float = 5.0) -> bool:
        """Wait until `ticket` is settled; False after the timeout. For callers whose time stands still."""
        with self._ready:
            if self._taken < ticket:  # a ticket that is being written needs no hurry
                self._urgent = True
                self._ready.notify_all()
            return self._ready.wait_for(lambda: self._settled >= ticket, timeout_s)

    # --- the writer ---------------------------------------------------------------------------------------------------
    def _write_forever(self) -> None:
        while self._wait_for_changes():
            if self._write_changes():
                self.wake()

    def _wait_for_changes(self) -> bool:
        """Wait for changes; False when the store closes and everything is written."""
        with self._ready:
            self._ready.wait_for(lambda: self._queue or self._progress or self._closing)
            self._ready.wait_for(
                lambda: self._queue or self._urgent or self._closing, self._progress_s - time.monotonic()
            )
            self._progress_s = time.monotonic() + _PROGRESS_S
            return bool(self._queue or self._progress)

    def _write_changes(self) -> bool:
        """Write all queued changes in one transaction and settle their tickets; True if a client may wait for one."""
        with self._ready:
            batch, self._queue = self._queue, []
            awaited = bool(batch) or self._urgent
            progress = self._unwritten | self._progress
            self._unwritten, self._progress, self._urgent = {}, {}, False
            if progress:
                batch += progress.values()
                batch.sort(key=lambda entry: entry[0])
            self._taken = self._submitted
        failure = self._write(batch)
        with self._ready:
            if failure is not None:
                self._remember_failures(failure)
                stamps = [entry for entry in batch if isinstance(entry[2], SaveStamp)]
                self._unwritten = progress | dict(zip((STAMP,), stamps[-1:], strict=False))
            self._settled = self._taken
            self._ready.notify_all()
        return awaited

    def _remember_failures(self, failure: str) -> None:
        """Remember the failure of all taken tickets, also of replaced progress."""
        for ticket in range(max(self._settled, self._taken - _FAILURES) + 1, self._taken + 1):
            self._failures[ticket] = failure
        while len(self._failures) > _FAILURES:  # callers ask at once; older ones were never asked for
            del self._failures[next(iter(self._failures))]

    def _write(self, batch: Sequence[tuple[int, str, Entry]]) -> str | None:
        """Write all waiting changes in one transaction; return the reason of a failure, after which nothing of it is
        stored."""
        database = self._database
        try:
            database.execute("BEGIN IMMEDIATE")
            for _, vehicle, change in batch:
                store_rows.apply(database, change, vehicle)
            if self._files.taken_away():
                raise sqlite3.OperationalError("state directory deleted")
            database.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - with the thread, everybody who waits for a ticket would stop
            with contextlib.suppress(sqlite3.Error):  # a failed COMMIT may already have rolled back
                database.execute("ROLLBACK")
            if not isinstance(error, sqlite3.Error | OSError):
                log_error(error, "the store")
            return _reason(error)
        return None

    def close(self) -> None:
        """Write all queued changes, stop the thread, release the directory."""
        with self._ready:
            self._closing = True
            self._ready.notify_all()
        self._writer.join(timeout=5.0)
        self._database.close()
        self._lock.release()


class VehicleStore:
    """`Journal` for one vehicle of a `Store`; `stored`: its state at the start."""

    def __init__(self, store: Store, vehicle: str, stored: StoredState) -> None:
        self.stored = stored
        self._store = store
        self._vehicle = vehicle
        self._latest = 0

    def submit(self, change: Entry) -> int:
        ticket = self._store.submit(change, self._vehicle)
        if may_be_awaited(change):
            self._latest = ticket
        return ticket

    def latest(self) -> int:
        """Last ticket of this vehicle; changes of others are not waited for."""
        return self._latest

    def durable(self) -> int:
        return self._store.durable()

    def catch_up(self) -> bool:
        return self._store.catches_up(self._latest)

    def failure(self, ticket: int) -> str | None:
        return self._store.failure(ticket)


def _unusable(directory: Path, reason: str) -> UserError:
    """Make the error of the option of this directory."""
    return UserError(reason, option="state-dir", given=str(directory))


def refusal(error: Exception, directory: Path) -> str:
    """Return why a database could not be used, and what to do; it ends with "choose another" (directory). On a full
    disk SQLite reports "disk I/O error" (no space for shared memory): the file is good, and must not be moved away."""
    if isinstance(error, sqlite3.OperationalError) and (
        str(error) == _FULL or shutil.disk_usage(directory).free < _ROOM_TO_OPEN
    ):
        return "no space left on device; make room or choose another"
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_CANTOPEN:  # it may be good: SQLite's limit on paths
        return f"{error}; choose another"
    reason = "the database is damaged" if isinstance(error, UnicodeDecodeError) else error  # its schema, quoted
    return f"{reason}; move the file away to start with an empty state, or choose another"


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "disk full"
    return str(error).replace("database or disk is full", "disk full")
