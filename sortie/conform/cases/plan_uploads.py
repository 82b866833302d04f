"""Plans: order of uploads, gaps, silence, cancelling, refusals, two stations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from autopilot.mav import MissionResult
from autopilot.mission.items import MissionItem
from mavlink_bridge.clients.mission_upload import MissionUpload
from mavlink_bridge.clients.outcome import TransferOutcome
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect
from sortie.conform.cases.plans import (
    FENCE,
    MISSION,
    RALLY,
    REQUESTS,
    PlanCases,
    PlanKind,
    add_cases,
    any_of,
    asks_for,
    begin,
    borrow,
    close,
    count_of,
    download,
    go_on,
    item_of,
    on_wire,
    places,
    replaced,
    unchanged,
    upload,
)
from sortie.conform.exchange import ABSENT_SYSTEM, OTHER_STATION, Exchange, NotApplicableError, Steps, Waiting

_UNKNOWN_COMMAND: Final = 31_998
_ABANDONED_MS: Final = 14_000


def _large(kind: PlanKind, x: Exchange) -> Steps:
    items = yield from upload(x, kind, kind.large)
    read = yield from download(x, kind)
    x.check(places(read.items) == places(items), f"{len(items)} items, {len(read.items)} came back")


def _in_order(kind: PlanKind, x: Exchange) -> Steps:
    wire = yield from begin(x, kind)
    for seq in range(len(wire) - 1):
        yield from x.ask(
            item_of(x, kind, wire[seq], seq), REQUESTS, asks_for(kind, seq + 1), f"request for item {seq + 1}"
        )
    ack = yield from x.ask(item_of(x, kind, wire[-1], len(wire) - 1), "MISSION_ACK")
    x.check(ack.type == MissionResult.ACCEPTED, f"ACCEPTED, {ack.type} came")


def _requested_by_int(kind: PlanKind, x: Exchange) -> Steps:
    yield from upload(x, kind)
    wire = on_wire(x, kind, kind.make(kind.size))
    ask = yield from x.ask(count_of(x, kind, len(wire)), REQUESTS, asks_for(kind, 0))
    x.undo("upload", close(x, kind))
    x.check(ask.get_type() == "MISSION_REQUEST_INT", f"MISSION_REQUEST_INT, {ask.get_type()} came")


def _ack_once(kind: PlanKind, x: Exchange) -> Steps:
    wire = yield from begin(x, kind)
    yield from go_on(x, kind, wire, 0)
    more = yield from x.collect("MISSION_ACK", 1000)
    x.check(not more, f"one MISSION_ACK, {len(more)} more came")


def _first_sent(x: Exchange, kind: PlanKind) -> Waiting[tuple[MissionItem, ...]]:
    """Begin an upload, up to the request for its second item."""
    wire = yield from begin(x, kind)
    yield from x.ask(item_of(x, kind, wire[0], 0), REQUESTS, asks_for(kind, 1))
    return wire


def _nothing_before_the_end(kind: PlanKind, x: Exchange) -> Steps:
    yield from _first_sent(x, kind)
    count = yield from x.ask(
        dialect.MAVLink_mission_request_list_message(*x.ids, kind.type),
        ("MISSION_COUNT", "MISSION_ACK"),
        lambda message: message.mission_type == kind.type,
        sender=OTHER_STATION,
    )
    old = len(on_wire(x, kind, kind.make(kind.size)))
    refused = count.get_type() == "MISSION_ACK"
    x.check(refused or count.count == old, "the old plan while a new one is under way")


def _out_of_sequence(kind: PlanKind, x: Exchange) -> Steps:
    wire = yield from _first_sent(x, kind)
    x.send(item_of(x, kind, wire[3], 3))
    yield from x.expect(REQUESTS, asks_for(kind, 1), "request for item 1 once more", 3000)


def _out_of_sequence_no_error(kind: PlanKind, x: Exchange) -> Steps:
    wire = yield from _first_sent(x, kind)
    x.send(item_of(x, kind, wire[3], 3))
    yield from x.silent("MISSION_ACK", what="no error for an item out of sequence")


def _gap_not_taken(kind: PlanKind, x: Exchange) -> Steps:
    wire = yield from _first_sent(x, kind)
    x.send(item_of(x, kind, wire[2], 2))
    yield from x.expect(REQUESTS, asks_for(kind, 1), "request for item 1 once more", 3000)
    yield from replaced(x, kind, wire)


def _duplicate(kind: PlanKind, x: Exchange) -> Steps:
    wire = yield from _first_sent(x, kind)
    x.send(item_of(x, kind, wire[0], 0))
    yield from replaced(x, kind, wire)


def _asks_again(kind: PlanKind, x: Exchange) -> Steps:
    yield from begin(x, kind)
    yield from x.expect(REQUESTS, asks_for(kind, 0), "request for item 0 once more", 4000)


def _abandoned(kind: PlanKind, x: Exchange) -> Steps:
    yield from begin(x, kind)
    yield from x.wait(_ABANDONED_MS)
    yield from unchanged(x, kind)


def _abandoned_quiet(kind: PlanKind, x: Exchange) -> Steps:
    yield from begin(x, kind)
    yield from x.wait(_ABANDONED_MS)
    yield from x.silent(REQUESTS, what="an upload that nobody goes on with is given up", for_ms=2500)


def _cancelled(kind: PlanKind, x: Exchange) -> Steps:
    yield from _first_sent(x, kind)
    x.send(dialect.MAVLink_mission_ack_message(*x.ids, MissionResult.OPERATION_CANCELLED, kind.type))
    yield from x.wait(200)
    yield from x.silent(REQUESTS, what="a cancelled upload asks for nothing", for_ms=2500)


def _cancelled_keeps(kind: PlanKind, x: Exchange) -> Steps:
    yield from _first_sent(x, kind)
    yield from close(x, kind)
    yield from unchanged(x, kind)


def _bad_item(change: Callable[[MissionItem], MissionItem], kind: PlanKind, x: Exchange) -> Waiting[Message]:
    wire = yield from begin(x, kind)
    at = len(wire) - kind.size - 2
    for seq in range(at):
        yield from x.ask(item_of(x, kind, wire[seq], seq), REQUESTS, asks_for(kind, seq + 1))
    return (yield from x.ask(item_of(x, kind, change(wire[at]), at), ("MISSION_ACK", *REQUESTS), any_of(kind, at + 1)))


def _unknown_item(item: MissionItem) -> MissionItem:
    return replace(item, command=_UNKNOWN_COMMAND)


def _bad_refused(change: Callable[[MissionItem], MissionItem], kind: PlanKind, x: Exchange) -> Steps:
    answer = yield from _bad_item(change, kind, x)
    refused = answer.get_type() == "MISSION_ACK" and answer.type != MissionResult.ACCEPTED
    x.check(refused, f"MISSION_ACK with an error, {answer.get_type()} came")


def _bad_keeps(kind: PlanKind, x: Exchange) -> Steps:
    yield from _bad_item(_unknown_item, kind, x)
    yield from close(x, kind)
    yield from unchanged(x, kind)


def _wrong_type(kind: PlanKind, x: Exchange) -> Steps:
    wire = yield from _first_sent(x, kind)
    other = RALLY if kind is not RALLY else MISSION
    x.send(item_of(x, other, other.make(2)[1], 1))
    yield from x.wait(300)
    yield from replaced(x, kind, wire)


def _too_many(kind: PlanKind, x: Exchange) -> Steps:
    yield from upload(x, kind)
    x.undo("upload", close(x, kind))
    answer = yield from x.ask(
        count_of(x, kind, 65_535), ("MISSION_ACK", *REQUESTS), lambda message: message.mission_type == kind.type
    )
    refused = answer.get_type() == "MISSION_ACK" and answer.type != MissionResult.ACCEPTED
    x.check(refused, f"MISSION_ACK with an error for 65535 items, {answer.get_type()} came")


def _second_station(kind: PlanKind, x: Exchange) -> Steps:
    wire = yield from _first_sent(x, kind)
    x.send(item_of(x, kind, wire[-1], 1), OTHER_STATION)
    yield from x.silent(REQUESTS, asks_for(kind, 2), "an item of another station is none of this upload")
    x.send(count_of(x, kind, 2), OTHER_STATION)
    x.send(item_of(x, kind, wire[-1], 1), OTHER_STATION)
    yield from x.wait(500)
    x.undo("upload", close(x, kind))
    yield from x.wait(_ABANDONED_MS)
    yield from unchanged(x, kind)


def _second_station_answered(kind: PlanKind, x: Exchange) -> Steps:
    yield from _first_sent(x, kind)
    x.undo("upload", close(x, kind))
    answer = yield from x.ask(
        count_of(x, kind, 2),
        ("MISSION_ACK", *REQUESTS),
        lambda message: message.target_system == OTHER_STATION[0],
        "answer to the second station",
        sender=OTHER_STATION,
    )
    x.check(answer.mission_type == kind.type, f"mission_type {kind.type}, {answer.mission_type} came")


def _last_again(kind: PlanKind, x: Exchange) -> Steps:
    wire = yield from begin(x, kind)
    yield from go_on(x, kind, wire, 0)
    ack = yield from x.ask(item_of(x, kind, wire[-1], len(wire) - 1), "MISSION_ACK")
    x.check(ack.type == MissionResult.ACCEPTED, f"ACCEPTED once more, {ack.type} came")


def _begun_again(kind: PlanKind, x: Exchange) -> Steps:
    wire = yield from _first_sent(x, kind)
    yield from x.ask(count_of(x, kind, len(wire)), REQUESTS, asks_for(kind, 0), "request for item 0 after a new count")


def _floats(kind: PlanKind, x: Exchange) -> Steps:
    yield from borrow(x, kind)
    sent = yield from x.play(MissionUpload(x.target, kind.make(kind.size), kind=kind.type, float_items=True))
    x.check(sent.outcome is TransferOutcome.ACCEPTED, f"ACCEPTED, {sent.outcome!r} came")


def _stray_item(kind: PlanKind, x: Exchange) -> Steps:
    yield from upload(x, kind)
    yield from x.wait(9000)
    x.send(item_of(x, kind, kind.make(kind.size + 2)[-1], 1))
    yield from x.wait(600)
    yield from unchanged(x, kind)


def _other_system(kind: PlanKind, x: Exchange) -> Steps:
    x.send(dialect.MAVLink_mission_count_message(ABSENT_SYSTEM, 1, 3, kind.type))
    yield from x.silent(REQUESTS)


TABLE: Final[PlanCases] = (
    ("upload.accepted", lambda kind, x: upload(x, kind)),
    ("upload.smallest", lambda kind, x: upload(x, kind, 3 if kind is FENCE else 1)),
    ("upload.large", _large),
    ("upload.in-order", _in_order),
    ("upload.asked-by-int", _requested_by_int),
    ("upload.ack-once", _ack_once),
    ("upload.whole", _nothing_before_the_end),
    ("upload.wrong-seq", _out_of_sequence),
    ("upload.wrong-seq-is-no-error", _out_of_sequence_no_error),
    ("upload.gap", _gap_not_taken),
    ("upload.duplicate", _duplicate),
    ("upload.asks-again", _asks_again),
    ("upload.abandoned", _abandoned),
    ("upload.given-up", _abandoned_quiet),
    ("upload.cancelled", _cancelled),
    ("upload.cancelled-keeps", _cancelled_keeps),
    ("upload.unknown-item", partial(_bad_refused, _unknown_item)),
    ("upload.place", partial(_bad_refused, lambda item: replace(item, x=95.0, y=185.0))),
    ("upload.refused-keeps", _bad_keeps),
    ("upload.wrong-type", _wrong_type),
    ("upload.too-many", _too_many),
    ("upload.two-stations", _second_station),
    ("upload.two-stations-told", _second_station_answered),
    ("upload.last-again", _last_again),
    ("upload.begun-again", _begun_again),
    ("upload.floats", _floats),
    ("upload.stray-item", _stray_item),
    ("upload.other-system", _other_system),
)
add_cases(TABLE)
# --- parts of a plan --------------------------------------------------------------------------------------------------


def _part_requested(x: Exchange, seq: int) -> Waiting[Message | None]:
    """Offer item `seq` alone, and return the request for it or the refusal; None: no answer."""
    for _ in range(x.tries):
        x.send(dialect.MAVLink_mission_write_partial_list_message(*x.ids, seq, seq, MISSION.type))
        x.undo("upload", close(x, MISSION))
        answer = yield from x.hear((*REQUESTS, "MISSION_ACK"), any_of(MISSION, seq))
        if answer is not None:
            return answer
    return None


@MISSION.chapter.case("partial.one")
def _one_replaced(x: Exchange) -> Steps:
    items = yield from upload(x, MISSION)
    changed = (*items[:-1], replace(items[-1], x=items[-1].x + 1e-3))
    wire = on_wire(x, MISSION, changed)
    seq = len(wire) - 1
    answer = yield from _part_requested(x, seq)
    if answer is None or answer.get_type() == "MISSION_ACK":
        raise NotApplicableError("it takes no parts of a plan")
    ack = yield from x.ask(item_of(x, MISSION, wire[seq], seq), "MISSION_ACK")
    x.check(ack.type == MissionResult.ACCEPTED, f"ACCEPTED, {ack.type} came")
    read = yield from download(x, MISSION)
    x.check(places(read.items) == places(changed), f"the last of {len(changed)} alone, {len(read.items)} items came")


@MISSION.chapter.case("partial.beyond")
def _part_beyond(x: Exchange) -> Steps:
    yield from upload(x, MISSION)
    answer = yield from _part_requested(x, MISSION.size + 90)
    refused = answer is None or (answer.get_type() == "MISSION_ACK" and answer.type != MissionResult.ACCEPTED)
    x.check(refused, "a refusal, or nothing")
    yield from unchanged(x, MISSION)


CHAPTERS: Final = ()
"""None here: `plan_downloads` has the chapters of plans after both modules have added their cases."""
