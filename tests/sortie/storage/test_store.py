"""The state store: what is settled is on disk, what cannot be used is refused in one line."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import threading
import time
from math import isnan, nan
from types import SimpleNamespace

import pytest

from autopilot.context.journal import SaveHome, SaveParameter, SavePlan, SaveProgress, SaveTogether
from autopilot.interface.geo import GeoPoint
from autopilot.mission.items import MissionItem
from sortie.config.errors import UserError
from sortie.loop.journal import LoopJournal
from sortie.storage import rows as store_rows
from sortie.storage import store as store_module
from sortie.storage.rows import SaveStamp
from sortie.storage.store import Store
from tests.fakes.patience import PATIENCE_S

ITEMS = (MissionItem(22, 3, z=10.0, seq=0), MissionItem(16, 3, param4=nan, x=47.1, y=8.2, z=20.0, seq=1))


def settle(store: Store) -> None:
    """Wait until everything submitted is settled."""
    assert store.wait(store.latest())


def test_everything_is_found_again(tmp_path):
    """Plans, parameters, home and progress; of each the newest."""
    store = Store(tmp_path)
    store.submit(SavePlan(0, ITEMS))
    store.submit(SavePlan(2, (MissionItem(5100, 3, x=1.0, y=2.0, z=3.0),)))
    store.submit(SavePlan(0, ITEMS[:1]))
    store.submit(SaveParameter("WPNAV_SPEED", 700.0))
    store.submit(SaveParameter("WPNAV_SPEED", 710.5))
    store.submit(SaveParameter("RTL_ALT", 1000.0))
    store.submit(SaveParameter("RTL_ALT", None))
    store.submit(SaveHome(GeoPoint(47.0, 8.0, 400.0)))
    store.submit(SaveProgress(3, 1))
    store.submit(SaveProgress(4, 1))
    settle(store)
    uid = store.uid()
    store.close()
    again = Store(tmp_path)
    assert again.stored.plans[0] == ITEMS[:1]
    assert len(again.stored.plans[2]) == 1
    assert again.stored.parameters == {"WPNAV_SPEED": 710.5}
    assert again.stored.home == GeoPoint(47.0, 8.0, 400.0)
    assert again.stored.progress == (4, 1)
    assert again.uid() == uid
    assert len(uid) == 8
    again.close()


def test_nan_parameters_of_items_survive(tmp_path):
    """QGroundControl's "any yaw" is NaN, which SQLite keeps as NULL."""
    store = Store(tmp_path)
    store.submit(SavePlan(0, ITEMS))
    settle(store)
    store.close()
    again = Store(tmp_path)
    assert isnan(again.stored.plans[0][1].param4)
    assert again.stored.plans[0][1].x == 47.1
    again.close()


def test_a_plan_that_was_cleared_differs_from_one_never_uploaded(tmp_path):
    """An empty plan is stored as such."""
    store = Store(tmp_path)
    store.submit(SaveTogether((SavePlan(0, ()), SavePlan(1, ()))))
    settle(store)
    store.close()
    again = Store(tmp_path)
    assert again.stored.plans == {0: (), 1: ()}
    again.close()


def test_a_settled_change_is_committed(tmp_path):
    """Another process that looks at the database sees it as soon as the ticket is settled."""
    store = Store(tmp_path)
    ticket = store.submit(SaveParameter("RTL_ALT", 123.0))
    assert store.wait(ticket)
    reader = sqlite3.connect(store.path)
    assert reader.execute("SELECT value FROM parameter WHERE name = 'RTL_ALT'").fetchone() == (123.0,)
    assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    reader.close()
    assert store.failure(ticket) is None
    store.close()


def test_the_loop_is_woken_when_something_is_written(tmp_path):
    """`wake` is called after the tickets are settled."""
    settled: list[int] = []
    woken = threading.Event()
    store = Store(tmp_path, lambda: (settled.append(store.durable()), woken.set()))
    ticket = store.submit(SaveParameter("RTL_ALT", 5.0))
    assert woken.wait(PATIENCE_S)
    assert settled[-1] >= ticket
    store.close()


