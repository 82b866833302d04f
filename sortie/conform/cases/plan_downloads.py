"""Plans: downloads, removal, ids; for missions also the current item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from autopilot.mav import Cmd, Frame, MissionResult, MissionType
from autopilot.mission.items import MissionItem
from mavlink_bridge.clients.mission_upload import MissionUpload
from mavlink_bridge.clients.outcome import TransferOutcome
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect, id_of
from sortie.conform.cases.plans import (
    FENCE,
    KINDS,
    MISSION,
    RALLY,
    PlanCases,
    PlanKind,
    add_cases,
    borrow,
    count_of,
    download,
    on_wire,
    places,
    stays_empty,
    unchanged,
    upload,
    waypoints,
)
from sortie.conform.exchange import OTHER_STATION, STATION, Exchange, NotApplicableError, Steps, Waiting

_ITEMS: Final = ("MISSION_ITEM_INT", "MISSION_ITEM")
CHAPTERS: Final = tuple(kind.chapter for kind in KINDS)


def _equal(kind: PlanKind, x: Exchange) -> Steps:
    items = yield from upload(x, kind)
    read = yield from download(x, kind)
    x.check(places(read.items) == places(items), f"{places(items)}, {places(read.items)} came")


def _heights(kind: PlanKind, x: Exchange) -> Steps:
    items = yield from upload(x, kind)
    read = yield from download(x, kind)
    sent, received = ([round(item.z, 2) for item in plan] for plan in (items, read.items))
    x.check(kind is FENCE or sent == received, f"heights {sent}, {received} came")


def _frames(kind: PlanKind, x: Exchange) -> Steps:
    items = yield from upload(x, kind)
    read = yield from download(x, kind)
    sent, received = ([_plain(item.frame) for item in plan] for plan in (items, read.items))
    x.check(sent == received, f"frames {sent}, {received} came")


def _plain(frame: int) -> int:
    return {Frame.GLOBAL_INT: Frame.GLOBAL, Frame.GLOBAL_RELATIVE_ALT_INT: Frame.GLOBAL_RELATIVE_ALT}.get(
        Frame(frame), frame
    )


def _counted(kind: PlanKind, x: Exchange) -> Waiting[Message]:
    return (
        yield from x.ask(
            dialect.MAVLink_mission_request_list_message(*x.ids, kind.type),
            "MISSION_COUNT",
            lambda count: count.mission_type == kind.type,
        )
    )


def _count_answered(kind: PlanKind, x: Exchange) -> Steps:
    items = yield from upload(x, kind)
    count = yield from _counted(kind, x)
    expected = len(on_wire(x, kind, items))
    x.check(count.count == expected, f"{expected} items, {count.count} came")
    x.check((count.target_system, count.target_component) == STATION, f"addressed to {STATION}")


def _at(x: Exchange, kind: PlanKind, seq: int, names: Sequence[str] = _ITEMS) -> Waiting[Message]:
    question = dialect.MAVLink_mission_request_int_message(*x.ids, seq, kind.type)
    return (yield from x.ask(question, names, lambda item: item.mission_type == kind.type and _seq(item) in (seq, -1)))


def _seq(message: Message) -> int:
    return -1 if message.get_type() == "MISSION_ACK" else int(message.seq)


def _same_again(kind: PlanKind, x: Exchange) -> Steps:
    yield from upload(x, kind)
    yield from _counted(kind, x)
    first, again = (yield from _at(x, kind, 1)), (yield from _at(x, kind, 1))
    x.check((first.x, first.y, first.command) == (again.x, again.y, again.command), "one item for one number")


def _as_int(kind: PlanKind, x: Exchange) -> Steps:
    yield from upload(x, kind)
    yield from _counted(kind, x)
    yield from _at(x, kind, 1, ("MISSION_ITEM_INT",))


def _as_int_for_floats(kind: PlanKind, x: Exchange) -> Steps:
    yield from upload(x, kind)
    yield from _counted(kind, x)
    question = dialect.MAVLink_mission_request_message(*x.ids, 1, kind.type)
    item = yield from x.ask(question, _ITEMS)
    x.check(item.get_type() == "MISSION_ITEM_INT", f"MISSION_ITEM_INT, {item.get_type()} came")


def _floats_answered(kind: PlanKind, x: Exchange) -> Steps:
    yield from upload(x, kind)
    yield from _counted(kind, x)
    yield from x.ask(dialect.MAVLink_mission_request_message(*x.ids, 1, kind.type), _ITEMS)


def _past_end(kind: PlanKind, x: Exchange) -> Steps:
    items = yield from upload(x, kind)
    count = len(on_wire(x, kind, items))
    yield from _counted(kind, x)
    answer = yield from x.ask(
        dialect.MAVLink_mission_request_int_message(*x.ids, count + 3, kind.type),
        ("MISSION_ACK", *_ITEMS),
        what="MISSION_ACK with an error",
    )
    x.check(answer.get_type() == "MISSION_ACK" and answer.type != MissionResult.ACCEPTED, "an error")


def _to_each_station(kind: PlanKind, x: Exchange) -> Steps:
    yield from upload(x, kind)
    for sender in (STATION, OTHER_STATION):
        question = dialect.MAVLink_mission_request_list_message(*x.ids, kind.type)
        to_it = lambda count, ids=sender: (count.target_system, count.target_component) == ids
        yield from x.ask(question, "MISSION_COUNT", to_it, sender=sender)


# --- ids, removal -----------------------------------------------------------------------------------------------------
def _opaque(x: Exchange, kind: PlanKind, count: int) -> Waiting[int]:
    yield from upload(x, kind, count)
    message = yield from _counted(kind, x)
    if message.opaque_id == 0:
        raise NotApplicableError("it tells no opaque_id")
    return int(message.opaque_id)


def _opaque_changes(kind: PlanKind, x: Exchange) -> Steps:
    first = yield from _opaque(x, kind, kind.size)
    second = yield from _opaque(x, kind, kind.size + 1)
    x.check(first != second, f"another id for another plan, {first} came twice")


def _opaque_agrees(kind: PlanKind, x: Exchange) -> Steps:
    yield from _opaque(x, kind, kind.size)
    sent = yield from x.play(MissionUpload(x.target, kind.make(kind.size), kind=kind.type))
    message = yield from _counted(kind, x)
    x.check(sent.plan_id == message.opaque_id, f"{sent.plan_id} in MISSION_ACK, {message.opaque_id} in MISSION_COUNT")


def _clear(x: Exchange, mission_type: MissionType) -> Steps:
    message = dialect.MAVLink_mission_clear_all_message(*x.ids, mission_type)
    ack = yield from x.ask(message, "MISSION_ACK", lambda ack: ack.mission_type == mission_type)
    x.check(ack.type == MissionResult.ACCEPTED, f"ACCEPTED, {ack.type} came")


def _cleared(kind: PlanKind, x: Exchange) -> Steps:
    yield from upload(x, kind)
    yield from _clear(x, kind.type)
    yield from stays_empty(x, kind)


def _cleared_twice(kind: PlanKind, x: Exchange) -> Steps:
    yield from borrow(x, kind)
    yield from _clear(x, kind.type)
    yield from _clear(x, kind.type)


def _others_stay(kind: PlanKind, x: Exchange) -> Steps:
    other = MISSION if kind is not MISSION else RALLY
    if any(need(x.found) for need in other.chapter.needs):
        raise NotApplicableError("it has one kind of plan")
    yield from upload(x, other)
    yield from upload(x, kind)
    yield from _clear(x, kind.type)
    yield from unchanged(x, other)


def _count_zero(kind: PlanKind, x: Exchange) -> Steps:
    yield from upload(x, kind)
    ack = yield from x.ask(count_of(x, kind, 0), "MISSION_ACK", lambda ack: ack.mission_type == kind.type)
    x.check(ack.type == MissionResult.ACCEPTED, f"ACCEPTED, {ack.type} came")
    yield from stays_empty(x, kind)


def _cleared_by_all(kind: PlanKind, x: Exchange) -> Steps:
    for each in KINDS:
        if not any(need(x.found) for need in each.chapter.needs):
            yield from borrow(x, each)
    yield from upload(x, kind)
    yield from _clear(x, MissionType.ALL)
    yield from stays_empty(x, kind)


TABLE: Final[PlanCases] = (
    ("download.equal", _equal),
    ("download.heights", _heights),
    ("download.frames", _frames),
    ("download.count", _count_answered),
    ("download.again", _same_again),
    ("download.int", _as_int),
    ("download.int-for-floats", _as_int_for_floats),
    ("download.floats", _floats_answered),
    ("download.past-end", _past_end),
    ("download.two-stations", _to_each_station),
    ("opaque-id.changes", _opaque_changes),
    ("opaque-id.agrees", _opaque_agrees),
    ("clear", _cleared),
    ("clear-empty", _cleared_twice),
    ("clear-others-stay", _others_stay),
    ("clear-by-count", _count_zero),
    ("clear-all-types", _cleared_by_all),
)
add_cases(TABLE)


# --- missions alone ---------------------------------------------------------------------------------------------------


def _set_current(x: Exchange, seq: int) -> Message:
    return dialect.MAVLink_mission_set_current_message(*x.ids, seq)


@MISSION.chapter.case("current.set")
def _current_set(x: Exchange) -> Steps:
    yield from upload(x, MISSION)
    for seq in (2, 1):
        named = lambda message, seq=seq: message.seq == seq
        yield from x.ask(_set_current(x, seq), "MISSION_CURRENT", named, f"MISSION_CURRENT {seq}")


@MISSION.chapter.case("current.unknown")
def _current_unknown(x: Exchange) -> Steps:
    yield from upload(x, MISSION)
    x.send(_set_current(x, 200))
    yield from x.silent("MISSION_CURRENT", lambda message: message.seq == 200, for_ms=2500)


@MISSION.chapter.case("current.unknown-told")
def _current_unknown_answered(x: Exchange) -> Steps:
    yield from upload(x, MISSION)
    yield from x.wait(500)
    yield from x.ask(_set_current(x, 200), "STATUSTEXT")


@MISSION.chapter.case("current.command")
def _current_command(x: Exchange) -> Steps:
    yield from upload(x, MISSION)
    yield from x.accepted(x.long(Cmd.DO_SET_MISSION_CURRENT, 2))
    yield from x.expect("MISSION_CURRENT", lambda message: message.seq == 2, "MISSION_CURRENT 2")


@MISSION.chapter.case("current.streamed")
def _current_streamed(x: Exchange) -> Steps:
    yield from upload(x, MISSION)
    yield from x.command(x.long(Cmd.SET_MESSAGE_INTERVAL, id_of("MISSION_CURRENT"), 1_000_000))
    messages = yield from x.collect("MISSION_CURRENT", 6000)
    x.check(len(messages) >= 2, f"two in 6 s, {len(messages)} came")


@MISSION.chapter.case("jump")
def _jump(x: Exchange) -> Steps:
    yield from borrow(x, MISSION)
    speed = MissionItem(command=Cmd.DO_CHANGE_SPEED, frame=Frame.MISSION, param1=1.0, param2=4.0, param3=-1.0, seq=2)
    items = (waypoints(1)[0], speed, replace(waypoints(3)[2], seq=3))
    sent = yield from x.play(MissionUpload(x.target, items))
    x.check(sent.outcome is TransferOutcome.ACCEPTED, f"ACCEPTED, {sent.outcome!r} came")
    read = yield from download(x, MISSION)
    back = [(item.command, round(item.param1, 3), round(item.param2, 3)) for item in read.items][1:2]
    x.check(back == [(Cmd.DO_CHANGE_SPEED, 1.0, 4.0)], f"DO_CHANGE_SPEED 1 4, {back} came")
