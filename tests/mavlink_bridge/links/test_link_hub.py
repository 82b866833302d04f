"""The hub: descriptors, ports and links on one selector, joined to an endpoint."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from mavlink_bridge.links.address import LinkError
from mavlink_bridge.links.hub import LinkHub, Poll
from mavlink_bridge.links.tcp import TcpClient, TcpPort
from mavlink_bridge.links.udp import UdpOut, UdpPort
from mavlink_bridge.routing.endpoint import OVERFLOW, Endpoint
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, FrameWriter, MavlinkFrame
from tests.fakes.patience import wait_until

dialect = codec.dialect
TIMEOUT_S = 240
PING = dialect.MAVLink_ping_message(7, 7, 0, 0)
HEARTBEAT = dialect.MAVLink_heartbeat_message(6, 8, 0, 0, 0, 3)


class Program:
    """An endpoint and a hub, driven pass by pass; remembers frames and events."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, MavlinkFrame]] = []
        self.events: list[str] = []
        self.endpoint = Endpoint(1, on_frame=lambda link, frame: self.frames.append((link, frame)))
        self.poll = Poll()
        self.hub = LinkHub(self.endpoint, self.poll, on_event=self.events.append)
        self.now_ms = 0

    def run(self, until: Callable[[], bool], what: str) -> None:
        """Passes until the condition holds; time stands still meanwhile."""
        for _ in range(2000):
            if until():
                return
            self.poll.wait(0.02)
            self.hub.receive(self.now_ms, self.now_ms)
            self.hub.flush()
        raise AssertionError(f"never came true: {what}")

    def open_tcp(self) -> tuple[str, int]:
        port = self.hub.open("tcpin:127.0.0.1:0", 0)
        assert isinstance(port, TcpPort)
        return "127.0.0.1", port.spec.port


@pytest.fixture
def program() -> Any:
    made = Program()
    yield made
    made.hub.close()
    made.poll.close()


def v2(message: Any, sequence: int = 0) -> bytes:
    writer = FrameWriter(255, 190)
    writer.advance(sequence)
    return writer.frame(*codec.payload(message))


def connect(address: tuple[str, int]) -> socket.socket:
    made = socket.create_connection(address, TIMEOUT_S)
    made.settimeout(TIMEOUT_S)
    return made


def test_it_says_whether_something_has_come(program: Program) -> None:
    """A client, its bytes, its end; then nothing."""
    address = program.open_tcp()
    assert not program.hub.receive(0, 0)

    def came() -> bool:
        program.poll.wait(0.02)
        return program.hub.receive(0, 0)

    with connect(address) as client:
        wait_until(came)
        assert not program.hub.receive(0, 0)
        client.sendall(v2(HEARTBEAT))
        wait_until(came)
        assert not program.hub.receive(0, 0) and len(program.frames) == 1
    wait_until(came)
    assert not program.hub.receive(0, 0) and not program.hub.links()


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="only Linux can be told to acknowledge at once")
def test_only_what_is_not_answered_is_acknowledged_by_itself(program: Program) -> None:
    """An answer carries the acknowledgement; silence would let a sender with Nagle's algorithm wait."""

    def acknowledges() -> int:
        return same.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK)

    def hears() -> bool:
        program.poll.wait(0.02)
        program.hub.receive(0, 0)
        return len(program.frames) == heard

    with connect(program.open_tcp()) as client:
        program.run(lambda: bool(program.hub.links()), "a link")
        (link,) = program.hub.links().values()
        with socket.socket(fileno=socket.dup(link.fileno() or 0)) as same:
            for heard in range(1, 6):
                client.sendall(v2(HEARTBEAT, heard))
                wait_until(hears)
                program.endpoint.send(HEARTBEAT)
                program.hub.flush()
            assert not acknowledges()
            heard += 1
            client.sendall(v2(HEARTBEAT, heard))
            wait_until(hears)
            program.hub.flush()
            assert acknowledges()


