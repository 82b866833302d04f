"""Streams that the controller is asked to send, and how often: SET_MESSAGE_INTERVAL, renewed when it has forgotten.

The rates are those of docs/reference/real-vehicles.md, 2, halved until the load fits the link: at most 35 % of a serial
line, since ground stations want their share (docs/reference/real-vehicles.md, 4: 70 % is the limit for all). Intervals
hold for one link of the controller until it restarts; a message that stays away for three of its intervals is asked for
again.
"""

from __future__ import annotations

from math import fsum
from typing import Final

from autopilot.mav import Cmd
from mavlink_bridge.firmware.protocol import Rates
from mavlink_bridge.routing.service import Message
from mavlink_bridge.routing.tx_queue import BITS_PER_BYTE
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import command_message

_HEARTBEAT: Final = codec.id_of("HEARTBEAT")
_SHARE: Final = 0.35
_FRAME_BYTES: Final = 12
_SLOWEST_HZ: Final = 1.0
_CHECK_MS: Final = 2000
_PATIENCE_MS: Final = 3000


def plan(baud: int | None, rates: Rates, *, native: bool = False) -> dict[int, float]:
    """Message id to Hz for a link of `baud` (None: no serial line, no limit). `native`: the controller's own mission is
    followed, whose present item it may tell on change to nobody but the one who changed it."""
    wanted = {**rates.always, **rates.native} if native else rates.always
    ids = {_number(name): hz for name, hz in wanted.items()}
    limit = float("inf") if baud is None else _SHARE * baud / BITS_PER_BYTE
    while load(ids) > limit and max(ids.values()) > _SLOWEST_HZ:
        top = max(ids.values())
        ids = {number: max(hz / 2.0, _SLOWEST_HZ) if hz == top else hz for number, hz in ids.items()}
    return ids


def load(rates: dict[int, float]) -> float:
    """Bytes per second of these streams."""
    return fsum((codec.base_size(number) + _FRAME_BYTES) * hz for number, hz in rates.items())


def _number(name: str) -> int:
    found = codec.message_id(name)
    assert found is not None, name
    return found


class StreamKeeper:
    """Asks for the streams of one controller and keeps them coming. Acknowledgements are not waited for: the stream
    itself is the answer. `heartbeat_hz`: see `Rates`; asked for while `armed`."""

    def __init__(self, rates: dict[int, float], system: int, component: int, heartbeat_hz: float | None = None) -> None:
        self.rates = rates
        self.armed = False
        self._target = (system, component)
        self._heard: dict[int, int] = {}
        self._due_ms = 0
        self._ask_ms = None if heartbeat_hz is None else int(1000.0 / heartbeat_hz)
        self._ask_due_ms = 0
        self._beat_ms: int | None = None

    def want(self, name: str, hz: float) -> None:
        """Ask for another stream, with the next check."""
        self.rates[_number(name)] = hz

    def heard(self, msg_id: int, now_ms: int) -> None:
        """A message of this id came in."""
        if msg_id in self.rates:
            self._heard[msg_id] = now_ms
        if msg_id == _HEARTBEAT:
            self._beat_ms = now_ms

    def beat_is_fresh(self, now_ms: int) -> bool:
        """True when the next HEARTBEAT has still to come, where it is asked for. True where it is not."""
        if self._ask_ms is None:
            return True
        return self._beat_ms is not None and 2 * (now_ms - self._beat_ms) <= 3 * self._ask_ms

    def hears(self, *names: str) -> bool:
        """Have all of these come since the start, a restart or a lost link?"""
        return all(_number(name) in self._heard for name in names)

    def silent_since(self, then_ms: int) -> bool:
        """True when no stream has come after `then_ms`."""
        return max(self._heard.values(), default=then_ms) <= then_ms

    def needs_more(self, request: Message) -> bool:
        """Would this SET_MESSAGE_INTERVAL make a stream slower than the service needs it? (0, the controller's own
        choice, may be.)"""
        hz = self.rates.get(int(request.param1))
        return hz is not None and not 0.0 < request.param2 <= 1e6 / hz

    def renew(self, now_ms: int) -> None:
        """The controller may have forgotten everything: ask for all at the next `take`."""
        self._heard.clear()
        self._due_ms = now_ms

    @property
    def deadline_ms(self) -> int:
        return min(self._due_ms, self._ask_due_ms) if self._asks else self._due_ms

    @property
    def _asks(self) -> bool:
        return self._ask_ms is not None and self.armed

    def take(self, now_ms: int) -> list[Message]:
        """The requests that are due."""
        found: list[Message] = []
        if self._ask_ms is not None and self.armed and now_ms >= self._ask_due_ms:
            self._ask_due_ms = now_ms + self._ask_ms
            found.append(command_message(*self._target, Cmd.REQUEST_MESSAGE, float(_HEARTBEAT)))
        if now_ms < self._due_ms:
            return found
        self._due_ms = now_ms + _CHECK_MS
        late = [
            number
            for number, hz in self.rates.items()
            if now_ms - self._heard.get(number, -_PATIENCE_MS) >= max(_PATIENCE_MS, int(3000.0 / hz))
        ]
        return [*found, *(interval_request(self._target, number, self.rates[number]) for number in late)]


def interval_request(target: tuple[int, int], msg_id: int, hz: float) -> Message:
    """SET_MESSAGE_INTERVAL."""
    return command_message(*target, Cmd.SET_MESSAGE_INTERVAL, float(msg_id), 1e6 / hz)
