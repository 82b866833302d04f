"""What lies between a controller program and Sortie: a thread that carries bytes both ways, in real time."""

from __future__ import annotations

import select
import threading
import time
from pathlib import Path

from tests.fakes.controller_program import ControllerProgram

_TURN_S = 0.005


class Throttle:
    """A line of `baud` (8N1), at the controller's speed: what is beyond its share of time waits. None: no limit."""

    def __init__(self, baud: int | None, speedup: float) -> None:
        self._rate = None if baud is None else baud / 10.0 * speedup
        self._free = 0.0
        self._seen_s = time.monotonic()
        self._waiting = b""

    def __call__(self, data: bytes) -> bytes:
        self._waiting += data
        if self._rate is None:
            taken, self._waiting = self._waiting, b""
            return taken
        now_s = time.monotonic()
        self._free = min(self._free + (now_s - self._seen_s) * self._rate, max(self._rate * 0.05, 300.0))
        self._seen_s = now_s
        count = int(self._free)
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        self._free -= len(taken)
        return taken


class Carrier:
    """Base: `take` what Sortie has sent, `give` it what the controller has. `controller` is the program."""

    def __init__(self, folder: Path, *, baud: int | None = None, speedup: float = 1.0) -> None:
        self.controller = ControllerProgram(folder, speedup=speedup)
        self.lock = threading.Lock()
        self._up, self._down = Throttle(baud, speedup), Throttle(baud, speedup)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def begin(self) -> None:
        """Carry from now on."""
        self._thread.start()

    def take(self) -> bytes:
        """What Sortie has sent."""
        raise NotImplementedError

    def give(self, data: bytes) -> None:
        """To Sortie."""
        raise NotImplementedError

    def restart(self) -> None:
        """The controller's power is lost and comes back; the line stays."""
        with self.lock:
            self.controller.restart()

    def _carry(self) -> None:
        while not self._stop.is_set():
            with self.lock:
                line = self.controller.line
                ready, _, _ = select.select([line], [], [], 0.0)
                self.give(self._down(line.recv(65536) if ready else b""))
                out = self._up(self.take())
                if out:
                    line.sendall(out)
            self._stop.wait(_TURN_S)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.controller.close()
