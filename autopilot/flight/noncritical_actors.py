"""Actors without which a flight continues: battery, comms, logger (seed 002)."""

from __future__ import annotations

from autopilot.flight import flags
from autopilot.flight.flight_context import FlightContext
from autopilot.flight.kernel import Actor
from autopilot.flight.messages import Ask, BatteryLevel, Message, MessageKind, Payload, Tag

STATUS_TIMEOUT_MS = 1_000


class BatteryActor(Actor):
    """Battery: sends LOW_BATTERY. The vehicle checks the thresholds (BATT_LOW_*, BATT_CRT_*) and their delay
    (BATT_LOW_TIMER) in each tick, so this actor acts on its events and does not sample twice a second."""

    name = "battery"
    critical = False
    listens = flags.BATTERY_LOW | flags.BATTERY_CRITICAL

    def handle_news(self, news: int, now_flags: int) -> None:
        level = BatteryLevel.CRITICAL if news & flags.BATTERY_CRITICAL else BatteryLevel.LOW
        self.port.notify("flight_manager", Tag.LOW_BATTERY, level)


class ContextActor(Actor):
    """An actor that writes into the shared context, or asks it."""

    def __init__(self, context: FlightContext) -> None:
        super().__init__()
        self._context = context


class CommsActor(ContextActor):
    """Communication: relays GO, ABORT, STATUS and a ground station's arm command, and puts the answers into the shared
    context. RESET does nothing."""

    name = "comms"
    critical = False
    restarts_at_once = True

    def handle_message(self, message: Message) -> None:
        if message.kind is MessageKind.NOTIFY and message.tag == Tag.ANSWER:
            result, reason = _pair(message.payload)
            self._context.answer = int(result), str(reason)
        elif message.kind is MessageKind.NOTIFY:
            self._relay(message)
        elif message.kind is MessageKind.REPLY:
            state, countdown_s = _pair(message.payload)
            self._context.asked_status = int(state), int(countdown_s)
        else:
            super().handle_message(message)

    def _relay(self, message: Message) -> None:
        if message.tag == Tag.STATUS:
            self.port.request("flight_manager", Ask.STATUS, None, STATUS_TIMEOUT_MS)
        else:
            self.port.notify("flight_manager", Tag(message.tag), message.payload)


def _pair(payload: Payload) -> tuple[int | float | str, int | float | str]:
    if not isinstance(payload, tuple) or len(payload) != 2:
        raise TypeError(f"an answer is a pair, not {payload!r}")
    first, second = payload
    if isinstance(first, tuple) or isinstance(second, tuple) or first is None or second is None:
        raise TypeError(f"an answer is a pair of plain values, not {payload!r}")
    return first, second


class LoggerActor(ContextActor):
    """Logger. RESET closes the log of the last flight and opens a new one."""

    name = "logger"
    critical = False

    def reset(self, request: Message) -> str | None:
        return self._context.log_files.reopen(self.port.now_ms)

    def handle_message(self, message: Message) -> None:
        if message.kind is MessageKind.NOTIFY and message.tag == Tag.FLIGHT_OVER:
            self._context.log_files.close()
        else:
            super().handle_message(message)
