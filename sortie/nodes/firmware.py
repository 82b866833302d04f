"""A firmware that is not ours, flying a body of our world: its time passes as the runtime says, in lockstep
(`sitl.ardupilot.lockstep`, `sitl.px4.lockstep`), and the line on which it speaks is a wire's end.

At the end of a pass it waits for its sensors, so that what it has said is all there, at a vehicle time that follows
from nothing but what it was told before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.links.memory import MemoryLink
from sitl.child import SitlError
from sortie.config.errors import UserError
from sortie.runtime.node import Node, QuietNode
from sortie.runtime.signals import Signals
from sortie.runtime.wire import EndpointPlug, Wire

if TYPE_CHECKING:
    from sitl.ways_in import Lockstep

LOOK_MS: Final = 40
"""Vehicle time between looks at what it says: half the period of its fastest stream."""


class FirmwareNode(QuietNode):
    """See the module. `endpoints`: none, its words go over a wire."""

    endpoints: tuple[LinkOwner, ...] = ()
    look_every_ms = LOOK_MS

    def __init__(self, lockstep: Lockstep, signals: Signals) -> None:
        self.lockstep = lockstep
        self.now_ms = 0
        self._signals = signals

    def next_vehicle_deadline_ms(self) -> int:
        return self.now_ms + LOOK_MS

    def advance(self, until_ms: int, link_ms: int | None = None) -> None:
        """Fly to `until_ms`, or for the time of a look. UserError, status 1: it has ended, or flies no body any
        more."""
        until_ms = min(until_ms, self.next_vehicle_deadline_ms())
        try:
            self.lockstep.run(until_ms, lambda: self._signals.number is not None)
        except SitlError as error:
            raise UserError(str(error), 1) from error
        self.now_ms = until_ms

    def look_again(self) -> None:
        """Do nothing: its deadlines are its own."""

    def load(self) -> None:
        """Load the kernel."""
        self.lockstep.body.load()

    def beat(self) -> None:
        """Do nothing: it speaks when its time passes."""


class SerialPlug:
    """The firmware's line as an end of a wire."""

    full = False

    def __init__(self, node: FirmwareNode) -> None:
        self.node: Node = node
        self._line = node.lockstep.line

    def take(self) -> bytes:
        """Take what it has written."""
        return self._line.read()

    def hand(self, data: bytes, link_ms: int) -> None:
        """Write to it: it reads this before its time goes on."""
        self._line.write(data)


def wire_to(firmware: FirmwareNode, there: EndpointPlug) -> Wire:
    """A wire without delay or loss from the firmware to a plug at whoever is before it."""
    return Wire(MemoryLink(), SerialPlug(firmware), there)
