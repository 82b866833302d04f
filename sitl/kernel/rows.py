"""Rows of a fleet, in compiled code: how far each vehicle may move, which of them need a pass then, whether one moves.

`times` has a line for each time of `KindRows`, with a column for each row. `clocks` has the vehicle times and the
events of the machines, in the columns `time` and `events`. `window`: the end of the window, ms.
"""

from __future__ import annotations

from typing import Any, Final

from autopilot.interface import layout as L
from sitl.kernel import layout as M

#: Lines of `times`, ms.
DUE, OWN, DECIDES, LOOK, LATEST = range(5)
#: Bits of what a row needs: it must decide, a look is due, the pass is its own (not only for samples), it has been
#: without one for long.
IS_DUE, LOOKS, IS_OWN, RESTS = 1, 2, 4, 8
#: Columns of `found`: row, vehicle time, needs.
FOUND: Final = 3
#: Speed in each direction below which a vehicle surely stands (less than 0.5 m/s in all), m/s.
STANDS_MPS: Final = 0.25
_PASSED_OVER: Final = -1.0


def bound_rows(clocks: Any, time: int, times: Any, window: Any, until: Any) -> None:
    """Write into `until` the time to which each row may move: its next pass, at most the end of the window. A row that
    is there is passed over."""
    end = window[0]
    for i in range(until.shape[0]):
        until[i] = min(times[DUE, i], end) if clocks[i, time] < end else _PASSED_OVER


def find_rows(clocks: Any, time: int, events: int, times: Any, until: Any, found: Any) -> int:
    """Find the rows that need a pass, of those that have moved by `until`. Returns their number; `found` has them."""
    count = 0
    for i in range(until.shape[0]):
        at = clocks[i, time]
        happened = clocks[i, events] != 0.0
        if until[i] == _PASSED_OVER or not (happened or at >= times[DUE, i]):
            continue
        needs = 0
        if happened or at >= times[DECIDES, i]:
            needs += IS_DUE
        if at >= times[LOOK, i]:
            needs += LOOKS
        if happened or at >= times[OWN, i]:
            needs += IS_OWN
        if at >= times[LATEST, i]:
            needs += RESTS
        found[count, 0] = i
        found[count, 1] = int(at)
        found[count, 2] = needs
        count += 1
    return count


def any_moves(state: Any) -> int:
    """1 if a vehicle is in the air or may move, else 0."""
    for i in range(state.shape[0]):
        if state[i, L.S_AIR] != 0.0:
            return 1
        for k in range(M.S_VN, M.S_VD + 1):
            if abs(state[i, k]) > STANDS_MPS:
                return 1
    return 0
