"""Firmwares that are not ours, flying bodies of our world: their time passes as the runtime says, in lockstep
(`sitl.ardupilot.lockstep`, `sitl.px4.lockstep`), and the line on which each speaks is a wire's end.

At the end of a pass each waits for its sensors, so that what it has said is all there, at a vehicle time that follows
from nothing but what it was told before. They are processes of their own and wait for nobody else, so that as many fly
at the same time as there are processors.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.links.memory import MemoryLink
from sitl.child import SitlError
from sortie.runtime.node import Node, QuietNode
from sortie.runtime.signals import Signals
from sortie.runtime.wire import EndpointPlug, Plug, Wire

if TYPE_CHECKING:
    from mavlink_bridge.flight_controller.controller import FlightController
    from mavlink_bridge.routing.endpoint import Endpoint
    from sitl.vehicles.rows import MachineRows
    from sitl.ways_in import FirmwareLine, Lockstep
    from sortie.nodes.fleet import FleetNode

LOOK_MS: Final = 40
"""Vehicle time between looks at what they say: half the period of their fastest stream."""


class FirmwareNode(QuietNode):
    """See the module. `refusal`: the reason, if there is one, why one, by its number, may fly no further; `ended`:
    hears of one that may not, has ended, or flies no body any more; the body falls then. `endpoints`: none, their words
    go over wires."""

    endpoints: tuple[LinkOwner, ...] = ()
    look_every_ms = LOOK_MS
    most_instants = 1

    def __init__(
        self,
        locksteps: Sequence[Lockstep],
        signals: Signals,
        refusal: Callable[[int], SitlError | None],
        ended: Callable[[int, SitlError], None],
    ) -> None:
        self.locksteps = tuple(locksteps)
        self.now_ms = 0
        self._signals = signals
        self._refusal, self._ended = refusal, ended
        self._flying = list(range(len(self.locksteps)))
        self._at_once = os.cpu_count() or 1  # more than these would take the processor's caches from each other

    def next_vehicle_deadline_ms(self) -> int:
        return self.now_ms - self.now_ms % LOOK_MS + LOOK_MS  # whoever else stops time, looks are at the same times

    def start(self) -> None:
        """Wait for the first packet of each."""
        self._fly(0)

    def advance(self, until_ms: int, link_ms: int | None = None) -> None:
        """Fly to `until_ms`, or for the time of a look."""
        until_ms = min(until_ms, self.next_vehicle_deadline_ms())
        self._fly(until_ms)
        self.now_ms = until_ms

    def _fly(self, until_ms: int) -> None:
        waiting, moving = deque(self._flying), list[int]()
        while waiting or moving:  # in turns: while one is told what its sensors show, the others fly
            while waiting and len(moving) < self._at_once:
                moving.append(waiting.popleft())
            moving = [number for number in moving if self._step(number, until_ms)]
        for number in set(range(len(self.locksteps))).difference(self._flying):
            self.locksteps[number].body.fall(until_ms)

    def _step(self, number: int, until_ms: int) -> bool:
        """Fly one of them a step on; False when it stands at `until_ms`, or flies no more."""
        try:
            if self.locksteps[number].step(until_ms, self._is_over):
                return True
            error = self._refusal(number)
        except SitlError as ended:
            error = ended
        if error is not None:
            self._flying.remove(number)
            self._ended(number, error)
        return False

    def _is_over(self) -> bool:
        return self._signals.number is not None

    def look_again(self) -> None:
        """Do nothing: its deadlines are its own."""

    def load(self) -> None:
        """Load the kernel."""
        for lockstep in self.locksteps:
            lockstep.body.load()

    def beat(self) -> None:
        """Do nothing: they speak when their time passes."""


class SerialPlug:
    """A firmware's line as an end of a wire."""

    full = False

    def __init__(self, node: FirmwareNode, line: FirmwareLine) -> None:
        self.node: Node = node
        self._line = line

    def take(self) -> bytes:
        """Take what it has written."""
        return self._line.read()

    def hand(self, data: bytes, link_ms: int) -> None:
        """Write to it: it reads this before its time goes on."""
        self._line.write(data)


class MemberPlug:
    """The link towards its firmware of a member of a fleet, which acts on what it hears."""

    full = False

    def __init__(self, fleet: FleetNode, member: int, endpoint: Endpoint, name: str) -> None:
        self.node: Node = fleet
        self._touch = partial(fleet.touch, member)
        self._plug = EndpointPlug(fleet, endpoint, name)
        self.take = self._plug.take

    def hand(self, data: bytes, link_ms: int) -> None:
        """To the endpoint's services."""
        self._touch()
        self._plug.hand(data, link_ms)


def wire_to(firmware: FirmwareNode, number: int, there: Plug) -> Wire:
    """A wire without delay or loss from one of the firmwares to a plug at whoever is before it."""
    return Wire(MemoryLink(), SerialPlug(firmware, firmware.locksteps[number].line), there)


class FlownRows:
    """Companions of firmwares that fly `bodies`, as a fleet has its vehicles in rows: their time passes elsewhere
    (`FirmwareNode`), here they are told which it is."""

    def __init__(self, machines: Sequence[FlightController], bodies: MachineRows) -> None:
        self.machines = tuple(machines)
        self.state = bodies.state
        self.times_ms = np.zeros(len(self.machines))
        self.events = np.zeros(len(self.machines))

    @property
    def reports(self) -> npt.NDArray[np.float64]:
        """Report vectors: words of the firmwares, and the truth about the bodies; a copy."""
        return np.array([machine.state.report for machine in self.machines])

    @property
    def armed(self) -> bool:
        """True while one of them is armed."""
        return any(machine.state.armed for machine in self.machines)

    def load(self) -> None:
        """Do nothing: no kernel has to be loaded."""

    def advance(self, until_ms: npt.NDArray[np.float64]) -> None:
        """See `sortie.nodes.kind_rows.VehicleRows`."""
        for row, machine in enumerate(self.machines):
            if until_ms[row] > self.times_ms[row]:
                self.times_ms[row] = machine.advance(int(until_ms[row]))
            self.events[row] = float(machine.has_news)
