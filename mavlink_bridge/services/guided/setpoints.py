"""Position, velocity and attitude targets for GUIDED.

A target is converted from its frame to NED metres from the vehicle's origin. An invalid target (mask, frame or numbers)
stops a vehicle that flies and is ignored by a ground vehicle or boat, as in ArduPilot; these ignore heights. Targets
are not acknowledged, and the core ignores them outside GUIDED.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.interface.angles import turned, wrap_pi
from autopilot.interface.earth import HIGHEST_M, is_place
from autopilot.interface.geo import GLOBAL_FRAMES, Ned, to_local
from autopilot.interface.mathematics import asin, atan2, cos, hypot, sin
from autopilot.interface.targets import Yaw, YawMode
from autopilot.mav import AttitudeMask, Frame, Severity
from autopilot.mav.masks import IGNORE_ACCELERATION
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.guided.masks import TargetParts, asks_height_alone, attitude_parts, position_parts
from mavlink_bridge.services.telemetry.announcements import status_texts

_BODY_FRAMES = frozenset({Frame.BODY_NED, Frame.BODY_OFFSET_NED})
_LOCAL_FRAMES = _BODY_FRAMES | {Frame.LOCAL_NED, Frame.LOCAL_OFFSET_NED}
#: limit of velocities and accelerations in ArduPilot, m/s and m/s2
_FASTEST = 1000.0
#: limit of local positions, m
_FARTHEST = 1e6
_UNIT_TOLERANCE = 1e-3
_STANDSTILL = (0.0, 0.0, 0.0)
_CHUNK_ID = 65535  # never used by the core's texts, whose ids count up from 1


class GuidedService(Speaker):
    """Service of targets. Clock: vehicle time, because a target is valid from the present tick on."""

    clock: Clock = "vehicle"
    handles = frozenset({"SET_POSITION_TARGET_LOCAL_NED", "SET_POSITION_TARGET_GLOBAL_INT", "SET_ATTITUDE_TARGET"})

    def __init__(self, parts: VehicleParts) -> None:
        self._parts = parts
        super().__init__()
        self._say_again_ms = 0
        self._readers: dict[str, Callable[[Message], bool]] = {
            "SET_POSITION_TARGET_LOCAL_NED": self._local,
            "SET_POSITION_TARGET_GLOBAL_INT": self._global,
            "SET_ATTITUDE_TARGET": self._attitude,
        }

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        name = message.get_type()
        if self._drives and name != "SET_ATTITUDE_TARGET" and not message.type_mask & IGNORE_ACCELERATION:
            self._ignore_acceleration(name, peer, now_ms)
        elif not self._readers[name](message) and not self._drives:
            self._parts.commands.guided_target(velocity=_STANDSTILL)

    def _ignore_acceleration(self, name: str, peer: Peer, now_ms: int) -> None:
        """Ignore a target that a ground vehicle cannot follow, and send the reason once a second (ArduPilot
        GCS_MAVLink_Rover.cpp)."""
        if not self._in_guided or now_ms < self._say_again_ms:
            return
        self._say_again_ms = now_ms + 1000
        for text in status_texts(Severity.INFO, f"Ignoring {name}; set ACC_IGNORE in mask", _CHUNK_ID):
            self._out.append(Outgoing(text, peer.link))

    # --- position and velocity ------------------------------------------------------------------------------------
    def _local(self, message: Message) -> bool:
        frame = message.coordinate_frame
        if self._parts.facts.vehicle_class.has_stall_speed and frame == Frame.LOCAL_OFFSET_NED:
            return abs(message.z) < HIGHEST_M and self._parts.commands.guided_climb(-message.z).ok
        parts = position_parts(message.type_mask, driven=self._drives)
        if parts is None or frame not in _LOCAL_FRAMES:
            return False
        turn = self._parts.facts.vehicle.state.yaw if frame in _BODY_FRAMES else 0.0
        position = None
        if parts.position:
            position = self._local_position((message.x, message.y, message.z), frame, turn)
            if position is None:
                return False
        return self._send(message, parts, position, turn)

    def _local_position(self, offset: Ned, frame: int, turn: float) -> Ned | None:
        if self._drives:
            offset = (*offset[:2], 0.0)
        if not _within(offset, _FARTHEST):
            return None
        if frame == Frame.LOCAL_NED:
            return offset
        state = self._parts.facts.vehicle.state
        if not state.has_position:
            return None
        here, rotated = state.position, _rotated(offset, turn)
        return (here[0] + rotated[0], here[1] + rotated[1], here[2] + rotated[2])

    def _global(self, message: Message) -> bool:
        if self._parts.facts.vehicle_class.has_stall_speed and asks_height_alone(message.type_mask):
            return self._change_height(message)
        parts = position_parts(message.type_mask, driven=self._drives)
        if parts is None or (self._drives and message.coordinate_frame not in GLOBAL_FRAMES):
            return False
        position = None
        if parts.position:
            position = self._global_position(message)
            if position is None:
                return False
        above = None if self._drives else self._parts.facts.over_ground(message.coordinate_frame, message.alt)
        return self._send(message, parts, position, 0.0, above)

    def _change_height(self, message: Message) -> bool:
        """Keep the place and change the height, as wings do (ArduPlane GCS_MAVLink_Plane.cpp)."""
        if not self._in_guided:
            return True
        frame = message.coordinate_frame
        return frame in GLOBAL_FRAMES and self._parts.commands.guided_altitude(frame, message.alt).ok

    def _global_position(self, message: Message) -> Ned | None:
        if message.coordinate_frame not in GLOBAL_FRAMES:
            return None
        lat, lon = message.lat_int * 1e-7, message.lon_int * 1e-7
        if self._drives:
            altitude: float | None = self._parts.facts.vehicle.state.place.alt
        else:
            altitude = self._parts.facts.altitude(message.coordinate_frame, message.alt, lat, lon)
        origin = self._parts.facts.vehicle.origin
        if altitude is None or origin is None or not is_place(lat, lon, altitude):
            return None
        return to_local(origin, lat, lon, altitude)

    def _send(
        self, message: Message, parts: TargetParts, position: Ned | None, turn: float, over_ground: float | None = None
    ) -> bool:
        """Send a target to the core: the position, and velocity, acceleration and yaw, which both messages have.
        `turn`: rotation of the axes, rad."""
        velocity, acceleration = (message.vx, message.vy, message.vz), (message.afx, message.afy, message.afz)
        if (
            (parts.velocity and not _within(velocity, _FASTEST))
            or (parts.acceleration and not _within(acceleration, _FASTEST))
            or (parts.yaw and not abs(message.yaw) < _FASTEST)
            or (parts.yaw_rate and not abs(message.yaw_rate) < _FASTEST)
        ):
            return False
        yaw = _yaw(message, parts, turn)
        if self._drives and position is None:
            speed = self._bounded(_rotated(velocity, turn)) if parts.velocity else _STANDSTILL
            heading = self._parts.facts.vehicle.state.yaw
            self._parts.commands.guided_target(velocity=_driven(message.vx, speed, yaw, heading), yaw=yaw)
            return True
        self._parts.commands.guided_target(
            position=position,
            velocity=_rotated(velocity, turn) if parts.velocity else None,
            acceleration=_rotated(acceleration, turn) if parts.acceleration else None,
            yaw=yaw,
            over_ground=over_ground,
        )
        return True

    def _bounded(self, velocity: Ned) -> Ned:
        """Velocity of a ground vehicle, along the ground and within WP_SPEED."""
        speed, most = hypot(velocity[0], velocity[1]), self._parts.facts.param("WP_SPEED", 2.0)
        share = most / speed if speed > most else 1.0
        return (share * velocity[0], share * velocity[1], 0.0)

    # --- attitude -------------------------------------------------------------------------------------------------
    def _attitude(self, message: Message) -> bool:
        if self._drives:
            return self._drive(message)
        parts = attitude_parts(message.type_mask, on_wings=self._parts.facts.vehicle_class.has_stall_speed)
        if parts is None:
            return False
        angles = _euler(*message.q) if parts.angles else (0.0, 0.0, 0.0)
        rates = (message.body_roll_rate, message.body_pitch_rate, message.body_yaw_rate) if parts.rates else _STANDSTILL
        if angles is None or not abs(message.thrust) < _FASTEST or not _within(rates, _FASTEST):
            return False
        roll, pitch, yaw = angles
        self._parts.commands.guided_attitude(
            roll=roll,
            pitch=pitch,
            yaw=yaw,
            yaw_rate=None if parts.angles and not parts.rates else rates[2],
            thrust=min(max(message.thrust, 0.0), 1.0) if parts.thrust else None,
            body_rates=None if parts.angles else rates[:2],
        )
        return True

    def _drive(self, message: Message) -> bool:
        """Drive along the attitude's heading, or turn at its yaw rate; thrust from -1 to 1 is the speed."""
        mask = message.type_mask
        if mask & AttitudeMask.THROTTLE_IGNORE or not abs(message.thrust) < _FASTEST:
            return False
        thrust, rate, yaw = min(max(message.thrust, -1.0), 1.0), None, 0.0
        if mask & AttitudeMask.BODY_YAW_RATE_IGNORE:
            angles = _euler(*message.q)
            if angles is None:
                return False
            yaw = angles[2]
        else:
            rate = message.body_yaw_rate
            if not abs(rate) < _FASTEST:
                return False
        self._parts.commands.guided_attitude(roll=0.0, pitch=0.0, yaw=yaw, yaw_rate=rate, thrust=thrust)
        return True

    @property
    def _in_guided(self) -> bool:
        return self._parts.modes.number == self._parts.facts.vehicle_class.modes.guided

    @property
    def _drives(self) -> bool:
        return not self._parts.facts.vehicle_class.flies


