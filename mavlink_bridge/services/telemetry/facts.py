"""The core's facts as numbers, for the source vector of the stream encoder.

Reads the parts of the autopilot once per instant and writes the facts at the indices of `sources`. It also decides
details of the protocol: the bits of SYS_STATUS, and the MISSION_STATE of the sequencer's state.
"""

from __future__ import annotations

from typing import Final, Protocol

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.core.status import SystemStatus
from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, Ned, to_local
from autopilot.interface.targets import Circle, Hold, Idle, Land, Leg, TakeOff, Target, Velocity
from autopilot.mav import ChargeState, FenceBreach, HighLatencyFailure, PositionMask, Sensor, VtolState
from autopilot.mav.masks import IGNORE_ACCELERATION, IGNORE_POSITION, IGNORE_VELOCITY
from autopilot.mission.commands import Ability
from autopilot.modes.outputs import relay_status
from autopilot.safety.fence_limits import FenceType
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.services.mission.plan import mission_facts
from mavlink_bridge.services.telemetry import sources as s
from mavlink_bridge.services.telemetry.encoder import Vector
from mavlink_bridge.wire.codec import boot_ms

_HALF: Final = 0x10000
_FENCE = int(Sensor.GEOFENCE)  # read at every instant: a plain int
_BOUNDARY: Final = int(FenceType.CIRCLE | FenceType.POLYGON)
_NO_YAW: Final = PositionMask.YAW_IGNORE | PositionMask.YAW_RATE_IGNORE
_PLACE: Final = IGNORE_VELOCITY | IGNORE_ACCELERATION | _NO_YAW
_MOVES: Final = IGNORE_POSITION | _NO_YAW
_BOTH: Final = int(_NO_YAW)
_REFERENCE_MASK: Final = IGNORE_ACCELERATION | PositionMask.YAW_RATE_IGNORE
_NOWHERE: Final = (0.0, 0.0, 0.0)
_VOLTS, _VOLTS_AND_AMPS = 3.0, 4.0  # BATT_MONITOR
_MAX_ALT, _MIN_ALT = int(FenceType.MAX_ALT), int(FenceType.MIN_ALT)


def breach_type(fence_types: int) -> int:
    """FENCE_BREACH for the breached FENCE_TYPE bits; the boundary has priority, as in ArduPilot."""
    if fence_types & _BOUNDARY:
        return FenceBreach.BOUNDARY
    if fence_types & _MAX_ALT:
        return FenceBreach.MAXALT
    return FenceBreach.MINALT if fence_types & _MIN_ALT else FenceBreach.NONE


def sensor_bits(
    *, vehicle_has: int, vehicle_healthy: int, present: int, enabled: int, failed: int, breached: bool
) -> tuple[int, int, int]:
    """SYS_STATUS bits (present, enabled, healthy) (docs/reference/ground-stations.md, 1.4). Parts of the core that are
    not sensors (controllers, outputs) are healthy, unless they are among `failed`. The fence is healthy while it is not
    breached, also when disabled, as in ArduPilot: MAVProxy reports "fence breach" when the bit is cleared."""
    enabled |= Sensor.PREARM_CHECK
    own = (enabled & ~vehicle_has) | Sensor.PREARM_CHECK
    healthy = (vehicle_healthy | own) & ~(failed | Sensor.GEOFENCE)
    # outputs blocked by the safety switch are healthy, and so is a pitot tube out of use
    fine = enabled | Sensor.MOTOR_OUTPUTS | Sensor.DIFFERENTIAL_PRESSURE
    return present | enabled, enabled, (healthy & fine) | (0 if breached else Sensor.GEOFENCE)


_FAILURES: Final[dict[int, int]] = {
    Sensor.GPS: HighLatencyFailure.GPS,
    Sensor.ABSOLUTE_PRESSURE: HighLatencyFailure.ABSOLUTE_PRESSURE,
    Sensor.ACCEL: HighLatencyFailure.ACCEL,
    Sensor.GYRO: HighLatencyFailure.GYRO,
    Sensor.MAG: HighLatencyFailure.MAG,
    Sensor.BATTERY: HighLatencyFailure.BATTERY,
    Sensor.RC_RECEIVER: HighLatencyFailure.RC_RECEIVER,
    Sensor.GEOFENCE: HighLatencyFailure.GEOFENCE,
    Sensor.AHRS: HighLatencyFailure.ESTIMATOR,
}


def failures(sensors: int) -> int:
    """HL_FAILURE_FLAG bits for SYS_STATUS bits of failed sensors (ArduPilot, send_high_latency2)."""
    return sum(flag for sensor, flag in _FAILURES.items() if sensors & sensor)


class TelemetryParts(VehicleParts, Protocol):
    """Parts that telemetry reads, with the core's status."""

    @property
    def status(self) -> SystemStatus: ...


