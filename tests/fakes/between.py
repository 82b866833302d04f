"""The whole program between a raw pymavlink client and a controller that is a test, and messages to send through it."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from tests.fakes.controller_service import ControllerService
from tests.fakes.pymavlink_station import PymavlinkStation
from tests.fakes.scripted_controller import ScriptedController

LIMIT_S = 240.0
LAT, LON = -353632610, 1491652300


def command(number: int, *params: float) -> Any:
    filled = (*params, *[0.0] * (7 - len(params)))
    return mavlink.MAVLink_command_long_message(1, 1, number, 0, *filled)


def item(current: int = 0, kind: int = 0, seq: int = 0) -> Any:
    return mavlink.MAVLink_mission_item_int_message(1, 1, seq, 3, 16, current, 1, 0, 0, 0, 0, LAT, LON, 10.0, kind)


def tunnel(kind: int) -> Any:
    return mavlink.MAVLink_tunnel_message(1, 1, kind, 1, [0x22] + [0] * 127)


def ftp(name: bytes) -> Any:
    payload = struct.pack("<HBBBBBxI", 1, 0, 4, len(name), 0, 0, 0) + name
    return mavlink.MAVLink_file_transfer_protocol_message(0, 1, 1, list(payload.ljust(251, b"\0")))


def position(mask: int = 0x0DF8) -> Any:
    return mavlink.MAVLink_set_position_target_global_int_message(
        0, 1, 1, 6, mask, LAT, LON, 10.0, 0, 0, 0, 0, 0, 0, 0, 0
    )


class Between:
    """The program, and both of its sides."""

    def __init__(self, controller: ScriptedController, service: ControllerService, station: PymavlinkStation) -> None:
        self.controller = controller
        self.service = service
        self.station = station
        self._marks = 1000

    def until(self, condition: Callable[[], bool]) -> None:
        end_s = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < end_s, self.service.said
            self.controller.pump()
            self.station.pump(0.01)

    def from_station(self, message: Any) -> tuple[bytes, list[tuple[Any, bytes]]]:
        """Send it; its bytes, and what reached the controller of it and up to a mark behind it."""
        mav = self.station.link.mav
        begin = len(self.controller.heard)
        data = bytes(message.pack(mav))
        mav.seq = (mav.seq + 1) % 256
        self.station.link.write(data)
        self._marks += 1
        mark = self._marks
        mav.param_request_read_send(1, 1, b"MARK", mark)
        self.until(
            lambda: any(
                m.get_type() == "PARAM_REQUEST_READ" and m.param_index == mark for m, _ in self.controller.heard[begin:]
            )
        )
        came = self.controller.heard[begin:]
        return data, [
            one for one in came if one[0].get_srcSystem() == 255 and getattr(one[0], "param_index", 0) != mark
        ]

    def from_controller(self, message: Any, gimbal: bool = False) -> tuple[bytes, list[Any]]:
        """Let the controller send it; its bytes, and what the station heard up to a mark behind it."""
        controller = self.controller
        begin = len(self.station.heard)
        data = controller.say_as_gimbal(message) if gimbal else controller.say(message)
        self._marks += 1
        mark = float(self._marks)
        controller.say(mavlink.MAVLink_named_value_float_message(0, b"MARK", mark))
        self.until(
            lambda: any(m.get_type() == "NAMED_VALUE_FLOAT" and m.value == mark for m in self.station.heard[begin:])
        )
        return data, self.station.heard[begin:]

    def acks(self, number: int, begin: int) -> list[int]:
        return [m.result for m in self.station.heard[begin:] if m.get_type() == "COMMAND_ACK" and m.command == number]
