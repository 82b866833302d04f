"""A vehicle behind a radio, in virtual time: what the air carries, and what the vehicle makes of it."""

from __future__ import annotations

import socket
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from struct import pack

import pytest
from pymavlink.dialects.v20 import ardupilotmega

from mavlink_bridge.clients.base import Target
from mavlink_bridge.clients.file_read import FileOutcome, FileRead
from mavlink_bridge.links.radio.profile import BurstLosses, RadioProfile
from mavlink_bridge.links.radio.profiles import PROFILES
from mavlink_bridge.services.ftp.wire import DATA_BYTES, Opcode, unpack
from mavlink_bridge.wire.codec import id_of
from mavlink_bridge.wire.framing import FrameReader
from sortie import Fleet, Session, UserError, mavlink
from sortie.api.link import SessionLink
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import free_port

CLEAN = replace(PROFILES["sik-57600"], losses=BurstLosses(), budget=None)
SILENT = replace(CLEAN, reports=None)
PAGE = "track.json"
PAGE_BYTES = 24_000


def _session(radio: RadioProfile) -> Session:
    session = Session(radio=radio)
    text = bytes(range(1, 240)) * 101
    session.service.pages.add(PAGE, lambda: text[:PAGE_BYTES])
    return session


def _ask(link: SessionLink, seq: int, opcode: Opcode, data: bytes = b"", size: int = 0) -> None:
    head = pack("<HBBBBBxI", seq, 0, opcode, size or len(data), 0, 0, 0)
    link.send(mavlink.MAVLink_file_transfer_protocol_message(0, 1, 1, list((head + data).ljust(251, b"\0"))))


def _burst(session: Session, seconds: float) -> tuple[int, int]:
    """(bytes that came without a gap, bytes that came) of one burst over the whole page."""
    link = session.connect()
    session.run_for(5)
    _ask(link, 1, Opcode.OPEN_FILE_RO, f"@SYS/{PAGE}".encode())
    opened = unpack(bytes(link.receive("FILE_TRANSFER_PROTOCOL").payload))
    assert int.from_bytes(opened.data[:4], "little") == PAGE_BYTES
    _ask(link, 2, Opcode.BURST_READ_FILE, size=DATA_BYTES)
    session.run_for(seconds)
    blocks = {
        one.offset: one.size
        for one in (unpack(bytes(message.payload)) for message in link.messages("FILE_TRANSFER_PROTOCOL"))
        if one.opcode == Opcode.ACK
    }
    whole = 0
    while whole in blocks:
        whole += blocks[whole]
    return whole, sum(blocks.values())


def test_an_unpaced_burst_fails_near_a_tenth_of_the_file() -> None:
    """A modem that reports nothing: the line brings 5,760 bytes a second, the air takes 2,000, the buffer holds 1,850;
    so the first gap comes behind some 2,400 bytes, a tenth of this file, and many follow."""
    with _session(SILENT) as session:
        whole, there = _burst(session, 30.0)
        assert 0.05 * PAGE_BYTES <= whole <= 0.15 * PAGE_BYTES, whole
        assert there < 0.7 * PAGE_BYTES


def test_a_paced_burst_completes() -> None:
    """The same, told by RADIO_STATUS: not a block is missing, at a third of the line's rate."""
    with _session(CLEAN) as session:
        begin_s = session.time_s
        assert _burst(session, 25.0) == (PAGE_BYTES, PAGE_BYTES)
        assert session.time_s - begin_s < 35.0


def test_a_file_client_reads_over_a_radio_that_loses() -> None:
    """With its fades: gaps are asked for again."""
    with _session(PROFILES["sik-57600"]) as session:
        link = session.connect()
        session.run_for(3)
        read = link.ask(FileRead(Target(1, 1), f"@SYS/{PAGE}"))
        assert read.outcome is FileOutcome.READ
        assert len(read.content) == PAGE_BYTES


def test_streams_that_are_too_much_slow_down_and_come_back() -> None:
    """All at 50 Hz is more than a SiK carries: txbuf falls, the vehicle sends less; asked for less, all comes back."""
    with Session(radio=CLEAN) as session:
        link = session.connect()
        session.run_for(2)
        link.send(mavlink.MAVLink_request_data_stream_message(1, 1, 0, 50, 1))
        session.run_for(10)
        begun = _rate(session, link, 5)
        session.run_for(60)
        settled = _rate(session, link, 10)
        assert settled["ATTITUDE"] < 0.5 * begun["ATTITUDE"] or settled["ATTITUDE"] < 4
        assert settled["HEARTBEAT"] == pytest.approx(1.0, abs=0.3)
        link.send(mavlink.MAVLink_request_data_stream_message(1, 1, 0, 0, 0))
        session.run_for(60)
        link.send(mavlink.MAVLink_request_data_stream_message(1, 1, 10, 4, 1))
        session.run_for(5)
        assert _rate(session, link, 10)["ATTITUDE"] == pytest.approx(4.0, abs=0.5)