@pytest.mark.parametrize("timeout_s", [0.0, 0.0003, 0.002])
def test_a_poll_wakes_for_what_is_ready_however_short_the_wait(timeout_s: float) -> None:
    """Also below a millisecond, which an epoll does not know."""
    poll, told = Poll(), []
    mine, other = socket.socketpair()
    poll.watch(mine.fileno(), told.append)
    assert not poll.wait(timeout_s) and told == []
    other.send(b"x")
    assert poll.wait(timeout_s) and len(told) == 1
    poll.close()
    mine.close()
    other.close()


def test_clients_of_tcp_and_udp_become_links_and_are_heard(program: Program) -> None:
    """Each with its own number; what the endpoint sends reaches both."""
    address = program.open_tcp()
    port = program.hub.open("udpin:127.0.0.1:0", 0)
    assert isinstance(port, UdpPort)
    with connect(address) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(TIMEOUT_S)
        tcp.sendall(v2(PING))
        udp.sendto(v2(HEARTBEAT), ("127.0.0.1", port.spec.port))
        program.run(lambda: len(program.frames) == 2, "both are heard")
        assert sorted(frame.msg_id for _, frame in program.frames) == [0, 4]
        assert len({link for link, _ in program.frames}) == 2
        program.endpoint.send(dialect.MAVLink_system_time_message(1, 1))
        program.hub.flush()
        for station in (tcp, udp):
            reader, got = FrameReader(), []
            while 2 not in got:  # the other station's broadcast may come first
                got += [frame.msg_id for frame in reader.receive(station.recv(2000))]
        assert sum("opened" in event for event in program.events) == 2


def test_a_client_that_goes_is_taken_out(program: Program) -> None:
    """The endpoint forgets it and the run log has a line."""
    address = program.open_tcp()
    with connect(address):
        program.run(lambda: len(program.endpoint.links()) == 1, "connected")
    program.run(lambda: not program.endpoint.links(), "gone")
    assert program.hub.links() == {}
    assert "ended: the other end has closed it" in program.events[-1]


def test_what_is_closed_with_the_program_is_no_event(program: Program) -> None:
    """`sortie radio` told of each of its links that it had "ended: stopping", also before the line of a busy port."""
    with connect(program.open_tcp()):
        program.run(lambda: len(program.endpoint.links()) == 1, "connected")
        told = list(program.events)
        program.hub.close()
    assert program.events == told and not program.endpoint.links()


