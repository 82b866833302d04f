"""UDP links. What cannot be sent at once is lost; nothing waits for it.

`UdpOut` (udpout) sends to one address from the beginning, whether a receiver exists or not, from one socket while this
machine's address stays: a ground station takes a new source port for a new vehicle. `UdpPort` (udpin) is one socket
with a link for each peer.

An error of the network (no route, host down, refusal of an earlier datagram) is a lost datagram.
"""

from __future__ import annotations

import errno
import socket
from collections import deque

from mavlink_bridge.links.address import LinkError, LinkSpec, host_and_port
from mavlink_bridge.links.base import Link, LinkEnds
from mavlink_bridge.links.sockets import Address, SocketPort, ends_of, resolve
from mavlink_bridge.wire.framing import split_datagrams

_LARGEST_DATAGRAM = 65536
_DATAGRAMS_PER_PASS = 256
_INBOX_LIMIT = 256 * 1024
_RECEIVE_BUFFER = 1 << 20
_NO_WAY = (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EDESTADDRREQ)
"""Errors of a socket whose address has no route to the destination, or that has no address."""


class DatagramLink:
    """Base of links on which nothing is ever pending, and no connection is kept."""

    lossy = True
    pending, wants_write = 0, False

    def flush(self) -> None:
        """Do nothing."""

    def maintain(self, now_ms: int) -> None:
        """Do nothing."""

    def next_deadline_ms(self) -> int | None:
        return None


class UdpOut(DatagramLink):
    """`udpout:HOST:PORT`: sends from the beginning, reads from that address only."""

    def __init__(self, spec: LinkSpec) -> None:
        self.spec = spec
        self.name = spec.url
        self.lost = 0
        self._has_received = False
        self._socket: socket.socket | None = None
        self._family: socket.AddressFamily = socket.AF_INET
        self._address: Address = None

    @property
    def connected(self) -> bool:
        return self._socket is not None

    @property
    def present(self) -> bool:
        return self._has_received and self.connected

    def ends(self) -> LinkEnds | None:
        return ends_of(self._socket)

    def fileno(self) -> int | None:
        return None if self._socket is None else self._socket.fileno()

    def open(self, now_ms: int) -> None:
        self._family, self._address = resolve(self.spec, socket.SOCK_DGRAM)
        sock = self._new_socket()
        try:
            sock.connect(self._address)
        except OSError as problem:
            if problem.errno not in _NO_WAY:  # the network may come later
                sock.close()
                raise LinkError(f"link {self.name}: {_why_not(self.spec, problem)}") from problem
        self._socket = sock

    def read(self) -> bytes | None:
        if self._socket is None:
            return None
        received: list[bytes] = []
        for _ in range(_DATAGRAMS_PER_PASS):
            try:
                received.append(self._socket.recv(_LARGEST_DATAGRAM))
            except ConnectionRefusedError:
                continue  # no receiver yet
            except OSError:
                break  # mostly nothing to read
        self._has_received = self._has_received or bool(received)
        return b"".join(received)

    def write(self, data: bytes) -> int:
        if self._socket is None:
            return 0
        for datagram in split_datagrams(data):
            self._socket = self._send(self._socket, datagram)
        return len(data)

    def _new_socket(self) -> socket.socket:
        sock = socket.socket(self._family, socket.SOCK_DGRAM)
        sock.setblocking(False)
        _enlarge(sock)
        return sock

    def _send(self, through: socket.socket, datagram: bytes) -> socket.socket:
        """Send a datagram; returns the socket for the next one."""
        for _ in range(2):  # the refusal of an earlier datagram is reported instead of sending this one: try once more
            try:
                through.send(datagram)
                return through
            except ConnectionRefusedError:
                continue
            except OSError as problem:
                if problem.errno not in _NO_WAY:
                    break
                through = self._moved(through)
        self.lost += 1
        return through

    def _moved(self, old: socket.socket) -> socket.socket:
        """Replace a socket without a route: a connected socket keeps the machine's old address."""
        try:
            sock = self._new_socket()
        except OSError:  # there are no descriptors
            return old
        try:
            sock.connect(self._address)
        except OSError:
            sock.close()
            return old
        old.close()
        return sock

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class UdpPeer(DatagramLink):
    """Link to one address that was heard at a `UdpPort`, which watches for silence."""

    def __init__(self, port: UdpPort, address: Address, now_ms: int) -> None:
        self.name = f"{port.name} from {host_and_port(*address[:2])}"
        self.address = address
        self.heard_ms = now_ms
        self.lost = 0
        self._port: UdpPort | None = port
        self._inbox: deque[bytes] = deque()
        self._inbox_size = 0

    @property
    def connected(self) -> bool:
        return self._port is not None

    @property
    def present(self) -> bool:
        return self.connected

    def ends(self) -> LinkEnds | None:
        return None if self._port is None else self._port.ends(self.address)

    def fileno(self) -> int | None:
        return None

    def open(self, now_ms: int) -> None:
        """Do nothing: the peer exists."""

    def read(self) -> bytes | None:
        if self._inbox:
            data = b"".join(self._inbox)
            self._inbox.clear()
            self._inbox_size = 0
            return data
        return b"" if self._port is not None else None

    def write(self, data: bytes) -> int:
        if self._port is None:
            return 0
        for datagram in split_datagrams(data):
            if not self._port.send(datagram, self.address):
                self.lost += 1
        return len(data)

    def close(self) -> None:
        if self._port is not None:
            self._port.forget(self)
            self._port = None

    def deliver(self, datagram: bytes, now_ms: int) -> None:
        self.heard_ms = now_ms
        if self._inbox_size + len(datagram) <= _INBOX_LIMIT:
            self._inbox.append(datagram)
            self._inbox_size += len(datagram)


