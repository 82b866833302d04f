"""What HEARTBEAT and SYS_STATUS say about the autopilot, as MAVLink's numbers (docs/reference/ground-stations.md, 1.3,
1.4)."""

from __future__ import annotations

from typing import Final

from autopilot import report
from autopilot.wiring import VehicleParts

_STANDBY, _ACTIVE, _CRITICAL = 3, 4, 5  # MAV_STATE
_ARMED, _MANUAL, _STABILIZE, _GUIDED, _CUSTOM = 128, 64, 16, 8, 1  # MAV_MODE_FLAG
_ALTITUDE: Final = 8192  # MAV_SYS_STATUS_SENSOR
_POSITION: Final = 16384
_GEOFENCE: Final = 1048576
_PREARM: Final = 268435456


def system_status(parts: VehicleParts) -> int:
    """MAV_STATE: CRITICAL in a failsafe, STANDBY at rest (on the ground; what drives: in HOLD), else ACTIVE."""
    if parts.failsafes.active:
        return _CRITICAL
    at_rest = parts.facts.vehicle_class.modes.at_rest
    resting = parts.facts.landed if at_rest is None else parts.modes.number == at_rest
    return _STANDBY if resting else _ACTIVE


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
