"""What is written to deleted files is lost without an error: such a change is refused, not acknowledged."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autopilot.context.journal import SaveParameter
from sortie.loop.journal import JournalError, LoopJournal
from sortie.storage.store import StateLock, Store


def deleted(folder: Path) -> None:
    shutil.rmtree(folder)


def made_anew(folder: Path) -> None:
    deleted(folder)
    folder.mkdir()


def a_file(folder: Path) -> None:
    deleted(folder)
    folder.write_text("notes")


def moved(folder: Path) -> None:
    folder.rename(folder.with_name("moved"))


def emptied(folder: Path) -> None:
    for path in folder.glob("*.*"):  # the lock stays
        path.unlink()


def without_its_log(folder: Path) -> None:
    for path in folder.glob("*-wal"):
        path.unlink()


def unlocked(folder: Path) -> None:
    """Another process may take the directory now."""
    (folder / "lock").unlink()


WAYS = (deleted, made_anew, a_file, moved, emptied, without_its_log, unlocked)


@pytest.mark.parametrize("take_away", WAYS)
def test_a_change_is_refused_once_the_state_was_taken_away(tmp_path: Path, take_away: Callable[[Path], None]) -> None:
    """Also one of the database, whose log in another file would be enough for SQLite."""
    folder = tmp_path / "state"
    store = Store(folder)
    kept = store.submit(SaveParameter("RTL_ALT", 123.0))
    assert store.wait(kept)
    take_away(folder)
    lost = store.submit(SaveParameter("RTL_ALT", 456.0))
    assert store.wait(lost)
    assert store.failure(kept) is None
    assert store.failure(lost) == "state directory deleted"
    store.close()


def test_a_directory_that_comes_back_takes_changes_again(tmp_path: Path) -> None:
    """Moved away and back: it is the same one, and has nothing that was refused."""
    folder = tmp_path / "state"
    store = Store(folder)
    moved(folder)
    assert store.wait(store.submit(SaveParameter("RTL_ALT", 456.0)))
    (tmp_path / "moved").rename(folder)
    kept = store.submit(SaveParameter("WPNAV_SPEED", 640.0))
    assert store.wait(kept)
    assert store.failure(kept) is None
    store.close()
    again = Store(folder)
    assert again.stored.parameters == {"WPNAV_SPEED": 640.0}
    again.close()


@pytest.mark.parametrize("take_away", WAYS)
def test_a_loop_ends_once_its_journal_was_taken_away(tmp_path: Path, take_away: Callable[[Path], None]) -> None:
    """Nothing more can be decided: a restart would count again what it has done since."""
    folder = tmp_path / "state"
    lock = StateLock(folder)
    for _ in "ab":  # a new journal, and one that is there
        journal = LoopJournal(folder / "loop.sqlite")
        journal.begin("space", 1)
        journal.record((), (), 0, {"tanks": {}, "skimmer": {}})
        journal.commit(b"")
        journal.close()
    journal = LoopJournal(folder / "loop.sqlite")
    take_away(folder)
    journal.record((), (), 1, {"tanks": {}, "skimmer": {}})
    with pytest.raises(JournalError, match=r"loop\.sqlite: was deleted, with the decisions in it"):
        journal.commit(b"")
    journal.close()
    lock.release()
