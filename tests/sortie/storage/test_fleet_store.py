"""The state of many vehicles in one database, and what a database from before there were fleets becomes."""

from __future__ import annotations

import sqlite3

import pytest

from autopilot.context.journal import SaveHome, SaveParameter, SavePlan, SaveProgress, SaveShow
from autopilot.interface.geo import GeoPoint
from autopilot.mission.items import MissionItem
from sortie.config.errors import UserError
from sortie.storage.store import Store

ITEMS = (MissionItem(22, 3, z=10.0, seq=0), MissionItem(16, 3, x=47.1, y=8.2, z=20.0, seq=1))

SCHEMA_2 = """
CREATE TABLE plan_item (
    kind INTEGER, seq INTEGER, command INTEGER, frame INTEGER, param1 REAL, param2 REAL, param3 REAL, param4 REAL,
    x REAL, y REAL, z REAL, autocontinue INTEGER, PRIMARY KEY (kind, seq)) WITHOUT ROWID;
CREATE TABLE plan (kind INTEGER PRIMARY KEY, items INTEGER);
CREATE TABLE parameter (name TEXT PRIMARY KEY, value REAL) WITHOUT ROWID;
CREATE TABLE home (id INTEGER PRIMARY KEY CHECK (id = 0), lat REAL, lon REAL, alt REAL);
CREATE TABLE progress (id INTEGER PRIMARY KEY CHECK (id = 0), item INTEGER, state INTEGER);
CREATE TABLE identity (id INTEGER PRIMARY KEY CHECK (id = 0), uid BLOB);
CREATE TABLE signing (id INTEGER PRIMARY KEY CHECK (id = 0), stamp INTEGER);
INSERT INTO plan VALUES (0, 1);
INSERT INTO plan_item VALUES (0, 0, 16, 3, 0, 0, 0, NULL, 47.1, 8.2, 20.0, 1);
INSERT INTO parameter VALUES ('WPNAV_SPEED', 700.0);
INSERT INTO home VALUES (0, 47.0, 8.0, 400.0);
INSERT INTO progress VALUES (0, 1, 1);
INSERT INTO identity VALUES (0, x'0102030405060708');
INSERT INTO signing VALUES (0, 77);
PRAGMA user_version=2;
"""


def test_each_vehicle_of_a_fleet_has_its_own_state(tmp_path):
    """The same changes by two vehicles, and by one that is alone, do not meet."""
    store = Store(tmp_path)
    for number, vehicle in enumerate(("1", "2")):
        own = store.of(vehicle)
        own.submit(SavePlan(0, ITEMS[: number + 1]))
        own.submit(SaveParameter("RTL_ALT", 1000.0 + number))
        last = own.submit(SaveHome(GeoPoint(47.0 + number, 8.0, 400.0)))
        own.submit(SaveProgress(number, 1))
        assert own.latest() == last  # nobody waits for progress
    assert store.wait(store.latest())
    store.close()
    again = Store(tmp_path)
    for number, vehicle in enumerate(("1", "2")):
        stored = again.of(vehicle).stored
        assert stored.plans == {0: ITEMS[: number + 1]}
        assert stored.parameters == {"RTL_ALT": 1000.0 + number}
        assert stored.home == GeoPoint(47.0 + number, 8.0, 400.0)
        assert stored.progress == (number, 1)
    assert (again.stored.plans, again.stored.parameters, again.stored.home) == ({}, {}, None)
    again.close()


def test_what_one_vehicle_takes_back_stays_with_the_others(tmp_path):
    """A parameter at its default, no home, an empty plan, no show."""
    store = Store(tmp_path)
    kept = [
        SavePlan(0, ITEMS),
        SaveParameter("RTL_ALT", 1000.0),
        SaveHome(GeoPoint(47.0, 8.0, 400.0)),
        SaveShow(b"show"),
    ]
    gone = [SavePlan(0, ()), SaveParameter("RTL_ALT", None), SaveHome(None), SaveShow(b"")]
    for vehicle in ("1", "2"):
        for change in kept:
            store.of(vehicle).submit(change)
    for change in gone:
        store.of("2").submit(change)
    assert store.wait(store.latest())
    store.close()
    again = Store(tmp_path)
    stored = [again.of(vehicle).stored for vehicle in ("1", "2")]
    again.close()
    assert [each.plans for each in stored] == [{0: ITEMS}, {0: ()}]
    assert [each.parameters for each in stored] == [{"RTL_ALT": 1000.0}, {}]
    assert [each.home for each in stored] == [GeoPoint(47.0, 8.0, 400.0), None]
    assert [each.show for each in stored] == [b"show", b""]


def test_what_one_vehicle_waits_for_is_its_own(tmp_path):
    """A ticket of another does not move its latest."""
    store = Store(tmp_path)
    first, second = store.of("1"), store.of("2")
    ticket = first.submit(SaveParameter("RTL_ALT", 1000.0))
    second.submit(SaveParameter("RTL_ALT", 2000.0))
    assert first.latest() == ticket < second.latest()
    assert store.wait(second.latest())
    assert first.durable() >= second.latest()
    assert first.failure(ticket) is None
    store.close()


def test_a_database_of_one_vehicle_is_taken_over(tmp_path):
    """Everything of schema 2 is there after the first start, and the file can be opened again."""
    database = sqlite3.connect(tmp_path / "state.db")
    database.executescript(SCHEMA_2)
    database.close()
    for _ in range(2):
        store = Store(tmp_path)
        stored = store.stored
        assert stored.plans[0][0].x == 47.1
        assert stored.parameters == {"WPNAV_SPEED": 700.0}
        assert stored.home == GeoPoint(47.0, 8.0, 400.0)
        assert (stored.progress, stored.signing_stamp, store.uid()) == ((1, 1), 77, bytes(range(1, 9)))
        store.close()
    tables = sqlite3.connect(tmp_path / "state.db").execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    assert not [name for (name,) in tables if name.startswith("old_")]


def test_a_database_that_cannot_be_taken_over_is_as_it_was(tmp_path):
    """An error in the middle of it, here a table in the way."""
    database = sqlite3.connect(tmp_path / "state.db")
    database.executescript(SCHEMA_2.replace("INSERT INTO signing", "CREATE TABLE old_home (x); INSERT INTO signing"))
    before = list(database.iterdump())
    database.close()
    with pytest.raises(UserError, match="old_home"):
        Store(tmp_path)
    database = sqlite3.connect(tmp_path / "state.db")
    assert list(database.iterdump()) == before
    assert database.execute("PRAGMA user_version").fetchone() == (2,)
    database.close()
