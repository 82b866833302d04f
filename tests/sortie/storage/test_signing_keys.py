"""Signing timestamp in the store of the state directory."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sortie.storage import rows
from sortie.storage.signing_keys import KeyFile
from sortie.storage.store import Store


def test_a_first_stamp_that_was_not_stored_is_told_and_stored_by_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later one is stored soon, and not waited for."""
    apply, full = rows.apply, [True]

    def applied(database: sqlite3.Connection, change: rows.Entry, vehicle: str) -> None:
        if full[0]:
            raise sqlite3.OperationalError("disk I/O error")
        apply(database, change, vehicle)

    monkeypatch.setattr(rows, "apply", applied)
    store = Store(tmp_path)
    keys = KeyFile(store, fixed=True)
    assert not keys.save_stamp(100)
    full[0] = False
    answers = [keys.save_stamp(101), keys.save_stamp(101), keys.save_stamp(102)]
    store.close()
    assert all(answers)
    again = Store(tmp_path)
    assert again.stored.signing_stamp == 102
    again.close()
