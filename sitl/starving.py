"""A program that says nothing: does it hang, or has it no processor?

Linux tells how long each thread has waited for one while it could have run (/proc/PID/task/TID/schedstat). On a machine
that has far more to do than it can, PX4 needs more than a minute to start.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_LOOK_S: Final = 0.1
_SHARE: Final = 0.5
"""Of the time of a look: waiting longer than that is lacking a processor."""
_MOST: Final = 15
"""Limits of silence that pass so, before it hangs in any case."""


class Silence:
    """Silence of a program, `pid`: it hangs when it has lasted for `limit_s` of the wall, or for as many more as it
    lacks a processor at their ends."""

    def __init__(self, pid: int, limit_s: float) -> None:
        self.limit_s = limit_s
        self.seconds = 0.0
        self._pid, self._granted = pid, 0

    def broken(self) -> None:
        """Note that it has said something."""
        self.seconds, self._granted = 0.0, 0

    def hangs(self) -> bool:
        """True when nothing more is to be waited for."""
        if self.seconds <= self.limit_s * (1 + self._granted):
            return False
        if self._granted < _MOST and starves(self._pid):
            self._granted += 1
            return False
        return True


def starves(pid: int) -> bool:
    """True when this program, or one that it has started, could run and may not. False where nobody tells."""
    before_s = waited_s(pid)
    time.sleep(_LOOK_S)
    return waited_s(pid) - before_s > _SHARE * _LOOK_S


def waited_s(pid: int) -> float:
    """Time that its threads, and those of programs that it has started, have waited for a processor, s."""
    total_s = 0.0
    try:
        for task in (_PROC / str(pid) / "task").iterdir():
            total_s += 1e-9 * int((task / "schedstat").read_text().split()[1])
            total_s += sum(waited_s(int(child)) for child in (task / "children").read_text().split())
    except (OSError, IndexError):  # it has ended meanwhile, or the system is another one
        return total_s
    return total_s
