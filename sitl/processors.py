"""Processors for firmwares in lockstep.

A firmware and the thread that answers it wait for each other in turn, some hundred times in a second of vehicle time.
On two processors each of these waits ends with a wakeup of the other processor, which takes longer than the work
between them (on two virtual processors an ArduCopter flew at half the speed). So both keep to one processor.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from random import SystemRandom

_TURNS: Iterator[int] = count()
_RANDOM = SystemRandom()  # not seeded: processes that were forked would choose the same


def next_processor() -> int:
    """Number of the processor for one more firmware: that to which the fewest programs of this machine keep. Elsewhere
    than on Linux, which processor a program uses is not seen, and all take turns."""
    if sys.platform != "linux":
        return next(_TURNS) % (os.cpu_count() or 1)
    taken = Counter(_kept_to())
    return min(os.sched_getaffinity(0), key=lambda processor: (taken[processor], _RANDOM.random()))


def keep_to(processor: int) -> None:
    """Let the calling thread, or process without other threads, run on `processor` only, where the system can."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {processor})


def _kept_to() -> Iterator[int]:
    """Yield the processor of each program that keeps to one. Threads of the system, which have no command line, do not
    count."""
    if sys.platform != "linux":
        return
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):  # it has ended, or is no process
            allowed = os.sched_getaffinity(int(entry.name))
            if len(allowed) == 1 and (entry / "cmdline").read_bytes():
                yield from allowed