def _within(vector: Ned, bound: float) -> bool:
    return all(abs(value) < bound for value in vector)  # false for NaN


def _rotated(vector: Ned, angle: float) -> Ned:
    """Rotate a vector from axes turned by `angle` (rad from north) to NED."""
    return vector if angle == 0.0 else turned(vector, angle)


def _yaw(message: Message, parts: TargetParts, turn: float) -> Yaw | None:
    """Yaw demand. A rate beside an angle tells how the angle moves on until the next message; it limits no turn."""
    if parts.yaw:
        return Yaw(YawMode.ANGLE, wrap_pi(message.yaw + turn))
    return Yaw(YawMode.RATE, rate=message.yaw_rate) if parts.yaw_rate else None


def _driven(forward: float, velocity: Ned, yaw: Yaw | None, heading: float) -> Ned:
    """Velocity of a ground vehicle. With a yaw target it drives along that heading (with a yaw rate along the present
    one), backwards if the first component of the message is negative (ArduPilot GCS_MAVLink_Rover.cpp)."""
    if yaw is None:
        return (velocity[0], velocity[1], 0.0)
    along = yaw.angle if yaw.mode is YawMode.ANGLE else heading
    speed = hypot(velocity[0], velocity[1]) * (-1.0 if forward < 0.0 else 1.0)  # -0.0 is not backwards
    return (speed * cos(along), speed * sin(along), 0.0)


def _euler(w: float, x: float, y: float, z: float) -> tuple[float, float, float] | None:
    """Roll, pitch and yaw of a quaternion, rad; None unless its length is 1."""
    length = sqrt(w * w + x * x + y * y + z * z) if _within((w, x, y), 2.0) and abs(z) < 2.0 else 0.0
    if abs(length - 1.0) > _UNIT_TOLERANCE:
        return None
    roll = atan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
    pitch = asin(min(max(2.0 * (w * y - z * x), -1.0), 1.0))
    return roll, pitch, atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