class UdpPort(SocketPort):
    """`udpin:HOST:PORT`: a link for each peer.

    At `largest` peers, a new one replaces one that was silent for `MAY_GO_MS`, or is refused. A peer is forgotten after
    `SILENT_MS`, which is long because some programs send once and then only listen.
    """

    SILENT_MS = 300_000
    MAY_GO_MS = 10_000

    def __init__(self, spec: LinkSpec, largest: int = 128) -> None:
        super().__init__(spec, largest)
        self._peers: dict[Address, UdpPeer] = {}
        self._readable: dict[Address, UdpPeer] = {}

    def open(self, now_ms: int) -> None:
        _enlarge(self._bind(socket.SOCK_DGRAM))

    def accept(self, now_ms: int) -> list[Link]:
        new: list[Link] = []
        for _ in range(_DATAGRAMS_PER_PASS if self._socket is not None else 0):
            received = self._receive()
            if received is None:
                break
            datagram, address = received
            peer = self._peers.get(address)
            if peer is None:
                if not self._has_room(now_ms):
                    self.refused += 1
                    continue
                peer = self._peers[address] = UdpPeer(self, address, now_ms)
                new.append(peer)
            peer.deliver(datagram, now_ms)
            self._readable[address] = peer
        return new

    def readable(self) -> list[Link]:
        if not self._readable:
            return []
        ready: list[Link] = list(self._readable.values())
        self._readable.clear()
        return ready

    def expire(self, now_ms: int) -> list[Link]:
        silent = [peer for peer in self._peers.values() if now_ms - peer.heard_ms > self.SILENT_MS]
        for peer in silent:
            peer.close()
        return list(silent)

    def close(self) -> None:
        for peer in list(self._peers.values()):
            peer.close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def send(self, datagram: bytes, address: Address) -> bool:
        """Send to a peer; False if it is lost here."""
        if self._socket is None:
            return False
        try:
            self._socket.sendto(datagram, address)
        except OSError:
            return False
        return True

    def ends(self, address: Address) -> LinkEnds | None:
        return ends_of(self._socket, address)

    def forget(self, peer: UdpPeer) -> None:
        self._peers.pop(peer.address, None)

    def _receive(self) -> tuple[bytes, Address] | None:
        if self._socket is None:
            return None
        try:
            return self._socket.recvfrom(_LARGEST_DATAGRAM)
        except OSError:  # mostly nothing to read
            return None

    def _has_room(self, now_ms: int) -> bool:
        if len(self._peers) < self._largest:
            return True
        oldest = min(self._peers.values(), key=lambda peer: peer.heard_ms)
        if now_ms - oldest.heard_ms < self.MAY_GO_MS:
            return False
        oldest.close()
        return True


def _why_not(spec: LinkSpec, problem: OSError) -> str:
    """Reason why a socket cannot send to an address. The system calls a broadcast "Permission denied"."""
    if problem.errno == errno.EACCES:
        return f"{spec.host} is a broadcast address; give the address of one receiver, or a link for each"
    return str(problem.strerror)


def _enlarge(sock: socket.socket) -> None:
    """Enlarge the buffers for bursts (parameter lists, fast simulations); the system may grant less."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _RECEIVE_BUFFER)
