"""TCP: each client a link, a stalled one keeps its bytes, a client link comes back by itself."""

from __future__ import annotations

import os
import resource
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from mavlink_bridge.links.address import LinkError, parse_link
from mavlink_bridge.links.base import Backoff
from mavlink_bridge.links.tcp import TcpClient, TcpPort
from mavlink_bridge.links.udp import UdpOut
from mavlink_bridge.testing.link_contract import LinkPair, accept_links, frames, ready, receive_all, wait_until

TIMEOUT_S = 240


def open_port(address: str = "tcpin:127.0.0.1:0", largest: int = 256) -> TcpPort:
    port = TcpPort(parse_link(address), largest)
    port.open(0)
    return port


def client_of(port: TcpPort) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port.spec.port), TIMEOUT_S)
    made.settimeout(TIMEOUT_S)
    return made


def drive(client: TcpClient, condition: Callable[[], bool], what: str) -> None:
    wait_until(LinkPair(client, client), condition, what)


def test_each_client_is_a_link_of_its_own_without_delay() -> None:
    """Bytes of one do not reach the other; Nagle's algorithm is off."""
    port = open_port()
    with client_of(port) as one, client_of(port) as two:
        links = accept_links(port, 2)
        links[0].write(frames(1))
        links[1].write(frames(2))
        assert one.recv(2000) == frames(1)
        assert two.recv(2000) == frames(2)
        with socket.socket(fileno=socket.dup(links[0].fileno() or 0)) as same:
            assert same.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    port.close()


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="only Linux can be told to acknowledge at once")
def test_what_is_not_answered_is_acknowledged_at_once() -> None:
    """Also in a talk, where the system would wait for our next words: of a client with Nagle's algorithm, as MAVSDK is,
    the second of two messages would leave only then. By both kinds of link."""
    port = open_port()
    client = TcpClient(parse_link(f"tcp:127.0.0.1:{port.spec.port}"))
    client.open(0)
    (link,) = accept_links(port, 1)
    drive(client, lambda: client.connected, "a connection")
    for _ in range(3):
        for one, other in ((link, client), (client, link)):
            other.write(frames(1))
            assert receive_all(LinkPair(one, other), one, len(frames(1))) == frames(1)
            with socket.socket(fileno=socket.dup(one.fileno() or 0)) as same:
                one.flush()
                assert same.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK)
    client.close()
    port.close()


def test_a_client_that_does_not_read_keeps_its_bytes_pending() -> None:
    """Nothing blocks and nothing is lost: when it reads at last, all of it is there."""
    port = open_port()
    with client_of(port) as slow:
        (link,) = accept_links(port, 1)
        data = frames(100_000)
        assert link.write(data) == len(data)
        assert link.pending > 0
        assert link.wants_write
        received = b""
        while len(received) < len(data):
            received += slow.recv(1 << 20)
            link.flush()
        assert received == data
        assert (link.pending, link.wants_write) == (0, False)
    port.close()


def test_commands_sent_just_before_a_reset_are_still_read() -> None:
    """Writing to a client that is gone must not lose what it said before."""
    port = open_port()
    client = client_of(port)
    (link,) = accept_links(port, 1)
    client.sendall(frames(3))
    client.shutdown(socket.SHUT_RDWR)
    client.close()
    for _ in range(3):
        link.write(frames(1))
    assert receive_all(LinkPair(link, link), link, len(frames(3))) == frames(3)
    wait_until(LinkPair(link, link), lambda: link.read() is None, "the end is read")
    port.close()


def test_one_client_too_many_is_disconnected_at_once() -> None:
    """The others stay; when one goes there is room again."""
    port = open_port(largest=1)
    with client_of(port) as one:
        (link,) = accept_links(port, 1)
        with client_of(port) as two:
            assert ready(port).accept(0) == []
            assert two.recv(10) == b""
        assert (port.refused, link.connected) == (1, True)
        one.close()
        wait_until(LinkPair(link, link), lambda: link.read() is None, "it has gone")
    with client_of(port):
        assert accept_links(port, 1)[0].connected
    port.close()


