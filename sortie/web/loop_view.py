"""What a page shows of a sortie loop, read from its journal: the loop itself is not asked, and not held up.

The journal is opened for reading only, and for one look: SQLite's write-ahead log lets the loop go on meanwhile.
What is there was committed, so it is what a restart would go on from.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from depot.names import Phase, SkimmerState
from sortie.loop.loop import Snapshot, decode
from sortie.loop.view import span

JOURNAL: Final = "loop.sqlite"
NEWEST: Final = 60
"""Decisions that are shown."""


def read_loop(directory: Path) -> dict[str, Any] | None:
    """The loop of a state directory as JSON; None when there is none, or none that this version can read."""
    path = directory / JOURNAL
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            row = database.execute("SELECT data FROM state").fetchone()
            if row is None:
                return None
            return facts_of(decode(row[0])) | {"decisions": list(_decisions(database))}
    except (sqlite3.Error, msgspec.DecodeError):
        return None


def facts_of(snapshot: Snapshot) -> dict[str, Any]:
    """Phase, timers (name, text), levels (name, share) and what else is known."""
    memory, world = snapshot.depot, snapshot.world
    phase, status = Phase(memory.phase), memory.status
    shown = "lost, heard again" if memory.skimmer is SkimmerState.LOST and memory.heard_again else memory.skimmer.value
    facts = [f"skimmer {shown}", f"{memory.reason}"]
    if status is not None:
        facts.append(f"mode {status.mode}")
    if memory.ended_by is not None:
        facts.append(f"ended: {memory.ended_by.value}")
    death = "stopped" if memory.death.due_ms is None else span(memory.death.due_ms - world.now_ms)
    beat = "not expected" if memory.beats.due_ms is None else f"{memory.beats.misses} missed"
    levels = [[tank.name, tank.fill] for tank in world.depot.tanks]
    levels.append(["depot battery", world.depot.battery.j / world.depot.battery.capacity_j])
    if status is not None:
        levels.append(["skimmer battery", status.soc])
    return {
        "sortie": memory.number, "phase": int(phase), "title": phase.title, "facts": facts, "levels": levels,
        "timers": [
            ["time", span(world.now_ms)], ["in this phase", span(world.now_ms - memory.phase_start_ms)],
            ["T_DEATH", death], ["heartbeat", beat],
        ],
    }  # fmt: skip


def _decisions(database: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """The newest, with what they were made of."""
    rows = database.execute(
        "SELECT id, time_ms, sortie, phase, party, name, reason, facts FROM decision ORDER BY id DESC LIMIT ?",
        (NEWEST,),
    )
    for number, time_ms, sortie, phase, party, name, reason, facts in rows:
        yield {
            "id": number, "time": span(time_ms), "sortie": sortie, "phase": phase, "party": party, "name": name,
            "reason": reason, "facts": json.loads(facts),
        }  # fmt: skip
