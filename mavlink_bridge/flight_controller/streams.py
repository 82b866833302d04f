"""Streams of the controller: requested by SET_MESSAGE_INTERVAL, and again when they stop.

The rates (docs/reference/real-vehicles.md, 2) are halved until they use at most 35 % of a serial line; the limit for
all is 70 %, and ground stations need their part (docs/reference/real-vehicles.md, 4). Intervals are valid on one link
until the controller restarts. A message that is missing for three intervals is requested again.
"""

from __future__ import annotations

from math import fsum, isfinite
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
    """Rates by message id for a link of `baud` (None: no limit), Hz. `native`: also MISSION_CURRENT, which a controller
    may send on change only to the one that changed it."""
    by_name = {**rates.always, **rates.native} if native else rates.always
    ids = {codec.id_of(name): hz for name, hz in by_name.items()}
    limit = float("inf") if baud is None else _SHARE * baud / BITS_PER_BYTE
    while load(ids) > limit and max(ids.values()) > _SLOWEST_HZ:
        top = max(ids.values())
        ids = {number: max(hz / 2.0, _SLOWEST_HZ) if hz == top else hz for number, hz in ids.items()}
    return ids


def load(rates: dict[int, float]) -> float:
    """Bytes per second of these streams."""
    return fsum((codec.base_size(number) + _FRAME_BYTES) * hz for number, hz in rates.items())


class StreamKeeper:
    """Requests of one controller's streams. No acknowledgement is needed: the stream is the answer. `heartbeat_hz`: see
    `Rates`; used while `armed`."""

    def __init__(self, rates: dict[int, float], system: int, component: int, heartbeat_hz: float | None = None) -> None:
        self.rates = rates
        self.armed = False
        self._target = (system, component)
        self._received_ms: dict[int, int] = {}
        self._due_ms = 0
        self._ask_ms = None if heartbeat_hz is None else int(1000.0 / heartbeat_hz)
        self._ask_due_ms = 0
        self._beat_ms: int | None = None

    def request(self, name: str, hz: float) -> None:
        """Request another stream at the next check."""
        self.rates[codec.id_of(name)] = hz

    def heard(self, msg_id: int, now_ms: int) -> None:
        """Note a received message."""
        if msg_id in self.rates:
            self._received_ms[msg_id] = now_ms
        if msg_id == _HEARTBEAT:
            self._beat_ms = now_ms

    def beat_is_fresh(self, now_ms: int) -> bool:
        """True while the next requested HEARTBEAT is not late; always if none is requested."""
        if self._ask_ms is None:
            return True
        return self._beat_ms is not None and 2 * (now_ms - self._beat_ms) <= 3 * self._ask_ms

    def hears(self, *names: str) -> bool:
        """True if all of these have arrived since the start, a restart or a lost link."""
        return all(codec.id_of(name) in self._received_ms for name in names)

    def silent_since(self, then_ms: int) -> bool:
        """True if no stream has arrived after `then_ms`."""
        return max(self._received_ms.values(), default=then_ms) <= then_ms

    def needs_more(self, request: Message) -> bool:
        """True if this SET_MESSAGE_INTERVAL would make a stream too slow for the service (0, the default, may do
        so)."""
        hz = self.rates.get(int(request.param1)) if isfinite(request.param1) else None
        return hz is not None and not 0.0 < request.param2 <= 1e6 / hz

    def renew(self, now_ms: int) -> None:
        """Request all streams again at the next `take`."""
        self._received_ms.clear()
        self._due_ms = now_ms

    @property
    def deadline_ms(self) -> int:
        return min(self._due_ms, self._ask_due_ms) if self._ask_ms is not None and self.armed else self._due_ms

    def take(self, now_ms: int) -> list[Message]:
        messages: list[Message] = []
        if self._ask_ms is not None and self.armed and now_ms >= self._ask_due_ms:
            self._ask_due_ms = now_ms + self._ask_ms
            messages.append(command_message(*self._target, Cmd.REQUEST_MESSAGE, float(_HEARTBEAT)))
        if now_ms < self._due_ms:
            return messages
        self._due_ms = now_ms + _CHECK_MS
        late = [
            number
            for number, hz in self.rates.items()
            if now_ms - self._received_ms.get(number, -_PATIENCE_MS) >= max(_PATIENCE_MS, int(3000.0 / hz))
        ]
        for number in late:
            interval_us = 1e6 / self.rates[number]
            messages.append(command_message(*self._target, Cmd.SET_MESSAGE_INTERVAL, float(number), interval_us))
        return messages