class GoalReader:
    """Reader of the target of GUIDED and NAV_GUIDED_ENABLE, as ArduCopter reports it, armed or not. A place is reported
    with only the position valid, a velocity (which expires, and is none until the first request) with only the velocity
    valid, or both. Nothing is reported for an attitude or in other modes. `shown`: the firmware of this kind of vehicle
    has the message. For wings the place is that of POSITION_TARGET_GLOBAL_INT, in any mode. Source: ArduCopter
    GCS_MAVLink_Copter.cpp, send_position_target_local_ned; ArduPlane GCS_MAVLink_Plane.cpp,
    send_position_target_global_int."""

    def __init__(self, parts: VehicleParts, *, shown: bool) -> None:
        self._parts = parts
        self._shown = shown
        self._wings = parts.facts.vehicle_class.has_stall_speed
        self._target: Target | None = None
        self._since_ms = 0

    def read(self, out: Vector) -> None:
        parts = self._parts
        told = self._shown and parts.modes.mode.takes_targets
        out[s.GOAL_TOLD] = out[s.GOAL_PLACED] = 0.0
        if not (told or self._wings):
            return
        target, now_ms = parts.helm.target, parts.facts.now_ms
        if target is not self._target:
            self._target, self._since_ms = target, now_ms
        goal = self._goal(target, now_ms - self._since_ms)
        out[s.GOAL_TOLD] = told and goal is not None
        if goal is not None:
            out[s.GOAL_PLACED] = self._wings and goal[0] == _PLACE
            out[s.GOAL_MASK] = goal[0]
            out[s.GOAL_N : s.GOAL_N + 7] = (*goal[1], *goal[2], 0.0)

    def _goal(self, target: Target, age_ms: int) -> tuple[int, Ned, Ned] | None:
        """Mask, place and velocity of a target."""
        here = self._parts.facts.vehicle.state.position
        match target:
            case TakeOff(down=down):
                return _PLACE, (here[0], here[1], down), _NOWHERE
            case Leg():
                return _PLACE, target.goal or target.end, _NOWHERE
            case Circle(center=center):
                return _PLACE, center, _NOWHERE
            case Velocity():
                moves = target.velocity if age_ms < target.timeout_ms else _NOWHERE
                return (_MOVES, _NOWHERE, moves) if target.position is None else (_BOTH, target.position, moves)
            case Idle() | Hold(position=None):
                return _MOVES, _NOWHERE, _NOWHERE
            case Hold(position=place) if place is not None:
                return _PLACE, place, _NOWHERE
            case Land(position=place, down=down) if place is not None and self._wings:
                return _PLACE, (*place, down), _NOWHERE
            case _:
                return None


