"""Rest of a program with many threads: the moment when none of them runs, or is about to.

Linux tells it: the state of each thread (/proc/PID/task/TID/stat), and the processor time of the whole process, to the
nanosecond. Threads that all slept while that clock stood still have nothing to do before somebody outside wakes one.
Programs that it has started count too, as long as there are any.
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
"""Place of num_threads behind the state in a line of stat."""


def is_told() -> bool:
    """True on a system that says which threads run."""
    return sys.platform == "linux" and Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").exists()


class _Threads:
    """Threads of one process, by open files of their states."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}/task")
        self._clock = (~pid << 3) | 2  # clock_getcpuclockid(3): processor time of a whole process
        self._states: list[int] = []

    def time_ns(self) -> int:
        if sys.platform == "win32":
            return 0
        return time.clock_gettime_ns(self._clock)

    def rest(self) -> bool:
        """True when all of them sleep. OSError: one has ended meanwhile."""
        if sys.platform == "win32":
            return True
        if not self._states:
            threads = sorted(self._folder.iterdir(), key=lambda thread: int(thread.name))  # the first is the process
            self._states = [os.open(thread / "stat", os.O_RDONLY) for thread in threads]
        for number, state in enumerate(self._states):
            line = os.pread(state, 512, 0)
            end = line.rindex(b")") + 2  # a name may hold anything
            if line[end] not in _RESTING:
                return False
            if number == 0 and int(line[end:].split(maxsplit=_THREADS_FIELD + 1)[_THREADS_FIELD]) != len(self._states):
                self.close()
                return False
        return True

    def close(self) -> None:
        """Look anew which there are."""
        for state in self._states:
            os.close(state)
        self._states.clear()


class Stillness:
    """See the module; of the program `pid`."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._threads = {pid: _Threads(pid)}
        self._starting = True  # until all of what it has started is over

    def wait(self, longest_s: float) -> bool:
        """Wait until it rests; False when that did not come within `longest_s` of the wall."""
        end_s = time.monotonic() + longest_s
        while not self.rests():
            if time.monotonic() > end_s:
                return False
            time.sleep(_PAUSE_S)
        return True

    def rests(self) -> bool:
        """True when no thread of it runs. One that has ended rests."""
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
        """Note which programs it has started: those of its start, until all of them are over."""
        found, asked = {self._pid}, [self._pid]
        while asked:
            pid = asked.pop()
            children = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            found.update(children)
            asked += children
        self._starting = len(found) > 1 or len(self._threads) == 1
        for pid in self._threads.keys() - found:
            self._threads.pop(pid).close()
        for pid in found - self._threads.keys():
            self._threads[pid] = _Threads(pid)

    def close(self) -> None:
        for threads in self._threads.values():
            threads.close()