def test_progress_waits_for_the_one_before_it_and_goes_with_what_is_waited_for(tmp_path, monkeypatch):
    """A flight far ahead of the wall makes more progress than a disk takes: it wakes the writer once in a while, and
    nobody else. A change of another kind takes it along, and who waits for a ticket has it written at once, as has a
    person who asked for it."""
    monkeypatch.setattr(store_module, "_PROGRESS_S", 1000.0)
    woken = threading.Semaphore(0)
    store = Store(tmp_path, woken.release)
    first = store.submit(SaveProgress(1, 1))
    assert store.latest() == 0
    until_s = time.monotonic() + PATIENCE_S
    while store.durable() < first and time.monotonic() < until_s:
        time.sleep(0.001)
    assert store.durable() == first
    waiting = [store.submit(SaveProgress(number, 1)) for number in range(2, 20)]
    assert not woken.acquire(timeout=0.05)
    assert store.durable() < waiting[0]
    home = store.submit(SaveHome(GeoPoint(47.0, 8.0, 400.0)))
    assert woken.acquire(timeout=PATIENCE_S)
    assert store.durable() == home == store.latest()
    asked = store.submit(SaveProgress(5, 1, requested=True))
    store.submit(SaveProgress(6, 1))
    assert woken.acquire(timeout=PATIENCE_S)
    assert store.durable() >= asked == store.latest()
    assert store.wait(store.submit(SaveProgress(20, 1)), PATIENCE_S)
    assert woken.acquire(timeout=PATIENCE_S)
    later = store.submit(SaveProgress(21, 1))
    assert not woken.acquire(timeout=0.05)
    assert store.durable() < later
    store.close()
    again = Store(tmp_path)
    assert again.stored.progress == (21, 1)
    again.close()


