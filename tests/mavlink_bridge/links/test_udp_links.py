"""UDP: from the first moment, from one socket, without waiting; each peer a link, bounded in number and time."""

from __future__ import annotations

import socket

import pytest

from mavlink_bridge.links.address import LinkError, host_and_port, parse_link
from mavlink_bridge.links.sockets import resolve
from mavlink_bridge.links.udp import UdpOut, UdpPeer, UdpPort
from mavlink_bridge.testing.link_contract import accept_links, frames, ready
from mavlink_bridge.wire.framing import split_frames

TIMEOUT_S = 240


def open_port(largest: int = 128) -> tuple[UdpPort, tuple[str, int]]:
    port = UdpPort(parse_link("udpin:127.0.0.1:0"), largest)
    port.open(0)
    return port, ("127.0.0.1", port.spec.port)


def station() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.settimeout(TIMEOUT_S)
    return made


def test_udpout_sends_before_anybody_listens_and_keeps_its_port() -> None:
    """Refusals are ignored; when a station binds, the very next frame reaches it, from the same source port."""
    with station() as reserved:
        address = reserved.getsockname()
    link = UdpOut(parse_link(f"udpout:127.0.0.1:{address[1]}"))
    link.open(0)
    for _ in range(5):
        link.write(frames(1))
        assert link.read() == b""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
        late.bind(address)
        late.settimeout(TIMEOUT_S)
        link.write(frames(1))
        data, source = late.recvfrom(2000)
        assert data == frames(1)
        late.sendto(frames(2), source)
        assert ready(link).read() == frames(2)
    link.write(frames(1))
    assert link.connected
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(address)
        again.settimeout(TIMEOUT_S)
        link.write(frames(1))
        assert again.recvfrom(2000) == (frames(1), source)
    link.close()


def test_udpout_hears_only_the_address_it_speaks_to() -> None:
    """Another program on the host cannot slip in."""
    with station() as ground, station() as stranger:
        link = UdpOut(parse_link(f"udpout:127.0.0.1:{ground.getsockname()[1]}"))
        link.open(0)
        link.write(frames(1))
        _, source = ground.recvfrom(2000)
        stranger.sendto(frames(3), source)
        ground.sendto(frames(1), source)
        assert ready(link).read() == frames(1)
        link.close()


def test_datagrams_hold_whole_frames_and_stay_below_1400_bytes() -> None:
    """In both directions."""
    port, address = open_port()
    with station() as ground:
        ground.sendto(frames(1), address)
        (peer,) = accept_links(port, 1)
        peer.write(frames(50))
        got = b""
        while len(got) < len(frames(50)):
            datagram = ground.recv(65536)
            assert len(datagram) <= 1400
            assert all(frame[0] == 0xFD and len(frame) > 12 for frame in split_frames(datagram))
            got += datagram
        assert got == frames(50)
    port.close()


def test_each_peer_is_a_link_of_its_own() -> None:
    """What one says is read from its link only, and answers go to it only."""
    port, address = open_port()
    with station() as one, station() as two:
        one.sendto(frames(1), address)
        two.sendto(frames(2), address)
        links = accept_links(port, 2)
        assert [link.read() for link in links] == [frames(1), frames(2)]
        port.readable()
        assert port.readable() == []
        links[1].write(frames(3))
        assert two.recv(2000) == frames(3)
        one.sendto(frames(4), address)
        assert ready(port).accept(10) == []
        assert port.readable() == [links[0]]
        assert links[0].read() == frames(4)
    port.close()
    assert [link.read() for link in links] == [None, None]


def test_a_silent_peer_is_forgotten_in_time() -> None:
    """At the first look after SILENT_MS; when it speaks again it is a new link."""
    port, address = open_port()
    with station() as one:
        one.sendto(frames(1), address)
        (link,) = accept_links(port, 1, 1000)
        assert port.expire(1000 + UdpPort.SILENT_MS) == []
        assert port.expire(1001 + UdpPort.SILENT_MS) == [link]
        assert not link.connected
        one.sendto(frames(1), address)
        assert accept_links(port, 1, 400_000)[0].connected
    port.close()


