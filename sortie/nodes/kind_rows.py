"""Vehicles of one kind in a fleet, which move together, and their deadlines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from autopilot.interface.layout import TICK_MS
from autopilot.interface.vehicle import SimulatedVehicle
from mavlink_bridge.services.telemetry.pool import StreamPool
from mavlink_bridge.services.telemetry.service import TelemetryService
from sitl.kernel.compiling import BOUND_ROWS, FIND_ROWS
from sitl.kernel.rows import FOUND
from sortie.nodes.vehicle import QUIET_MS, VehicleService

Floats = npt.NDArray[np.float64]
ReadyRow = tuple[int, int, int]
"""Row that needs a pass: its number, its vehicle time, and what it needs, in bits of `sitl.kernel.rows`."""


class VehicleRows(Protocol):
    """Vehicles that move together. `machines`: in the order of the rows. `state`, `reports`: a row for each.
    `times_ms`: their vehicle times. `clocks`: rows with the vehicle time, ms, and the events (0: none), and the columns
    of both."""

    state: Floats
    times_ms: Floats
    clocks: tuple[Floats, int, int]

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
    ones only report state. `look_ms`: next look around. `latest_ms`: latest time of the next decision, `QUIET_MS` after
    the last one. `streams`: the streams of all `services`, encoded together.
    """

    def __init__(self, rows: VehicleRows, members: Sequence[int], services: Sequence[VehicleService]) -> None:
        self.rows = rows
        self.members = tuple(members)
        self.streams = StreamPool(rows.reports)
        for row, member in enumerate(self.members):
            telemetry = services[member].telemetry
            if isinstance(telemetry, TelemetryService):
                telemetry.join(self.streams, row)
        self._times_ms = np.zeros((5, len(self.members)))
        self.due_ms, self.own_ms, self.decides_ms, self.look_ms, self.latest_ms = self._times_ms
        self._until_ms, self._end_ms = np.zeros(len(self.members)), np.zeros(1)
        self._found = np.zeros((len(self.members), FOUND), np.int64)
        self._bound: Callable[[], object] | None = None
        self._find: Callable[[], int] | None = None
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
        if self._bound is None or self._find is None:
            clocks, time, events = self.rows.clocks
            self._bound = BOUND_ROWS.bind(clocks, time, self._times_ms, self._end_ms, self._until_ms)
            self._find = FIND_ROWS.bind(clocks, time, events, self._times_ms, self._until_ms, self._found)
        self._end_ms[0] = end_ms
        self._bound()
        self.rows.advance(self._until_ms)
        count = self._find()
        found: Sequence[ReadyRow] = self._found[:count].tolist() if count else ()
        return found

    @property
    def armed(self) -> bool:
        """True while a member is armed; computed once after each change."""
        if self._armed is None:
            self._armed = self.rows.armed
        return self._armed
