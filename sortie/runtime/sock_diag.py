"""State of one socket of this machine, found by its addresses, from Linux's sock_diag (man 7 sock_diag). A query takes
some microseconds.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys
from enum import Enum, auto
from functools import lru_cache
from typing import Final

from autopilot.interface.records import dataclass
from mavlink_bridge.links.base import LinkEnds

_SOCK_DIAG, _BY_FAMILY, _REQUEST, _ERROR, _NO_ENTRY = 4, 20, 1, 2, 2
_HEADER, _FACTS, _ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=IIIII"), struct.Struct("=HH")
_FACTS_AT, _ATTRIBUTES_AT = 52, 72
"""In inet_diag_msg, whose size is the second. Facts are, behind states and addresses: expires, rqueue, wqueue, uid,
inode."""
_ANY, _NO_COOKIE = 0xFFFFFFFF, (0, 0xFFFFFFFF, 0xFFFFFFFF)
_INFO: Final = 2
"""INET_DIAG_INFO: tcp_info (linux/tcp.h), in which there are:"""
_RECEIVED_AT, _NOT_SENT_AT, _SENT_AT, _INFO_SIZE = 128, 144, 200, 216


class SocketGone(Enum):
    """Answer of the kernel: no such socket."""

    GONE = auto()


@dataclass(frozen=True, slots=True)
class Socket:
    """Socket of another process. `written`, `received`: bytes of the whole connection without retransmissions; None:
    unknown."""

    unread: int
    inode: int
    written: int | None = None
    received: int | None = None


class SockDiag:
    """Client of Linux's sock_diag(7)."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def ask(self, ends: LinkEnds, *, datagrams: bool) -> Socket | SocketGone | None:
        """Find the socket whose own end is `ends.other`; for datagrams, the one that receives what `ends.own` sends.
        None when Linux does not answer."""
        if sys.platform != "linux":
            return None
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG)
            self._socket.send(_question(ends, datagrams))
            answer = self._socket.recv(4096)
        except OSError:  # not supported or not permitted
            return None
        length, kind = _HEADER.unpack_from(answer)[:2]
        if kind == _ERROR and struct.unpack_from("=i", answer, _HEADER.size)[0] == -_NO_ENTRY:
            return SocketGone.GONE
        if kind != _BY_FAMILY or length < _HEADER.size + _ATTRIBUTES_AT:
            return None
        _, unread, _, _, inode = _FACTS.unpack_from(answer, _HEADER.size + _FACTS_AT)
        return Socket(unread, inode, *_counted(answer[:length]))

    def close(self) -> None:
        """Close the socket; the next question opens it again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _counted(answer: bytes) -> tuple[int | None, int | None]:
    """Return the bytes written and received. Linux counts them since 4.19."""
    at = _HEADER.size + _ATTRIBUTES_AT
    while at + _ATTRIBUTE.size <= len(answer):
        size, kind = _ATTRIBUTE.unpack_from(answer, at)
        if kind == _INFO and size >= _ATTRIBUTE.size + _INFO_SIZE:
            info = at + _ATTRIBUTE.size
            (received,) = struct.unpack_from("=Q", answer, info + _RECEIVED_AT)
            (waiting,) = struct.unpack_from("=I", answer, info + _NOT_SENT_AT)
            sent, again = struct.unpack_from("=QQ", answer, info + _SENT_AT)
            return sent - again + waiting, received
        at += max(size + 3 & ~3, _ATTRIBUTE.size)
    return None, None


@lru_cache(256)
def _question(ends: LinkEnds, datagrams: bool) -> bytes:
    """Make the request for the other end of a connection, or for the socket that receives our datagrams. Linux searches
    a UDP socket as for a datagram that arrives from the given source."""
    family = socket.AF_INET6 if ":" in ends.other[0] else socket.AF_INET
    protocol = socket.IPPROTO_UDP if datagrams else socket.IPPROTO_TCP
    own = ends.own if int(ipaddress.ip_address(ends.own[0])) else (ends.other[0], ends.own[1])  # bound to any address
    places = (own, ends.other) if datagrams else (ends.other, own)
    request = struct.pack("=BBBxI", family, protocol, 1 << _INFO - 1, _ANY)
    request += struct.pack("!HH", *(port for _, port in places))
    request += b"".join(socket.inet_pton(family, host).ljust(16, b"\0") for host, _ in places)
    request += struct.pack("=III", *_NO_COOKIE)
    return _HEADER.pack(_HEADER.size + len(request), _BY_FAMILY, _REQUEST, 0, 0) + request
