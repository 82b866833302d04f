"""Mode answers: a single one for each mode that a ground station asks of a controller which acknowledges twice.

PX4 says first that it has understood DO_SET_MODE, before it is known whether the mode can be entered, and then what
became of it (src/modules/mavlink/mavlink_receiver.cpp, src/modules/commander/Commander.cpp). The second word is the
answer. The first one is kept back for it, and passed on when the second stays away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.context.turns import earliest
from autopilot.interface.records import dataclass
from autopilot.mav import Cmd, Result
from mavlink_bridge.routing.service import Clock, Outgoing, WithoutMessages
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import MavlinkFrame

Asker = tuple[int, int]
"""System and component of a station."""
_SECOND_MS: Final = 400
"""Longest time that the second word may take, ms; stations ask again after 500 ms or more."""
_MOST_ASKERS: Final = 64


@dataclass(slots=True)
class _Kept:
    """The first word (None: nothing was heard yet), and when it is passed on at the latest."""

    frame: MavlinkFrame | None = None
    until_ms: int | None = None


class ModeAnswers(WithoutMessages):
    """See the module. A service on the controller's link for its time alone; `pass_on(frame, asker)` sends what was
    kept back."""

    clock: Clock = "vehicle"

    def __init__(self, pass_on: Callable[[MavlinkFrame, Asker], None]) -> None:
        self._pass_on = pass_on
        self._open: dict[Asker, _Kept] = {}

    def asked(self, asker: Asker) -> None:
        """A station's DO_SET_MODE goes to the controller."""
        if len(self._open) >= _MOST_ASKERS:
            self._open.clear()
        self._open[asker] = _Kept()

    def passes(self, frame: MavlinkFrame, asker: Asker, now_ms: int) -> bool:
        """True when this COMMAND_ACK to `asker` is for the station now. One that comes behind the answer is not."""
        message = codec.decode(frame.msg_id, frame.payload)
        if message is None or message.command != Cmd.DO_SET_MODE:
            return True
        kept = self._open.get(asker)
        if kept is None:
            return False
        if kept.frame is None and message.result == Result.ACCEPTED:
            kept.frame, kept.until_ms = frame, now_ms + _SECOND_MS
            return False
        del self._open[asker]
        return True

    # --- its time -------------------------------------------------------------------------------------------------
    def handle_timeout(self, now_ms: int) -> None:
        for asker, kept in list(self._open.items()):
            if kept.frame is not None and kept.until_ms is not None and now_ms >= kept.until_ms:
                del self._open[asker]
                self._pass_on(kept.frame, asker)

    def next_deadline_ms(self) -> int | None:
        return earliest([kept.until_ms for kept in self._open.values()])

    def take_outgoing(self) -> list[Outgoing]:
        return []
