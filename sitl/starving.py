"""Tells a process that hangs from one that gets no processor time.

Linux counts how long each thread was ready to run but waited for a processor (/proc/PID/task/TID/schedstat). On an
overloaded machine PX4 needs more than a minute to start. Time that was waited so does not count as silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from math import fsum
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_COUNTED_FROM_S: Final = 0.1
"""Silence from which waits for a processor are counted: nearly all silences are shorter, and counting reads files."""
_PATIENCE: Final = 15
"""Most times that a limit is granted again to a starved process: one with many threads waits all the time."""


class ProcessSilence:
    """Counts the silence of process `pid`, wall time in s. It hangs when `limit_s` have passed besides the time for
    which it waited for a processor."""

    def __init__(self, pid: int, limit_s: float) -> None:
        self.limit_s = limit_s
        self.seconds = 0.0
        self._pid = pid
        self._waited_before_s: float | None = None

    def lasts(self, seconds: float) -> None:
        """Count `seconds` more."""
        self.seconds += seconds
        if self._waited_before_s is None and self.seconds >= _COUNTED_FROM_S:
            self._waited_before_s = waited_s(self._pid)

    def broken(self) -> None:
        """Reset the count: the process has sent something."""
        self.seconds, self._waited_before_s = 0.0, None

    def hangs(self) -> bool:
        """True when the limit has passed."""
        if self.seconds <= self.limit_s:
            return False
        starved_s = 0.0 if self._waited_before_s is None else waited_s(self._pid) - self._waited_before_s
        return self.seconds > extended_s(self.limit_s, starved_s)


def extended_s(limit_s: float, starved_s: float) -> float:
    """Limit, s, for who has waited `starved_s` for a processor meanwhile: at most `_PATIENCE` limits more."""
    return limit_s + min(starved_s, _PATIENCE * limit_s)


def waits_s(pid: int) -> dict[int, float]:
    """Time in s that each thread of the process has waited for a processor, by its number; empty where the system has
    no such counter."""
    waits: dict[int, float] = {}
    with suppress(OSError, IndexError):  # the process has ended, or the system is not Linux
        for task in (_PROC / str(pid) / "task").iterdir():
            waits[int(task.name)] = 1e-9 * int((task / "schedstat").read_text().split()[1])
    return waits


def starved_s(before: Mapping[int, float], now: Mapping[int, float], elapsed_s: float) -> float:
    """Time in s that threads have waited for a processor between two readings of `waits_s`. At most the time that has
    passed, because they wait side by side; a new thread counts from its first reading."""
    return min(fsum(waited - before.get(thread, waited) for thread, waited in now.items()), elapsed_s)


def waited_s(pid: int) -> float:
    """Time in s that the threads of the process and of its children have waited for a processor; 0 where the system has
    no such counter."""
    total_s = fsum(waits_s(pid).values())
    with suppress(OSError):
        for task in (_PROC / str(pid) / "task").iterdir():
            total_s += fsum(waited_s(int(child)) for child in (task / "children").read_text().split())
    return total_s