class FactReader:
    """Writer of the facts of one autopilot into `source` (from `sources.FACTS` on). `boot_unix_us`: us since 1970 at
    vehicle time zero."""

    def __init__(self, parts: TelemetryParts, identity: Identity, source: Vector, boot_unix_us: int) -> None:
        self._parts = parts
        self._source = source
        self._modes = identity.vehicle_class.modes
        self._home: GeoPoint | None = None
        self._origin: GeoPoint | None = None
        self._sensors_seen: tuple[float, float, int, int, int, int, int, int] | None = None
        self._mission_seen: tuple[int, int, int, int, int, int, int] | None = None
        source[s.ZERO], source[s.ONE] = 0.0, 1.0
        source[s.VEHICLE_TYPE] = identity.vehicle_type
        source[s.AUTOPILOT] = identity.speaks.autopilot
        self._speaks = identity.speaks
        self._modes_seen: tuple[int, int] | None = None
        source[s.HAS_WINGS] = identity.vehicle_class.has_stall_speed
        if identity.speaks.habits.reports_multicopter and identity.vehicle_class.hovers:
            source[s.VTOL_STATE] = VtolState.MC
        source[s.BOOT_UNIX_US] = boot_unix_us
        monitor = parts.facts.param("BATT_MONITOR", _VOLTS_AND_AMPS)
        source[s.UNMEASURED_V], source[s.UNMEASURED_A] = monitor == 0.0, monitor in (0.0, _VOLTS)
        shown = identity.vehicle_class.face.local_goal
        self._goals = GoalReader(parts, shown=shown) if identity.speaks.habits.reports_goal else None
        self._parameters_seen = -1
        source[s.TELLS_REFERENCE] = self._goals is None

    def move_to(self, source: Vector) -> None:
        """Use another vector, which has the present values."""
        self._source = source

    def read(self, *, moved_only: bool = False) -> None:
        """Write all facts of now. `moved_only`: no decision was made since the last time, so only facts that follow
        from the vehicle's report are read."""
        parts, out = self._parts, self._source
        out[s.BASE_MODE] = parts.status.base_mode
        out[s.SYSTEM_STATUS] = parts.status.system
        if moved_only:
            self._read_safety()
            return
        personality = parts.facts.personality
        shown = personality.shown_modes()
        if shown != self._modes_seen:
            self._modes_seen = shown
            out[s.CUSTOM_MODE], out[s.INTENDED_MODE] = shown
            out[s.SHORT_MODE] = shown[0] if shown[0] < _HALF else shown[0] // _HALF  # PX4: mode and submode
            out[s.STANDARD_MODE] = personality.standard_mode(shown[0])
            out[s.STANDS_AS] = VtolState.FW if self._stands_on_wings else VtolState.UNDEFINED
        landed_as = personality.landed_as()
        out[s.LANDED_AS] = -1.0 if landed_as is None else landed_as
        out[s.RC_1 : s.RC_1 + 16] = parts.sticks.pulses
        out[s.MODES_REVISION] = parts.modes.revision & 0xFF
        out[s.STEERED] = parts.modes.spec.autopilot and parts.facts.vehicle.state.armed and not self._stands
        if self._goals is not None:
            self._goals.read(out)
        else:
            out[s.GOAL_TOLD], out[s.GOAL_MASK] = out[s.STEERED], _REFERENCE_MASK
        self._read_home()
        self._read_mission()
        self._read_fitted()
        self._read_safety()

    def _read_fitted(self) -> None:
        """Read the relays and the pitot tube, which are parameters, if a parameter changed."""
        version = self._parts.facts.parameters.version
        if version != self._parameters_seen:
            self._parameters_seen = version
            self._source[s.RELAYS_ON], self._source[s.RELAYS_PRESENT] = relay_status(self._parts.facts)
            self._source[s.HAS_PITOT] = self._parts.facts.param("ARSPD_TYPE") != 0.0

    @property
    def _stands_on_wings(self) -> bool:
        """True in a mode that would not lift off upright, as ArduPlane's in_vtol_mode is False there."""
        facts, modes = self._parts.facts, self._modes
        if not (facts.vehicle_class.has(Ability.LIFT) and facts.own_transitions):
            return False
        return self._parts.modes.number not in modes.hovering | modes.landing | {modes.auto}

    @property
    def _stands(self) -> bool:
        """True when a ground vehicle has stopped without a place to hold, as at the end of a mission
        (Rover/mode_auto.cpp, get_desired_location)."""
        target = self._parts.helm.target
        return isinstance(target, Hold) and target.position is None and not self._parts.facts.vehicle_class.flies

    def _read_home(self) -> None:
        home, origin, out = self._parts.facts.home, self._parts.facts.vehicle.origin, self._source
        if home is self._home and origin is self._origin:
            return
        self._home, self._origin = home, origin
        out[s.HAS_HOME] = home is not None
        if home is not None:
            out[s.HOME_LAT], out[s.HOME_LON], out[s.HOME_ALT] = home.lat, home.lon, home.alt
            local = to_local(origin, home.lat, home.lon, home.alt) if origin is not None else (0.0, 0.0, 0.0)
            out[s.HOME_N], out[s.HOME_E], out[s.HOME_D] = local

    def _read_mission(self) -> None:
        values = mission_facts(self._parts, self._parts.sequencer.current_nav_index(), self._speaks)
        if values == self._mission_seen:
            return
        self._mission_seen, out = values, self._source
        out[s.MISSION_SEQ], out[s.MISSION_TOTAL], out[s.MISSION_STATE], out[s.MISSION_MODE] = values[:4]
        out[s.MISSION_ID], out[s.FENCE_ID], out[s.RALLY_ID] = values[4:]

    def _read_safety(self) -> None:
        parts, out = self._parts, self._source
        status, types, count, time_ms = parts.fence.breach
        out[s.FENCE_ENABLED] = 1.0 if parts.fence.enabled else 0.0
        out[s.BREACH_STATUS], out[s.BREACH_TYPE] = status, breach_type(types)
        out[s.BREACH_COUNT], out[s.BREACH_TIME_MS] = count, boot_ms(time_ms)
        state, level = parts.facts.vehicle.state.report, parts.failsafes.battery_level
        values = (
            float(state[report.SENSORS_PRESENT]),
            float(state[report.SENSORS_HEALTHY]),
            parts.status.sensors_enabled,
            parts.status.sensors_failed,
            status,
            level,
            parts.facts.parameters.version,
            parts.plans.fence.checksum(),
        )
        if values == self._sensors_seen:
            return
        self._sensors_seen = values
        present, enabled, healthy = sensor_bits(
            vehicle_has=int(values[0]),
            vehicle_healthy=int(values[1]),
            present=parts.status.sensors_present,
            enabled=values[2],
            failed=values[3],
            breached=bool(status),
        )
        out[s.SENSORS_PRESENT], out[s.SENSORS_ENABLED], out[s.SENSORS_HEALTHY] = present, enabled, healthy
        out[s.FAILURES] = failures((enabled | _FENCE) & ~healthy)
        out[s.CHARGE_STATE] = ChargeState.OK + level
