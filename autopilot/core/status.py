"""Autopilot's part of HEARTBEAT and SYS_STATUS, as MAVLink's numbers (docs/reference/ground-stations.md, 1.3, 1.4)."""

from __future__ import annotations

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.interface import report
from autopilot.mav import ModeFlag, Sensor, SystemState
from autopilot.safety.airspeed import AirspeedUse
from autopilot.vehicles.mode_table import ModeKind, ModeSpec
from autopilot.vehicles.vehicle_class import VehicleClass

# plain ints, because they are read at every heartbeat
_CUSTOM, _ARMED = int(ModeFlag.CUSTOM_MODE_ENABLED), int(ModeFlag.SAFETY_ARMED)
_ALTITUDE, _POSITION = int(Sensor.Z_ALTITUDE_CONTROL), int(Sensor.XY_POSITION_CONTROL)
_RATES, _ANGLES = int(Sensor.ANGULAR_RATE_CONTROL), int(Sensor.ATTITUDE_STABILIZATION)
_HEADING = int(Sensor.YAW_POSITION)
_OUTPUTS, _RECEIVER = int(Sensor.MOTOR_OUTPUTS), int(Sensor.RC_RECEIVER)
_GEOFENCE, _PREARM, _LASER = int(Sensor.GEOFENCE), int(Sensor.PREARM_CHECK), int(Sensor.LASER_POSITION)
_AIRSPEED = int(Sensor.DIFFERENTIAL_PRESSURE)
_BATTERY, _PROXIMITY = int(Sensor.BATTERY), int(Sensor.PROXIMITY)


def unused_controllers(kind: VehicleClass, spec: ModeSpec) -> int:
    """MAV_SYS_STATUS_SENSOR bits of the controllers that a mode does not use (GCS_Copter.cpp, GCS_Plane.cpp and
    GCS_Rover.cpp, update_vehicle_sensor_status_flags)."""
    if kind.navigates(spec):
        return 0
    if kind.hovers:
        return _POSITION | _ALTITUDE if spec.manual_throttle else _POSITION
    unused = _POSITION | _ALTITUDE | _HEADING
    if spec.flown is ModeKind.MANUAL or spec.number == kind.modes.at_rest:
        return unused | _RATES | _ANGLES
    return unused | _ANGLES if kind.flies and spec.flown is ModeKind.TURN_RATE else unused


class SystemStatus:
    """Status of the system, read from the parts when it is requested."""

    def __init__(self, parts: VehicleParts, airspeed: AirspeedUse) -> None:
        self._parts, self._facts = parts, parts.facts
        self._airspeed = airspeed
        self._measures_battery = parts.facts.param("BATT_MONITOR", 4.0) != 0.0

    @property
    def system(self) -> int:
        """MAV_STATE: CRITICAL in a failsafe."""
        if self._parts.failsafes.active:
            return SystemState.CRITICAL
        return self._facts.personality.system_state()

    @property
    def base_mode(self) -> int:
        """MAV_MODE_FLAG bits."""
        return _CUSTOM | self._facts.personality.mode_flags() | (_ARMED if self._facts.armed else 0)

    @property
    def _sensors(self) -> int:
        vector = self._facts.vehicle.state.report
        bits = int(vector[report.SENSORS_PRESENT]) | (_LASER if vector[report.RANGE_MOST] > 0.0 else 0)
        if not self._airspeed.fitted:
            bits &= ~_AIRSPEED
        if not self._measures_battery:
            bits &= ~_BATTERY
        if self._facts.param("PRX1_TYPE") != 0.0:
            bits |= _PROXIMITY
        return bits | _RECEIVER if self._parts.sticks.has_input or self._parts.failsafes.sticks.lost else bits

    @property
    def sensors_present(self) -> int:
        """MAV_SYS_STATUS_SENSOR bits that are present, used or not: sensors, the RC receiver while sticks are moved or
        were lost, controllers, a configured fence."""
        bits = self._sensors | _POSITION | _PREARM
        bits = bits | _ALTITUDE if self._facts.vehicle_class.flies else bits & ~_ALTITUDE
        return bits | _GEOFENCE if self._parts.fence.limits.present else bits

    @property
    def sensors_enabled(self) -> int:
        """MAV_SYS_STATUS_SENSOR bits in use: controllers in modes that use them, the fence while it acts, a pitot tube
        that is flown by, outputs unless the safety switch is on."""
        bits = self.sensors_present
        if not self._facts.uses_range_finder:
            bits &= ~_LASER
        if not self._airspeed.used:
            bits &= ~_AIRSPEED
        if self._parts.vehicle_arming.switches.safe:
            bits &= ~_OUTPUTS
        bits &= ~unused_controllers(self._facts.vehicle_class, self._parts.modes.spec)
        return bits | _GEOFENCE if self._parts.fence.acts else bits & ~_GEOFENCE

    @property
    def sensors_failed(self) -> int:
        """MAV_SYS_STATUS_SENSOR bits of what the parts have found to have failed: the checks before arming, the battery
        by its failsafe, the RC receiver, a proximity sensor that tells nothing."""
        failsafes = self._parts.failsafes
        bits = 0 if self._parts.prearm.ok else _PREARM
        bits |= _BATTERY if failsafes.battery_level else 0
        bits |= _RECEIVER if failsafes.sticks.lost else 0
        return bits if self._parts.proximity.scan is not None else bits | _PROXIMITY
