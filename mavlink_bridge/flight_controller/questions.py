"""Questions to a controller: its home, and its reasons against arming."""

from __future__ import annotations

from typing import Final

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd
from mavlink_bridge.flight_controller.orders import ControllerOrders
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import id_of

_HOME_POSITION: Final = id_of("HOME_POSITION")
_ASK_EVERY_MS: Final = 5000
_MOST: Final = 10


class HomeQuestion:
    """Controller's home. `position`: None before the answer. It is requested until it is known, and again after arming,
    which moves it to the vehicle."""

    def __init__(self, orders: ControllerOrders) -> None:
        self._orders = orders
        self.position: GeoPoint | None = None
        self._moved = False
        self._ask_ms = 0

    def hear(self, message: Message) -> None:
        self.position = GeoPoint(message.latitude / 1e7, message.longitude / 1e7, message.altitude / 1e3)
        self._moved = False

    def moved(self) -> None:
        """Ask at once, because home has changed."""
        self._moved, self._ask_ms = True, 0

    def ask_after(self, now_ms: int) -> None:
        self._ask_ms = now_ms

    def step(self, now_ms: int, *, placed: bool) -> None:
        """Ask if it is time. `placed`: the controller knows its position, so that it can have a home."""
        if (self.position is None or self._moved) and placed and now_ms >= self._ask_ms:
            self._ask_ms = now_ms + _ASK_EVERY_MS
            self._orders.send(Cmd.REQUEST_MESSAGE, float(_HOME_POSITION))


class PreArmQuestion:
    """Controller's reasons against arming, by texts with one of `prefixes` in the last round of checks. A repeated text
    begins a new round."""

    def __init__(self, prefixes: tuple[str, ...]) -> None:
        self._prefixes = prefixes
        self._reasons: list[str] = []
        self._ask_ms = 0

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(self._reasons) or ("the flight controller's checks do not pass",)

    def hear(self, text: str) -> None:
        if not text.startswith(self._prefixes):
            return
        reason = text.partition(": ")[2]
        if reason in self._reasons:
            self._reasons.clear()
        if len(self._reasons) < _MOST:
            self._reasons.append(reason)

    def clear(self) -> None:
        self._reasons.clear()

    def should_ask(self, now_ms: int) -> bool:
        """True if the checks (401) should be requested: every 5 s, while no reason is known."""
        if self._reasons or now_ms < self._ask_ms:
            return False
        self._ask_ms = now_ms + _ASK_EVERY_MS
        return True
