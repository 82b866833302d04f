"""Every kind of link keeps the contract of `mavlink_bridge.testing.link_contract`, from either end."""

from __future__ import annotations

import os
import pty
import tty
from collections.abc import Callable

import pytest

from mavlink_bridge.links.address import parse_link
from mavlink_bridge.links.memory import MemoryLink
from mavlink_bridge.links.serial import SerialLink
from mavlink_bridge.links.stream import StreamLink
from mavlink_bridge.links.tcp import TcpClient, TcpPort
from mavlink_bridge.links.udp import UdpOut, UdpPort
from mavlink_bridge.testing.link_contract import LinkPair, accept_links, check_link, frames, receive_all, wait_until


class PtyMaster(StreamLink):
    """The far end of a serial line: the master of a pseudo-terminal."""

    def __init__(self, descriptor: int) -> None:
        super().__init__("pty master")
        self._descriptor: int | None = descriptor
        os.set_blocking(descriptor, False)

    @property
    def connected(self) -> bool:
        return self._descriptor is not None

    def fileno(self) -> int | None:
        return self._descriptor

    def open(self, now_ms: int) -> None:
        """It is open."""

    def maintain(self, now_ms: int) -> None:
        """It does not come back."""

    def next_deadline_ms(self) -> int | None:
        return None

    def close(self) -> None:
        self._lose()

    def _receive(self, size: int) -> bytes:
        return b"" if self._descriptor is None else os.read(self._descriptor, size)

    def _send(self, data: bytes) -> int:
        return 0 if self._descriptor is None else os.write(self._descriptor, data)

    def _lose(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def memory_pair() -> LinkPair:
    link = MemoryLink()
    return LinkPair(link.a, link.b)


def delayed_memory_pair() -> LinkPair:
    link = MemoryLink(delay_ms=30)
    return LinkPair(link.a, link.b, advance=lambda: link.advance(link.now_ms + 10))


def tcp_pair() -> LinkPair:
    port = TcpPort(parse_link("tcpin:127.0.0.1:0"))
    port.open(0)
    client = TcpClient(parse_link(port.name.replace("tcpin", "tcp")))
    client.open(0)
    pair = LinkPair(client, client)
    wait_until(pair, lambda: client.connected, "connected")
    (accepted,) = accept_links(port, 1)
    return LinkPair(client, accepted, finish=port.close)


def udp_pair() -> LinkPair:
    port = UdpPort(parse_link("udpin:127.0.0.1:0"))
    port.open(0)
    out = UdpOut(parse_link(port.name.replace("udpin", "udpout")))
    out.open(0)
    out.write(frames(1))
    (peer,) = accept_links(port, 1)
    assert peer.read() == frames(1)
    return LinkPair(out, peer, ports=[port])


def serial_pair() -> LinkPair:
    master, slave = pty.openpty()
    tty.setraw(slave)
    link = SerialLink(parse_link(f"{os.ttyname(slave)},57600"))
    link.open(0)
    os.close(slave)
    return LinkPair(link, PtyMaster(master))


def turned(make: Callable[[], LinkPair]) -> Callable[[], LinkPair]:
    """The same pair, seen from the other end."""

    def make_turned() -> LinkPair:
        pair = make()
        pair.a, pair.b = pair.b, pair.a
        return pair

    return make_turned


@pytest.mark.parametrize("make", [memory_pair, delayed_memory_pair, tcp_pair, udp_pair, serial_pair])
@pytest.mark.parametrize("side", ["a", "b"])
def test_the_link_keeps_the_contract(make: Callable[[], LinkPair], side: str) -> None:
    """From the end that opened it and from the other."""
    check_link(make if side == "a" else turned(make))


class _Cutting(PtyMaster):
    """A broken link: it drops the last byte of what it is given."""

    def write(self, data: bytes) -> int:
        return super().write(data[:-1])


def test_the_contract_notices_a_broken_link() -> None:
    """A guard that cannot fail guards nothing."""

    def make() -> LinkPair:
        master, slave = pty.openpty()
        tty.setraw(slave)
        return LinkPair(_Cutting(master), PtyMaster(slave))

    with pytest.raises(AssertionError):
        check_link(make)


def test_receive_all_says_what_is_missing() -> None:
    """A link that gives too little is an error with both numbers, not an endless wait."""
    with pytest.raises(AssertionError, match="0 of 10 bytes"):
        receive_all(memory_pair(), memory_pair().b, 10)
