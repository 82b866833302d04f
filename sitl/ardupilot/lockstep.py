"""Lockstep with ArduPilot SITL's JSON backend. A packet comes, the body runs its steps, and the answer sets the
firmware's time. Without an answer the firmware's time stands still, so `run` decides how far it goes.

At the end of `run` the firmware waits for an answer. Its output on its serial line can be read then, and input that is
written now reaches it at this vehicle time.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from struct import pack
from types import MappingProxyType
from typing import Final

from sitl.child import SitlChild, SitlError
from sitl.kernel import packets as K
from sitl.starving import ProcessSilence
from sitl.vehicles.outside import OutsideBody

#: Time between checks of the firmware's process and serial line while it is silent, s.
_LOOK_S: Final = 0.05
#: Silence after which the firmware counts as hung, s of real time; it normally answers within a millisecond.
SILENT_S: Final = 20.0
#: Vehicle time between two looks whether a firmware has ended, ms.
_ENDING_MS: Final = 10.0
#: A packet that comes again after this time, s, gets its answer again, because the answer was lost. ArduPilot repeats
#: after 1 s.
_LOST_S: Final = 0.5


def _never() -> bool:
    return False


class SerialLine:
    """The firmware's first serial port, a TCP server on loopback. It connects when the server is there, and again after
    a restart of the firmware."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._in, self._out = b"", b""

    def look(self) -> None:
        """Connect, if it is not connected or the other end has closed."""
        self._fetch()
        if self._socket is not None:
            return
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if made.connect_ex(("127.0.0.1", self._port)) != 0:  # on loopback this connects at once or is refused
            made.close()
            return
        made.setblocking(False)
        self._socket, self._out = made, b""

    def read(self) -> bytes:
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
        """Send bytes. What the line does not take now is sent with the next call."""
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
    """A firmware in lockstep; see the module. `receiver`: socket for its packets; `line`: its serial port; `child`: its
    process, which counts as hung after `silent_s` s of real time without a new packet."""

    in_python = False
    switches: Mapping[str, Callable[[bool], None]] = MappingProxyType({})

    def __init__(
        self, body: OutsideBody, receiver: socket.socket, line: SerialLine, child: SitlChild, silent_s: float = SILENT_S
    ) -> None:
        self.body = body
        self.line = line
        self.child = child
        self._silence = ProcessSilence(child.pid, silent_s)
        self.restarts = 0
        self._socket = receiver
        self._answered_s = 0.0
        body.listen(receiver.fileno())

    def step(self, until_ms: float, stop: Callable[[], bool] = _never) -> bool:
        """Answer the firmware's packets as long as they come. False if one waits at `until_ms`, or if `stop()` is true;
        `stop` is asked while the firmware is silent. SitlError if it has ended or hangs."""
        before, begun_s = self.body.count, time.monotonic()
        result = self.body.exchange_until(until_ms)
        now_s = time.monotonic()
        if self.body.count != before:
            self._answered_s = now_s
            self._silence.broken()  # what is repeated is no progress: our answers do not reach it
        match result:
            case K.REACHED:
                return self.body.time_ms < until_ms
            case K.BEGINS:
                self.restarts += self.body.begins()
            case K.AGAIN:  # unless it was repeated before our answer arrived
                if now_s - self._answered_s >= _LOST_S:
                    self._answered_s = now_s
                    self.body.repeat()
            case K.SILENT:
                self._silence.lasts(min(now_s - begun_s, _LOOK_S))
                self._look()
                return not stop()
        return True

    def _look(self) -> None:
        self.child.check()
        self.line.look()
        if self._silence.hangs():
            raise SitlError(f"ArduPilot SITL hangs: nothing came for {self._silence.limit_s:g} s", ended=True)

    def close(self) -> None:
        """End the firmware. The body stays where it is."""
        state = self.body.machine.rows().state
        last = state.copy()
        self.child.stop(self._answer)
        state[:] = last
        self.line.close()
        self._socket.close()

    def _answer(self) -> None:
        """Answer packets for a moment: ArduPilot notices SIGTERM when its main loop goes on."""
        with suppress(SitlError):  # its body has diverged, or it hangs
            self.step(self.body.time_ms + _ENDING_MS, _never)


def open_receiver() -> socket.socket:
    """Open a socket on a free port for the packets of a firmware. Its own timeout is `_LOOK_S`; Python's timeout would
    cost one more system call for each packet."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wait = pack("@L", round(1e3 * _LOOK_S)) if sys.platform == "win32" else pack("@ll", 0, round(1e6 * _LOOK_S))
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, wait)
    made.bind(("127.0.0.1", 0))
    return made
