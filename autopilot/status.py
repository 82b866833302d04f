"""What HEARTBEAT and SYS_STATUS say about the autopilot, as MAVLink's numbers (docs/reference/ground-stations.md, 1.3,
1.4)."""

from __future__ import annotations

from typing import Final

from autopilot import report
from autopilot.mav import ModeFlag, Sensor, SystemState
from autopilot.wiring import VehicleParts

_ARMED, _MANUAL = int(ModeFlag.SAFETY_ARMED), int(ModeFlag.MANUAL_INPUT_ENABLED)
_STABILIZE, _GUIDED = int(ModeFlag.STABILIZE_ENABLED), int(ModeFlag.GUIDED_ENABLED)
_CUSTOM: Final = int(ModeFlag.CUSTOM_MODE_ENABLED)
_ALTITUDE, _POSITION = int(Sensor.Z_ALTITUDE_CONTROL), int(Sensor.XY_POSITION_CONTROL)
_GEOFENCE, _PREARM = int(Sensor.GEOFENCE), int(Sensor.PREARM_CHECK)


def system_status(parts: VehicleParts) -> int:
    """MAV_STATE: CRITICAL in a failsafe, STANDBY at rest (on the ground; what drives: in HOLD), else ACTIVE."""
    if parts.failsafes.active:
        return SystemState.CRITICAL
    at_rest = parts.facts.vehicle_class.modes.at_rest
    resting = parts.facts.landed if at_rest is None else parts.modes.number == at_rest
    return SystemState.STANDBY if resting else SystemState.ACTIVE


def base_mode(parts: VehicleParts) -> int:
    """MAV_MODE_FLAG bits."""
    spec = parts.modes.spec
    flags = _CUSTOM | (_GUIDED if spec.autopilot else 0) | (_ARMED if parts.facts.armed else 0)
    if parts.facts.vehicle_class.has_height:
        return flags | _MANUAL | _STABILIZE
    return flags | (_MANUAL if spec.pilot else 0)


def sensors_enabled(parts: VehicleParts) -> int:
    """MAV_SYS_STATUS_SENSOR bits in use: controllers only in modes that use them, the fence while it is enabled."""
    bits = int(parts.facts.vehicle.state.report[report.SENSORS_PRESENT]) | _ALTITUDE | _POSITION | _PREARM
    spec = parts.modes.spec
    if not spec.autopilot:
        bits &= ~_POSITION
        if spec.manual_throttle or not parts.facts.vehicle_class.has_height:
            bits &= ~_ALTITUDE
    return bits | _GEOFENCE if parts.fence.enabled else bits & ~_GEOFENCE
