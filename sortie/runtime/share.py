"""Division of a turn between vehicles and clients, when real time sets the pace: no client waits for another's
requests.

A turn goes in this order. The vehicles fly the time that is due and produce their messages. These are sent. Then the
requests of clients are read for at most `SLICE_S` and answered for as long, each link and each vehicle in its turn. The
rest waits for the next turn. On a machine that is too slow, vehicle time lags and answers are late, but every vehicle
is still heard: if its own time brings no HEARTBEAT, real time does after `SILENT_S`. QGroundControl reports a loss
after 3.5 s without HEARTBEAT.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from sortie.logs.run_log import warn_first

SLICE_S: Final = 0.02
SILENT_S: Final = 1.5
HEARTBEAT_MS: Final = 1000
BEAT_S: Final = 1.0
LONG_PASS_S: Final = 0.25
TELL_S: Final = 60.0
LAG_WARNED_S: Final = 1.0
KEEP_S: Final = 0.5


def always() -> bool:
    """Let vehicle time run ahead all the time (for `Runtime.set_speedup`)."""
    return True


def never() -> bool:
    """Never finish: run until a signal or the end of `patience_s` (for `Runtime.run`)."""
    return False


class Share:
    """Time that is left in a turn for requests of clients."""

    def __init__(self, wall_s: Callable[[], float]) -> None:
        self._wall_s = wall_s
        self._end_s = math.inf

    def begin(self, *, bounded: bool) -> None:
        """Begin a share: for `SLICE_S` if bounded, otherwise without limit."""
        self._end_s = self._wall_s() + SLICE_S if bounded else math.inf

    def has_time(self) -> bool:
        """Check whether another request may be handled in this share."""
        return self._end_s == math.inf or self._wall_s() < self._end_s


class WallHeartbeats:
    """HEARTBEATs that are due by real time. A vehicle sends its own with each second of vehicle time."""

    def __init__(self) -> None:
        self._heard_s = -math.inf
        self._heard_ms = 0
        self._pass_s = math.inf

    def due(self, wall_s: float, vehicle_ms: int) -> bool:
        """Check between turns whether a HEARTBEAT is due. Slow motion needs this too: stations measure silence by real
        time."""
        if vehicle_ms - self._heard_ms >= HEARTBEAT_MS or self._heard_s == -math.inf:
            self._heard_s, self._heard_ms = wall_s, vehicle_ms
            return False
        if wall_s - self._heard_s < SILENT_S:
            return False
        self._heard_s, self._heard_ms = wall_s, vehicle_ms
        return True

    def passes_begin(self, wall_s: float) -> None:
        """Note that passes begin; each may take long."""
        self._pass_s = wall_s + LONG_PASS_S

    def passes_end(self) -> None:
        self._pass_s = math.inf

    def due_within_pass(self, wall_s: float) -> bool:
        """Check whether a HEARTBEAT is due during a long pass."""
        if wall_s < self._pass_s:
            return False
        self._pass_s = wall_s + BEAT_S
        self._heard_s = wall_s
        return True


class Lag:
    """Reports of real time that vehicle time has lost for ever: at once, then every `TELL_S`."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._lost_s = 0.0
        self._next_s = -math.inf

    def note(self, lost_s: float, wall_s: float, factor: float) -> None:
        """Note `lost_s` of real time that vehicle time will not make up for. With a `factor` above 1 only the log is
        told."""
        self._lost_s += lost_s
        if self._lost_s >= LAG_WARNED_S and wall_s >= self._next_s:
            text = f"vehicle time lags: {self._lost_s:.1f} s are lost, this machine is too slow for all that is asked"
            first = self._next_s == -math.inf and factor <= 1.0
            warn_first(text, self._say if first else None, "it loses more")
            self._lost_s, self._next_s = 0.0, wall_s + TELL_S


class PeriodicSaving:
    """Tasks that run every `KEEP_S` of real time, between turns, such as writing logs to the operating system, so that
    they survive the death of this process."""

    def __init__(self) -> None:
        self._tasks: list[Callable[[], None]] = []
        self._next_s = 0.0

    def add(self, task: Callable[[], None]) -> None:
        self._tasks.append(task)

    def look(self, wall_s: float) -> None:
        """Run the tasks if they are due."""
        if wall_s >= self._next_s:
            self._next_s = wall_s + KEEP_S
            for task in self._tasks:
                task()

    def __bool__(self) -> bool:
        return bool(self._tasks)
