"""A PX4 multicopter as a vehicle: what is sent to it, message by message."""

from __future__ import annotations

from typing import Any

from autopilot.interface import report as R
from autopilot.interface.targets import Leg
from autopilot.interface.vehicle import VehicleEvent
from autopilot.vehicles.kinds import COPTER
from autopilot.vehicles.mode_table import CopterMode
from mavlink_bridge.firmware.px4 import Px4
from mavlink_bridge.flight_controller.controller import FlightController
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.wire.codec import dialect

PX4 = Peer(1, 1, 1)
POSCTL, HOLD, MISSION, RTL = 3 << 16, 4 << 16 | 3 << 24, 4 << 16 | 4 << 24, 4 << 16 | 5 << 24


def heartbeat(custom_mode: int, armed: bool = True) -> Any:
    return dialect.MAVLink_heartbeat_message(2, 12, 1 | 128 * armed, custom_mode, 4, 3)


class Bench:
    """A controller in POSCTL, in the air, with a position."""

    def __init__(self) -> None:
        self.vehicle = FlightController(Px4(COPTER), 1, POSCTL)
        self.now_ms = 0
        self.hear(heartbeat(POSCTL))
        self.hear(dialect.MAVLink_estimator_status_message(0, 16 | 1, 0, 0, 0, 0, 0, 0, 0, 0))
        self.hear(dialect.MAVLink_global_position_int_message(1000, 470000000, 80000000, 500000, 10000, 0, 0, 0, 0))
        self.hear(dialect.MAVLink_extended_sys_state_message(0, 2))
        self.sent()

    def hear(self, message: Any) -> None:
        self.vehicle.handle_message(message, PX4, self.now_ms)

    def sent(self) -> list[Any]:
        """Commands sent by now, without HEARTBEAT and requests for streams."""
        self.now_ms += 20
        self.vehicle.advance(self.now_ms)
        self.vehicle.handle_timeout(self.now_ms)
        messages = [one.message for one in self.vehicle.take_outgoing()]
        return [m for m in messages if m.get_type() != "HEARTBEAT" and getattr(m, "command", 0) not in (511, 512, 401)]


def test_a_leg_is_a_reposition_in_hold() -> None:
    """First DO_SET_MODE 1, 4, 3; a DO_REPOSITION with param2 = 1 and the altitude AMSL once HEARTBEAT confirms."""
    bench = Bench()
    request = bench.vehicle.command(CopterMode.AUTO)
    bench.vehicle.set_target(Leg((100.0, 0.0, -5.0)))
    asked = bench.sent()
    assert [(m.command, m.param1, m.param2, m.param3) for m in asked] == [(176, 1.0, 4.0, 3.0)]
    bench.hear(heartbeat(HOLD))
    assert request.done and request.ok
    for _ in range(10):
        gone = bench.sent()
        if gone:
            break
    assert [(m.get_type(), m.command, m.param2) for m in gone] == [("COMMAND_INT", 192, 1.0)]
    assert abs(gone[0].x - 470008983) < 20 and abs(gone[0].z - 505.0) < 0.01


def test_the_bits_of_its_estimator_are_told_as_ardupilots() -> None:
    """ESTIMATOR_GPS_GLITCH is EKF_GPS_GLITCHING, not EKF_UNINITIALIZED; a constant position and a bad accelerometer are
    not told."""
    bench = Bench()
    flags = 16 | 1 | dialect.ESTIMATOR_CONST_POS_MODE | dialect.ESTIMATOR_GPS_GLITCH | dialect.ESTIMATOR_ACCEL_ERROR
    bench.hear(dialect.MAVLink_estimator_status_message(0, flags, 0, 0, 0, 0, 0, 0, 0, 0))
    assert bench.vehicle.state.report[R.EKF_FLAGS] == 16 | 1 | dialect.EKF_GPS_GLITCHING


def test_a_pilots_sticks_take_it_over() -> None:
    """POSCTL after HOLD was confirmed: taken over, nothing is sent."""
    bench = Bench()
    bench.vehicle.command(CopterMode.AUTO)
    bench.hear(heartbeat(HOLD))
    bench.vehicle.take_events()
    bench.hear(heartbeat(POSCTL))
    assert bench.vehicle.take_events() & VehicleEvent.TAKEN_OVER
    assert not bench.vehicle.commanded
    bench.vehicle.set_target(Leg((100.0, 0.0, -5.0)))
    assert [m for m in bench.sent() if m.get_type() == "COMMAND_INT"] == []
