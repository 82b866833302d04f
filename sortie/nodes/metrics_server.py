"""`--metrics HOST:PORT`: page for Prometheus with the last snapshot, served in threads.

The flight loop only posts references. A reader gets the page for `GET /metrics` and is disconnected. Readers cannot
delay the loop, nor use much memory (`READERS` connections with at most `LARGEST_REQUEST` bytes; the oldest is closed),
nor much processor time (at most `_PER_S` connections a second, because all Python threads share a lock). They can
change nothing.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from io import BufferedIOBase
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Final

from sortie.config.errors import UserError
from sortie.nodes.statistics import CONTENT_TYPE, Board

READERS: Final = 8
LARGEST_REQUEST: Final = 4096
_PER_S: Final = 100
_PATIENCE_S: Final = 10.0
_POLL_S: Final = 0.2


Files = Callable[[str], tuple[str, bytes] | None]
"""File at a path: type and content, called in the readers' threads. None: no such file."""


def no_files(path: str) -> None:
    """Return None: there are no files."""


class MetricsServer:
    """Server that listens from the start. UserError when the address cannot be bound. `files`: other files."""

    def __init__(self, host: str, port: int, board: Board, files: Files = no_files) -> None:
        try:
            self._listener = _Listener(host, port, board, files)
        except OSError as error:
            # a name that is not found has a negative number
            number = error.errno or 0
            reason = os.strerror(number) if number > 0 else error.strerror or error
            raise UserError(f"{reason}; choose another", option="metrics", given=f"{host}:{port}") from error
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(_POLL_S,), name="metrics", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.server_address[1])

    @property
    def readers(self) -> int:
        return len(self._listener.connections)

    def close(self) -> None:
        """Stop serving; open connections are closed."""
        self._listener.ended.set()
        self._listener.shutdown()
        self._thread.join()
        self._listener.cut_off()
        self._listener.server_close()


class _Listener(ThreadingMixIn, TCPServer):
    """Threading server of the standard library, with limits for the number and rate of readers."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = READERS

    def __init__(self, host: str, port: int, board: Board, files: Files) -> None:
        self.board = board
        self.files = files
        self.ended = threading.Event()
        self.connections: dict[int, socket.socket] = {}  # in order of connection; changed under `_guard`
        self._guard = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Reader)

    def get_request(self) -> tuple[Any, Any]:
        try:
            return super().get_request()
        except OSError:  # no file descriptors: the connection waits, and would be tried again at once
            self.ended.wait(_POLL_S)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            if len(self.connections) >= READERS:
                _cut(self.connections.pop(next(iter(self.connections))))
            self.connections[id(request)] = request
        super().process_request(request, client_address)
        self.ended.wait(1.0 / _PER_S)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self.connections.pop(id(request), None)
        super().shutdown_request(request)

    def cut_off(self) -> None:
        """Close all remaining connections; their threads then end."""
        with self._guard:
            for connection in self.connections.values():
                _cut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # disconnects and timeouts are the reader's own
            super().handle_error(request, client_address)


def _cut(connection: socket.socket) -> None:
    """Wake the thread that reads or writes there."""
    with contextlib.suppress(OSError):  # it was not connected any more
        connection.shutdown(socket.SHUT_RDWR)


class _Reader(BaseHTTPRequestHandler):
    server: _Listener
    timeout = _PATIENCE_S
    server_version = "sortie"
    sys_version = ""

    def setup(self) -> None:
        super().setup()
        self.rfile = BoundedStream(self.rfile)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            found: tuple[str, bytes] | None = (CONTENT_TYPE, self.server.board.take().prometheus().encode())
        else:
            found = self.server.files(path)
        kind, body = found or (CONTENT_TYPE, b"see /metrics\n")
        self.send_response(404 if found is None else 200)
        self.send_header("Connection", "close")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self.send_error(405, "only GET")

    do_PUT = do_DELETE = do_PATCH = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing, because a stranger must not fill a log."""


class BoundedStream(BufferedIOBase):
    """First `LARGEST_REQUEST` bytes of a stream, by lines; then its end."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._remaining = LARGEST_REQUEST

    def readline(self, size: int | None = -1) -> bytes:
        most = self._remaining if size is None or size < 0 else min(size, self._remaining)
        line: bytes = self._stream.readline(most)
        self._remaining -= len(line)
        return line

    def close(self) -> None:
        self._stream.close()
        super().close()
