"""A rover behind Sortie drives along a heading or at a turn rate. ArduPilot's GCS_MAVLink_Rover.cpp has it drive
backwards where vx is negative, in every frame, if there is a heading or a rate."""

from __future__ import annotations

from math import pi

import pytest

from autopilot.interface.targets import Drive
from autopilot.vehicles import kinds
from autopilot.vehicles.mode_table import RoverMode
from mavlink_bridge.firmware.ardupilot import ArduPilot
from mavlink_bridge.flight_controller.controller import FlightController
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.wire.codec import dialect

FC = Peer(1, 1, 1)


@pytest.mark.parametrize("speed", [1.5, -1.5])
@pytest.mark.parametrize(("turn_rate", "ignored"), [(0.3, 1 << 10), (None, 1 << 11)])
def test_south_is_not_backwards(speed: float, turn_rate: float | None, ignored: int) -> None:
    """The rover's nose points to the south."""
    rover = FlightController(ArduPilot(kinds.ROVER), 1, RoverMode.GUIDED)
    for now_ms, message in (
        (0, dialect.MAVLink_heartbeat_message(10, 3, 129, RoverMode.GUIDED, 4, 3)),
        (10, dialect.MAVLink_attitude_message(0, 0.0, 0.0, pi, 0.0, 0.0, 0.0)),
        (20, dialect.MAVLink_global_position_int_message(0, 0, 0, 0, 0, 0, 0, 0, 0)),
    ):
        rover.handle_message(message, FC, now_ms)
    rover.command(RoverMode.GUIDED)
    rover.set_target(Drive(speed, pi, turn_rate))
    rover.handle_timeout(30)
    (sent,) = (out.message for out in rover.take_outgoing() if out.message.get_type().startswith("SET_POSITION"))
    assert sent.vx == speed and sent.vy == 0.0 and sent.type_mask == 0b0001_1100_0111 | ignored
    assert (sent.yaw, sent.yaw_rate) == ((pi, 0.0) if turn_rate is None else (0.0, turn_rate))
