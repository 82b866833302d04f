"""Context of a command handler, and rows of the table of commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Protocol

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.interface.geo import GLOBAL_FRAMES
from autopilot.interface.records import dataclass, field
from autopilot.interface.result import ACCEPTED as ACCEPTED
from autopilot.interface.result import Outcome
from autopilot.interface.vehicle import Request
from autopilot.mav import Component, Frame, Result
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.routing.service import Message, Outgoing, Peer
from mavlink_bridge.services.commands.request import Command


class RateRequests(Protocol):
    """Port: rates of streams, for commands 510 and 511."""

    def set_message_interval(self, link: int, msg_id: int, interval_us: int) -> Result:
        """Set a message's interval, us: 0 default rate, -1 off; DENIED for a message that is not streamed."""

    def message_interval(self, link: int, msg_id: int) -> int:
        """Interval of a message, us; -1: off, 0: unknown."""


class TelemetryRequests(Protocol):
    """Port: telemetry, for commands 510 to 512."""

    @property
    def rates(self) -> RateRequests: ...

    def banner(self) -> Sequence[Message]:
        """STATUSTEXTs of the banner: version and vehicle."""

    def request_message(self, link: int, msg_id: int, p2: float) -> Result:
        """Send one message, after the messages queued so far."""


@dataclass(slots=True)
class Context:
    """Context of one command: vehicle, telemetry and asker. `firmware`: meaning of the command's numbers. `before` and
    `after` are sent right before and after the acknowledgement. A slow handler puts its `Request` into `pending` and
    returns IN_PROGRESS, which is sent after `patience_ms` of link time. `durable`: as that of a row, for this one
    command."""

    parts: VehicleParts
    telemetry: TelemetryRequests
    peer: Peer
    now_ms: int
    firmware: Firmware = OWN
    before: list[Outgoing] = field(default_factory=list)
    after: list[Outgoing] = field(default_factory=list)
    pending: Request | None = None
    patience_ms: int = 0
    durable: bool = False

    def reply(self, message: Message) -> None:
        """Send `message` to the asker's link, after the acknowledgement."""
        self.after.append(Outgoing(message, self.peer.link))


Handler = Callable[[Command, Context], Outcome]


@dataclass(frozen=True, slots=True)
class CommandRow:
    """Row of the table of commands: the handler of one command and the rules for it.

    `required`: numbers (from 1) of the parameters without which the command is DENIED.
    `place`: params 5 to 7 are a position. `frames`: the MAV_FRAMEs that a COMMAND_INT may have.
    `long_frame`: the MAV_FRAME of a COMMAND_LONG, which has no field for it; None: a COMMAND_LONG is UNSUPPORTED.
    `needs`: condition that a kind of vehicle must meet to know the command.
    `query`: the command only asks for messages, so a repetition is served again.
    `at_once`: the command does not wait for an arm in progress.
    `durable`: the acknowledgement waits until the change is on disk.
    `part`: a component of the vehicle that answers when the command is addressed to it.
    """

    handler: Handler
    required: tuple[int, ...] = ()
    place: bool = False
    frames: frozenset[int] | None = None
    long_frame: int | None = Frame.GLOBAL_RELATIVE_ALT
    needs: Callable[[VehicleClass], bool] | None = None
    query: bool = False
    at_once: bool = False
    durable: bool = False
    part: Component | None = None

    def fits(self, kind: VehicleClass) -> bool:
        return self.needs is None or self.needs(kind)

    def speaker(self, component: int) -> int | None:
        """Component that answers a command to `component`; None: the vehicle. MAVSDK addresses a winch and
        accepts only its answer."""
        return self.part if component == self.part else None

    def accepts_frame(self, frame: int) -> bool:
        """True when a COMMAND_INT may have this MAV_FRAME; commands without a position ignore it."""
        if self.frames is not None:
            return frame in self.frames
        return not self.place or frame in GLOBAL_FRAMES


# conditions for `CommandRow.needs`
flies = attrgetter("flies")
hovers = attrgetter("hovers")
has_wings = attrgetter("has_stall_speed")

DENIED = Outcome(Result.DENIED)
FAILED = Outcome(Result.FAILED)
UNSUPPORTED = Outcome(Result.UNSUPPORTED)