def test_peers_are_bounded_and_an_active_one_is_never_driven_out() -> None:
    """A full port refuses a new peer unless one has been silent for a while; then that one gives way."""
    port, address = open_port(largest=2)
    with station() as one, station() as two, station() as three:
        one.sendto(frames(1), address)
        two.sendto(frames(1), address)
        links = accept_links(port, 2)
        three.sendto(frames(1), address)
        assert ready(port).accept(UdpPort.MAY_GO_MS - 1) == []
        assert port.refused == 1
        two.sendto(frames(1), address)
        assert ready(port).accept(UdpPort.MAY_GO_MS) == []
        three.sendto(frames(1), address)
        assert len(accept_links(port, 1, UdpPort.MAY_GO_MS)) == 1
        assert [link.connected for link in links] == [False, True]
    port.close()


def test_a_peer_that_nobody_reads_does_not_grow_the_memory() -> None:
    """Its inbox is bounded; the newest datagrams are dropped."""
    port, address = open_port()
    with station() as one:
        sent = 0
        for number in range(40):
            for _ in range(20):
                one.sendto(frames(20), address)
                sent += len(frames(20))
            ready(port).accept(number)
        (link,) = port.readable()
        assert 0 < len(link.read() or b"") <= 256 * 1024 < sent
    port.close()


def test_a_busy_port_is_named_with_a_way_out() -> None:
    """One line for the person."""
    port, address = open_port()
    second = UdpPort(parse_link(port.name))
    with pytest.raises(LinkError, match=rf"port {address[1]} is in use .*choose another, for example udpin:"):
        second.open(0)
    assert second.fileno() is None
    port.close()


def test_an_address_of_another_machine_or_no_machine_is_named() -> None:
    """Neither can be bound."""
    with pytest.raises(LinkError, match=r"192\.0\.2\.1 is no address of this machine"):
        UdpPort(parse_link("udpin:192.0.2.1:14550")).open(0)
    with pytest.raises(LinkError, match=r"host 'no-such-host\.invalid' is unknown"):
        UdpOut(parse_link("udpout:no-such-host.invalid:14550")).open(0)
    with pytest.raises(LinkError, match=r"'ü\.\.de' is no name of a host"):
        UdpOut(parse_link("udpout:ü..de:14550")).open(0)


def test_an_address_of_many_machines_is_no_end_of_a_link() -> None:
    """The system says "Permission denied" of a broadcast, and binds a multicast address at which nothing is heard."""
    with pytest.raises(LinkError, match=r"127\.255\.255\.255 is a broadcast address; give the address of one receiver"):
        UdpOut(parse_link("udpout:127.255.255.255:14550")).open(0)
    with pytest.raises(
        LinkError, match=r"224\.0\.0\.1 is a multicast address; write for example udpin:0\.0\.0\.0:14550"
    ):
        UdpPort(parse_link("udpin:224.0.0.1:14550")).open(0)


def test_a_name_with_addresses_of_both_kinds_is_that_of_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    """As localhost on macOS, Windows and Fedora, with ::1 first, where no station listens."""
    v6, v4 = (socket.AF_INET6, ("::1", 14550, 0, 0)), (socket.AF_INET, ("127.0.0.1", 14550))
    for both, expected in (((v6, v4), v4), ((v4, v6), v4), ((v6,), v6)):
        found = [(family, socket.SOCK_DGRAM, 17, "", address) for family, address in both]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, found=found, **how: found)
        assert resolve(parse_link("udpout:localhost:14550"), socket.SOCK_DGRAM) == expected


def test_peers_are_named_as_links_are() -> None:
    """An IPv6 address in brackets: "from ::1:52959" may be an address of its own."""
    assert host_and_port("127.0.0.1", 52959) == "127.0.0.1:52959"
    assert host_and_port("::1", 52959) == "[::1]:52959"
    port = UdpPort(parse_link("udpin:[::1]:14550"))
    assert UdpPeer(port, ("::1", 52959, 0, 0), 0).name == "udpin:[::1]:14550 from [::1]:52959"
