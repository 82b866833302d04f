"""How fast this machine is just now, against the quiet machine that the floors were written on.

The same commit flew 1,034 and 2,550 times real time on two days of one shared machine. So each run measures a fixed
piece of work beside its figures: compiled (floating point in one numba function, as the flight kernel) and plain
(objects, dictionaries, packing, as everything else), alone and with a second process doing the same (a client beside
the vehicle). A floor is scaled by the share of the reference that is left, never above the floor itself.
"""

from __future__ import annotations

import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from numba import njit

#: Pieces of work per second on the quiet machine of the floors, by kind and number of processes at work.
REFERENCE = {("compiled", 1): 4_350.0, ("compiled", 2): 4_250.0, ("plain", 1): 21_200.0, ("plain", 2): 21_700.0}
ROUNDS = 3
ROUND_S = 0.15
_PACK = struct.Struct("<IiiihhhH")


@njit
def _compiled_piece(steps: int) -> float:
    """A damped rotation, with a square root and a division a step: the mix of the flight kernel."""
    x, y, total = 1.0, 0.0, 0.0
    for _ in range(steps):
        x, y = 0.999 * x - 0.0447 * y, 0.999 * y + 0.0447 * x
        length = (x * x + y * y) ** 0.5
        x, y = x / length, y / length
        total += abs(x - y)
    return total


def _plain_piece() -> int:
    """Attributes, a dictionary, a list, packing: the mix of a pass of the run loop."""
    seen: dict[int, bytes] = {}
    for number in range(400):
        seen[number & 63] = _PACK.pack(number, number * 3, -number, 7, number & 127, 2, 3, 4)
    return sum(len(value) for value in seen.values()) + len(sorted(seen, reverse=True))


def _rate(piece: Callable[[], object], seconds: float) -> float:
    """Pieces per second of wall time."""
    count, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        piece()
        count += 1
    return count / passed


_PIECES: dict[str, Callable[[], object]] = {"compiled": lambda: _compiled_piece(20_000), "plain": _plain_piece}


def share(kind: str, processes: int) -> float:
    """How much of the reference's speed there is now: median of `ROUNDS`, alone or beside a second process with the
    same work. 1 is the machine of the floors. Takes half a second."""
    piece = _PIECES[kind]
    piece()
    if processes == 1:
        rate = statistics.median(_rate(piece, ROUND_S) for _ in range(ROUNDS))
    else:
        with subprocess.Popen([sys.executable, str(Path(__file__)), kind], stdout=subprocess.PIPE, text=True) as beside:
            assert beside.stdout is not None
            beside.stdout.readline()  # it is at work
            rate = statistics.median(_rate(piece, ROUND_S) for _ in range(ROUNDS))
            beside.kill()
    return rate / REFERENCE[kind, processes]


def _work_beside(kind: str) -> None:
    """What the second process does, until it is killed."""
    piece = _PIECES[kind]
    piece()
    print("working", flush=True)
    while True:
        piece()


if __name__ == "__main__":
    _work_beside(sys.argv[1])
