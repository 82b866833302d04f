"""`--metrics HOST:PORT`: one page for Prometheus, served within the run loop, without a thread.

A reader gets the page for `GET /metrics` and is disconnected. It can hold neither the loop (nothing here waits) nor
memory (`READERS` connections of at most `_LARGEST_REQUEST` bytes, the oldest gives way). It can change nothing.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
from collections.abc import Callable

from sortie.config.errors import UserError
from sortie.metrics.statistics import CONTENT_TYPE

READERS = 8
_LARGEST_REQUEST = 4096


class _Reader:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.request = b""
        self.answer: memoryview | None = None


class MetricsServer:
    """Listens from the start; UserError when the address cannot be bound. `fileno` is readable when `serve` has
    something to do."""

    def __init__(self, host: str, port: int, page: Callable[[], str]) -> None:
        self._page = page
        self._selector = selectors.DefaultSelector()
        self._readers: dict[int, _Reader] = {}
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listener = socket.create_server((host, port), family=family, backlog=READERS)
        except OSError as error:
            self._selector.close()
            # create_server adds words of its own to the system's; a name that is not found has a negative number
            number = error.errno or 0
            reason = os.strerror(number) if number > 0 else error.strerror or error
            raise UserError(f"--metrics {host}:{port}: {reason}") from error
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, None)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def fileno(self) -> int:
        return self._selector.fileno()

    def serve(self) -> None:
        """Take requests and send what can be sent now."""
        for key, _ in self._selector.select(0):
            if key.data is None:
                self._accept()
            else:
                self._advance(key.data)

    def close(self) -> None:
        for reader in list(self._readers.values()):
            self._drop(reader)
        self._selector.unregister(self._listener)
        self._listener.close()
        self._selector.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # gone again before we came
            return
        connection.setblocking(False)
        if len(self._readers) >= READERS:
            self._drop(next(iter(self._readers.values())))
        reader = self._readers[connection.fileno()] = _Reader(connection)
        self._selector.register(connection, selectors.EVENT_READ, reader)

    def _advance(self, reader: _Reader) -> None:
        try:
            if reader.answer is None:
                self._read(reader)
            else:
                reader.answer = reader.answer[reader.connection.send(reader.answer) :]
                if not reader.answer:
                    self._drop(reader)
        except BlockingIOError:
            return
        except OSError:  # it went away: its own affair
            self._drop(reader)

    def _read(self, reader: _Reader) -> None:
        data = reader.connection.recv(_LARGEST_REQUEST)
        reader.request += data
        if not data or len(reader.request) > _LARGEST_REQUEST:
            self._drop(reader)
        elif b"\r\n\r\n" in reader.request or b"\n\n" in reader.request:
            reader.answer = memoryview(self._answer(reader.request))
            self._selector.modify(reader.connection, selectors.EVENT_WRITE, reader)

    def _answer(self, request: bytes) -> bytes:
        method, _, rest = request.partition(b" ")
        path = rest.split(b" ", 1)[0].split(b"?", 1)[0]
        if method not in (b"GET", b"HEAD"):
            status, body = "405 Method Not Allowed", "only GET\n"
        elif path != b"/metrics":
            status, body = "404 Not Found", "see /metrics\n"
        else:
            status, body = "200 OK", self._page()
        data = body.encode()
        fields = ("Connection: close", f"Content-Type: {CONTENT_TYPE}", f"Content-Length: {len(data)}")
        head = "\r\n".join((f"HTTP/1.1 {status}", *fields, "", ""))
        return head.encode() + (b"" if method == b"HEAD" else data)

    def _drop(self, reader: _Reader) -> None:
        self._readers.pop(reader.connection.fileno(), None)
        with contextlib.suppress(KeyError):
            self._selector.unregister(reader.connection)
        reader.connection.close()
