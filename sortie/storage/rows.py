"""The rows of the state database: its schema, changes as rows, rows as what a start finds.

What is read was written by whoever had the file: a value that this program would not have written is damage.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from autopilot.geo import GeoPoint
from autopilot.journal import Change, SaveHome, SaveParameter, SavePlan, SaveTogether
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionState

SCHEMA_VERSION = 2
SCHEMA = """
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


Entry = Change | SaveStamp


@dataclass(slots=True)
class StoredState:
    """Everything a start finds: plans by MAV_MISSION_TYPE (None: never uploaded), parameters that differ from their
    defaults, home as a person set it, the sequencer's index and state, the signing stamp."""

    plans: dict[int, tuple[MissionItem, ...]] = field(default_factory=dict)
    parameters: dict[str, float] = field(default_factory=dict)
    home: GeoPoint | None = None
    progress: tuple[int, int] | None = None
    signing_stamp: int = 0


_LARGEST_STAMP = (1 << 48) - 1


def load(database: sqlite3.Connection) -> StoredState:
    """All that is stored. sqlite3.DatabaseError for what cannot be."""
    state = StoredState()
    for (kind,) in database.execute("SELECT kind FROM plan").fetchall():
        rows = database.execute(
            "SELECT command, frame, param1, param2, param3, param4, x, y, z, autocontinue, seq FROM plan_item"
            " WHERE kind = ? ORDER BY seq",
            (kind,),
        )
        state.plans[kind] = tuple(_item(row) for row in rows)
    state.parameters = dict(database.execute("SELECT name, value FROM parameter").fetchall())
    _expect("parameter", all(isinstance(value, float) for value in state.parameters.values()))
    home = database.execute("SELECT lat, lon, alt FROM home").fetchone()
    if home is not None:
        _expect("home", _are_finite(home) and abs(home[0]) <= 90.0 and abs(home[1]) <= 180.0)
        state.home = GeoPoint(*home)
    state.progress = database.execute("SELECT item, state FROM progress").fetchone()
    if state.progress is not None:
        _expect("progress", isinstance(state.progress[0], int) and state.progress[1] in set(MissionState))
    stamp = database.execute("SELECT stamp FROM signing").fetchone()
    if stamp is not None:
        _expect("signing", isinstance(stamp[0], int) and 0 <= stamp[0] <= _LARGEST_STAMP)
        state.signing_stamp = stamp[0]
    return state


def _expect(table: str, sound: bool) -> None:
    if not sound:
        raise sqlite3.DatabaseError(f"the table '{table}' is damaged")


def _are_finite(values: Iterable[Any]) -> bool:
    return all(isinstance(value, float) and isfinite(value) for value in values)


def _nan(value: float | None) -> float:
    """SQLite keeps NaN as NULL."""
    return float("nan") if value is None else value


def _item(row: tuple[Any, ...]) -> MissionItem:
    """An item from the columns command, frame, param1 .. 4, x, y, z, autocontinue, seq."""
    numbers = [_nan(value) for value in row[2:9]]
    whole = (row[0], row[1], row[9], row[10])
    _expect("plan_item", all(isinstance(one, int) for one in whole) and all(isinstance(one, float) for one in numbers))
    p1, p2, p3, p4, x, y, z = numbers
    return MissionItem(row[0], row[1], p1, p2, p3, p4, x, y, z, bool(row[9]), row[10])


def apply(database: sqlite3.Connection, change: Entry) -> None:
    """Write a change, within the transaction that the caller has begun."""
    if isinstance(change, SaveTogether):
        for plan in change.plans:
            apply(database, plan)
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
