"""Frames of MAVLink 1 and 2: unknown parts, sequence numbers, pings, time synchronisation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Final

from fastcrc import crc16

from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import SIGNED
from sortie.conform.case import Chapter
from sortie.conform.exchange import ABSENT_SYSTEM, STATION, Exchange, NotApplicableError, Steps, Waiting, is_of_query
from sortie.conform.facts import Heard

framing = Chapter("framing")
ping = Chapter("ping")
timesync = Chapter("timesync")
CHAPTERS: Final = (framing, ping, timesync)

_UNKNOWN_FLAG: Final = 0x40


def _resealed(frame: bytes, change: Callable[[bytearray], None]) -> bytes:
    """Return the frame with a changed header or payload and a correct checksum."""
    body = bytearray(frame[1:-2])
    change(body)
    extra = codec.crc_extra(int.from_bytes(body[6:9], "little")) or 0
    return b"\xfd" + bytes(body) + crc16.mcrf4xx(bytes(body) + bytes((extra,))).to_bytes(2, "little")


def _whole_payload(body: bytearray) -> None:
    """Restore all zeros at the end of the payload, which should have been cut."""
    missing = codec.definition(int.from_bytes(body[6:9], "little")).size - body[0]
    body += b"\0" * missing
    body[0] += missing


def _longer_payload(body: bytearray) -> None:
    """Append a field that the definition does not have, as a newer one may."""
    _whole_payload(body)
    body += b"\x05\x06\x07\x08"
    body[0] += 4


def _flag(place: int) -> Callable[[bytearray], None]:
    def change(body: bytearray) -> None:
        body[place] |= _UNKNOWN_FLAG

    return change


def _understood(change: Callable[[bytearray], None], x: Exchange) -> Steps:
    for _ in range(x.tries):
        x.send_bytes(_resealed(x.frame(x.query()), change), "REQUEST_MESSAGE in a frame with a change")
        if (yield from x.hear("COMMAND_ACK", is_of_query)) is not None:
            return
    x.fail("no COMMAND_ACK of what is in that frame")


def _dropped(change: Callable[[bytearray], None], x: Exchange) -> Steps:
    x.send_bytes(_resealed(x.frame(x.query()), change), "REQUEST_MESSAGE in a frame with a change")
    yield from x.silent("COMMAND_ACK", is_of_query, "such a frame is dropped")


framing.add("unknown-incompat-flag", partial(_dropped, _flag(1)))
framing.add("unknown-compat-flag", partial(_understood, _flag(2)))
framing.add("zeros-not-cut", partial(_understood, _whole_payload))
framing.add("unknown-extension", partial(_understood, _longer_payload))


@framing.case("bad-checksum")
def _bad_checksum(x: Exchange) -> Steps:
    frame = x.frame(x.query())
    x.send_bytes(frame[:-1] + bytes((frame[-1] ^ 0x55,)), "REQUEST_MESSAGE with a wrong checksum")
    yield from x.silent("COMMAND_ACK", is_of_query)


@framing.case("wrong-crc-extra")
def _wrong_extra(x: Exchange) -> Steps:
    frame = x.frame(x.query())
    x.send_bytes(
        frame[:-2] + crc16.mcrf4xx(frame[1:-2] + b"\x11").to_bytes(2, "little"), "REQUEST_MESSAGE, CRC_EXTRA 17"
    )
    yield from x.silent("COMMAND_ACK", is_of_query)


@framing.case("unknown-message")
def _unknown_message(x: Exchange) -> Steps:
    body = bytes((4, 0, 0, 0, *STATION, 0xF0, 0xF0, 0x7F)) + b"\x01\x02\x03\x04"
    x.send_bytes(
        b"\xfd" + body + crc16.mcrf4xx(body + b"\0").to_bytes(2, "little"), "message 8384752, which there is not"
    )
    yield from x.accepted(x.query())


@framing.case("garbage")
def _garbage(x: Exchange) -> Steps:
    x.send_bytes(bytes((0xFD, 3, 0xFE, 200, 1, 2, 3)) + b"garbage" * 60, "bytes that are no frame")
    yield from x.wait(200)
    yield from x.accepted(x.query())


@framing.case("two-in-one")
def _two_in_one(x: Exchange) -> Steps:
    x.send_bytes(x.frame(x.long(9999)) + x.frame(x.long(9998)), "two commands in one piece")
    acks = yield from x.collect("COMMAND_ACK", 1500)
    numbers = {heard.message.command for heard in acks}
    x.check(numbers >= {9998, 9999}, f"both acknowledged, {sorted(numbers)} came")


@framing.case("version-1")
def _version_1(x: Exchange) -> Steps:
    for _ in range(x.tries):
        x.send(x.query(), mavlink1=True)
        if (yield from x.hear("COMMAND_ACK", is_of_query)) is not None:
            return
    x.fail("no COMMAND_ACK of a command in a MAVLink 1 frame")


@framing.case("signed-unknown")
def _signed_unknown(x: Exchange) -> Steps:
    def signed(body: bytearray) -> None:
        body[1] |= SIGNED

    frame = _resealed(x.frame(x.query()), signed)
    x.send_bytes(frame + bytes(range(13)), "REQUEST_MESSAGE signed with a key that nobody has")
    yield from x.wait(600)
    yield from x.accepted(x.query())


def _frames(x: Exchange) -> Waiting[list[Heard]]:
    """Collect the autopilot's frames of 3 s."""
    x.send(x.query())
    end_ms, frames = x.now_ms + 3000, []
    while (heard := (yield end_ms)) is not None:
        if (heard.frame.system, heard.frame.component) == x.ids:
            frames.append(heard)
    x.check(bool(frames), "messages, none came")
    return frames


