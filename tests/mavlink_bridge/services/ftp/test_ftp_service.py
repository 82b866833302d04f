"""MAVFTP (docs/reference/ground-stations.md, 1.7; https://mavlink.io/en/services/ftp.html), in virtual time."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.ftp.parameter_file import pack_parameters
from mavlink_bridge.services.ftp.service import (
    COMES_MS,
    EXPIRE_MS,
    FRAME_BYTES,
    LOOK_AGAIN_MS,
    REUSE_MS,
    SESSIONS,
    SESSIONS_PER_PEER,
)
from mavlink_bridge.services.ftp.wire import DATA_BYTES, Nak, Opcode, Operation
from mavlink_bridge.wire.codec import dialect
from tests.fakes.ftp_client import FtpBench
from tests.fakes.ftp_client import MountedBench as Bench
from tests.fakes.recorded import conversation


# --- the parameter file -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("block", [239, 80, 1 + 100])
def test_a_burst_brings_the_parameter_file(block: int) -> None:
    bench = Bench()
    assert bench.download(b"@PARAM/param.pck", block=block) == pack_parameters(bench.parameters)


def test_opening_the_parameter_file_sends_the_banner() -> None:
    """Stations that load it no longer ask for the list, which would bring the banner."""
    bench = Bench()
    bench.open(b"@PARAM/param.pck?withdefaults=1")
    assert bench.texts == ["ArduCopter V4.6.2 (12345678)"]


def test_the_file_stays_as_it_was_when_opened() -> None:
    """A block read again must fit the others although a value was set meanwhile."""
    bench = Bench()
    before = pack_parameters(bench.parameters)
    bench.open(b"@PARAM/param.pck")
    bench.parameters.set("RTL_ALT", 99)
    got = b"".join(bench.ask(Opcode.READ_FILE, size=239, offset=at)[0].data for at in range(0, len(before), 239))
    assert got[: len(before)] == before


def test_the_wire_looks_as_qgroundcontrol_saw_it_from_ardupilot() -> None:
    """Open, burst of 239 bytes with rising seq and offset, a short block marked complete, end of file with the next."""
    bench = Bench()
    size = len(pack_parameters(bench.parameters))
    opened = bench.open(b"@PARAM/param.pck")
    assert (opened.seq, opened.opcode, opened.size, opened.req_opcode) == (2, Opcode.ACK, 4, Opcode.OPEN_FILE_RO)
    assert int.from_bytes(opened.data[:4], "little") == size
    replies = bench.ask(Opcode.BURST_READ_FILE, size=239)
    blocks, end = replies[:-1], replies[-1]
    assert [reply.seq for reply in replies] == list(range(4, 4 + len(replies)))
    assert [reply.offset for reply in blocks] == list(range(0, size, 239))
    assert [reply.burst_complete for reply in blocks] == [0] * (len(blocks) - 1) + [1]
    assert (end.opcode, end.req_opcode, end.size, end.data[0]) == (129, 15, 1, 6)
    assert end.offset == size
    assert bench.ask(Opcode.RESET_SESSIONS)[0].opcode == Opcode.ACK


@pytest.mark.parametrize("release", ["4.3", "5.0"])
def test_what_qgroundcontrol_sent_is_answered(release: str) -> None:
    """Its recorded requests, one after the other, each get what it needs to end with all parameters."""
    requests = [
        bytes(row["fields"]["payload"]).ljust(251, b"\0")
        for row in conversation("qgc-connect")
        if row["name"] == "FILE_TRANSFER_PROTOCOL" and row["dir"] == "gcs" and row["qgc"] == release
    ]
    bench = Bench()
    pieces: dict[int, bytes] = {}
    for payload in requests:
        message = dialect.MAVLink_file_transfer_protocol_message(0, 1, 1, list(payload))
        bench.service.handle_message(message, bench.peer, bench.now_ms)
        replies = bench.receive()
        assert replies
        for reply in replies:
            if reply.opcode == Opcode.ACK and reply.req_opcode == Opcode.BURST_READ_FILE:
                pieces[reply.offset] = reply.data[: reply.size]
            elif reply.opcode == Opcode.NAK:
                assert reply.data[0] == Nak.END_OF_FILE
    assert b"".join(pieces[at] for at in sorted(pieces)) == pack_parameters(bench.parameters)


@given(st.frozensets(st.integers(0, 60), max_size=25))
def test_lost_replies_are_made_good_by_reads(lost: frozenset[int]) -> None:
    bench = Bench(lose=frozenset(number + 1 for number in lost))  # the answer to the open arrives
    assert bench.download(b"@PARAM/param.pck") == pack_parameters(bench.parameters)


# --- refusals -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path",
    [
        b"@PARAM/other.pck",
        b"@SYS/threads.txt",
        b"@MISSION/mission.dat",
        b"/etc/passwd",
        b"../../etc/passwd",
        b"logs",
        b"logs/../1.BIN",
        b"@PARAM/../@PARAM/param.pck",
        b"\xff\xfe",
        b"/",
        b"?",
    ],
)
def test_an_unknown_file_is_refused_at_once_with_code_10(path: bytes) -> None:
    """Then QGroundControl falls back at once; any other code costs it 5 s. Nothing names a path of the machine."""
    reply = Bench().open(path)
    assert (reply.seq, reply.opcode, reply.req_opcode) == (2, Opcode.NAK, Opcode.OPEN_FILE_RO)
    assert (reply.size, reply.data[0]) == (1, Nak.FILE_NOT_FOUND)


@pytest.mark.parametrize("query", [b"start=70000", b"start=9999", b"withdefaults=2", b"count=x", b"count=-1"])
def test_a_bad_argument_is_einval(query: bytes) -> None:
    reply = Bench().open(b"@PARAM/param.pck?" + query)
    assert (reply.opcode, reply.size, reply.data[:2]) == (Opcode.NAK, 2, bytes((Nak.FAIL_ERRNO, 22)))


@pytest.mark.parametrize(
    ("opcode", "code"),
    [
        (Opcode.CREATE_FILE, 9),
        (Opcode.WRITE_FILE, 4),
        (Opcode.REMOVE_FILE, 9),
        (Opcode.RENAME, 9),
        (Opcode.OPEN_FILE_WO, 9),
        (Opcode.TRUNCATE_FILE, 9),
        (Opcode.CREATE_DIRECTORY, 9),
        (16, 7),
        (77, 7),
        (255, 7),
    ],
)
def test_nothing_can_be_written_and_unknown_requests_are_refused(opcode: int, code: int) -> None:
    reply = Bench().ask(opcode, data=b"logs/1.BIN")[0]
    assert (reply.opcode, reply.req_opcode, reply.data[0]) == (Opcode.NAK, opcode, code)


def test_a_request_with_an_impossible_size_is_refused() -> None:
    bench = Bench()
    assert bench.ask(Opcode.OPEN_FILE_RO, data=b"@PARAM/param.pck", size=240)[0].data[0] == Nak.INVALID_DATA_SIZE
    assert bench.ask(Opcode.OPEN_FILE_RO, data=b"", size=0)[0].data[0] == Nak.INVALID_DATA_SIZE


def test_reading_without_an_open_file_is_an_invalid_session() -> None:
    bench = Bench()
    assert bench.ask(Opcode.READ_FILE, size=10)[0].data[0] == Nak.INVALID_SESSION
    assert bench.ask(Opcode.BURST_READ_FILE, size=10)[0].data[0] == Nak.INVALID_SESSION


def test_writing_to_a_file_that_is_read_is_refused() -> None:
    bench = Bench()
    bench.open(b"logs/1.BIN")
    assert bench.ask(Opcode.WRITE_FILE, data=b"x")[0].data[0] == Nak.FILE_PROTECTED


def test_reading_behind_the_end_is_end_of_file() -> None:
    bench = Bench()
    bench.open(b"logs/1.BIN")
    assert bench.ask(Opcode.READ_FILE, size=10, offset=10_240)[0].data[0] == Nak.END_OF_FILE
    assert bench.ask(Opcode.READ_FILE, size=10, offset=2**32 - 1)[0].data[0] == Nak.END_OF_FILE
    last = bench.ask(Opcode.READ_FILE, size=100, offset=10_200)[0]
    assert (last.opcode, last.size, last.offset) == (Opcode.ACK, 40, 10_200)


def test_replies_of_others_are_passed_over() -> None:
    bench = Bench()
    assert bench.ask(Opcode.ACK) == bench.ask(Opcode.NAK) == []


# --- repeated requests --------------------------------------------------------------------------------------------
def test_a_repeated_request_gets_the_same_answer_and_acts_once() -> None:
    bench = Bench()
    request = Operation(1, 0, Opcode.OPEN_FILE_RO, 10, data=b"logs/1.BIN")
    assert bench.send(request) == bench.send(request)
    assert bench.logs.closed == 0
    end = Operation(3, 0, Opcode.TERMINATE_SESSION)
    assert bench.send(end) == bench.send(end)
    assert bench.logs.closed == 1


def test_a_repeated_request_is_a_new_one_after_a_while() -> None:
    """A station that was started anew may happen to send the same bytes; it must not get an old directory."""
    bench = Bench()
    request = Operation(1, 0, Opcode.LIST_DIRECTORY, 4, data=b"logs")
    first = bench.send(request)
    bench.logs.files["2.BIN"] = b"x"
    assert bench.send(request) == first
    bench.step(REUSE_MS)
    assert b"2.BIN" in bench.send(request)[0].data


def test_a_repeated_burst_begins_again() -> None:
    bench = Bench()
    bench.open(b"logs/1.BIN")
    request = Operation(3, 0, Opcode.BURST_READ_FILE, 239)
    assert bench.send(request) == bench.send(request)


# --- bursts -------------------------------------------------------------------------------------------------------
def test_a_burst_is_paced_by_the_room_on_its_link() -> None:
    bench = Bench()
    bench.open(b"logs/1.BIN")
    bench.room = 2 * FRAME_BYTES + 5
    assert len(bench.ask(Opcode.BURST_READ_FILE, size=239)) == 2
    assert len(bench.step()) == 2
    bench.room = 0
    assert bench.step() == []
    assert bench.service.next_deadline_ms() == bench.now_ms + 5


def test_bursts_on_one_link_share_its_room() -> None:
    bench = Bench()
    bench.room = 3 * FRAME_BYTES
    for session in (1, 2):
        bench.open(b"logs/1.BIN", session)
        bench.ask(Opcode.BURST_READ_FILE, session=session, size=239)
    passes = [[reply.session for reply in bench.step()] for _ in range(4)]
    assert [len(sent) for sent in passes] == [3] * 4
    assert [set(sent) for sent in passes] in ([{1}, {2}] * 2, [{2}, {1}] * 2), "by turns"


def test_reads_are_answered_during_a_burst() -> None:
    bench = Bench()
    bench.open(b"logs/1.BIN")
    bench.room = FRAME_BYTES
    bench.ask(Opcode.BURST_READ_FILE, size=239)
    reply = bench.ask(Opcode.READ_FILE, size=50, offset=7)[0]
    assert (reply.req_opcode, reply.offset, reply.size) == (Opcode.READ_FILE, 7, 50)
    assert bench.step()[0].offset == 239


def test_a_burst_ends_with_its_session() -> None:
    bench = Bench()
    bench.open(b"logs/1.BIN")
    bench.room = FRAME_BYTES
    bench.ask(Opcode.BURST_READ_FILE, size=239)
    bench.ask(Opcode.TERMINATE_SESSION)
    assert bench.step(1) == []
    assert bench.service.next_deadline_ms() is None


def test_a_burst_from_the_end_is_end_of_file() -> None:
    bench = Bench()
    bench.open(b"logs/1.BIN")
    replies = bench.ask(Opcode.BURST_READ_FILE, size=239, offset=10_240)
    assert [(reply.opcode, reply.data[0], reply.offset) for reply in replies] == [(Opcode.NAK, Nak.END_OF_FILE, 10_240)]


def test_the_sequence_number_wraps() -> None:
    bench = Bench()
    bench.seq = 65_530
    assert bench.download(b"logs/1.BIN") == bench.logs.files["1.BIN"]


# --- sessions -----------------------------------------------------------------------------------------------------
def test_a_peer_reads_several_files_under_its_own_numbers() -> None:
    bench = Bench({"a": b"A" * 10, "b": b"B" * 10})
    bench.open(b"logs/a", session=1)
    bench.open(b"logs/b", session=2)
    assert bench.ask(Opcode.READ_FILE, session=1, size=3)[0].data[:3] == b"AAA"
    assert bench.ask(Opcode.READ_FILE, session=2, size=3)[0].data[:3] == b"BBB"


def test_peers_do_not_share_sessions() -> None:
    """QGroundControl and Mission Planner are both 255/190: the link tells them apart."""
    bench = Bench()
    bench.open(b"logs/1.BIN")
    bench.peer = Peer(link=2, system=255, component=190)
    assert bench.ask(Opcode.READ_FILE, size=3)[0].data[0] == Nak.INVALID_SESSION
    bench.ask(Opcode.RESET_SESSIONS)
    bench.peer = Peer(link=1, system=255, component=190)
    assert bench.ask(Opcode.READ_FILE, size=3)[0].opcode == Opcode.ACK


def test_an_idle_session_expires() -> None:
    bench = Bench()
    bench.open(b"logs/1.BIN")
    assert bench.service.next_deadline_ms() == bench.now_ms + EXPIRE_MS
    bench.step(EXPIRE_MS)
    assert bench.logs.closed == 1
    assert bench.ask(Opcode.READ_FILE, size=3)[0].data[0] == Nak.INVALID_SESSION


def test_open_files_of_one_peer_are_bounded_and_idle_ones_give_way() -> None:
    bench = Bench()
    for session in range(SESSIONS_PER_PEER):
        assert bench.open(b"logs/1.BIN", session).opcode == Opcode.ACK
    assert bench.open(b"logs/1.BIN", 100).data[0] == Nak.NO_SESSIONS_AVAILABLE
    bench.step(REUSE_MS)
    assert bench.open(b"logs/1.BIN", 100).opcode == Opcode.ACK
    assert bench.logs.closed == 1


def test_open_files_of_all_peers_are_bounded() -> None:
    bench = Bench()
    answers = []
    for number in range(SESSIONS + 10):
        bench.peer = Peer(link=number, system=255, component=190)
        answers.append(bench.open(b"logs/1.BIN").opcode)
    assert answers.count(Opcode.ACK) == SESSIONS


def test_opening_again_under_the_same_number_closes_the_old_file() -> None:
    """A client that was started anew is not locked out."""
    bench = Bench({"a": b"A" * 10, "b": b"B" * 10})
    bench.open(b"logs/a")
    bench.open(b"logs/b")
    assert bench.logs.closed == 1
    assert bench.ask(Opcode.READ_FILE, size=3)[0].data[:3] == b"BBB"


def test_a_closed_link_closes_its_files() -> None:
    bench = Bench()
    bench.open(b"logs/1.BIN")
    bench.service.link_closed(1)
    assert bench.logs.closed == 1
    assert bench.service.next_deadline_ms() is None


# --- checksums ----------------------------------------------------------------------------------------------------
def test_the_checksum_is_the_one_that_clients_count() -> None:
    """CRC32 from 0 without inversion: the value for "123456789" is 0x2DFD2D88 (start 0, no final xor)."""
    bench = Bench({"f": b"123456789", "long": bytes(200_000)})
    reply = bench.ask(Opcode.CALC_FILE_CRC32, data=b"logs/f")[0]
    assert (reply.size, int.from_bytes(reply.data[:4], "little")) == (4, 0x2DFD2D88)
    reply = bench.ask(Opcode.CALC_FILE_CRC32, data=b"logs/long")[0]
    assert int.from_bytes(reply.data[:4], "little") == ~zlib.crc32(bytes(200_000), 0xFFFFFFFF) & 0xFFFFFFFF
    assert bench.logs.closed == 2
    assert bench.ask(Opcode.CALC_FILE_CRC32, data=b"logs/none")[0].data[0] == Nak.FILE_NOT_FOUND


@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.integers(0, 65535),
            st.integers(0, 3),
            st.sampled_from([*Opcode, 16, 200]),
            st.integers(0, 255),
            st.sampled_from([0, 1, 239, 5000, 2**31, 2**32 - 1]),
            st.binary(max_size=DATA_BYTES) | st.sampled_from([b"@PARAM/param.pck", b"/", b"@PARAM", b"logs/1.BIN"]),
        ),
        max_size=25,
    )
)
def test_any_sequence_of_requests_is_answered(requests: list[tuple[Any, ...]]) -> None:
    """Nothing raises; every request gets at least one reply of the protocol, with the next sequence number."""
    bench = Bench()
    for link, seq, session, opcode, size, offset, data in requests:
        bench.peer = Peer(link=link, system=255, component=190)
        request = Operation(seq, session, int(opcode), size, 0, 0, offset, data)
        replies = bench.send(request)
        if opcode in (Opcode.ACK, Opcode.NAK):
            assert replies == []
            continue
        assert replies[0].seq == (seq + 1) & 0xFFFF
        assert all(reply.opcode in (Opcode.ACK, Opcode.NAK) and reply.size <= DATA_BYTES for reply in replies)


@given(st.binary(max_size=251))
def test_any_payload_is_taken(payload: bytes) -> None:
    bench = Bench()
    message = dialect.MAVLink_file_transfer_protocol_message(0, 1, 1, list(payload))
    bench.service.handle_message(message, bench.peer, bench.now_ms)
    bench.receive()


# --- files that are being written ---------------------------------------------------------------------------------
def test_who_asks_too_early_is_answered_when_the_file_is_there() -> None:
    """Once, however often he asks meanwhile; nobody else waits, and nothing is looked for any more then."""
    bench = Bench()
    bench.logs.coming.add("1.BIN")
    request = Operation(7, 0, Opcode.OPEN_FILE_RO, 10, data=b"logs/1.BIN")
    other = FtpBench(bench.service, Peer(link=2, system=254, component=190))
    assert bench.send(request) == []
    for _ in range(40):
        assert bench.step(LOOK_AGAIN_MS) == bench.send(request) == []
        assert other.ask(Opcode.CALC_FILE_CRC32, data=b"@PARAM/param.pck")[0].opcode == Opcode.ACK
    bench.logs.coming.clear()
    (reply,) = bench.step(LOOK_AGAIN_MS)
    assert (reply.seq, reply.opcode, reply.req_opcode) == (8, Opcode.ACK, Opcode.OPEN_FILE_RO)
    assert int.from_bytes(reply.data[:4], "little") == len(bench.logs.files["1.BIN"])
    assert bench.send(request) == [reply], "as any answer that was lost"
    deadline_ms = bench.service.next_deadline_ms()
    assert deadline_ms is not None
    assert deadline_ms > bench.now_ms + LOOK_AGAIN_MS


def test_who_asks_for_something_else_waits_no_more() -> None:
    """Nor who has hung up."""
    bench = Bench()
    bench.logs.coming.add("1.BIN")
    for gone in (lambda: bench.ask(Opcode.RESET_SESSIONS), lambda: bench.service.link_closed(bench.peer.link)):
        assert bench.ask(Opcode.OPEN_FILE_RO, data=b"logs/1.BIN") == []
        assert bench.service.next_deadline_ms() == bench.now_ms + LOOK_AGAIN_MS
        gone()
        assert bench.service.next_deadline_ms() is None


def test_a_file_that_never_comes_is_not_found() -> None:
    """A checksum of it neither."""
    bench = Bench()
    bench.logs.coming.add("1.BIN")
    for opcode in (Opcode.OPEN_FILE_RO, Opcode.CALC_FILE_CRC32):
        assert bench.ask(opcode, data=b"logs/1.BIN") == []
        assert bench.step(COMES_MS - 1) == []
        (reply,) = bench.step(LOOK_AGAIN_MS)
        assert (reply.opcode, reply.req_opcode, reply.data[0]) == (Opcode.NAK, opcode, Nak.FILE_NOT_FOUND)
