"""A TCP link between a station and the running program that loses some of what the program sends."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from mavlink_bridge.wire.framing import FrameReader, MavlinkFrame


class LossyTcp:
    """Stations connect to `port`; frames of the program at `to` for which `loses` holds do not arrive, `lost` counts
    them. At first none get lost."""

    def __init__(self, to: int) -> None:
        self._to = to
        self.loses: Callable[[MavlinkFrame], bool] = lambda _: False
        self.lost = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open = [self._listener]
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                station, _ = self._listener.accept()
                program = socket.create_connection(("127.0.0.1", self._to))
                self._open += [station, program]
                threading.Thread(target=self._up, args=(station, program), daemon=True).start()
                threading.Thread(target=self._down, args=(program, station), daemon=True).start()

    def _up(self, station: socket.socket, program: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := station.recv(65536):
                program.sendall(data)

    def _down(self, program: socket.socket, station: socket.socket) -> None:
        reader = FrameReader()
        with contextlib.suppress(OSError):
            while data := program.recv(65536):
                for frame in reader.receive(data):
                    if self.loses(frame):
                        self.lost += 1
                    else:
                        station.sendall(frame.raw)
