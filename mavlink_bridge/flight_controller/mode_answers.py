"""A single answer for each mode request to a controller that acknowledges twice.

PX4 first acknowledges that it has understood DO_SET_MODE, and then whether the mode was entered
(src/modules/mavlink/mavlink_receiver.cpp, src/modules/commander/Commander.cpp). The second one is the answer. The first
one is held back, and sent on if the second does not arrive.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.context.turns import earliest
from autopilot.interface.records import dataclass
from autopilot.mav import Cmd, Result
from mavlink_bridge.routing.service import Clock, WithoutMessages
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import MavlinkFrame

Asker = tuple[int, int]
"""System and component of a station."""
_SECOND_MS: Final = 400
"""Longest time until the second acknowledgement, ms; stations repeat after 500 ms or more."""
_MOST_ASKERS: Final = 64


@dataclass(slots=True)
class _ModeRequest:
    """First acknowledgement (None: not yet received), and the time at which it is sent on."""

    frame: MavlinkFrame | None = None
    until_ms: int | None = None


class ModeAnswers(WithoutMessages):
    """Filter of acknowledgements; a service only for its time. `pass_on(frame, asker)` sends what was held back."""

    clock: Clock = "vehicle"

    def __init__(self, pass_on: Callable[[MavlinkFrame, Asker], None]) -> None:
        self._pass_on = pass_on
        self._open: dict[Asker, _ModeRequest] = {}

    def requested(self, asker: Asker) -> None:
        """Note a station's DO_SET_MODE to the controller."""
        if len(self._open) >= _MOST_ASKERS:
            self._open.clear()
        self._open[asker] = _ModeRequest()

    def passes(self, frame: MavlinkFrame, asker: Asker, now_ms: int) -> bool:
        """True if this COMMAND_ACK goes to `asker` now; False also for one after the answer."""
        message = codec.decode(frame.msg_id, frame.payload)
        if message is None or message.command != Cmd.DO_SET_MODE:
            return True
        request = self._open.get(asker)
        if request is None:
            return False
        if request.frame is None and message.result == Result.ACCEPTED:
            request.frame, request.until_ms = frame, now_ms + _SECOND_MS
            return False
        del self._open[asker]
        return True

    # --- time -----------------------------------------------------------------------------------------------------
    def handle_timeout(self, now_ms: int) -> None:
        for asker, request in list(self._open.items()):
            if request.frame is not None and request.until_ms is not None and now_ms >= request.until_ms:
                del self._open[asker]
                self._pass_on(request.frame, asker)

    def next_deadline_ms(self) -> int | None:
        return earliest([request.until_ms for request in self._open.values()])