def test_a_commit_is_on_the_disk_before_anything_is_acknowledged(tmp_path):
    """SQLite's FULL, in the store and in the journal of a loop: a power cut takes nothing back."""
    store, journal = Store(tmp_path), LoopJournal(tmp_path / "loop.sqlite")
    for database in (store._database, journal._db):
        assert database.execute("PRAGMA synchronous").fetchone() == (2,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()
    journal.close()


def test_closing_writes_what_is_queued(tmp_path):
    """Thousands of changes, closed at once: all are there."""
    store = Store(tmp_path)
    for number in range(3000):
        store.submit(SaveParameter(f"P{number % 50}", float(number)))
    store.close()
    again = Store(tmp_path)
    assert again.stored.parameters == {f"P{number % 50}": float(number) for number in range(2950, 3000)}
    again.close()


def test_a_full_disk_fails_the_ticket_and_keeps_what_was(tmp_path, monkeypatch):
    """The change is refused with its reason, nothing of it is kept, and smaller ones go on."""
    connect = sqlite3.connect

    def small(*arguments, **options):
        database = connect(*arguments, **options)
        database.execute("PRAGMA max_page_count=14")
        return database

    monkeypatch.setattr("sortie.storage.store.sqlite3.connect", small)
    store = Store(tmp_path)
    first = store.submit(SavePlan(0, ITEMS))
    assert store.wait(first)
    assert store.failure(first) is None
    second = store.submit(SavePlan(0, tuple(MissionItem(16, 3, x=float(n), seq=n) for n in range(2000))))
    assert store.wait(second)
    assert store.failure(second) == "disk full"
    third = store.submit(SaveParameter("RTL_ALT", 7.0))
    assert store.wait(third)
    assert store.failure(third) is None
    store.close()
    monkeypatch.undo()
    again = Store(tmp_path)
    assert len(again.stored.plans[0]) == 2
    assert again.stored.parameters == {"RTL_ALT": 7.0}
    again.close()


def test_progress_that_a_newer_one_replaced_fails_with_it(tmp_path, monkeypatch):
    """Two SET_CURRENT before one transaction: neither is acknowledged when that fails (storm 33016048)."""
    store = Store(tmp_path)

    def refuse(*arguments):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(store_rows, "apply", refuse)
    with store._ready:  # the writer waits until both are there
        tickets = [store.submit(SaveProgress(number, 1, requested=True)) for number in (3, 4)]
    assert store.wait(tickets[1])
    assert [store.failure(ticket) for ticket in tickets] == ["disk full", "disk full"]
    store.close()


def test_what_nobody_submits_again_goes_with_the_next_change(tmp_path, monkeypatch):
    """Progress: a mission would begin at an old item after a death. The stamp of signatures: a recording from before
    the death would be accepted once more."""
    store = Store(tmp_path)
    write = store_rows.apply

    def refuse(*arguments):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(store_rows, "apply", refuse)
    store.submit(SaveStamp(5_000))
    lost = store.submit(SaveProgress(3, 1))
    assert store.wait(lost)
    assert store.failure(lost) == "disk full"
    monkeypatch.setattr(store_rows, "apply", write)
    assert store.wait(store.submit(SaveParameter("RTL_ALT", 7.0)))
    store.close()
    again = Store(tmp_path)
    assert again.stored.progress == (3, 1)
    assert again.stored.signing_stamp == 5_000
    again.close()


def test_an_error_of_ours_fails_its_ticket_and_the_next_change_is_written(tmp_path, monkeypatch):
    """The writer outlives it: a thread that ended would let everybody wait."""
    logged = []
    monkeypatch.setattr("sortie.storage.store.log_error", lambda error, where: logged.append(where))
    store = Store(tmp_path)
    wrong = store.submit(object())
    assert store.wait(wrong)
    assert store.failure(wrong) and logged == ["the store"]
    right = store.submit(SaveParameter("RTL_ALT", 7.0))
    assert store.wait(right)
    assert store.failure(right) is None
    store.close()


@pytest.mark.parametrize(("text", "free"), [("disk I/O error", 0), ("database or disk is full", 72 * 1024)])
def test_a_good_database_on_a_full_disk_is_not_called_bad(tmp_path, monkeypatch, text, free):
    """SQLite may call it an I/O error; whoever moved the file away for that would lose a state that is whole."""
    Store(tmp_path).close()

    def no_room(database: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError(text)

    monkeypatch.setattr(Store, "_prepare", staticmethod(no_room))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    with pytest.raises(UserError) as refused:
        Store(tmp_path)
    assert (
        str(refused.value) == f"--state-dir {tmp_path}: state.db: no space left on device; make room or choose another"
    )


def test_an_error_where_there_is_room_is_the_files(tmp_path, monkeypatch):
    Store(tmp_path).close()

    def broken(database: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(Store, "_prepare", staticmethod(broken))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10**9))
    with pytest.raises(UserError, match="disk I/O error; move the file away"):
        Store(tmp_path)


def test_a_disk_that_is_read_only_is_said(tmp_path, monkeypatch):
    """A database that cannot be written is no state directory."""
    Store(tmp_path).close()
    connect = sqlite3.connect

    def read_only(path, **options):
        return connect(f"file:{path}?mode=ro&immutable=1", uri=True, **options)

    monkeypatch.setattr("sortie.storage.store.sqlite3.connect", read_only)
    with pytest.raises(UserError, match="--state-dir"):
        Store(tmp_path)


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be looked at" * 40, os.urandom(8192)])
def test_a_corrupt_database_is_refused_and_left_alone(tmp_path, content):
    """One line with the file and what to do; the file is not touched, the directory free again."""
    path = tmp_path / "state.db"
    path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(UserError, match=r"state\.db: .*move the file away"):
            Store(tmp_path)
    assert path.read_bytes() == content


def test_a_database_that_cannot_be_opened_is_not_to_be_moved_away(tmp_path):
    """It may be good: SQLite takes no path of more than 512 bytes."""
    with pytest.raises(UserError, match=r"--state-dir .*: state\.db: unable to open database file; choose another$"):
        Store(tmp_path.joinpath(*["d" * 200] * 3))


def test_a_damaged_schema_is_not_quoted(tmp_path):
    """SQLite's error quotes it, and `sqlite3` raises UnicodeDecodeError."""
    Store(tmp_path).close()
    path = tmp_path / "state.db"
    path.write_bytes(path.read_bytes().replace(b"tableplan_item", b"table\xfflan_item"))
    with pytest.raises(UserError, match=r"state\.db: the database is damaged; move the file away"):
        Store(tmp_path)


@pytest.mark.parametrize(
    ("table", "edit"),
    [
        ("parameter", "INSERT INTO parameter VALUES ('', 'WPNAV_SPEED', 'fast')"),
        ("parameter", "INSERT INTO parameter VALUES ('', 'WPNAV_SPEED', NULL)"),
        ("progress", "INSERT INTO progress VALUES ('', 1, 77)"),
        ("progress", "INSERT INTO progress VALUES ('', 'x', 1)"),
        ("home", "INSERT INTO home VALUES ('', 'a', 8.0, 400.0)"),
        ("home", "INSERT INTO home VALUES ('', 1e9, 8.0, 400.0)"),
        ("home", "INSERT INTO home VALUES ('', 47.0, 8.0, 9e999)"),
        ("signing", "INSERT INTO signing VALUES (0, 'late')"),
        ("signing", "INSERT INTO signing VALUES (0, -1)"),
        ("identity", "INSERT INTO identity VALUES (0, 'x')"),
        ("plan_item", "INSERT INTO plan_item VALUES ('', 0, 0, 'x', 3, 0, 0, 0, 0, 0, 0, 0, 1)"),
        ("plan_item", "INSERT INTO plan_item VALUES ('', 0, 0, 16, 3, 'y', 0, 0, 0, 0, 0, 0, 1)"),
        ("plan_item", "INSERT INTO plan_item VALUES ('', 0, 1, 16, 3, 0, 0, 0, 0, 0, 0, 0, 1)"),
        ("plan_item", "UPDATE plan SET items = 2"),
    ],
)
def test_a_value_that_we_would_not_have_written_is_damage(tmp_path, table, edit):
    """One line that names the table, no traceback."""
    Store(tmp_path).close()
    database = sqlite3.connect(tmp_path / "state.db")
    database.execute("INSERT INTO plan VALUES ('', 0, ?)", (int("INTO plan_item" in edit),))
    database.execute(edit)
    database.commit()
    database.close()
    content = (tmp_path / "state.db").read_bytes()
    before = os.listdir("/proc/self/fd")  # noqa: PTH208 - as the kernel counts them
    with pytest.raises(UserError, match=f"state.db: the table '{table}' is damaged; move the file away"):
        Store(tmp_path)
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208
    assert (tmp_path / "state.db").read_bytes() == content


@pytest.mark.parametrize("version", [0, 1, store_rows.SCHEMA_VERSION])
@pytest.mark.parametrize("table", ["moz_places", "plan"])
def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path, table, version):
    """In a directory that was given by mistake; our tables were added to it."""
    database = sqlite3.connect(tmp_path / "state.db")
    database.execute(f"CREATE TABLE {table} (id INTEGER)")
    database.execute(f"PRAGMA user_version={version}")
    database.close()
    content = (tmp_path / "state.db").read_bytes()
    with pytest.raises(UserError, match="move the file away"):
        Store(tmp_path)
    assert (tmp_path / "state.db").read_bytes() == content


