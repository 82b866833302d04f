"""What a real process keeps over its deaths, as it can be told from outside: by what was acknowledged, and when.

A change has begun with the first frame of it that reaches the vehicle. It is made by the time of its acknowledgement;
without one (lost, or the process died) perhaps never, perhaps some seconds after its last frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

from autopilot.mav import MissionResult, MissionType
from mavlink_bridge.services.mission.convert import read_item
from sortie.storage.rows import StoredState
from tests.storm.invariant import When, Where, invariant, noted
from tests.storm.invariants.whole import is_counted, mixture
from tests.storm.ledger import checksum
from tests.storm.plans import mark_of, marks
from tests.storm.station import Message
from tests.storm.view import Peer, View

STATE = "docs/reliability.md, State"
LATE_MS = 10_000
"""In which a process that stood still or waits for its disk makes what it was sent, and tells it on its other links."""
ALL_PLANS = 255
Key = tuple[str, int | str]


@dataclass
class Change:
    """`value`: a plan's mark (None: it is cleared), or a parameter's."""

    value: Any
    peer: Peer | None
    begun_ms: int
    last_ms: int
    acknowledged_ms: int | None = None

    @property
    def made_ms(self) -> int:
        """When it was made, if ever, at the latest."""
        return self.last_ms + LATE_MS if self.acknowledged_ms is None else self.acknowledged_ms


def _changes(view: View, *key: int | str) -> list[Change]:
    found: list[Change] = view.memory.setdefault("changes", {}).setdefault(key, [])
    return found


def _possible(changes: list[Change], told_since_ms: float = inf) -> list[Change]:
    """Those of which none that was acknowledged had begun after they were made, and those made at `told_since_ms` or
    later."""
    newest_ms = max((each.begun_ms for each in changes if each.acknowledged_ms is not None), default=-1)
    return [each for each in changes if each.made_ms >= min(newest_ms, told_since_ms)]


def _begin(view: View, peer: Peer, value: Any, *key: int | str, begun_ms: int | None = None) -> Change:
    changes = _changes(view, *key)
    changes[:] = _possible(changes, told_since_ms=view.now_ms - LATE_MS)
    change = Change(value, peer, view.now_ms if begun_ms is None else begun_ms, view.now_ms)
    changes.append(change)
    return change


def _same(told: float, value: object) -> bool:
    return isinstance(value, float) and abs(value - told) <= 1e-6 * max(abs(told), 1.0)


@noted("MISSION_COUNT")
def _upload_begins(view: View, message: Message, peer: Peer) -> None:
    if message.target_system == view.service.endpoint.system_id and view.storm.machine.real:
        peer.memory.setdefault(("begun", message.mission_type), view.now_ms)


@noted("MISSION_ITEM", "MISSION_ITEM_INT")
def _upload_goes_on(view: View, message: Message, peer: Peer) -> None:
    begun_ms, kind = peer.memory.get(("begun", message.mission_type)), message.mission_type
    home = kind == MissionType.MISSION and message.seq == 0 and view.firmware.habits.home_is_item_0
    mark = None if home else mark_of(read_item(message, kind))
    if begun_ms is None or mark is None or not view.storm.machine.real:
        return
    change = peer.memory.get(("uploads", kind))
    if change is None or change.value != mark:
        change = peer.memory["uploads", kind] = _begin(view, peer, mark, "plan", kind, begun_ms=begun_ms)
    change.last_ms = view.now_ms


@noted("MISSION_CLEAR_ALL")
def _clears(view: View, message: Message, peer: Peer) -> None:
    kinds = (0, 1, 2) if message.mission_type == ALL_PLANS else (message.mission_type,)
    if message.target_system == view.service.endpoint.system_id and view.storm.machine.real:
        for kind in kinds:
            _begin(view, peer, None, "plan", kind)


@noted("PARAM_SET")
def _sets(view: View, message: Message, peer: Peer) -> None:
    if message.target_system == view.service.endpoint.system_id and view.storm.machine.real:
        _begin(view, peer, message.param_value, "parameter", message.param_id)


@invariant(When.SENT, "docs/reference/mission-semantics.md, 2.2", "MISSION_ACK", where=Where.REAL)
def an_accepted_plan_was_sent(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """The checksum (opaque_id) of MISSION_ACK ACCEPTED is that of a plan that was sent, or 0 after a clear. Exception:
    a plan that a late MISSION_COUNT of an earlier, shorter upload has cut."""
    if message.type != MissionResult.ACCEPTED:
        return None
    kinds = (0, 1, 2) if message.mission_type == ALL_PLANS else (message.mission_type,)
    found = False
    if message.opaque_id:
        peer.memory.pop(("begun", message.mission_type), None)
        # Not in floats what it meant to the last digit; and the numbers of items are part of it.
        if peer.station.model.float_items or not view.firmware.habits.home_is_item_0:
            change = peer.memory.get(("uploads", message.mission_type))
            if change is not None:
                change.acknowledged_ms = view.now_ms
            return None
    for kind in kinds:
        for change in _changes(view, "plan", kind):
            items = () if change.value is None else view.uploads.get((kind, change.value), ())
            cuts = [items[:size] for size in range(1, len(items)) if is_counted(view, kind, size)]
            same = message.opaque_id in map(checksum, (items, *cuts))
            if same and (items or (change.peer is peer and not change.acknowledged_ms)):
                change.acknowledged_ms, found = view.now_ms, True
                break
    known = found or message.opaque_id == 0 or any((kind, 0) in view.uploads for kind in kinds)  # without a mark
    wrong = f"plan {message.opaque_id:#x} of type {message.mission_type} to {peer.station.name}"
    return None if known else wrong


@invariant(When.SENT, STATE, "PARAM_VALUE", where=Where.REAL)
def a_reported_value_was_set(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """PARAM_VALUE of a parameter that stations set has its initial value, or a value that was set."""
    changes = _changes(view, "parameter", message.param_id)
    told = [each for each in changes if _same(message.param_value, each.value)]
    for change in told:
        change.acknowledged_ms = change.acknowledged_ms or view.now_ms
    missing = message.param_id in view.parameters and not told
    return f"{message.param_id} = {message.param_value:g}" if missing else None


@invariant(When.START, STATE, where=Where.REAL)
def what_was_acknowledged_is_read_back(view: View, stored: StoredState) -> str | None:
    """Plans and parameters that are read back after a restart are those acknowledged last, or complete newer ones."""
    for kind, items in stored.plans.items():
        if (wrong := mixture(view, kind, items)) is not None:
            return wrong
        mark = next(iter(marks(items)), None)
        wrong = _settle(view, mark, "plan", kind)
        if wrong is not None and (kind, 0) not in view.uploads:  # a plane's way home has no mark
            return wrong
    given = {text.split("=")[0] for text in view.plan.params}  # the command line counts anew at each start
    for name, value in stored.parameters.items():
        wrong = _settle(view, value, "parameter", name)
        if wrong is not None and name not in given:
            return wrong
    return None


def _settle(view: View, value: Any, *key: int | str) -> str | None:
    """What was found counts from now on; the reason if it cannot be so."""
    changes = _changes(view, *key)
    possible = _possible(changes)
    first = not changes
    known = first or any(each.value == value or (value is not None and _same(value, each.value)) for each in possible)
    changes[:] = [Change(value, None, view.now_ms, view.now_ms, view.now_ms)]
    if known:
        return None
    acknowledged = [each.value for each in possible if each.acknowledged_ms is not None]
    return f"{key} is {value}, acknowledged was {acknowledged}, perhaps {[each.value for each in possible]}"


MOST_FILES, MOST_BYTES = 64, 600_000_000


@invariant(When.PASS, "docs/reliability.md, Links", where=Where.REAL)
def a_process_stays_small(view: View) -> str | None:
    """A process has at most 64 open files, not counting those of its links and vehicles, and uses at most 600 MB."""
    assert view.process is not None
    files, size = view.process.files_and_bytes()
    files -= len(view.process.taps) + 8 * len(view.storm.views)
    return None if files <= MOST_FILES and size <= MOST_BYTES else f"{files} files, {size} bytes"
