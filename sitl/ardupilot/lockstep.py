"""The lockstep with ArduPilot SITL's JSON backend: a packet comes, the body flies it, the answer goes, and the
firmware's time is what the answer says. No answer, no time: a vehicle's time goes as far as `run` is asked to.

At the end of `run` the firmware waits for an answer: what it has written to its serial line is there to be read, and
what is written to it reaches it at this vehicle time.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Mapping
from struct import pack
from types import MappingProxyType
from typing import Final

from sitl.child import SitlChild, SitlError
from sitl.kernel.outside import MAGIC_16, MAGIC_32
from sitl.vehicles.outside import PACKET_BYTES, OutsideBody

#: Between looks at the firmware's process and serial line while it says nothing, s.
_LOOK_S: Final = 0.05
#: Silence, s of the wall, after which it counts as hung; it answers within a millisecond.
SILENT_S: Final = 20.0
#: An answer that was lost is given again when its packet comes again after so long, s; ArduPilot repeats after 1 s.
_LOST_S: Final = 0.5
#: How a packet of this size begins.
_PACKETS: Final = {40: MAGIC_16.to_bytes(2, "little"), PACKET_BYTES: MAGIC_32.to_bytes(2, "little")}


def _never() -> bool:
    return False


class SerialLine:
    """The firmware's first serial port, a TCP server on loopback: connected when it is there, again when it has begun
    anew."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._in, self._out = b"", b""

    def look(self) -> None:
        """Connect, if it is not connected or has been closed at the other end."""
        self._fetch()
        if self._socket is not None:
            return
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if made.connect_ex(("127.0.0.1", self._port)) != 0:  # on loopback at once, or refused
            made.close()
            return
        made.setblocking(False)
        self._socket, self._out = made, b""

    def read(self) -> bytes:
        """Take what has come."""
        self._fetch()
        data, self._in = self._in, b""
        return data

    def _fetch(self) -> None:
        while self._socket is not None:
            try:
                data = self._socket.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if data:
                self._in += data
            else:
                self.close()

    def write(self, data: bytes) -> None:
        """Send it; what the line does not take now follows with the next."""
        if self._socket is None:
            return
        self._out += data
        try:
            sent = self._socket.send(self._out)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        self._out = self._out[sent:]

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class JsonLockstep:
    """See the module. `receiver`: where packets come; `line`: the firmware's serial port; `child`: its process, which
    hangs when it has said nothing for `silent_s` of the wall."""

    switches: Mapping[str, Callable[[bool], None]] = MappingProxyType({})

    def __init__(
        self, body: OutsideBody, receiver: socket.socket, line: SerialLine, child: SitlChild, silent_s: float = SILENT_S
    ) -> None:
        self.body = body
        self.line = line
        self.child = child
        self._silent_s = silent_s
        self.exchanges = 0
        self.restarts = 0
        self._socket = receiver
        self._request, self._answer = body.request.data, body.answer.data
        self._address: tuple[str, int] | None = None
        self._waiting = False  # the firmware waits for an answer to what is in `request`
        self._told_s = 0.0

    def step(self, until_ms: float, stop: Callable[[], bool] = _never) -> bool:
        """Wait until the firmware waits for its sensors, and tell it what they show; False when it has these of
        `until_ms`, or at `stop()`, which is asked while it says nothing. SitlError when it has ended or hangs."""
        if not self._listen(stop) or self.body.time_ms >= until_ms:
            return False
        self._waiting = False
        again = not self.body.exchange()
        if again and time.monotonic() - self._told_s < _LOST_S:
            return True  # asked for once more while we held the answer, which it has by now
        assert self._address is not None
        self._socket.sendto(self._answer, self._address)
        self._told_s = time.monotonic()
        self.exchanges += 1
        return True

    def _listen(self, stop: Callable[[], bool]) -> bool:
        """Wait for a packet; False when it was told to stop."""
        silent_s = 0.0
        while not self._waiting:
            try:
                size, address = self._socket.recvfrom_into(self._request)
            except (BlockingIOError, TimeoutError):
                silent_s += _LOOK_S
                self._look(silent_s)
                if stop():
                    return False
                continue
            if _PACKETS.get(size) != bytes(self._request[:2]):
                continue
            if address != self._address or self._count() < self.body.count:
                self._begin(address)
            self._waiting = True
        return True

    def _count(self) -> int:
        return int.from_bytes(self._request[4:8], "little")

    def _begin(self, address: tuple[str, int]) -> None:
        """Note that it has begun, or begun anew; the body stays where it is, and so does its time."""
        if self._address is not None:
            self.restarts += 1
        self._address = address
        self.body.restarted()

    def _look(self, silent_s: float) -> None:
        self.child.check()
        self.line.look()
        if silent_s > self._silent_s:
            raise SitlError(f"ArduPilot SITL hangs: nothing came for {self._silent_s:g} s", ended=True)

    def close(self) -> None:
        """End the firmware."""
        self.child.stop()
        self.line.close()
        self._socket.close()


def open_receiver() -> socket.socket:
    """A socket on a free port for the packets of a firmware. It waits for `_LOOK_S` by itself: a timeout of Python's
    would be a system call more for each packet."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wait = pack("@L", round(1e3 * _LOOK_S)) if sys.platform == "win32" else pack("@ll", 0, round(1e6 * _LOOK_S))
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, wait)
    made.bind(("127.0.0.1", 0))
    return made