def test_a_stalled_client_is_disconnected_and_the_other_never_notices(program: Program) -> None:
    """It stops reading: first it is reported as stalled, then it overflows and goes; the other gets every frame."""
    address = program.open_tcp()
    with connect(address) as slow, connect(address) as good:
        program.run(lambda: len(program.endpoint.links()) == 2, "both connected")
        slow_link, good_link = program.endpoint.links()
        if program.hub.links()[slow_link].name.rpartition(":")[2] != str(slow.getsockname()[1]):
            slow_link, good_link = good_link, slow_link
        reader, received, stalled_first = FrameReader(), 0, False
        sent = 0
        while slow_link in program.endpoint.links():
            for _ in range(500):
                program.endpoint.send(dialect.MAVLink_statustext_message(6, b"x" * 50))
            sent += 500
            program.hub.flush()
            while received < sent:
                received += len(reader.receive(good.recv(1 << 18)))
                program.hub.wait(0)
                program.hub.receive(0, 0)
                program.hub.flush()
            stalled_first = stalled_first or program.hub.stalled(OVERFLOW // 2) == [slow_link]
        assert stalled_first
        assert (reader.lost, reader.errors) == (0, 0)
        assert program.endpoint.links() == (good_link,)
        assert any("does not read" in event for event in program.events)


def test_what_has_not_been_offered_yet_waits_for_nobody(program: Program) -> None:
    """Time stood still for a second, and nothing woke it: there was nothing to wait for."""
    with connect(program.open_tcp()):
        program.run(lambda: bool(program.endpoint.links()), "a link")
        (link,) = program.endpoint.links()
        program.endpoint.append(link, b"x" * 21, 1)
        assert program.endpoint.out_queue(link).size == 21
        assert program.hub.stalled(0) == []


def test_a_client_link_reconnects_and_keeps_its_number(program: Program) -> None:
    """The hub says when, and follows the new descriptor."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(TIMEOUT_S)
        link = program.hub.open(f"tcp:127.0.0.1:{server.getsockname()[1]}", 0)
        assert isinstance(link, TcpClient)
        (number,) = program.endpoint.links()
        for attempt in range(3):
            program.run(lambda: link.connected, "connected")
            accepted, _ = server.accept()
            with accepted:
                accepted.settimeout(TIMEOUT_S)
                accepted.sendall(v2(PING, attempt))
                program.run(lambda: bool(program.frames), "heard")
                assert program.frames.pop()[1].sequence == attempt
                program.endpoint.send(HEARTBEAT)
                program.hub.flush()
                assert accepted.recv(100)[0] == 0xFD
            program.run(lambda: not link.connected, "lost")
            program.endpoint.send(HEARTBEAT)
            program.hub.flush()
            assert program.endpoint.out_queue(number).size == 0, "nothing piles up while nobody is there"
            program.run(lambda: (program.hub.next_deadline_ms() or 0) > program.now_ms, "the next attempt is planned")
            program.now_ms = program.hub.next_deadline_ms() or 0
        assert program.endpoint.links() == (number,)


def test_silent_udp_peers_go_after_their_time(program: Program) -> None:
    """The hub looks once a second of link time."""
    port = program.hub.open("udpin:127.0.0.1:0", 0)
    assert isinstance(port, UdpPort)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(v2(PING), ("127.0.0.1", port.spec.port))
        program.run(lambda: len(program.endpoint.links()) == 1, "heard")
    program.now_ms = UdpPort.SILENT_MS + 2000
    program.run(lambda: not program.endpoint.links(), "expired")
    assert "silent for too long" in program.events[-1]


def test_udpout_speaks_first(program: Program) -> None:
    """A heartbeat goes out although nobody was ever heard."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as station:
        station.bind(("127.0.0.1", 0))
        station.settimeout(TIMEOUT_S)
        link = program.hub.open(f"udpout:127.0.0.1:{station.getsockname()[1]}", 0)
        assert isinstance(link, UdpOut)
        program.endpoint.send(HEARTBEAT)
        program.hub.flush()
        assert FrameReader().receive(station.recv(100))[0].msg_id == 0


class RoutedSocket(socket.socket):
    """A socket on a machine that has an address, another one later, or none: connected, it keeps the one it found, as
    Linux's."""

    machine: int | None = None
    own: int | None = None

    def connect(self, address: object) -> None:
        if self.machine is None:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        self.own = self.machine
        super().connect(address)

    def send(self, data: bytes, flags: int = 0) -> int:
        if self.own is not None and self.own != self.machine:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        return super().send(data, flags)


def test_udpout_waits_for_a_network_and_goes_on_when_the_address_has_changed(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A companion that starts before its wireless network, which later gives it another address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as station:
        station.bind(("127.0.0.1", 0))
        station.settimeout(TIMEOUT_S)
        monkeypatch.setattr("mavlink_bridge.links.udp.socket.socket", RoutedSocket)
        link = program.hub.open(f"udpout:127.0.0.1:{station.getsockname()[1]}", 0)
        assert isinstance(link, UdpOut)
        ports = []
        for address in (None, 1, None, 1, None, 2):
            monkeypatch.setattr(RoutedSocket, "machine", address)
            program.endpoint.send(HEARTBEAT)
            program.hub.flush()
            if address is not None:
                ports.append(station.recvfrom(100)[1])
        assert link.lost == 3
        assert ports[0] == ports[1], "the station sees the same vehicle while the address is the same"
        station.sendto(v2(PING), ports[-1])
        program.run(lambda: bool(program.frames), "heard on the new socket")


def test_trust_follows_from_the_address(program: Program) -> None:
    """Loopback is trusted, a port that everybody can reach is not."""
    program.hub.open("udpout:127.0.0.1:14550", 0)
    program.hub.open("udpout:192.0.2.1:14550", 0)
    assert [program.endpoint.trusted(link) for link in program.endpoint.links()] == [True, False]


def test_a_busy_port_opens_nothing(program: Program) -> None:
    """The error is for the person; no half-open link stays behind."""
    _, number = program.open_tcp()
    with pytest.raises(LinkError, match=f"port {number} is in use"):
        program.hub.open(f"tcpin:127.0.0.1:{number}", 0)
    assert program.endpoint.links() == ()


def test_a_descriptor_of_somebody_else_can_be_watched(program: Program) -> None:
    """A writer thread wakes the loop by a pipe."""
    reading, writing = os.pipe()
    woken: list[bytes] = []
    program.poll.watch(reading, lambda events: woken.append(os.read(reading, 10)))
    os.write(writing, b"!")
    program.run(lambda: bool(woken), "woken")
    assert woken == [b"!"]
    os.close(writing)


def test_two_hubs_share_one_wait(program: Program) -> None:
    """The links of two endpoints: one poll wakes for both, each gets its own, and closing one leaves the other."""
    frames: list[MavlinkFrame] = []
    other = LinkHub(Endpoint(2, on_frame=lambda link, frame: frames.append(frame)), program.poll)
    port = other.open("tcpin:127.0.0.1:0", 0)
    assert isinstance(port, TcpPort)
    with connect(program.open_tcp()) as first, connect(("127.0.0.1", port.spec.port)) as second:
        for number, station in enumerate((first, second)):
            station.sendall(v2(dialect.MAVLink_system_time_message(number, 0)))

        def both() -> bool:
            other.receive(0, 0)
            return bool(program.frames and frames)

        program.run(both, "both heard")
        assert len(program.frames) == len(frames) == 1
        assert program.frames[0][1].payload != frames[0].payload
        other.close()
        program.frames.clear()
        first.sendall(v2(dialect.MAVLink_system_time_message(3, 0), 1))
        program.run(lambda: bool(program.frames), "the first is still heard")


def test_closing_sends_what_is_queued_and_ends_all(program: Program) -> None:
    """A last STATUSTEXT still leaves."""
    address = program.open_tcp()
    with connect(address) as station:
        program.run(lambda: len(program.endpoint.links()) == 1, "connected")
        program.endpoint.send(dialect.MAVLink_statustext_message(6, b"bye"))
        program.hub.close()
        assert FrameReader().receive(station.recv(1000))[0].msg_id == 253
        assert station.recv(10) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(address)
    program.hub = LinkHub(program.endpoint, program.poll)


def test_what_comes_in_at_a_private_port_stays_there(program: Program) -> None:
    """Both clients are heard; the HEARTBEAT of the private one goes to no other."""
    plain = connect(program.open_tcp())
    port = program.hub.open("tcpin:127.0.0.1:0?private", 0)
    assert isinstance(port, TcpPort)
    private = connect(("127.0.0.1", port.spec.port))
    with plain, private:
        for client, system in ((plain, 250), (private, 251), (plain, 250)):
            known = len(program.frames)
            client.sendall(FrameWriter(system, 190).frame(*codec.payload(HEARTBEAT)))
            program.run(lambda known=known: len(program.frames) > known, "heard")
    assert [program.endpoint.out_queue(link).size for link, _ in program.frames] == [0, 0, 0]
    assert [program.endpoint.statistics(link).frames_out for link, _ in program.frames] == [0, 0, 0]


STOPPED = """
import time
from mavlink_bridge.links.hub import Poll
poll = Poll()
poll.watch(0, lambda events: None)
print("waits", flush=True)
while True:
    begun_s = time.monotonic()
    found = poll.wait(0.05)
    if found or time.monotonic() - begun_s > 0.3:
        break
print(found, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not stopped there")
def test_what_came_while_the_process_was_stopped_is_found() -> None:
    """The wait told that its time was over, and who had sent meanwhile was taken for silent."""
    with subprocess.Popen(
        (sys.executable, "-c", STOPPED), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        assert child.stdout.readline() == "waits\n"
        time.sleep(0.1)
        child.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        child.stdin.write("x\n")
        time.sleep(0.4)
        child.send_signal(signal.SIGCONT)
        assert child.stdout.readline() == "True\n"