def test_a_page_that_nothing_reads_is_looked_at_too(tmp_path):
    """Else the damage would show with the first upload, as a refusal."""
    Store(tmp_path).close()
    database = sqlite3.connect(tmp_path / "state.db")
    (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'plan_item'").fetchone()
    (size,) = database.execute("PRAGMA page_size").fetchone()
    database.close()
    with (tmp_path / "state.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"x" * 24)
    with pytest.raises(UserError, match="move the file away"):
        Store(tmp_path)


def test_a_newer_schema_is_refused(tmp_path):
    """A state that a newer Sortie has written is not guessed at."""
    Store(tmp_path).close()
    database = sqlite3.connect(tmp_path / "state.db")
    database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(UserError, match=r"newer Sortie \(schema 99"):
        Store(tmp_path)


def test_the_directory_has_one_owner(tmp_path):
    """The second is told who the first is; when that has gone, it may."""
    (tmp_path / "lock").write_text("9" * 20)  # of a process that was killed
    first = Store(tmp_path)
    with pytest.raises(UserError, match=f"in use by process {os.getpid()};"):
        Store(tmp_path)
    first.close()
    Store(tmp_path).close()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_lock_that_is_a_link_is_refused(tmp_path):
    """Somebody else has made the directory: the number of our process was written over the file behind the link."""
    (tmp_path / "mine").write_text("precious")
    (tmp_path / "lock").symlink_to(tmp_path / "mine")
    with pytest.raises(UserError, match=r"--state-dir .*symbolic links; choose another"):
        Store(tmp_path)
    assert (tmp_path / "mine").read_text() == "precious"


def test_a_directory_that_cannot_be_made_is_said(tmp_path):
    """A file stands in the way."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"--state-dir .*; choose another$"):
        Store(tmp_path / "file" / "state")


def test_waiting_for_what_never_settles_ends(tmp_path):
    """A ticket that was never given: False after the time."""
    store = Store(tmp_path)
    assert not store.wait(99, timeout_s=0.01)
    store.close()


def test_a_store_that_is_closed_takes_nothing(tmp_path):
    """Who submitted to it would wait for ever."""
    store = Store(tmp_path)
    store.close()
    with pytest.raises(UserError, match="closed vehicle"):
        store.submit(SaveParameter("RTL_ALT", 1.0))


def test_a_disk_that_stays_full_takes_no_memory(tmp_path, monkeypatch):
    """The reasons of the last tickets are kept, and no others."""
    monkeypatch.setattr(store_module, "_FAILURES", 10)
    store = Store(tmp_path)
    monkeypatch.setattr(store, "_write", lambda batch: "disk full")
    for number in range(30):
        assert store.wait(store.submit(SaveParameter("RTL_ALT", float(number))))
    assert (store.failure(20), store.failure(21), store.failure(30)) == (None, "disk full", "disk full")
    store.close()
