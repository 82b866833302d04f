"""A controller that says what a test tells it to, and remembers every frame that comes to it: a TCP server."""

from __future__ import annotations

import socket
import time
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

_LIMIT_S = 240.0


class ScriptedController:
    """System 1, component 1, an ArduPilot copter in STABILIZE on the ground. `heard`: (message, its bytes)."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp:127.0.0.1:{self._server.getsockname()[1]}"
        self.mode = 0
        self.heard: list[tuple[Any, bytes]] = []
        self._mav = mavlink.MAVLink(None, 1, 1)
        self._other = mavlink.MAVLink(None, 1, 154)
        self._beat_s = 0.0
        self._line: socket.socket | None = None

    def accept(self) -> None:
        """Until Sortie has connected."""
        self._server.settimeout(_LIMIT_S)
        self._line = self._server.accept()[0]
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._line.settimeout(0.01)
        self._mav.robust_parsing = True

    @property
    def line(self) -> socket.socket:
        assert self._line is not None
        return self._line

    def say(self, message: Any) -> bytes:
        """Send it as the autopilot; its bytes."""
        return self._send(self._mav, message)

    def say_as_gimbal(self, message: Any) -> bytes:
        """Send it as component 154."""
        return self._send(self._other, message)

    def say_raw(self, data: bytes) -> None:
        self.line.sendall(data)

    def _send(self, mav: Any, message: Any) -> bytes:
        data = bytes(message.pack(mav))
        mav.seq = (mav.seq + 1) % 256
        self.line.sendall(data)
        return data

    def pump(self) -> None:
        """HEARTBEAT once a second; take in what has come."""
        if time.monotonic() - self._beat_s > 1.0:
            self._beat_s = time.monotonic()
            self.say(mavlink.MAVLink_heartbeat_message(2, 3, 81, self.mode, 3, 3))
        try:
            data = self.line.recv(65536)
        except TimeoutError:
            return
        for message in self._mav.parse_buffer(data) or []:
            self.heard.append((message, bytes(message.get_msgbuf())))

    def close(self) -> None:
        self._server.close()
        if self._line is not None:
            self._line.close()
