"""Look at a roof, on pymavlink: climb beside it, stay for a while, come home.

`link` is a `mavutil.mavlink_connection` that has heard its vehicle. Time is the vehicle's (`time_boot_ms`), never the
wall's: then the code is right at any speed of a simulator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymavlink import mavutil

mavlink = mavutil.mavlink
GUIDED, RTL = 4, 6
PATIENCE_S = 60.0


class Refused(Exception):
    """The vehicle did not do what it was told."""


def inspect(link: Any, height: float, stay_s: float, least_battery: int = 30) -> None:
    """Fly it. `height` in m above home; with less than `least_battery` percent it comes home at once."""
    command(link, mavlink.MAV_CMD_DO_SET_MODE, mavlink.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED, GUIDED)
    command(link, mavlink.MAV_CMD_COMPONENT_ARM_DISARM, 1)
    command(link, mavlink.MAV_CMD_NAV_TAKEOFF, 0, 0, 0, 0, 0, 0, height)
    position = until(link, "GLOBAL_POSITION_INT", lambda m: m.relative_alt > 950 * height)
    end_ms = position.time_boot_ms + 1000 * stay_s
    while position.time_boot_ms < end_ms:
        message = until(link, ["GLOBAL_POSITION_INT", "SYS_STATUS"], lambda m: True)
        if message.get_type() == "GLOBAL_POSITION_INT":
            position = message
        elif 0 <= message.battery_remaining < least_battery:
            break
    command(link, mavlink.MAV_CMD_DO_SET_MODE, mavlink.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED, RTL)
    until(link, "HEARTBEAT", lambda m: not m.base_mode & mavlink.MAV_MODE_FLAG_SAFETY_ARMED)


def command(link: Any, number: int, *params: float) -> None:
    """Send a command and wait for its answer."""
    link.mav.command_long_send(link.target_system, link.target_component, number, 0, *params, *[0] * (7 - len(params)))
    ack = until(link, "COMMAND_ACK", lambda m: m.command == number)
    if ack.result != mavlink.MAV_RESULT_ACCEPTED:
        raise Refused(f"{number}: {mavlink.enums['MAV_RESULT'][ack.result].name}")


def until(link: Any, names: str | list[str], wanted: Callable[[Any], bool]) -> Any:
    """The next message with one of these names that is wanted."""
    while True:
        message = link.recv_match(type=names, blocking=True, timeout=PATIENCE_S)
        if message is None:
            raise TimeoutError(f"no {names} within {PATIENCE_S:g} s")
        if wanted(message):
            return message
