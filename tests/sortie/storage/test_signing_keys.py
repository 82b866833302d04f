"""Signing timestamp in the store of the state directory."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from autopilot.context.journal import SaveParameter
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.services.system.signing import RESERVE
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameWriter
from mavlink_bridge.wire.signing import LARGEST_STAMP, Signing
from sortie.storage import rows
from sortie.storage.signing_keys import KeyFile, KeyInMemory, SigningKeys
from sortie.storage.store import Store


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the disk takes nothing."""
    apply, full = rows.apply, [False]

    def applied(database: sqlite3.Connection, change: rows.Entry, vehicle: str) -> None:
        if full[0]:
            raise sqlite3.OperationalError("disk I/O error")
        apply(database, change, vehicle)

    monkeypatch.setattr(rows, "apply", applied)
    return full


def save(keys: KeyFile, store: Store, stamp: int) -> int:
    """The stamp that is known to be stored when the store is done with this one."""
    keys.save_stamp(stamp)
    store.wait(store.submit(SaveParameter("WPNAV_SPEED", 500.0)))
    return keys.stamp


def test_a_stamp_that_was_not_stored_is_none_that_is_stored(tmp_path: Path, full: list[bool]) -> None:
    """Neither the first of a run, which is waited for, nor a later one: the next run would accept recordings."""
    full[0] = True
    store = Store(tmp_path)
    keys = KeyFile(store, fixed=True)
    keys.save_stamp(100)
    assert keys.stamp == 0
    full[0] = False
    keys.save_stamp(101)
    assert keys.stamp == 101
    full[0] = True
    assert save(keys, store, 200) == 101
    full[0] = False
    assert save(keys, store, 201) == 201
    assert save(keys, store, 150) == 201
    store.close()
    again = Store(tmp_path)
    assert again.stored.signing_stamp == 201
    again.close()


@pytest.mark.parametrize("stamp", [LARGEST_STAMP, LARGEST_STAMP - RESERVE + 1])
def test_a_station_with_a_broken_clock_damages_no_state(tmp_path: Path, stamp: int) -> None:
    """Its frame is refused: a stamp that does not fit would be stored, and the next start would call it damage."""
    store = Store(tmp_path)
    endpoint = Endpoint(1)
    service = SigningKeys(KeyFile(store), bytes(32)).sign(endpoint)
    link = endpoint.open_link("net", trusted=False)
    heartbeat = FrameWriter(255, 190).frame(*codec.payload(dialect.MAVLink_heartbeat_message(6, 8, 0, 0, 0, 3)))
    assert service.signing is not None
    for later in range(2):
        endpoint.receive(link, Signing(bytes(32), stamp - 1).sign(heartbeat, later), 0, 0)
        store.wait(store.submit(SaveParameter("WPNAV_SPEED", 500.0)))
    assert service.signing.accepted == 0
    assert service.signing.timestamp < stamp - RESERVE
    store.close()
    Store(tmp_path).close()


@pytest.mark.skipif(sys.platform == "win32", reason="no folder can be opened, and NTFS journals names")
@pytest.mark.parametrize("key", [bytes(32), None])
def test_a_key_is_set_or_removed_on_the_disk(
    tmp_path: Path, key: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that came back after a power loss would lock everybody out who was told that it is gone."""
    store = Store(tmp_path)
    keys = KeyFile(store)
    assert keys.save_key(bytes(range(32))) is None
    folders: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: folders.append(stat.S_ISDIR(os.fstat(descriptor).st_mode)))
    assert keys.save_key(key) is None
    assert folders[-1:] == [True]
    store.close()


@pytest.mark.parametrize("stored", [True, False])
def test_vehicles_of_a_fleet_sign_with_the_same_clock(tmp_path: Path, stored: bool) -> None:
    """Not each a minute, the reserve, ahead of the one before: stations would refuse the first."""
    store = Store(tmp_path)
    keys = SigningKeys(KeyFile(store) if stored else KeyInMemory(), bytes(range(32)))
    signing = [keys.sign(Endpoint(number)).signing for number in range(1, 6)]
    stamps = [each.timestamp for each in signing if each is not None]
    store.close()
    assert len(stamps) == 5
    assert max(stamps) - min(stamps) < RESERVE // 2
