"""Signals of a log in flight: intervals with bad values, and silences.

A logger that cannot write fast enough drops single messages, and ArduPilot's reports their number (DSF). A signal
counts as stopped only if so many consecutive messages are not lost by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface.mathematics import exp, log
from autopilot.interface.records import dataclass
from sortie.incident.evidence import Evidence, Row

Array = npt.NDArray[np.float64]
UNUSUAL: Final = 5
"""Number of usual intervals that make a silence."""
_HEARD_OFTEN, _HEARD_BEFORE_S = 10, 60.0
_DROPS: Final = 0.3
"""Least share of losses if a logger drops any; it drops in bursts."""
_BY_CHANCE: Final = 0.01
"""Largest expected number of such silences by chance in a flight."""


class Basis(Enum):
    """Basis of a line of a scenario: how sure it is."""

    LOGGED = "logged"
    FOUND = "found"
    """By a rule, from signals of the log."""
    FITTED = "fitted"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class FoundFault:
    """Fault of the simulator, s since boot of the logged vehicle; `until_s` None: to the end. `why`: evidence in the
    log."""

    name: str
    from_s: float
    until_s: float | None
    why: str
    value: float | None = None


def in_flight(found: Evidence, rows: Sequence[Row]) -> Array:
    begin_s, end_s = found.flight_s
    known = np.array([row for row in rows if begin_s <= row[0] <= end_s], np.float64)
    known[np.isinf(known)] = np.nan  # no sensor measures infinity
    return known[np.argsort(known[:, 0], kind="stable")] if known.size else np.empty((0, 8))


def stretches(time: Array, bad: npt.NDArray[np.bool_], least_s: float) -> list[tuple[float, float | None]]:
    """Return (last good time, next good time or None) of each bad interval of at least `least_s`."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], bad.astype(np.int8), [0]))))
    found: list[tuple[float, float | None]] = []
    for first, behind in edges.reshape(-1, 2):
        ends = float(time[behind]) if behind < len(time) else None
        if (time[-1] if ends is None else ends) - time[first] >= least_s:
            found.append((float(time[max(first - 1, 0)]), ends))
    return found


def silences(found: Evidence, heard: Sequence[Row], limit_s: float) -> list[tuple[float, float | None]]:
    """Return (last reception, next reception or None) of each silence that is longer than `limit_s` and than usual,
    while the log continues. For a failsafe that was off, or a log without ERR."""
    begin_s, end_s = found.flight_s
    times = np.array([row[0] for row in heard if begin_s - _HEARD_BEFORE_S <= row[0] <= end_s])
    if len(times) < _HEARD_OFTEN:
        return []
    limit_s = max(limit_s, UNUSUAL * float(np.median(np.diff(times))))
    known: list[tuple[float, float | None]] = []
    for last_s, next_s in zip(times.tolist(), [*times[1:].tolist(), end_s], strict=True):
        if next_s - last_s > limit_s and next_s > begin_s and stopped(found, times, last_s, next_s):
            known.append((max(last_s, begin_s), None if next_s == end_s else next_s))
    return known


def stopped(found: Evidence, times: Array, last_s: float, next_s: float) -> bool:
    """Check whether a signal stopped between two of its times while the log continued."""
    logged = np.array([sample.time_s for sample in found.facts.samples])
    inside = np.count_nonzero((logged > last_s) & (logged < next_s))
    if inside < UNUSUAL:
        return False
    if _dropped(found, last_s, next_s) == 0:
        return True
    lost = max(_DROPS, _lost(times), 1.0 - _share_logged(found, last_s, next_s))
    missing = (next_s - last_s) / usual(times) - 1.0
    return len(times) * exp(missing * log(lost)) < _BY_CHANCE


def _share_logged(found: Evidence, begin_s: float, end_s: float) -> float:
    """Return the share of the other signals' messages in this interval."""
    shares = [1.0]
    for rows in (found.battery, found.motors, found.barometer, found.compass):
        times = np.array([row[0] for row in rows])
        if len(times) > _HEARD_OFTEN:
            count = np.count_nonzero((times > begin_s) & (times < end_s))
            shares.append(min(count * usual(times) / (end_s - begin_s), 1.0))
    return float(np.mean(shares[1:] or shares))


def _dropped(found: Evidence, begin_s: float, end_s: float) -> float:
    """Return the messages that the logger reports as dropped around this interval."""
    rows = np.array(found.dropped, np.float64).reshape(-1, 2)
    if not len(rows):
        return 0.0
    before = max(min(int(np.searchsorted(rows[:, 0], begin_s)) - 1, len(rows) - 2), 0)
    behind = min(int(np.searchsorted(rows[:, 0], end_s)), len(rows) - 1)
    return float(rows[behind, 1] - rows[before, 1])


def usual(times: Array) -> float:
    """Return the usual interval, s, if at most half of the messages are lost."""
    return max(float(np.quantile(np.diff(times), 0.25)), 1e-3)


def _lost(times: Array) -> float:
    """Return the share of missing messages in the whole log."""
    return 1.0 - len(times) * usual(times) / max(float(times[-1] - times[0]), 1e-3)
