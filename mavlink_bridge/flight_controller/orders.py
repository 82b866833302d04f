"""Commands to the controller, each with its answer as a `Request`.

Two commands of the same number never run at once, because a COMMAND_ACK has only the number. The reason of a refusal is
a STATUSTEXT before or shortly after the acknowledgement; it is waited for.
"""

from __future__ import annotations

from collections import deque

from autopilot.context.turns import earliest
from autopilot.interface.records import dataclass
from autopilot.interface.vehicle import Request
from autopilot.mav import Frame
from mavlink_bridge.clients.base import Retry, Target
from mavlink_bridge.clients.command import CommandClient, CommandOutcome
from mavlink_bridge.routing.service import Message, Peer, Speaker
from mavlink_bridge.wire.codec import command_message, dialect

PROMPT = Retry(interval_ms=1000, attempts=5)
#: a calibration may take long; it is not repeated meanwhile
SLOW = Retry(interval_ms=5000, attempts=2)
#: arming may take long too, but must end within the 5 s that a flight waits for its motors
ARMING = Retry(interval_ms=2000, attempts=2)
_TEXT_WAIT_MS = 300


@dataclass(slots=True, eq=False)
class _Order:
    number: int
    client: CommandClient
    request: Request
    prefixes: tuple[str, ...]
    moves: bool
    text: str = ""
    refused_ms: int | None = None


class ControllerOrders(Speaker):
    """Queue of commands. A request that has ended is reported once by `take_done`."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._running: dict[int, _Order] = {}
        self._waiting: deque[_Order] = deque()
        super().__init__()
        self._done = False
        self._still = False

    def send(
        self,
        number: int,
        *params: float,
        retry: Retry = PROMPT,
        prefixes: tuple[str, ...] = (),
        place: bool = False,
        frame: int = Frame.GLOBAL_RELATIVE_ALT,
        moves: bool = False,
        replaces: bool = False,
    ) -> Request:
        """Send a command. `prefixes`: beginnings of STATUSTEXTs with the reason of a refusal. `place`: send COMMAND_INT
        with parameters 5 and 6 in degrees. `moves`: it may move the vehicle, so it is dropped when Sortie loses
        control. `replaces`: drop waiting commands of the same number."""
        order = _Order(number, self._client(number, params, retry, place, frame), Request(), prefixes, moves)
        if replaces:
            self._forget([waiting for waiting in self._waiting if waiting.number == number])
        self._waiting.append(order)
        return order.request

    def drop(self) -> None:
        """Drop all commands: the controller has restarted or is silent."""
        self._forget([*self._running.values(), *self._waiting])

    def drop_moving(self) -> None:
        """Drop commands that may move the vehicle: another party has it, and a repetition would take it back."""
        self._forget([order for order in (*self._running.values(), *self._waiting) if order.moves])

    def _forget(self, orders: list[_Order]) -> None:
        for order in orders:
            order.request.reason = order.request.reason or "given up"
            order.request.done = True
        self._running = {number: order for number, order in self._running.items() if order not in orders}
        self._waiting = deque(order for order in self._waiting if order not in orders)
        self._done = self._done or bool(orders)

    def _client(self, number: int, params: tuple[float, ...], retry: Retry, place: bool, frame: int) -> CommandClient:
        filled = (*params, *(0.0 for _ in range(7 - len(params))))
        system, component = self.target.system, self.target.component

        def build_long(confirmation: int) -> Message:
            return command_message(system, component, number, *params, confirmation=confirmation)

        def build_int(confirmation: int) -> Message:
            del confirmation  # COMMAND_INT has no confirmation
            x, y = round(filled[4] * 1e7), round(filled[5] * 1e7)
            return dialect.MAVLink_command_int_message(
                system, component, frame, number, 0, 0, *filled[:4], x, y, filled[6]
            )

        return CommandClient(self.target, build_int if place else build_long, retry=retry)

    # --- messages -------------------------------------------------------------------------------------------------
    def acknowledge(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Handle a COMMAND_ACK to us."""
        order = self._running.get(message.command)
        if order is not None:
            order.client.handle_message(message, peer, now_ms)
            self._follow(order, now_ms)

    def hear(self, text: str) -> None:
        """Keep a STATUSTEXT that may be the reason of a refusal."""
        for order in self._running.values():
            if any(text.startswith(prefix) for prefix in order.prefixes):
                order.text = order.text or text.partition(": ")[2] or text

    def step(self, now_ms: int, *, still: bool = False) -> None:
        """Repeat, give up, and start waiting commands. `still`: hold those that may move the vehicle."""
        self._still = still
        for order in list(self._running.values()):
            if self._stands(order):
                continue
            order.client.handle_timeout(now_ms)
            self._follow(order, now_ms)
        for order in list(self._waiting):
            if order.number not in self._running and not self._stands(order):
                self._waiting.remove(order)
                self._running[order.number] = order
                order.client.start(now_ms)
                self._out += order.client.take_outgoing()

    def _stands(self, order: _Order) -> bool:
        return self._still and order.moves

    def _follow(self, order: _Order, now_ms: int) -> None:
        self._out += order.client.take_outgoing()
        outcome = order.client.outcome
        if outcome is None:
            return
        if outcome is not CommandOutcome.ACCEPTED and order.prefixes and not order.text:
            if order.refused_ms is None:
                order.refused_ms = now_ms + _TEXT_WAIT_MS
            if now_ms < order.refused_ms and outcome is not CommandOutcome.TIMEOUT:
                return
        del self._running[order.number]
        order.request.ok = outcome is CommandOutcome.ACCEPTED
        order.request.reason = "" if order.request.ok else order.text or _text_of(outcome)
        order.request.done = True
        self._done = True

    # --- results --------------------------------------------------------------------------------------------------
    def take_done(self) -> bool:
        """True if a request has ended since the last call."""
        done, self._done = self._done, False
        return done

    @property
    def deadline_ms(self) -> int | None:
        if any(order.number not in self._running and not self._stands(order) for order in self._waiting):
            return 0
        running = [order for order in self._running.values() if not self._stands(order)]
        dues = [order.refused_ms or order.client.next_deadline_ms() for order in running]
        return earliest(dues)


def _text_of(outcome: CommandOutcome) -> str:
    if outcome is CommandOutcome.TIMEOUT:
        return "the controller does not answer"
    return f"the controller says {outcome.name}"
