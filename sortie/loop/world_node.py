"""The world of a loop as a node: what time passes in, and what faults strike.

It counts vehicle time in the runtime's milliseconds; the loop's time goes on over restarts, and is `offset_ms` later.
"""

from __future__ import annotations

from collections.abc import Callable

from depot.decisions.memory import DepotMemory
from depot.decisions.watches import ABORT_2_NAMES
from depot.world.world import World
from mavlink_bridge.routing.endpoint import Endpoint
from sortie.loop.faults import DOCK_NAMES, GO_NAMES, LASTING_NAMES, LINK_NAMES, Clock, FaultSchedule
from sortie.runtime.node import QuietNode
from sortie.runtime.pacing import FOR_EVER_MS
from sortie.runtime.wire import Wire

LOSSY = 0.25


class WorldNode(QuietNode):
    """Moves on to what happens next in it, or follows the vehicle that flies in it; and lets faults strike. WHEN of a
    fault is measured by the depot's `memory`; faults of the link are the wire's."""

    most_instants = 1

    endpoints: tuple[Endpoint, ...] = ()
    look_every_ms = FOR_EVER_MS
    """Interval of looks between deadlines, ms: none are needed."""

    def __init__(
        self,
        world: World,
        faults: FaultSchedule,
        memory: DepotMemory,
        wire: Wire,
        stir: Callable[[], None],
        offset_ms: int,
    ) -> None:
        self.world = world
        self.faults = faults
        self._memory = memory
        self._wire = wire
        self._stir = stir
        self._offset_ms = offset_ms
        self._clock = Clock()

    @property
    def now_ms(self) -> int:
        return self.world.state.now_ms - self._offset_ms

    # --- time ---------------------------------------------------------------------------------------------------------
    def next_vehicle_deadline_ms(self) -> int:
        """The next thing that happens by itself, here or by a fault."""
        world, fault = self.world.next_event_ms(), self.faults.next_ms(self._when())
        if world is None or fault is None:
            due = world if fault is None else fault
            return FOR_EVER_MS if due is None else due - self._offset_ms
        return (world if world < fault else fault) - self._offset_ms

    def advance(self, until_ms: int, link_ms: int | None = None) -> None:
        """To what happens next, or to `until_ms` if that is earlier."""
        due = min(until_ms, self.next_vehicle_deadline_ms())
        if due >= FOR_EVER_MS:
            raise RuntimeError("nothing more will happen")
        self.world.advance(max(due + self._offset_ms, self.world.state.now_ms))

    def look_again(self) -> None:
        """Do nothing: it keeps no deadline, each is computed anew."""

    def load(self) -> None:
        """Do nothing: it has no compiled code."""

    def beat(self) -> None:
        """HEARTBEATs are the parties'."""

    # --- faults -------------------------------------------------------------------------------------------------------
    def serve_links(self, link_ms: int) -> None:
        """Move to the time of the vehicle that flies in it, and let the faults due by then strike."""
        self.world.follow()
        self.strike()

    def strike(self) -> None:
        """Faults begin and end; also at the very start of a phase, before anything is done in it."""
        for name in self.world.take_repairs():  # first: what has been put right may strike again at this very instant
            self.faults.repaired(name)
        happened = self.faults.take(self._when()) if self._memory.ended_by is None else []
        for name, begins in happened:
            if name in LINK_NAMES:
                self._wire.loss = 0.0 if not begins else 1.0 if name == "link_loss" else LOSSY
            elif begins:
                self.world.inject(name)
                if name == "skimmer_late":
                    self.world.stretch_return()
            else:
                self.world.clear(name)
        if happened:
            self._stir()

    def forget_old_faults(self) -> None:
        """Faults that this start was not given hold no longer, but for damage (ABORT-1 and -3)."""
        given = {name for name, holds in self.faults.holding() if holds}
        if not given.intersection(LINK_NAMES):
            self._wire.loss = 0.0
        for name in (*ABORT_2_NAMES, *GO_NAMES, *DOCK_NAMES):
            if name not in given and name not in LASTING_NAMES:
                self.world.clear(name)

    def _when(self) -> Clock:
        memory, clock = self._memory, self._clock
        clock.now_ms, clock.sortie = self.world.state.now_ms, memory.number
        clock.phase, clock.phase_start_ms = int(memory.phase), memory.phase_start_ms
        return clock
