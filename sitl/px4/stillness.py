"""Stillness of a program with many threads: the moment when no thread runs or is about to run.

Linux reports the state of each thread (/proc/PID/task/TID/stat) and the processor time of the whole process in ns. If
all threads slept while that clock stood still, they have nothing to do until an outside event. Programs that it has
started count too, until they have ended.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

_RESTING: Final = b"SZXTt"
_PAUSE_S: Final = 20e-6
_THREADS_FIELD: Final = 17
"""Index of num_threads after the state in a line of stat."""


def is_supported() -> bool:
    """True on a system that reports thread states."""
    return sys.platform == "linux" and Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").exists()


class _Threads:
    """Threads of one process, as open files with their states."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}/task")
        self._clock = (~pid << 3) | 2  # clock_getcpuclockid(3): processor time of a whole process
        self._states: list[int] = []

    def time_ns(self) -> int:
        if sys.platform == "win32":
            return 0
        return time.clock_gettime_ns(self._clock)

    def rest(self) -> bool:
        """True if all threads sleep. OSError if one has ended meanwhile."""
        if sys.platform == "win32":
            return True
        if not self._states:
            # the first is the process itself
            threads = sorted(self._folder.iterdir(), key=lambda thread: int(thread.name))
            self._states = [os.open(thread / "stat", os.O_RDONLY) for thread in threads]
        for number, state in enumerate(self._states):
            line = os.pread(state, 512, 0)
            end = line.rindex(b")") + 2  # a name may contain any byte
            if line[end] not in _RESTING:
                return False
            if number == 0 and int(line[end:].split(maxsplit=_THREADS_FIELD + 1)[_THREADS_FIELD]) != len(self._states):
                self.close()
                return False
        return True

    def close(self) -> None:
        """Close the files; the next look opens those of the present threads."""
        for state in self._states:
            os.close(state)
        self._states.clear()


class Stillness:
    """Monitor of the threads of process `pid`: whether all of them sleep."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._threads = {pid: _Threads(pid)}
        self._starting = True  # True until all programs of its start have ended

    def wait(self, longest_s: float) -> bool:
        """Wait until it rests; False if it does not rest within `longest_s` s of real time."""
        end_s = time.monotonic() + longest_s
        while not self.rests():
            if time.monotonic() > end_s:
                return False
            time.sleep(_PAUSE_S)
        return True

    def rests(self) -> bool:
        """True if none of its threads runs. A program that has ended rests."""
        try:
            if self._starting:
                self._find_children()
            before = [threads.time_ns() for threads in self._threads.values()]
            return all(threads.rest() for threads in self._threads.values()) and before == [
                threads.time_ns() for threads in self._threads.values()
            ]
        except OSError:
            self.close()
            return not Path(f"/proc/{self._pid}/task").exists()

    def _find_children(self) -> None:
        """Find the programs that it has started at its start, until all of them have ended."""
        found, pending = {self._pid}, [self._pid]
        while pending:
            pid = pending.pop()
            children = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            found.update(children)
            pending += children
        self._starting = len(found) > 1 or len(self._threads) == 1
        for pid in self._threads.keys() - found:
            self._threads.pop(pid).close()
        for pid in found - self._threads.keys():
            self._threads[pid] = _Threads(pid)

    def close(self) -> None:
        for threads in self._threads.values():
            threads.close()
