"""Turns of a pass: an ordered table of the parts to call, and the walk over it.

A pass has four walks, each in the order of the table: `begin`, then `hear` (only if the vehicle has raised events, and
only rows that hear one of them), then `update`; `next_deadline_ms` asks the same rows for the next pass. Changes at
other times (a parameter, arming) are passed on in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from autopilot.interface.records import dataclass

if TYPE_CHECKING:
    from autopilot.interface.vehicle import (
        VehicleEvent,  # with numpy, which callers that only ask for deadlines do not need
    )

EVERYTHING: Final = -1


def earliest(dues: Iterable[int | None]) -> int | None:
    """The earliest of deadlines, ms; None: none. A loop, because a generator would cost more and this is called many
    times in a pass."""
    first_ms: int | None = None
    for due in dues:
        if due is not None and (first_ms is None or due < first_ms):
            first_ms = due
    return first_ms


def next_multiple(now_ms: int, every_ms: int) -> int:
    """The next whole multiple of a period, ms. So looks with the same period fall into one pass."""
    return (now_ms // every_ms + 1) * every_ms


@dataclass(frozen=True, slots=True)
class PassTurn:
    """Row of a part; unused columns are None. `why`: the reason for its place in the order. `hears`: bits of
    `VehicleEvent` that `hear(events, now_ms)` receives. `update(now_ms)`: the part acts. `deadline()`: vehicle time,
    ms, at which `update` must run without an event, None: never."""

    part: str
    why: str
    begin: Callable[[], None] | None = None
    hears: int = EVERYTHING
    hear: Callable[[VehicleEvent, int], None] | None = None
    update: Callable[[int], None] | None = None
    deadline: Callable[[], int | None] | None = None
    armed: Callable[[bool, int], None] | None = None
    parameter: Callable[[str], None] | None = None


def turn_of(name: str, why: str, part: object | None, hears: int = EVERYTHING) -> PassTurn | None:
    """Row of a part, from those of the methods below that it has; None for a part that the vehicle does not have."""
    if part is None:
        return None
    return PassTurn(
        name,
        why,
        hears=hears,
        hear=getattr(part, "handle_events", None),
        update=getattr(part, "update", None),
        deadline=getattr(part, "next_deadline_ms", None),
        armed=getattr(part, "armed_changed", None),
        parameter=getattr(part, "parameter_changed", None),
    )


class PassTurns:
    """Walks the rows. The columns are extracted once, so a pass costs one call for each part."""

    def __init__(self, rows: Sequence[PassTurn]) -> None:
        self._set(rows)

    def _set(self, rows: Sequence[PassTurn]) -> None:
        self.rows = tuple(rows)
        self._begin = tuple(row.begin for row in rows if row.begin is not None)
        self._hear = tuple((row.hears, row.hear) for row in rows if row.hear is not None)
        self._update = tuple(row.update for row in rows if row.update is not None)
        self._deadline = tuple(row.deadline for row in rows if row.deadline is not None)
        self._armed = tuple(row.armed for row in rows if row.armed is not None)
        self._parameter = tuple(row.parameter for row in rows if row.parameter is not None)

    def join(self, row: PassTurn, before: str) -> None:
        """Add a part whose turn comes before that of the part `before`."""
        at = next(at for at, other in enumerate(self.rows) if other.part == before)
        self._set((*self.rows[:at], row, *self.rows[at:]))

    def begin(self) -> None:
        """Call `begin` of the parts, before the vehicle's events are known."""
        for begin in self._begin:
            begin()

    def update(self, events: VehicleEvent, now_ms: int) -> None:
        """Pass these events (possibly none) to the parts, and call `update`."""
        if events:
            bits = int(events)  # plain ints: flag arithmetic would cost most of a quiet pass
            for hears, hear in self._hear:
                if bits & hears:
                    hear(events, now_ms)
        for update in self._update:
            update(now_ms)

    def next_deadline_ms(self) -> int | None:
        """The earliest deadline of all parts."""
        first_ms: int | None = None
        for deadline in self._deadline:
            due = deadline()
            if due is not None and (first_ms is None or due < first_ms):
                first_ms = due
        return first_ms

    def armed_changed(self, armed: bool, now_ms: int) -> None:
        """Tell the parts that the motors were armed or disarmed."""
        for handler in self._armed:
            handler(armed, now_ms)

    def parameter_changed(self, name: str) -> None:
        """Tell the parts about a changed parameter, which counts from now."""
        for handler in self._parameter:
            handler(name)
