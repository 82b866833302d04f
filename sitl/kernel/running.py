"""`advance` of a kernel: rows of one kind run to a time or to their next event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autopilot.interface import layout as L
from sitl.kernel import layout as M
from sitl.kernel.estimate import restart
from sitl.kernel.ground import fill_ground
from sitl.kernel.lookout import look_out


def advance_by(
    tick: Callable[[L.Row, L.Row, L.Row, Any, Any, Any], None],
    fill_report: Callable[[L.Row, L.Row, L.Row, L.Row], None],
) -> Callable[..., int]:
    """Make `advance` for vehicles whose 20 ms are `tick` and whose report is `fill_report`."""

    def advance(
        state: Any,
        settings: Any,
        target: Any,
        rng: Any,
        table: Any,
        report: Any,
        ground: Any,
        until_ms: Any,
        samples: Any,
        sampling: Any,
    ) -> int:
        """Run each row of `state` until its own `until_ms` (rounded up to a tick) or its first event. Returns how many
        rows raised an event. Rows whose time is over are skipped. `report` is filled for each row, and `samples` with
        reports of the first row on its way. `sampling` has the time of the next sample, their interval, ms, and their
        number."""
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
            until = until_ms[i]
            stop = min(until, sampling[0]) if i == 0 else until
            while True:
                while s[L.S_TIME_MS] < stop and s[L.S_EVENTS] == 0.0:
                    tick(s, p, t, g, table, ground)
                    if s[L.S_TIME_MS] < p[M.P_OUT_UNTIL]:
                        look_out(s, p)
                if stop >= until or s[L.S_EVENTS] != 0.0:
                    break
                r = samples[int(sampling[2])]
                for k in range(r.shape[0]):  # values that `fill_report` does not fill come from a payload's outputs
                    r[k] = report[i, k]
                fill_report(s, p, t, r)
                fill_ground(s, p, r, ground)
                sampling[0] += sampling[1]
                sampling[2] += 1.0
                stop = min(until, sampling[0])
            if s[L.S_EVENTS] != 0.0:
                raised += 1
            fill_report(s, p, t, report[i])
            fill_ground(s, p, report[i], ground)
        return raised

    return advance
