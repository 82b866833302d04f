"""A command service between a recording core and recording telemetry, and short ways to ask it something."""

from __future__ import annotations

from typing import Any, cast

from autopilot.context.journal import Journal
from autopilot.mav import Result
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.wire.codec import dialect
from tests.fakes.recording_autopilot import RecordingAutopilot
from tests.fakes.recording_telemetry import RecordingTelemetry

QGC = Peer(1, 255, 190)
NOW = 12_340


class CommandBench:
    """Each method returns the messages that left at once, in order."""

    def __init__(self, kind: str = "copter", journal: Journal | None = None) -> None:
        self.autopilot = cast(Any, RecordingAutopilot(kind))
        self.telemetry = RecordingTelemetry()
        self.service = CommandService(self.autopilot, self.telemetry, vehicle_now=lambda: NOW, journal=journal)

    def send(self, message: Message, peer: Peer = QGC, now_ms: int = 0) -> list[Message]:
        self.service.handle_message(message, peer, now_ms)
        return self.taken()

    def taken(self) -> list[Message]:
        return [one.message for one in self.service.take_outgoing()]

    def long(
        self, number: int, *params: float, confirmation: int = 0, now_ms: int = 0, peer: Peer = QGC
    ) -> list[Message]:
        padded = (*params, *[0.0] * (7 - len(params)))
        return self.send(dialect.MAVLink_command_long_message(1, 1, number, confirmation, *padded), peer, now_ms)

    def int_(self, number: int, frame: int, *params: float, x: int = 0, y: int = 0, z: float = 0.0) -> list[Message]:
        padded = (*params, *[0.0] * (4 - len(params)))
        return self.send(dialect.MAVLink_command_int_message(1, 1, frame, number, 0, 0, *padded, x, y, z))


def result_of(messages: list[Message]) -> Result:
    """The result of the one acknowledgement, which comes first."""
    assert [one.get_type() == "COMMAND_ACK" for one in messages] == [True] + [False] * (len(messages) - 1)
    return Result(messages[0].result)
