"""Names of flight modes by the numbers in logs, of every vehicle that ArduPilot or PX4 flies.

Sources: `mode.h` or `defines.h` of ArduCopter, ArduPlane, Rover, ArduSub, AntennaTracker and Blimp.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from autopilot.mav import AutopilotType, ModeFlag, VehicleType
from autopilot.vehicles.mode_table import CopterMode, RoverMode
from mavlink_bridge.firmware.known import firmware_spoken

_COPTER: Final = {8: "POSITION", 10: "OF_LOITER", 29: "RATE_ACRO"} | {mode.value: mode.name for mode in CopterMode}
_ROVER: Final = {2: "LEARNING"} | {mode.value: mode.name for mode in RoverMode}
_PLANE: Final = {
    0: "MANUAL", 1: "CIRCLE", 2: "STABILIZE", 3: "TRAINING", 4: "ACRO", 5: "FBWA", 6: "FBWB", 7: "CRUISE",
    8: "AUTOTUNE", 10: "AUTO", 11: "RTL", 12: "LOITER", 13: "TAKEOFF", 14: "AVOID_ADSB", 15: "GUIDED",
    16: "INITIALISING", 17: "QSTABILIZE", 18: "QHOVER", 19: "QLOITER", 20: "QLAND", 21: "QRTL", 22: "QAUTOTUNE",
    23: "QACRO", 24: "THERMAL", 25: "LOITERALTQLAND", 26: "AUTOLAND",
}  # fmt: skip
_SUB: Final = {
    0: "STABILIZE", 1: "ACRO", 2: "ALT_HOLD", 3: "AUTO", 4: "GUIDED", 7: "CIRCLE", 9: "SURFACE", 16: "POSHOLD",
    19: "MANUAL",
}  # fmt: skip
_TRACKER: Final = {0: "MANUAL", 1: "STOP", 2: "SCAN", 4: "GUIDED", 10: "AUTO", 16: "INITIALISING"}
_BLIMP: Final = {0: "LAND", 1: "MANUAL", 2: "VELOCITY", 3: "LOITER", 4: "RTL", 5: "AUTO", 6: "HOLD"}

_TILTROTOR, _TAILSITTERS = 21, (19, 20)
_BY_TYPE: Final[Mapping[int, Mapping[int, str]]] = {
    **dict.fromkeys(
        (
            VehicleType.HELICOPTER, VehicleType.TRICOPTER, VehicleType.QUADROTOR, VehicleType.HEXAROTOR,
            VehicleType.OCTOROTOR, VehicleType.DECAROTOR, VehicleType.DODECAROTOR, VehicleType.COAXIAL,
        ),
        _COPTER,
    ),
    **dict.fromkeys((VehicleType.FIXED_WING, _TILTROTOR, *_TAILSITTERS), _PLANE),
    **dict.fromkeys((VehicleType.GROUND_ROVER, VehicleType.SURFACE_BOAT), _ROVER),
    VehicleType.ANTENNA_TRACKER: _TRACKER,
    VehicleType.SUBMARINE: _SUB,
    VehicleType.AIRSHIP: _BLIMP,
}  # fmt: skip


def ardupilot_mode(vehicle_type: int, number: int) -> str:
    """Name of ArduPilot's mode `number` on a vehicle of this MAV_TYPE; the number where it has none."""
    return _BY_TYPE.get(vehicle_type, {}).get(number, str(number))


def mode_of_heartbeat(autopilot: int, vehicle_type: int, base_mode: int, custom_mode: int) -> str:
    """Name of the mode that a HEARTBEAT with these fields tells."""
    if autopilot == AutopilotType.PX4:
        return firmware_spoken(autopilot, vehicle_type).mode_name(custom_mode)
    if not base_mode & ModeFlag.CUSTOM_MODE_ENABLED:
        return f"base mode {base_mode:#04x}"
    return ardupilot_mode(vehicle_type, custom_mode)
