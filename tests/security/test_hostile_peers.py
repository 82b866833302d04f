"""What a hostile peer cannot do: hold files, stall the loop with checksums, speak through somebody's browser."""

from __future__ import annotations

import os
import signal
import socket
import zlib
from pathlib import Path

from pymavlink.dialects.v20 import ardupilotmega as dialect

from mavlink_bridge.links.hub import LinkHub
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.ftp.files import VirtualFiles
from mavlink_bridge.services.ftp.service import LARGEST_CHECKSUM, SESSIONS, SESSIONS_PER_PEER, FtpService
from mavlink_bridge.services.ftp.wire import Nak, Opcode
from sortie.logs.served import ServedDirectory
from tests.fakes.ftp_client import FtpBench
from tests.fakes.patience import PATIENCE_S


def ftp(directory: Path) -> FtpService:
    files = VirtualFiles()
    files.mount("@LOGS", ServedDirectory(directory))
    return FtpService(files, room=lambda link: 1 << 20)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - as the kernel counts them


def test_one_peer_holds_few_files(tmp_path: Path) -> None:
    """Descriptors are bounded for each peer and for all together, and closed with the link."""
    (tmp_path / "run.log").write_bytes(b"x" * 1000)
    service, before = ftp(tmp_path), open_files()
    for system in range(1, 40):
        bench = FtpBench(service, Peer(1, system, 190))
        for session in range(3 * SESSIONS_PER_PEER):
            bench.open(b"@LOGS/run.log", session)
            bench.ask(Opcode.CALC_FILE_CRC32, data=b"@LOGS/run.log")
            bench.ask(Opcode.LIST_DIRECTORY, data=b"@LOGS")
    assert open_files() - before <= SESSIONS
    service.link_closed(1)
    assert open_files() == before


def test_a_large_file_is_not_summed_up(tmp_path: Path) -> None:
    """Reading gigabytes for a checksum would hold up the vehicle; a log of usual size gets its sum."""
    with (tmp_path / "large.bin").open("wb") as file:
        file.truncate(LARGEST_CHECKSUM + 1)
    (tmp_path / "usual.bin").write_bytes(b"log" * 1000)
    bench, before = FtpBench(ftp(tmp_path)), open_files()
    (refused,) = bench.ask(Opcode.CALC_FILE_CRC32, data=b"@LOGS/large.bin")
    assert (refused.opcode, refused.data[0]) == (Opcode.NAK, Nak.FAIL)
    (answer,) = bench.ask(Opcode.CALC_FILE_CRC32, data=b"@LOGS/usual.bin")
    assert int.from_bytes(answer.data[:4], "little") == ~zlib.crc32(b"log" * 1000, 0xFFFFFFFF) & 0xFFFFFFFF
    assert open_files() == before


def test_a_web_page_cannot_speak_mavlink_through_a_browser() -> None:
    """HTTP on the MAVLink port ends the link before a frame behind it is read; MAVLink on it goes on."""
    heard: list[int] = []
    endpoint = Endpoint(1, on_frame=lambda link, frame: heard.append(frame.msg_id))
    hub = LinkHub(endpoint)
    port = hub.open("tcpin:127.0.0.1:0", 0)
    address = ("127.0.0.1", int(port.name.rpartition(":")[2]))
    frame = bytes(dialect.MAVLink_ping_message(1, 1, 0, 0).pack(dialect.MAVLink(None, srcSystem=255)))
    for start in (b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b""):
        with socket.create_connection(address) as client:
            client.sendall(start + frame)
            for _ in range(20):
                hub.wait(0.05)
                hub.receive(0, 0)
        assert heard == ([] if start else [4])
    hub.close()


def test_the_loop_serves_others_while_one_sends_rubbish(tmp_path: Path) -> None:
    """A flood of bytes on one link; a question on another is answered."""
    from pymavlink import mavutil

    from tests.fakes.served import served

    with served(tmp_path, speedup="1", ready=False) as service:
        flood = socket.create_connection(("127.0.0.1", service.port))
        flood.setblocking(False)
        good = mavutil.mavlink_connection(service.tcp, source_system=255)
        try:
            rubbish = os.urandom(1 << 16)
            for _ in range(50):
                try:
                    flood.send(rubbish)
                except BlockingIOError:
                    signal.sigtimedwait([], 0.01)
            good.mav.command_long_send(1, 1, 512, 0, 148, 0, 0, 0, 0, 0, 0)
            assert good.recv_match(type="COMMAND_ACK", blocking=True, timeout=PATIENCE_S) is not None
        finally:
            flood.close()
            good.close()
