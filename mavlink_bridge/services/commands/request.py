"""Command as requested, by COMMAND_LONG or COMMAND_INT.

COMMAND_LONG has seven floats and no frame; COMMAND_INT has a frame and integers for the position. Both become one
`Command`: NaN (or INT32_MAX) means "not given", positions are in degrees, and senseless values (infinities, numbers
beyond any unit) are recognised before a handler reads them.
"""

from __future__ import annotations

from math import isnan, nan
from operator import attrgetter
from struct import Struct

from autopilot.interface.earth import is_place
from autopilot.interface.records import dataclass
from autopilot.interface.result import Outcome
from autopilot.mav import Frame
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.wire.codec import dialect

#: largest sensible value of a parameter: intervals are at most 3.6e9 us, tags and ids below 2**24
LARGEST = 1e10
_NOT_GIVEN_INT = 0x7FFFFFFF
_PARAMS = Struct("<7d")


@dataclass(frozen=True, slots=True)
class Command:
    """Command as requested. `params`: param1 to param7, NaN = not given; for a command with a position param5 and
    param6 are latitude and longitude in degrees, and param7 is metres in `frame` (MAV_FRAME). `confirmation`: number of
    repetitions of a COMMAND_LONG; None for a COMMAND_INT. `component`: addressed component of the vehicle."""

    number: int
    params: tuple[float, ...]
    frame: int
    peer: Peer
    confirmation: int | None = None
    component: int = 0

    def given(self, index: int) -> bool:
        """True when parameter `index` (from 1) was given."""
        return not isnan(self.params[index - 1])

    def param(self, index: int, default: float = 0.0) -> float:
        """Parameter `index` (from 1), or `default` if it was not given."""
        value = self.params[index - 1]
        return default if isnan(value) else value

    def whole(self, index: int, default: int = 0) -> int:
        """Parameter `index` (from 1) cut to an integer, as ArduPilot casts it."""
        return int(self.param(index, float(default)))

    @property
    def sane(self) -> bool:
        """True when no parameter is infinite or beyond `LARGEST`."""
        return not any(abs(value) > LARGEST for value in self.params)

    @property
    def wish(self) -> tuple[Peer, int, bytes]:
        """Peer, number and parameters: equal for a repetition, also with NaN."""
        return self.peer, self.number, _PARAMS.pack(*self.params)

    @property
    def has_valid_place(self) -> bool:
        """True when latitude, longitude and altitude are within their ranges (docs/reference/mission-semantics.md,
        2.4)."""
        return is_place(*self.params[4:7])


def acknowledgement(number: int, peer: Peer, outcome: Outcome) -> Message:
    return dialect.MAVLink_command_ack_message(
        number, int(outcome.result), 0, outcome.detail, peer.system, peer.component
    )


def without_place(message: Message, peer: Peer) -> Command:
    """Command from a COMMAND_LONG or COMMAND_INT to a component without position commands."""
    if message.get_type() == "COMMAND_LONG":
        return from_long(message, peer, Frame.GLOBAL)
    return from_int(message, peer, has_place=False)


def from_long(message: Message, peer: Peer, frame: int) -> Command:
    """Command from a COMMAND_LONG; `frame` is the MAV_FRAME that ArduPilot assumes for it."""
    return Command(message.command, _LONG(message), frame, peer, message.confirmation, message.target_component)


_LONG = attrgetter("param1", "param2", "param3", "param4", "param5", "param6", "param7")


def from_int(message: Message, peer: Peer, *, has_place: bool) -> Command:
    """Command from a COMMAND_INT; with a position, x and y are degrees x 1e7, else param5 and param6 themselves."""
    scale = 1e-7 if has_place else 1.0
    x, y = (nan if value == _NOT_GIVEN_INT else value * scale for value in (message.x, message.y))
    params = (message.param1, message.param2, message.param3, message.param4, x, y, message.z)
    return Command(message.command, params, message.frame, peer, component=message.target_component)
