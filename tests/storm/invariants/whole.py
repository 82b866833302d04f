"""Plans are whole: what has come of them, and whether a plan is what came."""

from __future__ import annotations

from dataclasses import dataclass, field

from autopilot.mav import MissionType
from autopilot.mission.items import MissionItem
from mavlink_bridge.services.mission.convert import read_item
from tests.storm.invariant import When, invariant, noted
from tests.storm.plans import mark_of, marks
from tests.storm.station import Message
from tests.storm.view import Peer, View

Trait = tuple[int, int | None]
"""Command and mark of an item."""
KEPT = 8
"""MISSION_COUNTs, and those of one pass: the plan of an earlier one may be on its way to the disk."""


@dataclass(slots=True)
class Counted:
    """A MISSION_COUNT and the items that came behind it, by their numbers. `speaker`: its system and component, by
    which a vehicle knows a station whose items come on any link; `link`: whose link it came by."""

    speaker: tuple[int, int]
    link: str
    count: int
    at_ms: int
    items: dict[int, set[Trait]] = field(default_factory=dict)

    def has(self, traits: tuple[Trait, ...], homes: int) -> bool:
        return all(trait in self.items.get(seq, ()) for seq, trait in enumerate(traits, homes))


def _of_kind(view: View, kind: int) -> list[Counted]:
    found: list[Counted] = view.memory.setdefault(("counted", kind), [])
    return found


def homes_of(view: View, kind: int) -> int:
    """Home items of a plan on the wire."""
    return int(kind == MissionType.MISSION and view.firmware.habits.home_is_item_0)


@noted("MISSION_COUNT")
def _count_came(view: View, message: Message, peer: Peer) -> None:
    counted = _of_kind(view, message.mission_type)
    counted.append(Counted(peer.speaker, peer.station.name, message.count, view.now_ms))
    if not view.storm.machine.real:  # around a real process it is known what was sent, but not what came last
        while len(counted) > KEPT and counted[-KEPT].at_ms != view.now_ms:
            del counted[0]


@noted("MISSION_ITEM", "MISSION_ITEM_INT")
def _item_came_behind(view: View, message: Message, peer: Peer) -> None:
    """Keep an item with the last MISSION_COUNT of its station, by each link: one of them may have been refused."""
    counted = _of_kind(view, message.mission_type)
    item = read_item(message, message.mission_type)
    for last in {each.link: each for each in counted if each.speaker == peer.speaker}.values():
        last.items.setdefault(message.seq, set()).add((int(item.command), mark_of(item)))


def is_counted(view: View, kind: int, size: int) -> bool:
    """Has one of the last MISSION_COUNTs said so many items, and home in an ArduPilot's mission?"""
    return any(each.count == size + homes_of(view, kind) for each in _of_kind(view, kind))


def came_so(view: View, kind: int, items: tuple[MissionItem, ...]) -> bool:
    """Have these items come, each with its number, behind one MISSION_COUNT of so many? A link that delivers late can
    cut an upload by the MISSION_COUNT of a shorter one, or put items of one among those of another, which the protocol
    cannot tell apart. A plan that was such a one still is when the process starts again."""
    traits = tuple((int(item.command), mark_of(item)) for item in items)
    homes, odd = homes_of(view, kind), view.memory.setdefault("odd plans", {})
    in_order = not view.storm.machine.real
    if any(
        each.has(traits, homes) and (each.count == len(items) + homes or not in_order) for each in _of_kind(view, kind)
    ):
        odd[kind] = traits
    return bool(odd.get(kind) == traits)


@invariant(When.PASS, "docs/reliability.md, State")
def a_plan_is_whole(view: View) -> str | None:
    """The mission, the fence and the rally points in memory are each empty, or one of those that stations have begun to
    upload. Exception, by a link that delivers late: they are items that came, each with its number, behind one
    MISSION_COUNT of so many."""
    kept, sizes = view.life.setdefault("whole", {}), view.life.setdefault("plan sizes", {})
    plans = view.service.autopilot.plans
    for kind, storage in enumerate((plans.mission, plans.fence, plans.rally)):
        sizes.setdefault(kind, {})[len(storage.items())] = view.now_ms
        if kept.get(kind) == storage.revision:
            continue
        kept[kind] = storage.revision
        if (wrong := mixture(view, kind, storage.items())) is not None:
            return wrong
    return None


def mixture(view: View, kind: int, items: tuple[MissionItem, ...]) -> str | None:
    """How a plan differs from every uploaded one, or None."""
    found = marks(items)
    if not found:
        return None
    commands = [item.command for item in items]
    uploaded = view.uploads.get((kind, next(iter(found)))) if len(found) == 1 else None
    if uploaded is not None and commands == [item.command for item in uploaded]:
        return None
    if came_so(view, kind, items):
        return None
    if len(found) > 1:
        return f"plan {kind} has items of the uploads {sorted(found)}"
    return f"plan {kind} of upload {found} has the commands {commands}"
