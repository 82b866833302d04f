"""A byte that looks like the start of a frame claims up to 280 bytes: good frames behind it do not wait for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.framing import LARGEST_FRAME, PATIENCE_MS, FrameReader, FrameWriter, MavlinkFrame
from sortie.api.session import Session
from tests.fakes.examples import examples
from tests.fakes.station_plan import HOME

PING = m.MAVLink_ping_message(12345678, 7, 0, 0)
TEXT = m.MAVLink_statustext_message(6, b"A text with \xfd and \xfe in it")
GREEDY = b"\xfd\xff\x00"


def frame(message: object, sequence: int = 0) -> bytes:
    writer = FrameWriter(255, 190)
    writer.advance(sequence)
    return writer.frame(*codec.payload(message))


def test_a_whole_frame_in_a_claim_ends_the_claim_at_once() -> None:
    """No time passes: the checksum is proof enough."""
    reader = FrameReader()
    assert reader.receive(GREEDY, 1000) == []
    (found,) = reader.receive(frame(PING), 1001)
    assert (found.raw, reader.errors, reader.waiting) == (frame(PING), 1, 0)


def test_a_claim_without_its_rest_is_given_up_after_50_ms() -> None:
    """What cannot be checked (a message of a newer dialect) comes out then too, and the time counts from the last byte
    that came, whatever it was."""
    newer = FrameWriter(9, 9).frame(0x00FE77, b"\x01\x02\x03", 77)
    reader = FrameReader()
    assert reader.receive(GREEDY, 1000) == []
    assert reader.receive(newer, 1030) == []
    assert reader.deadline_ms == 1030 + PATIENCE_MS
    assert reader.give_up(1030 + PATIENCE_MS - 1) == []
    (found,) = reader.give_up(1030 + PATIENCE_MS)
    assert (found.raw, found.known, reader.waiting, reader.deadline_ms) == (newer, False, 0, None)


def test_a_frame_in_two_halves_is_waited_for() -> None:
    """As long as less than 50 ms lie between them."""
    reader, whole = FrameReader(), frame(TEXT)
    assert reader.receive(whole[:20], 0) == []
    assert reader.give_up(PATIENCE_MS - 1) == []
    assert [one.raw for one in reader.receive(whole[20:], PATIENCE_MS - 1)] == [whole]
    assert (reader.errors, reader.garbage, reader.deadline_ms) == (0, 0, None)


_STARTS = st.sampled_from([b"\xfd", b"\xfe", GREEDY, b"\xfd\xff\x01\x00", b"\xfe\xff", b"\xfd\x80\x00\x00"])
_GARBAGE = st.one_of(_STARTS, st.binary(max_size=80))


class Line:
    """A reader on a line with gaps between what comes in: `at_ms` of every frame that came out."""

    def __init__(self) -> None:
        self.reader = FrameReader()
        self.now_ms = 0
        self.out: list[tuple[int, MavlinkFrame]] = []

    def send(self, data: bytes, gap_ms: int) -> None:
        self.out += [(self.now_ms, one) for one in self.reader.receive(data, self.now_ms)]
        until_ms = self.now_ms + gap_ms
        due_ms = self.reader.deadline_ms
        if due_ms is not None and due_ms <= until_ms:
            self.out += [(due_ms, one) for one in self.reader.give_up(due_ms)]
        self.now_ms = until_ms


@settings(max_examples=examples(400))
@given(st.lists(st.tuples(_GARBAGE, st.sampled_from([PING, TEXT]), st.integers(0, 2000)), max_size=12))
def test_garbage_never_delays_a_good_frame(pieces: list[tuple[bytes, object, int]]) -> None:
    """Whatever stands between them, however long the pauses: each comes out within 50 ms of its last byte."""
    line, sent = Line(), list[tuple[int, bytes]]()
    for number, (garbage, message, gap_ms) in enumerate(pieces):
        raw = frame(message, number)
        line.send(garbage + raw[:9], 5)
        sent.append((line.now_ms, raw))
        line.send(raw[9:], gap_ms)
    line.send(b"", PATIENCE_MS)
    passed_on = [one.raw for _, one in line.out if not one.known]  # garbage may look like a message of a newer dialect
    found = {one.raw: at_ms for at_ms, one in line.out if one.known}
    for at_ms, raw in sent:
        assert (raw in found and found[raw] - at_ms <= PATIENCE_MS) or any(_overlap(one, raw) for one in passed_on)


def _overlap(unknown: bytes, raw: bytes) -> bool:
    """Does the end of the one hold the begin of the other?"""
    return any(unknown.endswith(raw[:size]) for size in range(1, len(raw)))


@settings(max_examples=examples(200))
@given(st.lists(st.tuples(_GARBAGE, st.integers(0, 120)), max_size=20))
def test_nothing_is_kept_for_longer_than_50_ms(pieces: list[tuple[bytes, int]]) -> None:
    """And never as much as a frame."""
    line = Line()
    for garbage, gap_ms in pieces:
        line.send(garbage, gap_ms)
        assert line.reader.waiting < LARGEST_FRAME
        assert line.reader.deadline_ms is None or line.reader.deadline_ms > line.now_ms - gap_ms
    line.send(b"", PATIENCE_MS)
    assert (line.reader.waiting, line.reader.deadline_ms) == (0, None)
    assert line.reader.garbage + sum(len(one.raw) for _, one in line.out) == line.reader.bytes


@pytest.fixture
def session() -> Iterator[Session]:
    with Session(home=HOME) as made:
        made.run_for(1.0)
        yield made


def test_a_vehicle_answers_behind_a_damaged_byte(session: Session) -> None:
    """Over a link in memory: at once where the damaged claim holds the whole request, after 50 ms of link time where
    the bytes are too few to tell."""
    link = session.connect()
    link.messages()
    link.write(GREEDY)
    link.write(frame(PING))
    assert [one.seq for one in link.messages("PING")] == [7]
    link.write(GREEDY + bytes(9))
    session.run_for(2 * PATIENCE_MS / 1000.0)
    assert session.service.endpoint.claim_deadline_ms() is None
    assert session.service.endpoint.statistics(link.number).errors == 2
