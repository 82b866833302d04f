"""World of a loop as a node: it advances by itself, and faults act on it.

Its vehicle time is that of the runtime, ms; loop time continues over restarts and is `offset_ms` larger.
"""

from __future__ import annotations

from collections.abc import Callable

from depot.decisions.memory import DepotMemory
from depot.decisions.watches import ABORT_2_NAMES
from depot.names import FaultName
from depot.world.world import World
from mavlink_bridge.routing.endpoint import Endpoint
from sortie.loop.faults import DOCK_NAMES, GO_NAMES, LASTING_NAMES, LINK_NAMES, Clock, FaultSchedule
from sortie.runtime.node import QuietNode
from sortie.runtime.pacing import FOR_EVER_MS
from sortie.runtime.wire import Wire

LOSSY = 0.25


class WorldNode(QuietNode):
    """Node of the world. It advances to its next event, or follows the vehicle that flies in it, and applies faults.
    WHEN of a fault is compared with the depot's `memory`; link faults act on the wire."""

    most_instants = 1

    endpoints: tuple[Endpoint, ...] = ()
    look_every_ms = FOR_EVER_MS
    """Longest step between deadlines, ms: no limit."""

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
        """Return the next event of the world or of a fault, ms."""
        world, fault = self.world.next_event_ms(), self.faults.next_ms(self._when())
        if world is None or fault is None:
            due = world if fault is None else fault
            return FOR_EVER_MS if due is None else due - self._offset_ms
        return (world if world < fault else fault) - self._offset_ms

    def advance(self, until_ms: int, link_ms: int | None = None) -> None:
        """Advance to the next event, at most to `until_ms`."""
        due = min(until_ms, self.next_vehicle_deadline_ms())
        if due >= FOR_EVER_MS:
            raise RuntimeError("nothing more will happen")
        self.world.advance(max(due + self._offset_ms, self.world.state.now_ms))

    def look_again(self) -> None:
        """Do nothing: deadlines are always computed."""

    def load(self) -> None:
        """Do nothing: there is no compiled code."""

    def beat(self) -> None:
        """Do nothing: depot and skimmer send HEARTBEATs."""

    # --- faults -------------------------------------------------------------------------------------------------------
    def serve_links(self, link_ms: int) -> None:
        """Advance to the time of the vehicle that flies in it, and apply due faults."""
        self.world.follow()
        self.strike()

    def strike(self) -> None:
        """Begin and end faults, also at the start of a phase before anything else."""
        for name in self.world.take_repairs():  # first, because a repaired fault may begin again at this instant
            self.faults.repaired(name)
        happened = self.faults.take(self._when()) if self._memory.ended_by is None else []
        for name, begins in happened:
            if name in LINK_NAMES:
                self._lose_frames()
            elif begins:
                self.world.inject(name)
                if name == FaultName.SKIMMER_LATE:
                    self.world.stretch_return()
            else:
                self.world.clear(name)
        if happened:
            self._stir()

    def forget_old_faults(self) -> None:
        """End faults that this start was not given, except lasting damage (ABORT-1 and -3)."""
        given = {name for name, holds in self.faults.holding() if holds}
        self._lose_frames()
        for name in (*ABORT_2_NAMES, *GO_NAMES, *DOCK_NAMES):
            if name not in given and name not in LASTING_NAMES:
                self.world.clear(name)

    def _lose_frames(self) -> None:
        """Set the loss of the wire to that of the worst active fault of the link."""
        holding = self.faults.holding()
        lossy = LOSSY if (FaultName.LINK_LOSSY, True) in holding else 0.0
        self._wire.loss = 1.0 if (FaultName.LINK_LOSS, True) in holding else lossy

    def _when(self) -> Clock:
        memory, clock = self._memory, self._clock
        clock.now_ms, clock.sortie = self.world.state.now_ms, memory.number
        clock.phase, clock.phase_start_ms = int(memory.phase), memory.phase_start_ms
        return clock