@framing.case("zeros-cut")
def _zeros_cut(x: Exchange) -> Steps:
    frames = [heard for heard in (yield from _frames(x)) if not heard.frame.mavlink1]
    if not frames:
        raise NotApplicableError("it speaks MAVLink 1 on this link")
    whole = {
        heard.message.get_type() for heard in frames if len(heard.frame.payload) > 1 and heard.frame.payload[-1] == 0
    }
    x.check(not whole, f"payloads without zeros at the end, those of {sorted(whole)} have some")


@framing.case("one-byte-stays")
def _one_byte(x: Exchange) -> Steps:
    frames = yield from _frames(x)
    x.check(all(heard.frame.payload for heard in frames), "a payload of a byte at least, an empty one came")


@framing.case("no-unknown-flags")
def _no_flags(x: Exchange) -> Steps:
    frames = [heard for heard in (yield from _frames(x)) if not heard.frame.mavlink1]
    odd = {heard.frame.raw[2] for heard in frames} - {0, SIGNED}
    x.check(not odd, f"flags 0 or 1, {sorted(odd)} came")


@framing.case("sequence")
def _sequence(x: Exchange) -> Steps:
    frames = yield from _frames(x)
    gaps = sum((after.frame.sequence - before.frame.sequence) % 256 != 1 for before, after in pairwise(frames))
    if x.tries > 1:
        raise NotApplicableError("this link loses frames")
    x.check(gaps == 0, f"no gaps in {len(frames)} frames, {gaps} came")


@framing.case("sizes")
def _sizes(x: Exchange) -> Steps:
    frames = yield from _frames(x)
    large = {
        heard.message.get_type()
        for heard in frames
        if len(heard.frame.payload) > codec.definition(heard.frame.msg_id).size and heard.frame.msg_id < 230
    }
    x.check(not large, f"payloads of their size, {sorted(large)} are larger")


# --- PING -------------------------------------------------------------------------------------------------------------
_PING_US: Final = 123_456_789_012


def _ping(seq: int, target: tuple[int, int] = (0, 0)) -> Message:
    return dialect.MAVLink_ping_message(_PING_US, seq, *target)


def _pong(x: Exchange) -> Waiting[Message | None]:
    """Return the answer to a ping, or None."""
    for _ in range(max(x.tries, 2)):
        x.send(_ping(77))
        answer = yield from x.hear("PING", lambda pong: pong.target_system != 0)
        if answer is not None:
            return answer
    return None


def _if_it_pings(x: Exchange) -> Waiting[Message]:
    answer = yield from _pong(x)
    if answer is None:
        raise NotApplicableError("it does not answer PING")
    return answer


@ping.case("answered")
def _answered(x: Exchange) -> Steps:
    if (yield from _pong(x)) is None:
        x.fail("no PING in answer")


@ping.case("content")
def _content(x: Exchange) -> Steps:
    answer = yield from _if_it_pings(x)
    x.check(
        (answer.time_usec, answer.seq) == (_PING_US, 77), f"{_PING_US} and 77, {answer.time_usec} and {answer.seq} came"
    )


@ping.case("target")
def _target(x: Exchange) -> Steps:
    answer = yield from _if_it_pings(x)
    ids = (answer.target_system, answer.target_component)
    x.check(ids == STATION, f"target {STATION}, {ids} came")


@ping.case("answers-are-not-answered")
def _answer_of_answer(x: Exchange) -> Steps:
    for target in ((ABSENT_SYSTEM, 1), x.ids):
        x.send(_ping(78, target))
        yield from x.silent("PING", lambda pong: pong.seq == 78)


# --- TIMESYNC ---------------------------------------------------------------------------------------------------------
def _sync(x: Exchange, ts1: int = 1_000_000_123_000) -> Waiting[Message]:
    question = dialect.MAVLink_timesync_message(0, ts1)
    for _ in range(max(x.tries, 2)):
        x.send(question)
        answer = yield from x.hear("TIMESYNC", lambda message: message.tc1 != 0)
        if answer is not None:
            return answer
    x.fail("no TIMESYNC in answer")


timesync.add("answered", lambda x: _sync(x))


@timesync.case("mirrored")
def _mirrored(x: Exchange) -> Steps:
    for stamp in (1_000_000_123_000, 5_000_000_000):
        answer = yield from _sync(x, stamp)
        x.check(answer.ts1 == stamp, f"ts1 {stamp}, {answer.ts1} came")


@timesync.case("own-time")
def _own_time(x: Exchange) -> Steps:
    first = yield from _sync(x)
    begin_ms = x.now_ms
    yield from x.wait(1000)
    second = yield from _sync(x)
    passed_ms, counted_ms = x.now_ms - begin_ms, (second.tc1 - first.tc1) / 1e6
    x.check(0.5 * passed_ms <= counted_ms <= 2.0 * passed_ms, f"about {passed_ms} ms later, {counted_ms:.0f} ms came")


timesync.add(
    "answers-are-not-answered",
    lambda x: x.unanswered(
        dialect.MAVLink_timesync_message(55, 777_000), "TIMESYNC", lambda message: message.ts1 == 777_000
    ),
)


@timesync.case("target")
def _sync_target(x: Exchange) -> Steps:
    answer = yield from _sync(x)
    target = getattr(answer, "target_system", None)
    if target is None:
        raise NotApplicableError("this TIMESYNC has no target")
    x.check(target == STATION[0], f"system {STATION[0]}, {target} came")
