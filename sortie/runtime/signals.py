"""Signals of every command, in one place: SIGTERM ends with status 0, Ctrl-C with 130.

From the first moment on (`end_at_once`) both end the program as exceptions do. A runtime that has something to bring to
an end in order takes them over (`Signals.install`): they are noted, and end its turns.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


class Interrupted(KeyboardInterrupt):
    """Ctrl-C. A class of its own because CPython, when a plain KeyboardInterrupt passes through an `exec` of text (each
    dataclass that is being imported is one), ends the process by the signal itself although it was caught."""


def end_at_once() -> None:
    """Until a runtime takes over: SIGTERM raises SystemExit(0), Ctrl-C `Interrupted`."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _interrupt)


def leave_to_parent() -> None:
    """In a process that works for another: Ctrl-C, which reaches both, is the other's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


class Signals:
    """What has come. `number` is the signal that ends the runtime. `first_interrupt` is asked at the first Ctrl-C: True
    says that it has made a vehicle safe, and only the second one ends anything."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.first_interrupt: Callable[[], bool] | None = None
        self.running = False
        """Is there a turn that looks at `number`? Before that a signal ends the program at once."""
        self._interrupted = False
        self._replaced: dict[int, Any] = {}

    def install(self, wake_fd: int) -> None:
        """From now on they are noted here, and a byte is written to `wake_fd`."""
        signal.set_wakeup_fd(wake_fd, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            self._replaced[number] = signal.signal(number, self._note)

    def silence(self) -> None:
        """`wake_fd` is about to be closed; further signals are only noted."""
        if self._replaced:
            signal.set_wakeup_fd(-1)

    def remove(self) -> None:
        """They do again what they did before."""
        while self._replaced:
            signal.signal(*self._replaced.popitem())

    def act(self) -> None:
        """Between two turns: let the first Ctrl-C do what it is to do."""
        if self._interrupted and self.first_interrupt is not None:
            holds, self.first_interrupt = self.first_interrupt(), None
            if not holds:
                self.number = signal.SIGINT

    @property
    def exit_status(self) -> int | None:
        """What the signal that ended the runtime stands for: 0 SIGTERM, 130 Ctrl-C; None without one."""
        if self.number is None:
            return None
        return 0 if self.number == signal.SIGTERM else 130

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and self.running and self.first_interrupt is not None and not self._interrupted:
            self._interrupted = True  # acted on between two turns, not in the middle of a pass
            return
        self.number = number
        if not self.running:
            raise SystemExit(self.exit_status)