def _rate(session: Session, link: SessionLink, seconds: int) -> dict[str, float]:
    link.messages()
    session.run_for(seconds)
    return {name: count / seconds for name, count in Counter(one.get_type() for one in link.messages()).items()}


def test_the_ground_hears_its_own_modem() -> None:
    """For each of its HEARTBEATs a RADIO_STATUS, and rssi falls as the vehicle flies away."""
    with Session(radio="sik-57600") as session:
        link = session.connect()
        for _ in range(3):
            link.send(mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 0, 3))
            session.run_for(1)
        told = link.messages("RADIO_STATUS")
        assert len(told) >= 2
        assert told[-1].txbuf == 100
        assert told[-1].rssi > 100


def test_the_same_seed_is_the_same_flight() -> None:
    """Losses and reports included."""

    def heard() -> bytes:
        with Session(radio="wifi-lossy", seed=4) as session:
            link = session.connect()
            session.run_for(8)
            return link.read()

    assert heard() == heard()


def test_mistakes_name_what_is_near() -> None:
    """An unknown radio; a delay beside a radio."""
    with pytest.raises(UserError, match="sik-57600"):
        Session(radio="sik-5760")
    with Session() as session, pytest.raises(UserError, match="delay_ms"):
        session.connect(radio="usb", delay_ms=5)


_BEAT = mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 0, 3)
_MODEM = (ord("3"), id_of("RADIO_STATUS"))


def _answers(fleet: Fleet) -> list[bool]:
    """Of each vehicle: does a ground station on a link of its own hear a modem?"""
    links = [one.connect() for one in fleet]
    for _ in range(3):
        for link in links:
            link.send(_BEAT)
        fleet.run_for(1)
    heard = [{one.get_type() for one in link.messages()} for link in links]
    assert all("HEARTBEAT" in types for types in heard)
    return ["RADIO_STATUS" in types for types in heard]


def test_a_fleet_has_its_radio_on_links_of_each(tmp_path: Path) -> None:
    """As a session; a vehicle of the file that has one of its own keeps it, and a wrong name is told."""
    with Fleet(2, radio="sik-57600") as fleet:
        assert _answers(fleet) == [True, True]
    file = tmp_path / "fleet.toml"
    file.write_text('[[vehicle]]\nradio = "sik-57600"\n[[vehicle]]\n')
    with Fleet(file=file) as fleet:
        assert _answers(fleet) == [True, False]
    with pytest.raises(UserError, match=r"radio sik-5760: .*did you mean sik-57600"):
        Fleet(2, radio="sik-5760")


def test_the_link_of_a_whole_fleet_is_one_modem() -> None:
    """All are heard behind it, and it says how full it is; a link that one alone is on has a modem of its own."""
    ports = [free_port(), free_port()]
    beat, msg_id = _BEAT.pack(ardupilotmega.MAVLink(None, srcSystem=255)), id_of("HEARTBEAT")
    wanted = [{(1, msg_id), (2, msg_id), _MODEM}, {(2, msg_id), _MODEM}]
    with Fleet(2, radio=CLEAN, links=[f"tcpin:127.0.0.1:{ports[0]}"]) as fleet:
        fleet[1].add_link(f"tcpin:127.0.0.1:{ports[1]}")
        with ExitStack() as stack:
            streams = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for port in ports]
            heard: list[set[tuple[int, int]]] = [set(), set()]
            readers = [FrameReader(), FrameReader()]
            end_s = time.monotonic() + PATIENCE_S
            while not wanted[0] <= heard[0] or not wanted[1] <= heard[1]:
                assert time.monotonic() < end_s, heard
                for stream in streams:
                    stream.sendall(beat)
                fleet.serve(0.5)
                for stream, reader, found in zip(streams, readers, heard, strict=True):
                    stream.setblocking(False)
                    with suppress(BlockingIOError):
                        found |= {(one.system, one.msg_id) for one in reader.receive(stream.recv(1 << 20), 0)}
            assert {system for system, _ in heard[1]} == {2, ord("3")}
