"""Vehicles of a fleet that are moved together, and when each of them is due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from autopilot.interface.layout import TICK_MS
from autopilot.interface.vehicle import SimulatedVehicle
from mavlink_bridge.services.telemetry.pool import StreamPool
from mavlink_bridge.services.telemetry.service import TelemetryService
from sortie.nodes.vehicle import VehicleService

QUIET_MS: Final = 10_000
"""A vehicle to which nothing happens, and that nothing is due of, is asked so often all the same."""
_PASSED_OVER: Final = -1.0
Floats = npt.NDArray[np.float64]
ReadyRow = tuple[int, int, bool, bool, bool]
"""Row that wants a pass: its number, its vehicle time, whether it is a pass to decide something, whether a look is due,
and whether it is one of its own."""


class VehicleRows(Protocol):
    """Port: vehicles that are moved together. `machines`: as their services have them; the rows of their states, of
    their reports, their times, ms, and what is not 0 for each at which something has happened."""

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
        """Bring in what is compiled."""

    def advance(self, until_ms: Floats) -> object:
        """Each vehicle to its own time, or to its first event; one whose time is over stays."""


class KindRows:
    """The rows of one kind, and which members they are. `due_ms`: when each wants its next pass; `own_ms`: the same but
    for samples that somebody takes; `decides_ms`: when one in which it decides something: before that it only says how
    things are, and looks around at `look_ms`. `asked_ms`: the last such one; the next comes after `QUIET_MS` at the
    latest. `streams`: of all `services`, encoded together."""

    def __init__(self, rows: VehicleRows, members: Sequence[int], services: Sequence[VehicleService]) -> None:
        self.rows = rows
        self.members = tuple(members)
        self.streams = StreamPool(rows.reports)
        for row, member in enumerate(self.members):
            telemetry = services[member].telemetry
            if isinstance(telemetry, TelemetryService):
                telemetry.join(self.streams, row)
        self.due_ms = np.zeros(len(self.members))
        self.own_ms = np.zeros(len(self.members))
        self.decides_ms = np.zeros(len(self.members))
        self.look_ms = np.full(len(self.members), np.inf)
        self.asked_ms = np.zeros(len(self.members))
        self._next_ms: float | None = None
        self._armed: bool | None = None

    def changed(self) -> None:
        """Note a change by a member: deadlines and arming are computed anew."""
        self._next_ms = self._armed = None

    def have_streamed(self, rows: Sequence[tuple[int, int]]) -> None:
        """Note of rows whose streams alone were due when the next of these are."""
        which, streams_ms = np.array(rows).T
        now_ms = self.rows.times_ms[which]
        quiet_ms = np.maximum(np.minimum(streams_ms, self.look_ms[which]), now_ms + TICK_MS)
        self.own_ms[which] = own_ms = np.minimum(self.decides_ms[which], quiet_ms)
        self.due_ms[which] = np.minimum(own_ms, now_ms + QUIET_MS)
        self.changed()

    @property
    def next_ms(self) -> float:
        """The earliest of `due_ms`; looked for once after each change."""
        if self._next_ms is None:
            self._next_ms = float(self.due_ms.min())
        return self._next_ms

    def advance(self, end_ms: float) -> Iterable[ReadyRow]:
        """Each that is behind `end_ms` to its deadline, its first event, or there; the rows that want a pass."""
        rows = self.rows
        until = np.minimum(self.due_ms, end_ms)
        until[rows.times_ms >= end_ms] = _PASSED_OVER
        rows.advance(until)
        wanted = (rows.times_ms >= self.due_ms) | (rows.events != 0.0)
        ready = np.flatnonzero(wanted & (until != _PASSED_OVER))
        now_ms = rows.times_ms[ready]
        happened, quiet = rows.events[ready] != 0.0, now_ms >= self.asked_ms[ready] + QUIET_MS
        decide = (now_ms >= self.decides_ms[ready]) | happened | quiet
        look, own = now_ms >= self.look_ms[ready], (now_ms >= self.own_ms[ready]) | happened
        times = now_ms.astype(np.int64).tolist()
        return zip(ready.tolist(), times, decide.tolist(), look.tolist(), own.tolist(), strict=True)

    def behind(self, end_ms: float) -> bool:
        """True while a member is not there yet."""
        return bool((self.rows.times_ms < end_ms).any())

    @property
    def armed(self) -> bool:
        """True while a member is armed. Computed anew as `next_ms` is: arming and disarming are acts, or crashes."""
        if self._armed is None:
            self._armed = self.rows.armed
        return self._armed
