"""Plans of a vehicle, and the steps of their transfers for the cases of uploads and downloads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import Capability, Cmd, Frame, MissionResult, MissionType
from autopilot.mission.items import MissionItem
from mavlink_bridge.clients.mission_download import MissionDownload
from mavlink_bridge.clients.mission_upload import MissionClear, MissionUpload
from mavlink_bridge.clients.outcome import TransferOutcome
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.services.mission.convert import write_item
from mavlink_bridge.wire.codec import dialect
from sortie.conform.case import Chapter
from sortie.conform.exchange import STATION, Exchange, Steps, UntestedError, Waiting
from sortie.conform.facts import can

REQUESTS: Final = ("MISSION_REQUEST", "MISSION_REQUEST_INT")
_LAT, _LON = -35.3632, 149.1652


@dataclass(frozen=True, slots=True)
class PlanKind:
    """Kind of plan: its MAV_MISSION_TYPE, chapter, items, and the size of a large one."""

    type: MissionType
    chapter: Chapter
    make: Callable[[int], tuple[MissionItem, ...]]
    size: int
    large: int


def waypoints(count: int) -> tuple[MissionItem, ...]:
    return tuple(
        MissionItem(
            command=Cmd.NAV_WAYPOINT,
            frame=Frame.GLOBAL_RELATIVE_ALT,
            x=_LAT + 1e-4 * seq,
            y=_LON,
            z=20.0 + seq % 7,
            seq=seq,
        )
        for seq in range(1, count + 1)
    )


def _corners(count: int) -> tuple[MissionItem, ...]:
    """Return a polygon around the place, with corners along two sides and back."""
    half = count // 2
    places = [(_LAT - 0.01, _LON - 0.01 + 0.02 * at / max(half - 1, 1)) for at in range(half)]
    places += [(_LAT + 0.01, _LON + 0.01 - 0.02 * at / max(count - half - 1, 1)) for at in range(count - half)]
    return tuple(
        MissionItem(
            command=Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION,
            frame=Frame.GLOBAL,
            param1=float(count),
            x=lat,
            y=lon,
            seq=seq,
        )
        for seq, (lat, lon) in enumerate(places)
    )


def _rallies(count: int) -> tuple[MissionItem, ...]:
    return tuple(
        MissionItem(
            command=Cmd.NAV_RALLY_POINT, frame=Frame.GLOBAL_RELATIVE_ALT, x=_LAT + 1e-4 * seq, y=_LON, z=30.0, seq=seq
        )
        for seq in range(count)
    )


MISSION: Final = PlanKind(MissionType.MISSION, Chapter("mission", rows="plan"), waypoints, 4, 120)
FENCE: Final = PlanKind(
    MissionType.FENCE, Chapter("fence", (can(Capability.MISSION_FENCE, "fences"),), rows="plan"), _corners, 4, 24
)
RALLY: Final = PlanKind(
    MissionType.RALLY, Chapter("rally", (can(Capability.MISSION_RALLY, "rally points"),), rows="plan"),
    _rallies, 3, 6,
)  # fmt: skip
KINDS: Final = (MISSION, FENCE, RALLY)
PlanSteps = Callable[[PlanKind, Exchange], Waiting[object]]
PlanCases = tuple[tuple[str, PlanSteps], ...]
"""Name and exchange of cases for every kind of plan."""


def add_cases(cases: PlanCases) -> None:
    for kind in KINDS:
        for name, steps in cases:
            kind.chapter.add(name, partial(steps, kind))


# --- parts of transfers -----------------------------------------------------------------------------------------------
def download(x: Exchange, kind: PlanKind) -> Waiting[MissionDownload]:
    read = yield from x.play(MissionDownload(x.target, kind=kind.type))
    x.check(read.outcome is TransferOutcome.ACCEPTED, f"the plan, its download ended with {read.outcome!r}")
    return read


def borrow(x: Exchange, kind: PlanKind) -> Steps:
    """Store the vehicle's own plan, which is restored after all cases."""
    what = f"plan of type {kind.type.name}"
    if not x.keeps(what):
        read = yield from x.play(MissionDownload(x.target, kind=kind.type))
        if read.outcome is not TransferOutcome.ACCEPTED:
            raise UntestedError("the vehicle's own plan cannot be read, and so could not be put back")
        x.keep(what, _give_back(x, kind, read.items))


