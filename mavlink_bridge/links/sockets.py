"""Functions for UDP and TCP links: resolve an address, open a socket, explain a port in use."""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
from collections import deque
from dataclasses import replace
from typing import Any

from mavlink_bridge.links.address import LinkError, LinkSpec
from mavlink_bridge.links.base import LinkEnds

Address = Any
"""Socket address: (host, port) or, for IPv6, (host, port, flow, scope)."""


def resolve(spec: LinkSpec, kind: socket.SocketKind) -> tuple[socket.AddressFamily, Address]:
    """Socket address of a link; LinkError for an unknown host. A name is resolved once, which may block. If it has
    addresses of IPv4 and IPv6, as localhost on many systems, that of IPv4 is taken: most MAVLink programs know no
    other."""
    try:
        host = spec.host.encode() if spec.host.isascii() else spec.host  # bytes need no IDNA tables
        found = socket.getaddrinfo(host, spec.port, type=kind)
    except OSError as problem:
        raise LinkError(f"link {spec.url}: host {spec.host!r} is unknown ({problem.strerror})") from problem
    except UnicodeError as problem:
        raise LinkError(f"link {spec.url}: {spec.host!r} is no name of a host") from problem
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, address


def listen(spec: LinkSpec, kind: socket.SocketKind) -> socket.socket:
    """Non-blocking socket bound to the link's address; LinkError names a port in use."""
    family, address = resolve(spec, kind)
    if ipaddress.ip_address(address[0].split("%")[0]).is_multicast:  # it could be bound, and would hear nothing
        raise LinkError(
            f"link {spec.url}: {spec.host} is a multicast address; write for example {spec.kind}:0.0.0.0:{spec.port}"
        )
    bound = socket.socket(family, kind)
    try:
        bound.setblocking(False)
        if kind == socket.SOCK_STREAM:
            # Allow a port whose last connection is in TIME_WAIT. Not for UDP, where on some systems two programs could
            # bind one port and share its traffic, nor on Windows, where that holds for TCP too.
            if sys.platform == "win32":
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        if kind == socket.SOCK_STREAM:
            bound.listen(128)
    except OSError as problem:
        bound.close()
        raise LinkError(_why_not(spec, problem)) from problem
    return bound


def _why_not(spec: LinkSpec, problem: OSError) -> str:
    if problem.errno == errno.EADDRINUSE:
        other = replace(spec, port=spec.port + 1 if spec.port < 65535 else spec.port - 1)
        return f"port {spec.port} is in use ({spec.url}); choose another, for example {other.url}"
    if problem.errno == errno.EADDRNOTAVAIL:
        return f"link {spec.url}: {spec.host} is no address of this machine; 127.0.0.1 or 0.0.0.0 would be"
    return f"link {spec.url}: {problem.strerror}"


class SocketPort:
    """Base of ports on one bound socket, for at most `largest` others. `refused`: number of those beyond."""

    def __init__(self, spec: LinkSpec, largest: int) -> None:
        self.spec = spec
        self.name = spec.url
        self.refused = 0
        self._largest = largest
        self._socket: socket.socket | None = None

    def fileno(self) -> int | None:
        return None if self._socket is None else self._socket.fileno()

    def _bind(self, kind: socket.SocketKind) -> socket.socket:
        """Bind the socket; port 0 becomes that which the system has chosen."""
        self._socket = bound = listen(self.spec, kind)
        self.spec = replace(self.spec, port=int(bound.getsockname()[1]))
        self.name = self.spec.url
        return bound


def ends_of(sock: socket.socket | None, other: Address = None) -> LinkEnds | None:
    """Ends of a socket; `other`: the peer of an unconnected one. None: not connected (any more)."""
    if sock is None:
        return None
    try:
        own, peer = sock.getsockname(), sock.getpeername() if other is None else other
    except OSError:  # the other end has gone
        return None
    return LinkEnds((own[0], own[1]), (peer[0], peer[1]))


class OutBuffer:
    """Bytes that a stream has not taken yet."""

    __slots__ = ("_parts", "size")

    def __init__(self) -> None:
        self._parts: deque[bytes] = deque()
        self.size = 0

    def push(self, data: bytes) -> None:
        if data:
            self._parts.append(data)
            self.size += len(data)

    def first(self) -> bytes:
        """Next piece to send; b"" if there is none."""
        return self._parts[0] if self._parts else b""

    def sent(self, count: int) -> None:
        """Remove the first `count` bytes of the first piece."""
        part = self._parts.popleft()
        self.size -= count
        if count < len(part):
            self._parts.appendleft(part[count:])

    def clear(self) -> None:
        self._parts.clear()
        self.size = 0
