"""Rows of the state database: schema, writing of changes, reading at the start.

Any program may have changed the file, so a value that this program would not write counts as damage.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from math import isfinite, nan
from operator import attrgetter
from typing import Any

from autopilot.context.journal import Change, SaveHome, SaveParameter, SavePlan, SaveShow, SaveTogether
from autopilot.interface.earth import on_earth
from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass, field
from autopilot.mav import MissionType
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionState
from autopilot.mission.storage import pack_item

SCHEMA_VERSION = 3
_TABLES = {
    "plan_item": "kind INTEGER, seq INTEGER, command INTEGER, frame INTEGER, param1 REAL, param2 REAL, param3 REAL,"
    " param4 REAL, x REAL, y REAL, z REAL, autocontinue INTEGER, PRIMARY KEY (vehicle, kind, seq)",
    "plan": "kind INTEGER, items INTEGER, PRIMARY KEY (vehicle, kind)",
    "parameter": "name TEXT, value REAL, PRIMARY KEY (vehicle, name)",
    "home": "lat REAL, lon REAL, alt REAL, PRIMARY KEY (vehicle)",
    "progress": "item INTEGER, state INTEGER, PRIMARY KEY (vehicle)",
}
"""Tables of each vehicle; `ALONE` is the only vehicle of a process."""
_SCHEMA = (
    *(f"CREATE TABLE {name} (vehicle TEXT NOT NULL, {columns}) WITHOUT ROWID" for name, columns in _TABLES.items()),
    "CREATE TABLE IF NOT EXISTS identity (id INTEGER PRIMARY KEY CHECK (id = 0), uid BLOB)",
    "CREATE TABLE IF NOT EXISTS signing (id INTEGER PRIMARY KEY CHECK (id = 0), stamp INTEGER)",
)
_OF_ONE_VEHICLE = {
    "plan_item": "*", "plan": "*", "parameter": "*", "home": "lat, lon, alt", "progress": "item, state",
}  # fmt: skip
"""Columns of schema 1 and 2, before fleets; all rows belong to `ALONE`."""
_SHOW = "CREATE TABLE IF NOT EXISTS show (vehicle TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID"
"""Made with the first show, so that other databases stay unchanged."""
ALONE = ""
_AT_FIRST = (0, int(MissionState.IDLE))
"""Item and state of a mission that begins at its first item."""


def prepare(database: sqlite3.Connection, version: int) -> None:
    """Upgrade a database of schema `version` (0: an empty file) in one transaction. After an error the caller closes
    it, which takes everything back."""
    database.execute("BEGIN IMMEDIATE")
    for name in _TABLES if version else ():
        database.execute(f"ALTER TABLE {name} RENAME TO old_{name}")
    for statement in _SCHEMA:
        database.execute(statement)
    for name, columns in _OF_ONE_VEHICLE.items() if version else ():
        database.execute(f"INSERT INTO {name} SELECT '{ALONE}', {columns} FROM old_{name}")
        database.execute(f"DROP TABLE old_{name}")
    database.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    database.execute("COMMIT")


@dataclass(frozen=True, slots=True)
class SaveStamp:
    """Signing timestamp below which nothing is accepted after a restart."""

    stamp: int


Entry = Change | SaveStamp


@dataclass(slots=True)
class StoredState:
    """State at the start: plans by MAV_MISSION_TYPE (None: never uploaded), parameters other than the default, home set
    by a person, index and state of the sequencer, signing timestamp, show file."""

    plans: dict[int, tuple[MissionItem, ...]] = field(default_factory=dict)
    parameters: dict[str, float] = field(default_factory=dict)
    home: GeoPoint | None = None
    progress: tuple[int, int] | None = None
    signing_stamp: int = 0
    show: bytes = b""


_LARGEST_STAMP = (1 << 48) - 1


def load(database: sqlite3.Connection, vehicle: str = ALONE) -> StoredState:
    """Load the state of a vehicle. sqlite3.DatabaseError for invalid values."""
    state = StoredState()
    key = (vehicle,)
    for kind, count in database.execute("SELECT kind, items FROM plan WHERE vehicle = ?", key).fetchall():
        state.plans[kind] = _items(database, kind, vehicle)
        _expect("plan_item", len(state.plans[kind]) == count)
    state.parameters = dict(database.execute("SELECT name, value FROM parameter WHERE vehicle = ?", key).fetchall())
    _expect("parameter", all(isinstance(value, float) for value in state.parameters.values()))
    home = database.execute("SELECT lat, lon, alt FROM home WHERE vehicle = ?", key).fetchone()
    if home is not None:
        numbers = all(isinstance(value, float) and isfinite(value) for value in home)
        _expect("home", numbers and on_earth(*home[:2]))
        state.home = GeoPoint(*home)
    state.progress = database.execute("SELECT item, state FROM progress WHERE vehicle = ?", key).fetchone()
    if state.progress is not None:
        _expect("progress", isinstance(state.progress[0], int) and state.progress[1] in set(MissionState))
    stamp = database.execute("SELECT stamp FROM signing").fetchone()
    if stamp is not None:
        _expect("signing", isinstance(stamp[0], int) and 0 <= stamp[0] <= _LARGEST_STAMP)
        state.signing_stamp = stamp[0]
    uid = database.execute("SELECT uid FROM identity").fetchone()
    _expect("identity", uid is None or isinstance(uid[0], bytes))
    if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'show'").fetchone() is not None:
        show = database.execute("SELECT content FROM show WHERE vehicle = ?", key).fetchone() or (b"",)
        _expect("show", isinstance(show[0], bytes))
        state.show = show[0]
    return state


def _expect(table: str, sound: bool) -> None:
    if not sound:
        raise sqlite3.DatabaseError(f"the table '{table}' is damaged")


def _items(database: sqlite3.Connection, kind: int, vehicle: str) -> tuple[MissionItem, ...]:
    rows = database.execute(
        "SELECT command, frame, param1, param2, param3, param4, x, y, z, autocontinue, seq FROM plan_item"
        " WHERE vehicle = ? AND kind = ? ORDER BY seq",
        (vehicle, kind),
    ).fetchall()
    _expect("plan_item", all(row[-1] == seq for seq, row in enumerate(rows)))
    return tuple(_item(row) for row in rows)


def _item(row: tuple[Any, ...]) -> MissionItem:
    """Make an item from the columns command, frame, param1 .. 4, x, y, z, autocontinue, seq."""
    numbers = [nan if value is None else value for value in row[2:9]]  # SQLite stores NaN as NULL
    whole = (row[0], row[1], row[9], row[10])
    _expect(
        "plan_item",
        all(isinstance(number, int) for number in whole) and all(isinstance(number, float) for number in numbers),
    )
    p1, p2, p3, p4, x, y, z = numbers
    return MissionItem(row[0], row[1], p1, p2, p3, p4, x, y, z, bool(row[9]), row[10])


_OF_ITEM = attrgetter("command", "frame", "param1", "param2", "param3", "param4", "x", "y", "z", "autocontinue")


def apply(database: sqlite3.Connection, change: Entry, vehicle: str = ALONE) -> None:
    """Write a change of a vehicle, in the caller's transaction."""
    if isinstance(change, SaveTogether):
        for plan in change.plans:
            apply(database, plan, vehicle)
    elif isinstance(change, SavePlan):
        if change.kind == MissionType.MISSION:
            _rewind(database, change.items, vehicle)
        database.execute("DELETE FROM plan_item WHERE vehicle = ? AND kind = ?", (vehicle, change.kind))
        database.executemany(
            "INSERT INTO plan_item VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            ((vehicle, change.kind, seq, *_OF_ITEM(item)) for seq, item in enumerate(change.items)),
        )
        database.execute("INSERT OR REPLACE INTO plan VALUES (?, ?, ?)", (vehicle, change.kind, len(change.items)))
    elif isinstance(change, SaveParameter):
        if change.value is None:
            database.execute("DELETE FROM parameter WHERE vehicle = ? AND name = ?", (vehicle, change.name))
        else:
            database.execute("INSERT OR REPLACE INTO parameter VALUES (?, ?, ?)", (vehicle, change.name, change.value))
    elif isinstance(change, SaveHome):
        database.execute("DELETE FROM home WHERE vehicle = ?", (vehicle,))
        if change.home is not None:
            home = change.home
            database.execute("INSERT INTO home VALUES (?, ?, ?, ?)", (vehicle, home.lat, home.lon, home.alt))
    elif isinstance(change, SaveShow):
        database.execute(_SHOW)
        database.execute("INSERT OR REPLACE INTO show VALUES (?, ?)", (vehicle, change.content))
    elif isinstance(change, SaveStamp):
        database.execute("INSERT OR REPLACE INTO signing VALUES (0, ?)", (change.stamp,))
    else:
        database.execute("INSERT OR REPLACE INTO progress VALUES (?, ?, ?)", (vehicle, change.index, change.state))


def _rewind(database: sqlite3.Connection, items: Sequence[MissionItem], vehicle: str) -> None:
    """Let another mission begin at its first item unless the old one is being flown, as `MissionSequencer` does, in the
    same transaction: the process may end before the sequencer has reacted."""
    progress = database.execute("SELECT item, state FROM progress WHERE vehicle = ?", (vehicle,)).fetchone()
    if progress in (None, _AT_FIRST) or progress[1] == MissionState.RUNNING:
        return
    old, new = ([pack_item(item) for item in plan] for plan in (_items(database, MissionType.MISSION, vehicle), items))
    if old != new:
        database.execute("UPDATE progress SET item = ?, state = ? WHERE vehicle = ?", (*_AT_FIRST, vehicle))
