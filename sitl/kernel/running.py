"""Kernels as Python calls them: rows of one kind run to a time or to their next event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autopilot.interface import layout as L
from sitl.kernel.estimate import restart
from sitl.kernel.ground import fill_ground


def advance_by(
    tick: Callable[[L.Row, L.Row, L.Row, Any, Any, Any], None],
    fill_report: Callable[[L.Row, L.Row, L.Row, L.Row], None],
) -> Callable[..., int]:
    """Make the function that runs vehicles whose 20 ms are `tick` and whose report is `fill_report`."""

    def advance(
        state: Any, settings: Any, target: Any, rng: Any, table: Any, report: Any, ground: Any, until_ms: Any
    ) -> int:
        """Run each row of `state` until its own `until_ms` (rounded up to a tick) or its first event; returns how many
        raised one. `report` is filled for each. A row whose time is over is passed over."""
        raised = 0
        for i in range(state.shape[0]):
            s = state[i]
            if s[L.S_TIME_MS] > until_ms[i]:
                continue
            p = settings[i]
            t = target[i]
            g = rng[i]
            if s[L.S_FRESH] == L.RESTART:
                restart(s, p)
            while s[L.S_TIME_MS] < until_ms[i] and s[L.S_EVENTS] == 0.0:
                tick(s, p, t, g, table, ground)
            if s[L.S_EVENTS] != 0.0:
                raised += 1
            fill_report(s, p, t, report[i])
            fill_ground(s, p, report[i], ground)
        return raised

    return advance
