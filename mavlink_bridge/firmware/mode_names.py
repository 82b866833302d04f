"""Names of flight modes in logs by vehicle type and number, for all vehicles of ArduPilot and PX4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from autopilot.mav import AutopilotType, ModeFlag, VehicleType
from autopilot.vehicles.mode_table import CopterMode, RoverMode
from mavlink_bridge.firmware.known import firmware_spoken


def _in_order(names: str) -> dict[int, str]:
    """Names of modes 0, 1, ..; `-`: no mode has this number."""
    return {number: name for number, name in enumerate(names.split()) if name != "-"}


_COPTER: Final = _in_order("- - - - - - - - POSITION - OF_LOITER" + " -" * 18 + " RATE_ACRO") | {
    mode.value: mode.name for mode in CopterMode
}
_ROVER: Final = _in_order("- - LEARNING") | {mode.value: mode.name for mode in RoverMode}
_PLANE: Final = _in_order(
    "MANUAL CIRCLE STABILIZE TRAINING ACRO FBWA FBWB CRUISE AUTOTUNE - AUTO RTL LOITER TAKEOFF AVOID_ADSB GUIDED"
    " INITIALISING QSTABILIZE QHOVER QLOITER QLAND QRTL QAUTOTUNE QACRO THERMAL LOITERALTQLAND AUTOLAND"
)
_SUB: Final = _in_order(
    "STABILIZE ACRO ALT_HOLD AUTO GUIDED - - CIRCLE - SURFACE - - - - - - POSHOLD - - MANUAL MOTOR_DETECT SURFTRAK"
)
_TRACKER: Final = _in_order("MANUAL STOP SCAN SERVOTEST GUIDED" + " -" * 5 + " AUTO" + " -" * 5 + " INITIALISING")
_BLIMP: Final = _in_order("LAND MANUAL VELOCITY LOITER RTL AUTO HOLD")

_BY_TYPE: Final[Mapping[int, Mapping[int, str]]] = {
    **dict.fromkeys(
        (
            VehicleType.HELICOPTER, VehicleType.TRICOPTER, VehicleType.QUADROTOR, VehicleType.HEXAROTOR,
            VehicleType.OCTOROTOR, VehicleType.DECAROTOR, VehicleType.DODECAROTOR, VehicleType.COAXIAL,
        ),
        _COPTER,
    ),
    **dict.fromkeys(
        (
            VehicleType.FIXED_WING, VehicleType.VTOL_DUOROTOR, VehicleType.VTOL_QUADROTOR, VehicleType.VTOL_TILTROTOR,
            VehicleType.VTOL_FIXEDROTOR,
        ),
        _PLANE,
    ),
    **dict.fromkeys((VehicleType.GROUND_ROVER, VehicleType.SURFACE_BOAT), _ROVER),
    VehicleType.ANTENNA_TRACKER: _TRACKER,
    VehicleType.SUBMARINE: _SUB,
    VehicleType.AIRSHIP: _BLIMP,
}  # fmt: skip


def ardupilot_mode(vehicle_type: int, number: int) -> str:
    """Name of ArduPilot's mode `number` on a vehicle of this MAV_TYPE, or "mode" and the number."""
    return _BY_TYPE.get(vehicle_type, {}).get(number) or f"mode {number}"


def mode_of_heartbeat(autopilot: int, vehicle_type: int, base_mode: int, custom_mode: int) -> str:
    """Name of the mode in a HEARTBEAT with these fields."""
    if autopilot == AutopilotType.PX4:
        return firmware_spoken(autopilot, vehicle_type).mode_name(custom_mode)
    if not base_mode & ModeFlag.CUSTOM_MODE_ENABLED:
        return f"base mode {base_mode:#04x}"
    return ardupilot_mode(vehicle_type, custom_mode)
