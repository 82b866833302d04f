"""Tells a firmware process that hangs from one that gets no processor time.

Linux counts how long each thread was ready to run but waited for a processor (/proc/PID/task/TID/schedstat). On an
overloaded machine PX4 needs more than a minute to start.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_LOOK_S: Final = 0.1
_SHARE: Final = 0.5
"""Share of `_LOOK_S` that a process must wait for a processor to count as starved."""
_MOST: Final = 15
"""Number of extra limits that a starved process is granted."""


class ProcessSilence:
    """Counts the silence of process `pid`, wall time in s. The process hangs when `limit_s` have passed. If it is
    starved at that moment, it gets `limit_s` more, at most `_MOST` times."""

    def __init__(self, pid: int, limit_s: float) -> None:
        self.limit_s = limit_s
        self.seconds = 0.0
        self._pid, self._granted = pid, 0

    def broken(self) -> None:
        """Reset the count: the process has sent something."""
        self.seconds, self._granted = 0.0, 0

    def hangs(self) -> bool:
        """True when the limit has passed and the process was not starved."""
        if self.seconds <= self.limit_s * (1 + self._granted):
            return False
        if self._granted < _MOST and starves(self._pid):
            self._granted += 1
            return False
        return True


def starves(pid: int) -> bool:
    """True if the process or a child of it is ready to run but gets no processor. False where the system has no such
    counter."""
    before_s = waited_s(pid)
    time.sleep(_LOOK_S)
    return waited_s(pid) - before_s > _SHARE * _LOOK_S


def waited_s(pid: int) -> float:
    """Time in s that the threads of the process and of its children have waited for a processor."""
    total_s = 0.0
    try:
        for task in (_PROC / str(pid) / "task").iterdir():
            total_s += 1e-9 * int((task / "schedstat").read_text().split()[1])
            total_s += sum(waited_s(int(child)) for child in (task / "children").read_text().split())
    except (OSError, IndexError):  # the process has ended, or the system is not Linux
        return total_s
    return total_s