def _give_back(x: Exchange, kind: PlanKind, items: Sequence[MissionItem]) -> Steps:
    client = MissionUpload(x.target, items, kind=kind.type) if items else MissionClear(x.target, kind=kind.type)
    ended = yield from x.play(client)
    x.check(ended.outcome is TransferOutcome.ACCEPTED, f"it was not taken: {ended.outcome!r}")


def upload(x: Exchange, kind: PlanKind, count: int | None = None) -> Waiting[tuple[MissionItem, ...]]:
    """Upload a plan, which the vehicle must accept."""
    yield from borrow(x, kind)
    items = kind.make(count or kind.size)
    sent = yield from x.play(MissionUpload(x.target, items, kind=kind.type))
    x.check(sent.outcome is TransferOutcome.ACCEPTED, f"ACCEPTED had to come, {sent.outcome!r} came")
    return items


def on_wire(x: Exchange, kind: PlanKind, items: Sequence[MissionItem]) -> tuple[MissionItem, ...]:
    """Return the items as transferred: ArduPilot's missions begin with home."""
    return tuple(x.target.firmware.mission_to(items, None) if kind is MISSION else items)


def count_of(x: Exchange, kind: PlanKind, count: int) -> Message:
    return dialect.MAVLink_mission_count_message(*x.ids, count, kind.type)


def item_of(x: Exchange, kind: PlanKind, item: MissionItem, seq: int) -> Message:
    return write_item(item, kind.type, seq, Peer(0, *x.ids), as_int=True, current=False)


def asks_for(kind: PlanKind, seq: int) -> Callable[[Message], bool]:
    return lambda ask: (
        ask.seq == seq and ask.mission_type == kind.type and (ask.target_system, ask.target_component) == STATION
    )


def begin(x: Exchange, kind: PlanKind) -> Waiting[tuple[MissionItem, ...]]:
    """Load a plan, and begin the upload of another, up to the request for its first item."""
    yield from upload(x, kind)
    wire = on_wire(x, kind, kind.make(kind.size + 2))
    yield from x.ask(count_of(x, kind, len(wire)), REQUESTS, asks_for(kind, 0), "request for item 0")
    x.undo("upload", close(x, kind))
    return wire


def close(x: Exchange, kind: PlanKind) -> Steps:
    """End an upload that may be running, so that the next case finds the vehicle idle."""
    x.send(dialect.MAVLink_mission_ack_message(*x.ids, MissionResult.OPERATION_CANCELLED, kind.type))
    yield from x.wait(300)
    yield from x.until_quiet(REQUESTS, 2200)


def go_on(x: Exchange, kind: PlanKind, wire: Sequence[MissionItem], seq: int = 1) -> Waiting[Message]:
    """Send items from `seq` on as requested, up to the acknowledgement."""
    for number in range(seq, len(wire)):
        message = item_of(x, kind, wire[number], number)
        answer = yield from x.ask(message, (*REQUESTS, "MISSION_ACK"), any_of(kind, number + 1))
    return answer


def replaced(x: Exchange, kind: PlanKind, wire: Sequence[MissionItem]) -> Steps:
    """Send all items but the first, after which this plan is there."""
    ack = yield from go_on(x, kind, wire)
    x.check(ack.type == MissionResult.ACCEPTED, f"ACCEPTED in the end, {ack.type} came")
    yield from unchanged(x, kind, kind.size + 2)


def any_of(kind: PlanKind, seq: int) -> Callable[[Message], bool]:
    return lambda m: m.mission_type == kind.type and (m.get_type() == "MISSION_ACK" or m.seq == seq)


def unchanged(x: Exchange, kind: PlanKind, count: int | None = None) -> Steps:
    """Check that the plan that was loaded before is unchanged."""
    read = yield from download(x, kind)
    expected = kind.make(count or kind.size)
    x.check(places(read.items) == places(expected), f"the old plan of {len(expected)}, {len(read.items)} items came")


def places(items: Sequence[MissionItem]) -> list[tuple[int, int, int]]:
    return [(item.command, round(item.x * 1e7), round(item.y * 1e7)) for item in items]


def stays_empty(x: Exchange, kind: PlanKind) -> Steps:
    read = yield from download(x, kind)
    x.check(not read.items, f"no items, {len(read.items)} came")
