"""Frames in bytes: pymavlink's frames are read and written, garbage and splits cost nothing but the garbage."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pymavlink.dialects.v20 import ardupilotmega as dialect

from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import (
    LARGEST_FRAME,
    FrameReader,
    FrameWriter,
    MavlinkFrame,
    claimed_size,
    frame_v1,
    split_datagrams,
    split_frames,
)
from tests.fakes.examples import examples

HEARTBEAT = dialect.MAVLink_heartbeat_message(2, 3, 81, 0, 3, 3)
PING = dialect.MAVLink_ping_message(12345678, 7, 1, 1)
TEXT = dialect.MAVLink_statustext_message(6, b"A text with \xfd and \xfe in it")
MESSAGES = (HEARTBEAT, PING, TEXT)
UNKNOWN_ID = 0x00FE77


def v2(message: Any, sequence: int = 0, system: int = 255, component: int = 190) -> bytes:
    writer = FrameWriter(system, component)
    writer.advance(sequence)
    return writer.frame(*codec.payload(message))


def v1(message: Any, sequence: int = 0) -> bytes:
    return frame_v1(sequence, 255, 190, *codec.payload_v1(message))


def signed(message: Any) -> bytes:
    """A signed frame made by pymavlink."""
    mav = dialect.MAVLink(None, srcSystem=255, srcComponent=190)
    mav.signing.secret_key = bytes(range(32))
    mav.signing.sign_outgoing = True
    packed: bytes = message.pack(mav)
    return packed


def unknown(payload: bytes = b"\x01\x02\x03") -> bytes:
    """A frame of a message that the dialect does not have."""
    return FrameWriter(9, 9).frame(UNKNOWN_ID, payload, 77)


def read(data: bytes) -> list[MavlinkFrame]:
    return FrameReader().receive(data)


def test_both_versions_are_read_with_all_their_header_fields() -> None:
    """Ids, sequence, payload and raw bytes of MAVLink 1 and 2."""
    frames = read(v2(PING, 41) + v1(PING, 42))
    assert [(f.msg_id, f.system, f.component, f.sequence, f.mavlink1, f.signed, f.known) for f in frames] == [
        (4, 255, 190, 41, False, False, True),
        (4, 255, 190, 42, True, False, True),
    ]
    assert frames[0].raw == v2(PING, 41)
    assert frames[1].raw == v1(PING, 42)
    assert frames[1].payload == codec.payload_v1(PING)[1]


def test_pymavlink_reads_what_the_writer_writes() -> None:
    """A second implementation agrees on header and checksum, over the wrap of the sequence."""
    writer, parser = FrameWriter(1, 1), dialect.MAVLink(None)
    stream = b"".join(writer.frame(*codec.payload(message)) for message in MESSAGES * 100)
    parsed = parser.parse_buffer(stream)
    assert [message.get_type() for message in parsed] == ["HEARTBEAT", "PING", "STATUSTEXT"] * 100
    assert [message.get_seq() for message in parsed] == [number % 256 for number in range(300)]


def test_a_signed_frame_is_read_whole_and_says_that_it_is_signed() -> None:
    """13 bytes of signature belong to the frame."""
    frames = read(signed(PING) + v2(HEARTBEAT))
    assert [(f.msg_id, f.signed) for f in frames] == [(4, True), (0, False)]
    assert frames[0].raw == signed(PING)


def test_a_frame_with_an_unknown_incompatibility_flag_is_dropped_whole() -> None:
    """Its checksum is right, but we cannot know what it means; the next frame is read."""
    odd = bytearray(v2(PING))
    odd[2] = 0x02
    crc = dialect.x25crc(bytes(odd[1:-2]) + bytes((dialect.MAVLink_ping_message.crc_extra,))).crc
    odd[-2:] = crc.to_bytes(2, "little")
    reader = FrameReader()
    assert [f.msg_id for f in reader.receive(bytes(odd) + v2(HEARTBEAT))] == [0]
    assert reader.errors == 1


def test_a_wrong_checksum_costs_only_that_frame() -> None:
    """The frames around it are read and the error is counted."""
    bad = bytearray(v2(HEARTBEAT))
    bad[-1] ^= 0x55
    reader = FrameReader()
    assert [f.msg_id for f in reader.receive(v2(PING, 0) + bytes(bad) + v2(TEXT, 2))] == [4, 253]
    assert reader.errors >= 1
    assert reader.garbage == len(bad)
    assert reader.lost == 1


def test_an_unknown_message_is_passed_on_but_not_known() -> None:
    """Between, before and after frames that are known."""
    frames = read(v2(PING) + unknown() + v2(HEARTBEAT))
    assert [(f.msg_id, f.known) for f in frames] == [(4, True), (UNKNOWN_ID, False), (0, True)]
    assert frames[1].raw == unknown()
    assert read(unknown())[0].raw == unknown()


def test_an_unknown_claim_does_not_swallow_a_real_frame() -> None:
    """Garbage that looks like the header of an unknown message, with a sound frame inside its length."""
    real = v2(HEARTBEAT)
    claim = bytes((0xFD, len(real) + 5, 0, 0, 1, 2, 3)) + UNKNOWN_ID.to_bytes(3, "little")
    assert [f.raw for f in read(claim + real + bytes(40))] == [real]


def test_lost_frames_are_counted_for_each_sender_and_late_ones_are_not() -> None:
    """Gaps of (255, 190) and of (1, 1); a repeated and a late frame count nothing."""
    reader = FrameReader()
    reader.receive(v2(PING, 10) + v2(PING, 13) + v2(PING, 13) + v2(PING, 11) + v2(PING, 14))
    reader.receive(v2(PING, 254, 1, 1) + v2(PING, 1, 1, 1))
    assert reader.lost == 2 + 2
    assert reader.frames == 7


def test_many_senders_do_not_grow_the_memory() -> None:
    """Sequence numbers are kept for a bounded number of senders."""
    reader = FrameReader()
    for system in range(256):
        reader.receive(b"".join(v2(PING, 0, system, component) for component in range(0, 256, 16)))
    reader.receive(v2(PING, 5, 0, 0) + v2(PING, 5, 255, 240))
    assert reader.lost == 4, "a gap of an early sender counts, one of a late sender is not remembered"


@given(st.lists(st.sampled_from(MESSAGES), max_size=8), st.data())
def test_frames_may_be_split_anywhere(messages: list[Any], data: st.DataObject) -> None:
    """Any cuts of a stream of frames of both versions give the same frames."""
    frames = [(v1, v2)[number % 2](message, number) for number, message in enumerate(messages)]
    stream = b"".join(frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    reader, found = FrameReader(), []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += [frame.raw for frame in reader.receive(stream[begin:end])]
    assert found == frames
    assert (reader.errors, reader.garbage, reader.lost, reader.waiting) == (0, 0, 0, 0)


@settings(max_examples=examples(300))
@given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([v2(HEARTBEAT), v1(PING), v2(TEXT), signed(PING)]))))
def test_every_frame_in_garbage_is_found(pieces: list[bytes]) -> None:
    """Whatever stands between sound frames, all of them come out, in order."""
    sound = [piece for piece in pieces if piece in (v2(HEARTBEAT), v1(PING), v2(TEXT), signed(PING))]
    found = [frame.raw for frame in read(b"".join(pieces) + bytes(LARGEST_FRAME)) if frame.known]
    assert found == sound


_MARKS = st.sampled_from(
    [b"\xfd", b"\xfe", b"\xfd\xff\x00", b"\xfd\xff\x01\x00", b"\xfe\xff", v2(PING)[:-3], unknown()]
)


@settings(max_examples=examples(300))
@given(st.lists(st.one_of(st.binary(max_size=300), _MARKS), max_size=30))
def test_any_bytes_are_read_without_error_in_bounded_memory(chunks: list[bytes]) -> None:
    """Nothing raises, never a whole frame waits, and every byte is accounted for."""
    reader, in_frames = FrameReader(), 0
    for chunk in chunks:
        in_frames += sum(len(frame.raw) for frame in reader.receive(chunk))
        assert reader.waiting < LARGEST_FRAME
    assert in_frames + reader.garbage + reader.waiting == reader.bytes == sum(map(len, chunks))


def test_a_flood_of_start_bytes_ends_with_the_next_frame() -> None:
    """Garbage in which every byte, or every third, claims a frame, and a real one behind it."""
    for flood in (b"\xfd", b"\xfe", b"\xfd\xff\x00", b"\xfd\x10\x00\x00\x00\x01\x01\x00\x00\x00"):
        known = [frame.raw for frame in read(flood * 5000 + v2(HEARTBEAT) + bytes(LARGEST_FRAME)) if frame.known]
        assert known == [v2(HEARTBEAT)]


def test_frames_are_split_and_datagrams_never_cut_one() -> None:
    """Datagrams are as full as frames allow and hold the same bytes."""
    frames = [v2(TEXT, number) for number in range(100)] + [v1(PING), signed(PING)]
    stream = b"".join(frames)
    assert list(split_frames(stream)) == frames
    datagrams = list(split_datagrams(stream, 1400))
    assert b"".join(datagrams) == stream
    assert all(len(datagram) <= 1400 for datagram in datagrams)
    assert [frame for datagram in datagrams for frame in split_frames(datagram)] == frames
    firsts = [next(split_frames(datagram)) for datagram in datagrams]
    assert all(len(one) + len(first) > 1400 for one, first in zip(datagrams, firsts[1:], strict=False))


@given(st.binary(max_size=4000))
def test_splitting_any_bytes_loses_none(data: bytes) -> None:
    """What is no frame still goes through whole."""
    assert b"".join(split_frames(data)) == data
    assert b"".join(split_datagrams(data)) == data
    assert all(len(datagram) <= 1400 for datagram in split_datagrams(data))


def test_the_claimed_size_needs_only_the_first_bytes() -> None:
    """0 while the header is too short to say it."""
    assert claimed_size(b"\xfd\x09") == 0
    assert claimed_size(b"\xfd\x09\x00") == 21
    assert claimed_size(b"\xfd\x09\x01") == 34
    assert claimed_size(b"\xfe\x09") == 17
