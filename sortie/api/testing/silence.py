"""Vehicle time that passes while clients say nothing: how a client that sleeps by the wall is told to its author.

Paced by its clients a vehicle flies some 60 s while one of them sleeps 1 s of the wall, and neither sees anything
wrong. A client that waits by reading is as silent: so the line says what was seen, and leaves the cause to its author.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mavlink_bridge.services.base import Clock, Message, Peer

LONG_S: Final = 10.0
"""Of vehicle time: DISARM_DELAY's default, the first that a sleeping client misses."""
TIMES: Final = 5.0
"""And so many times as long as by the wall: else it is no wonder."""
_WORDS: Final = frozenset({
    "COMMAND_LONG", "COMMAND_INT", "SET_MODE", "MISSION_ITEM_INT", "MISSION_ITEM", "MISSION_COUNT", "MISSION_ACK",
    "MISSION_REQUEST_LIST", "MISSION_REQUEST_INT", "MISSION_CLEAR_ALL", "MISSION_SET_CURRENT", "PARAM_SET",
    "PARAM_REQUEST_READ", "PARAM_REQUEST_LIST", "REQUEST_DATA_STREAM", "SET_POSITION_TARGET_LOCAL_NED",
    "SET_POSITION_TARGET_GLOBAL_INT", "SET_ATTITUDE_TARGET", "RC_CHANNELS_OVERRIDE", "MANUAL_CONTROL",
    "FILE_TRANSFER_PROTOCOL",
})  # fmt: skip
"""What a client says by its own will. A HEARTBEAT comes from a thread of its library, by the wall."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Between two words of clients, s: how long by the wall, and from when to when in vehicle time."""

    wall_s: float
    from_s: float
    to_s: float

    def __str__(self) -> str:
        passed_s = self.to_s - self.from_s
        return (
            f"no client said anything for {self.wall_s:.1f} s of the wall, in which {passed_s:.0f} s passed "
            f"({self.from_s:.2f} to {self.to_s:.2f} s): one that slept should use sortie.pacing.sleep"
        )


class Silence:
    """A service that hears clients and says nothing. `wall_s`: that clock, monotonic. While a test itself waits for the
    vehicle nobody has to speak: `rest` begins anew."""

    clock: Clock = "vehicle"
    handles = _WORDS

    def __init__(self, wall_s: Callable[[], float]) -> None:
        self._wall_s = wall_s
        self._since: tuple[float, float] | None = None  # the wall's and vehicle time of the last word, s
        self._first: Gap | None = None

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Somebody speaks: a silence is over."""
        self._first = self.gap(now_ms)
        self._since = self._wall_s(), now_ms / 1000.0

    def rest(self, now_ms: int) -> None:
        """The test waits by itself, or has waited."""
        self._first = self.gap(now_ms)
        self._since = None

    def gap(self, now_ms: int) -> Gap | None:
        """The first long one, which may last until now; None: there is none."""
        if self._first is not None or self._since is None:
            return self._first
        wall_s, from_s = self._since
        gap = Gap(self._wall_s() - wall_s, from_s, now_ms / 1000.0)
        passed_s = gap.to_s - gap.from_s
        return gap if passed_s > LONG_S and passed_s > TIMES * gap.wall_s else None
