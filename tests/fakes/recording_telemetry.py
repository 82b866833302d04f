"""A telemetry service that streams nothing: it writes down what the command service asks of it."""

from __future__ import annotations

from autopilot.mav import Result
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect

STREAMED = {30: 250_000, 33: 250_000, 242: 1_000_000, 245: -1}
ON_REQUEST = {148, *STREAMED}


class RecordingTelemetry:
    """Knows the messages of `STREAMED` (id to interval, us) and, on request, AUTOPILOT_VERSION."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.rates = self

    def set_message_interval(self, link: int, msg_id: int, interval_us: int) -> Result:
        self.asked.append(("set_message_interval", link, msg_id, interval_us))
        return Result.ACCEPTED if msg_id in STREAMED else Result.DENIED

    def message_interval(self, link: int, msg_id: int) -> int:
        return STREAMED.get(msg_id, 0)

    def request_message(self, link: int, msg_id: int, p2: float = 0.0) -> Result:
        self.asked.append(("request_message", link, msg_id))
        return Result.ACCEPTED if msg_id in ON_REQUEST else Result.UNSUPPORTED

    def banner(self) -> list[Message]:
        return [dialect.MAVLink_statustext_message(6, b"ArduCopter V4.6.2 (5e471e00)")]
