"""Vehicles of one kind in a fleet, which move together, and their deadlines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from autopilot.interface.layout import TICK_MS
from autopilot.interface.vehicle import SimulatedVehicle
from mavlink_bridge.services.telemetry.pool import StreamPool
from mavlink_bridge.services.telemetry.service import TelemetryService
from sortie.nodes.vehicle import VehicleService

QUIET_MS: Final = 10_000
"""Longest time without a pass of a vehicle, ms."""
_PASSED_OVER: Final = -1.0
Floats = npt.NDArray[np.float64]
ReadyRow = tuple[int, int, bool, bool, bool, bool]
"""Row that needs a pass: its number, its vehicle time, whether it must decide, whether a look is due, whether the pass
is the vehicle's own (not only for samples), whether it has been without one for `QUIET_MS`."""


class VehicleRows(Protocol):
    """Vehicles that move together. `machines`: in the order of the rows. `state`, `reports`: a row for each.
    `times_ms`: their vehicle times. `events`: not 0 for a vehicle with an event."""

    state: Floats
    times_ms: Floats
    events: Floats

    @property
    def machines(self) -> Sequence[SimulatedVehicle]: ...
    @property
    def reports(self) -> Floats: ...
    @property
    def armed(self) -> bool: ...

    def load(self) -> None:
        """Load the compiled kernel."""

    def advance(self, until_ms: Floats) -> object:
        """Advance each vehicle to its own time or its first event; a vehicle that is past its time stays."""


class KindRows:
    """Rows of one kind with the numbers of their members in the fleet.

    `due_ms`: next pass of each. `own_ms`: the same without samples. `decides_ms`: next pass with a decision; earlier
    ones only report state. `look_ms`: next look around. `decided_ms`: last decision; the next comes after at most
    `QUIET_MS`. `streams`: the streams of all `services`, encoded together.
    """

    def __init__(self, rows: VehicleRows, members: Sequence[int], services: Sequence[VehicleService]) -> None:
        self.rows = rows
        self.members = tuple(members)
        self.streams = StreamPool(rows.reports)
        for row, member in enumerate(self.members):
            telemetry = services[member].telemetry
            if isinstance(telemetry, TelemetryService):
                telemetry.join(self.streams, row)
        self._times_ms = np.zeros((5, len(self.members)))  # one array, so that a row's times are read at once
        self.due_ms, self.own_ms, self.decides_ms, self.look_ms, self.decided_ms = self._times_ms
        self.look_ms[:] = np.inf
        self._next_ms: float | None = None
        self._armed: bool | None = None

    def changed(self) -> None:
        """Note a change by a member: deadlines and arming are computed again."""
        self._next_ms = self._armed = None

    def have_streamed(self, rows: Sequence[tuple[int, int]]) -> None:
        """Set the next deadlines of rows of which only streams were due."""
        which, streams_ms = np.array(rows).T
        now_ms = self.rows.times_ms[which]
        quiet_ms = np.maximum(np.minimum(streams_ms, self.look_ms[which]), now_ms + TICK_MS)
        self.own_ms[which] = own_ms = np.minimum(self.decides_ms[which], quiet_ms)
        self.due_ms[which] = np.minimum(own_ms, now_ms + QUIET_MS)
        self.changed()

    @property
    def next_ms(self) -> float:
        """Earliest of `due_ms`; computed once after each change."""
        if self._next_ms is None:
            self._next_ms = self.due_ms.item(self.due_ms.argmin())
        return self._next_ms

    def advance(self, end_ms: float) -> Sequence[ReadyRow]:
        """Advance each vehicle that is behind `end_ms` to its deadline or first event, and return the rows that need a
        pass; without one all have reached `end_ms`."""
        rows = self.rows
        moves = rows.times_ms < end_ms
        rows.advance(np.where(moves, np.minimum(self.due_ms, end_ms), _PASSED_OVER))
        if self.next_ms > end_ms and not np.count_nonzero(rows.events):
            return ()
        ready = (moves & ((rows.times_ms >= self.due_ms) | (rows.events != 0.0))).nonzero()[0]
        if not ready.size:
            return ()
        found: list[ReadyRow] = []
        columns = (ready, rows.times_ms[ready], rows.events[ready], *self._times_ms[1:, ready])
        facts = zip(*(column.tolist() for column in columns), strict=True)
        for row, at_ms, events, own_ms, decides_ms, look_ms, decided_ms in facts:
            happened, rests = events != 0.0, at_ms >= decided_ms + QUIET_MS
            own, decides = happened or at_ms >= own_ms, happened or at_ms >= decides_ms
            found.append((row, int(at_ms), decides, at_ms >= look_ms, own, rests))
        return found

    @property
    def armed(self) -> bool:
        """True while a member is armed; computed once after each change."""
        if self._armed is None:
            self._armed = self.rows.armed
        return self._armed
