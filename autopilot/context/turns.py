"""Turns of a pass: one ordered table of the parts that want to be called, and the walk over it.

A pass has four walks, each in the order of the table: `begin`, then `hear` (only when the vehicle has raised events,
and only rows that hear one of them), then `update`; `next_deadline_ms` asks the same rows when they want the next pass.
What changes the parts at other times (a parameter, the motors) is told in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from autopilot.interface.records import dataclass

if TYPE_CHECKING:
    from autopilot.interface.vehicle import (
        VehicleEvent,  # and numpy with it, which who only asks for deadlines does without
    )

EVERYTHING: Final = -1


def earliest(dues: Iterable[int | None]) -> int | None:
    """The earliest of deadlines, ms; None: none. A loop: asked many times a pass, a generator would cost more."""
    found: int | None = None
    for due in dues:
        if due is not None and (found is None or due < found):
            found = due
    return found


def next_multiple(now_ms: int, every_ms: int) -> int:
    """The next whole multiple of a period, ms: looks of the same period fall into one pass, whenever they began."""
    return (now_ms // every_ms + 1) * every_ms


@dataclass(frozen=True, slots=True)
class PassTurn:
    """A part's row; what it does not want is None. `why`: the reason for its place among the others. `hears`: the
    events (bits of `VehicleEvent`) of which `hear(events, now_ms)` is told. `update(now_ms)`: it may act.
    `deadline()`: the vehicle time, ms, at which `update` must run although no event was raised, None: never."""

    part: str
    why: str
    begin: Callable[[], None] | None = None
    hears: int = EVERYTHING
    hear: Callable[[VehicleEvent, int], None] | None = None
    update: Callable[[int], None] | None = None
    deadline: Callable[[], int | None] | None = None
    armed: Callable[[bool, int], None] | None = None
    parameter: Callable[[str], None] | None = None


def turn_of(name: str, why: str, part: object, hears: int = EVERYTHING) -> PassTurn:
    """The row of a part that is called by the methods that it has, of those below."""
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
    """Walks the rows. The columns are taken out once: a pass costs one call for each part that wants one."""

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
        """Take one more part from now on, whose turn is before that of the part `before`."""
        at = next(at for at, other in enumerate(self.rows) if other.part == before)
        self._set((*self.rows[:at], row, *self.rows[at:]))

    def begin(self) -> None:
        """Before the vehicle's events are known."""
        for begin in self._begin:
            begin()

    def update(self, events: VehicleEvent, now_ms: int) -> None:
        """`events` have happened (may be none), and it is `now_ms`."""
        if events:
            bits = int(events)  # plain numbers: flag arithmetic would be the dearest part of a quiet pass
            for hears, hear in self._hear:
                if bits & hears:
                    hear(events, now_ms)
        for update in self._update:
            update(now_ms)

    def next_deadline_ms(self) -> int | None:
        """The earliest of all."""
        found: int | None = None
        for deadline in self._deadline:
            due = deadline()
            if due is not None and (found is None or due < found):
                found = due
        return found

    def armed_changed(self, armed: bool, now_ms: int) -> None:
        """The motors have been armed, or disarmed."""
        for tell in self._armed:
            tell(armed, now_ms)

    def parameter_changed(self, name: str) -> None:
        """A parameter has another value now, which counts from this moment."""
        for tell in self._parameter:
            tell(name)
