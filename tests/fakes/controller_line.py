"""A `FlightController` that hears what a test lets its controller say, message for message."""

from __future__ import annotations

from autopilot.vehicles import kinds
from mavlink_bridge.firmware.ardupilot import ArduPilot
from mavlink_bridge.flight_controller.controller import FlightController
from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.wire.codec import dialect

FC = Peer(1, 1, 1)
ARMED = 128


class Line:
    """What the controller says, in vehicle time."""

    def __init__(self) -> None:
        self.vehicle = FlightController(ArduPilot(kinds.COPTER), 1, 4)

    def say(self, message: Message, now_ms: int) -> None:
        self.vehicle.handle_message(message, FC, now_ms)
        self.vehicle.handle_timeout(now_ms)

    def beat(self, now_ms: int, *, armed: bool) -> None:
        self.say(dialect.MAVLink_heartbeat_message(2, 3, ARMED if armed else 0, 4, 4, 3), now_ms)

    def place(self, boot_ms: int, now_ms: int) -> None:
        height_mm = 10_000
        self.say(dialect.MAVLink_global_position_int_message(boot_ms, 0, 0, height_mm, height_mm, 0, 0, 0, 0), now_ms)

    def fly(self) -> None:
        """In the air for ten seconds."""
        for second in range(10):
            self.beat(1000 * second, armed=True)
            self.say(dialect.MAVLink_extended_sys_state_message(0, 2), 1000 * second)
            self.place(20_000 + 1000 * second, 1000 * second)
