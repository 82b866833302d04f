"""TCP links: `TcpPort` (tcpin) makes a link for each client, `TcpClient` (tcp) connects and reconnects."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable

from mavlink_bridge.links.address import LinkSpec, host_and_port
from mavlink_bridge.links.base import Link, LinkEnds
from mavlink_bridge.links.sockets import Address, SocketPort, ends_of, resolve
from mavlink_bridge.links.stream import ReturningLink, StreamLink

_ACCEPTED_PER_PASS = 8
_SEND_BUFFER = 128 * 1024
"""Send buffer, bytes. Without it the kernel's buffer grows to megabytes and is writable again only when a third is
free, so that a client which reads all the time seems to have stopped for seconds."""
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)
_BROWSER = (b"GET ", b"POST ", b"PUT ", b"HEAD ", b"OPTIONS ", b"PATCH ", b"DELETE ", b"CONNECT ", b"TRACE ")
"""Beginnings of HTTP requests. A web page can make a browser send MAVLink frames after one, to loopback."""


def _acknowledge(connection: socket.socket | None) -> None:
    """Acknowledge received bytes at once where the system can (Linux, until the next answer). Otherwise a peer with
    Nagle's algorithm, as MAVSDK, waits up to 40 ms with its second message. An answer acknowledges by itself, and a
    segment less is sent for each request."""
    if connection is not None and _QUICKACK is not None:
        connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)


class TcpLink(StreamLink):
    """Link of a client that a `TcpPort` accepted; it ends with the client."""

    def __init__(self, name: str, accepted: socket.socket) -> None:
        super().__init__(name)
        self._socket: socket.socket | None = accepted
        self._began = False

    @property
    def connected(self) -> bool:
        return self._socket is not None

    def fileno(self) -> int | None:
        return None if self._socket is None else self._socket.fileno()

    def ends(self) -> LinkEnds | None:
        return ends_of(self._socket)

    def open(self, now_ms: int) -> None:
        """Do nothing: the connection exists."""

    def maintain(self, now_ms: int) -> None:
        """Do nothing: a client that comes back is another link."""

    def next_deadline_ms(self) -> int | None:
        return None

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            self._out.clear()

    def _receive(self, size: int) -> bytes:
        data = b"" if self._socket is None else self._socket.recv(size)
        if not self._began:
            if data.startswith(_BROWSER):
                return b""  # the stream has ended
            self._began = True
        return data

    def _send(self, data: bytes) -> int:
        return 0 if self._socket is None else self._socket.send(data)

    def _acknowledge(self) -> None:
        _acknowledge(self._socket)

    def _lose(self) -> None:
        self.close()


class TcpPort(SocketPort):
    """`tcpin:HOST:PORT` with at most `largest` clients; more are disconnected at once."""

    def __init__(self, spec: LinkSpec, largest: int = 256) -> None:
        super().__init__(spec, largest)
        self._clients: list[TcpLink] = []
        self._spare = -1

    def open(self, now_ms: int) -> None:
        self._bind(socket.SOCK_STREAM)
        self._spare = os.open(os.devnull, os.O_RDONLY)

    def accept(self, now_ms: int) -> list[Link]:
        new: list[Link] = []
        self._clients = [client for client in self._clients if client.connected]
        for _ in range(_ACCEPTED_PER_PASS if self._socket is not None else 0):
            client = self._accept_one()
            if client is None:
                break
            if len(self._clients) >= self._largest:
                self.refused += 1
                client.close()
                continue
            self._clients.append(client)
            new.append(client)
        return new

    def readable(self) -> list[Link]:
        return []

    def expire(self, now_ms: int) -> list[Link]:
        return []

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._clients.clear()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            os.close(self._spare)

    def _accept_one(self) -> TcpLink | None:
        if self._socket is None:
            return None
        try:
            accepted, address = self._socket.accept()
        except OSError as problem:  # mostly no client; or it has gone again
            if problem.errno in (errno.EMFILE, errno.ENFILE):
                self._turn_away(self._socket)
            return None
        accepted.setblocking(False)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        return TcpLink(f"{self.name} from {host_and_port(*address[:2])}", accepted)

    def _turn_away(self, listener: socket.socket) -> None:
        """Disconnect a waiting client when there are no descriptors: it would wake the loop for ever. The spare
        descriptor accepts it for that."""
        self.refused += 1
        os.close(self._spare)
        try:
            listener.accept()[0].close()
        except OSError:
            pass  # it has gone
        finally:
            self._spare = os.open(os.devnull, os.O_RDONLY)


class TcpClient(ReturningLink[socket.socket]):
    """`tcp:HOST:PORT`: connects, and after a loss reconnects every 0.1 to 2 s. `report` gets a line when nothing
    listens, once until something does."""

    def __init__(self, spec: LinkSpec, *, report: Callable[[str], None] = lambda text: None) -> None:
        super().__init__(spec.url)
        self.spec = spec
        self._report = report
        self._reported = False
        self._family: socket.AddressFamily = socket.AF_INET
        self._address: Address = None
        self._connecting = False

    @property
    def connected(self) -> bool:
        return self._stream is not None and not self._connecting

    @property
    def wants_write(self) -> bool:
        return self._connecting or self._out.size > 0

    def ends(self) -> LinkEnds | None:
        return ends_of(self._stream) if self.connected else None

    def open(self, now_ms: int) -> None:
        self._family, self._address = resolve(self.spec, socket.SOCK_STREAM)
        self._connect()

    def flush(self) -> None:
        if self._connecting:
            self._finish_connecting()
        super().flush()

    def maintain(self, now_ms: int) -> None:
        if self._stream is None and not self._closed and self._backoff.due(now_ms):
            self._connect()

    def _connect(self) -> None:
        try:
            sock = socket.socket(self._family, socket.SOCK_STREAM)
        except OSError:  # there are no descriptors: a later attempt may have one
            self._fail()
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream, self._connecting = sock, True
        problem = sock.connect_ex(self._address)
        if problem not in (0, errno.EINPROGRESS, errno.EINTR):
            self._fail()

    def _finish_connecting(self) -> None:
        if self._stream is None:
            return
        problem = self._stream.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if problem:
            self._fail()
            return
        try:
            self._stream.getpeername()
        except OSError:
            return  # not connected yet
        self._connecting = self._reported = False
        self._backoff.reset()

    def _fail(self) -> None:
        self._lose()
        if not self._reported:
            self._reported = True
            self._report(f"no connection to {self.name}; trying again")

    def _receive(self, size: int) -> bytes:
        return b"" if self._stream is None else self._stream.recv(size)

    def _send(self, data: bytes) -> int:
        return 0 if self._stream is None else self._stream.send(data)

    def _acknowledge(self) -> None:
        _acknowledge(self._stream)

    def _lose(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._connecting = False
        self._out.clear()
