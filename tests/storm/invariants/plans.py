"""Missions, fences and rally points."""

from __future__ import annotations

from autopilot.context.events import CurrentChanged, ItemReached
from tests.storm.invariant import When, invariant
from tests.storm.plans import marks
from tests.storm.station import Message, Station
from tests.storm.view import Peer, View


@invariant(When.PASS, "docs/reliability.md, State")
def a_plan_is_whole(view: View) -> str | None:
    """The mission, fence and rally points held are each empty or one of those that were uploaded, item for item."""
    kept = view.life.setdefault("whole", {})
    plans = view.service.autopilot.plans
    for kind, storage in enumerate((plans.mission, plans.fence, plans.rally)):
        if kept.get(kind) == storage.revision:
            continue
        kept[kind] = storage.revision
        items = storage.items()
        found = marks(items)
        if len(found) > 1:
            return f"plan {kind} has items of the uploads {sorted(found)}"
        if items and found:
            uploaded = view.uploads.get((kind, next(iter(found))))
            if uploaded is None or [item.command for item in uploaded] != [item.command for item in items]:
                return f"plan {kind} of upload {found} has the commands {[item.command for item in items]}"
    return None


@invariant(When.SENT, "docs/reference/mission-semantics.md, 1.2", "MISSION_ITEM_REACHED")
def a_reached_item_is_told_of_an_item_there_is(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """MISSION_ITEM_REACHED names an item of the mission (or 0 for a rover's guided target)."""
    last = view.life.setdefault("most items", {})
    last["n"] = max(last.get("n", 0), view.service.item_count)
    return None if message.seq <= last["n"] else f"item {message.seq} of {last['n']} was reached"


@invariant(When.EVENT, "seed 001: ItemReached once when it is reached", "ItemReached", "CurrentChanged")
def an_item_is_reached_once_a_pass(view: View, event: ItemReached | CurrentChanged) -> str | None:
    """ItemReached comes at most once for an item until the mission has gone to another or was set anew."""
    memory = view.life.setdefault("reached", {})
    if isinstance(event, CurrentChanged):
        memory.clear()
        return None
    revision = view.service.autopilot.plans.mission.revision
    if memory.get("last") == (event.seq, revision):
        return f"item {event.seq} is reached again"
    memory["last"] = event.seq, revision
    return None


@invariant(When.SENT, "docs/reference/mission-semantics.md, 1.1", "MISSION_CURRENT")
def the_current_item_exists(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """MISSION_CURRENT names an item from 0 to one past the last."""
    count = view.service.item_count
    last = view.life.setdefault("largest", {})
    last["n"] = max(last.get("n", 0), count)
    return None if message.seq <= last["n"] + 1 else f"current {message.seq} of {last['n']}"


@invariant(When.END, "docs/reliability.md, Storms")
def a_plan_is_taken_after_the_storm(view: View, rescuer: Station) -> str | None:
    """When all faults are over an upload over a good link is accepted, and read back as it was sent."""
    done = dict(rescuer.finished)
    if done.get("last upload") != 0:
        return f"the last upload ended with {done.get('last upload')}"
    read = done.get("last download")
    if read is None or marks(tuple(read)) != marks(view.last_plan) or len(read) != len(view.last_plan):
        return f"read back {read}"
    return None