@contextmanager
def no_descriptors() -> Iterator[None]:
    """None is left."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
    taken: list[int] = []
    try:
        with pytest.raises(OSError, match="Too many open files"):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        yield
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_without_descriptors_a_client_is_turned_away_and_the_port_lives_on() -> None:
    """A client that waited in the backlog would keep the loop busy for ever."""
    port = open_port()
    with client_of(port) as unlucky:
        ready(port)
        with no_descriptors():
            assert port.accept(0) == []
        assert port.refused == 1
        assert unlucky.recv(10) == b""
    with client_of(port):
        assert accept_links(port, 1)[0].connected
    port.close()


def test_a_port_can_be_bound_again_right_after_its_clients_were_closed() -> None:
    """A restarted service gets its port although connections linger in TIME_WAIT."""
    port = open_port()
    with client_of(port) as client:
        accept_links(port, 1)
        address = port.name
        port.close()
        assert client.recv(10) == b""
    open_port(address).close()


def test_a_busy_port_is_named_with_a_way_out() -> None:
    """One line for the person."""
    port = open_port()
    other = port.spec.port + 1
    with pytest.raises(LinkError, match=f"port {port.spec.port} is in use .*for example tcpin:127.0.0.1:{other}"):
        TcpPort(port.spec).open(0)
    port.close()


def test_a_client_link_connects_again_with_growing_pauses() -> None:
    """Refused 0.1, 0.2, 0.4 .. 2 s apart; connected at the first attempt once the server is there; then 0.1 s again."""
    port = open_port()
    spec = parse_link(port.name.replace("tcpin", "tcp"))
    port.close()
    told: list[str] = []
    client, now_ms, pauses = TcpClient(spec, report=told.append), 0, []
    client.open(now_ms)
    for _ in range(7):
        drive(client, lambda: client.fileno() is None, "refused")
        assert client.next_deadline_ms() == 0, "it wants to plan the next attempt"
        assert client.read() == b"", "a link that comes back has not ended"
        assert client.write(frames(1)) == 0
        client.maintain(now_ms)
        due = client.next_deadline_ms()
        assert due is not None
        client.maintain(due - 1)
        assert client.fileno() is None
        pauses.append(due - now_ms)
        now_ms = due
        client.maintain(now_ms)
    assert pauses == [100, 200, 400, 800, 1600, 2000, 2000]
    assert told == [f"no connection to {spec.url}; trying again"], "once, for people who wait"
    drive(client, lambda: client.fileno() is None, "refused")
    port = open_port(spec.url.replace("tcp", "tcpin"))
    client.maintain(now_ms)
    now_ms = client.next_deadline_ms() or 0
    client.maintain(now_ms)
    drive(client, lambda: client.connected, "connected")
    assert client.next_deadline_ms() is None
    (accepted,) = accept_links(port, 1)
    accepted.write(frames(2))
    assert receive_all(LinkPair(client, accepted), client, len(frames(2))) == frames(2)
    port.close()
    drive(client, lambda: client.read() == b"" and not client.connected, "the server has gone")
    client.maintain(now_ms)
    assert client.next_deadline_ms() == now_ms + Backoff.FIRST_MS
    client.close()
    assert client.next_deadline_ms() is None
    assert client.read() is None


def test_without_descriptors_a_client_link_tries_again_later() -> None:
    """As when nothing listens; and a udpout without a route keeps its socket."""
    port = open_port()
    client = TcpClient(parse_link(port.name.replace("tcpin", "tcp")))
    unrouted = UdpOut(parse_link("udpout:127.0.0.1:9"))
    unrouted.open(0)
    descriptor = unrouted.fileno()
    with no_descriptors():
        client.open(0)
        client.maintain(0)
        client.maintain(Backoff.FIRST_MS)
        assert not client.connected and client.fileno() is None
        unrouted._address = ("192.0.2.1", 9)
        unrouted._socket = unrouted._moved(unrouted._socket)  # type: ignore[arg-type]  # it is open
        assert unrouted.fileno() == descriptor
    unrouted.close()
    client.maintain(Backoff.FIRST_MS)
    client.maintain(client.next_deadline_ms() or 0)
    drive(client, lambda: client.connected, "connected")
    client.close()
    port.close()


def test_a_reader_that_has_read_a_little_can_be_written_to_again() -> None:
    """A slow client is not one that has stopped: some hundred KB read, not megabytes, make room that is noticed."""
    port = open_port()
    with client_of(port) as client:
        (link,) = accept_links(port, 1)
        while not link.pending:
            link.write(bytes(65536))
        taken = 0
        while not select.select([], [link], [], 0.05)[1]:
            taken += len(client.recv(65536))
        assert taken <= 600_000
        link.close()
    port.close()
