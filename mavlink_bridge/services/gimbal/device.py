"""Gimbal devices: their messages, and the commands from their manager.

A servo gimbal sends no messages: the autopilot reports its outputs (`servos`), as ArduPilot does, without rates and
always relative to the nose. `GimbalDevice` is component 154. It streams GIMBAL_DEVICE_ATTITUDE_STATUS and HEARTBEAT to
all links, answers requests for them, GIMBAL_DEVICE_INFORMATION and COMPONENT_METADATA, and accepts
GIMBAL_DEVICE_SET_ATTITUDE of its own system only: stations command the manager.

The attitude is relative to north with yaw locked, else to the vehicle's heading, as the flags report; `delta_yaw` is
the angle between the two. Clock: vehicle time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, nan
from typing import Final

from autopilot.interface.mathematics import hypot
from autopilot.interface.records import dataclass
from autopilot.mav import AutopilotType, Component, GimbalCapability, GimbalError, GimbalFlag, SystemState, VehicleType
from autopilot.mount.gimbal import Demand, Gimbal, GimbalLimits, Pointing, Posture
from autopilot.mount.rotation import attitude, joints_of
from autopilot.mount.servos import ServoGimbal
from mavlink_bridge.routing.service import Clock, Message, Peer, Speaker
from mavlink_bridge.services.component import ComponentMessages
from mavlink_bridge.services.ftp.component_metadata import VENDOR, MetadataFiles
from mavlink_bridge.wire.codec import boot_ms, dialect

ATTITUDE_US: Final = 100_000
HEARTBEAT_US: Final = 1_000_000
_MODEL: Final = "Simulated gimbal"
_MAJOR: Final = 1  # first number of the gimbal's version
METADATA: Final = MetadataFiles((), (_MAJOR, 0, 0), _MODEL)
"""Metadata of the gimbal: only the general file, since its parameters belong to the autopilot."""
_LEVEL: Final = int(GimbalFlag.ROLL_LOCK | GimbalFlag.PITCH_LOCK)
_DEVICE_BITS: Final = 0xFFFF
_AT_A_LIMIT: Final = GimbalError.AT_ROLL_LIMIT | GimbalError.AT_PITCH_LIMIT | GimbalError.AT_YAW_LIMIT


def capabilities(limits: GimbalLimits) -> int:
    """GIMBAL_MANAGER_CAP_FLAGS for these limits; roll and pitch are always held relative to the horizon."""
    c = GimbalCapability
    able = int(c.HAS_RETRACT | c.HAS_NEUTRAL | c.SUPPORTS_YAW_IN_EARTH_FRAME)
    able |= c.HAS_RC_INPUTS | c.CAN_POINT_LOCATION_GLOBAL
    if limits.roll[1] > limits.roll[0]:
        able |= c.HAS_ROLL_AXIS | c.HAS_ROLL_LOCK
    if limits.pitch[1] > limits.pitch[0]:
        able |= c.HAS_PITCH_AXIS | c.HAS_PITCH_LOCK
    if limits.pans:
        able |= c.HAS_YAW_AXIS | c.HAS_YAW_FOLLOW | c.HAS_YAW_LOCK
    return able | c.SUPPORTS_INFINITE_YAW if limits.endless else able


@dataclass(frozen=True, slots=True)
class ManagedDevice:
    """Gimbal device as its manager reports it. `number`: gimbal_device_id. `capabilities`: GIMBAL_MANAGER_CAP_FLAGS.
    `flags`: GIMBAL_MANAGER_FLAGS. `attitude`: GIMBAL_DEVICE_ATTITUDE_STATUS; None: the device sends it."""

    number: int
    capabilities: Callable[[], int]
    flags: Callable[[], int]
    limits: Callable[[], GimbalLimits]
    attitude: Callable[[], Message] | None = None


def component(gimbal: Gimbal) -> ManagedDevice:
    """Device of component 154."""
    frames = GimbalFlag.YAW_IN_VEHICLE_FRAME | GimbalFlag.YAW_IN_EARTH_FRAME
    return ManagedDevice(
        Component.GIMBAL,
        lambda: capabilities(gimbal.limits()),
        lambda: flags_of(gimbal.pointing()) & ~frames,
        gimbal.limits,
    )


def servos(gimbal: ServoGimbal, number: int, now_ms: Callable[[], int]) -> ManagedDevice:
    """Device of servo outputs. Source: ArduPilot AP_Mount_Backend.cpp (4.6)."""

    def attitude_status() -> Message:
        p = gimbal.pointing()
        flags = flags_of(p) & ~GimbalFlag.YAW_IN_EARTH_FRAME | _LEVEL | GimbalFlag.YAW_IN_VEHICLE_FRAME
        return dialect.MAVLink_gimbal_device_attitude_status_message(
            0, 0, boot_ms(now_ms()), flags, list(attitude(*p.joints)), nan, nan, nan, 0, nan, nan, number
        )

    return ManagedDevice(
        number, lambda: _servo_capabilities(gimbal.limits()), lambda: _LEVEL, gimbal.ranges, attitude_status
    )


def _servo_capabilities(limits: GimbalLimits) -> int:
    c = GimbalCapability
    able = int(c.HAS_RETRACT | c.HAS_NEUTRAL | c.HAS_RC_INPUTS | c.CAN_POINT_LOCATION_LOCAL)
    able |= c.CAN_POINT_LOCATION_GLOBAL
    if limits.roll[1] > limits.roll[0]:
        able |= c.HAS_ROLL_AXIS | c.HAS_ROLL_FOLLOW | c.HAS_ROLL_LOCK
    if limits.pitch[1] > limits.pitch[0]:
        able |= c.HAS_PITCH_AXIS | c.HAS_PITCH_FOLLOW | c.HAS_PITCH_LOCK
    return able | c.HAS_YAW_AXIS | c.HAS_YAW_FOLLOW | c.HAS_YAW_LOCK if limits.pans else able


def flags_of(pointing: Pointing) -> int:
    """GIMBAL_DEVICE_FLAGS of a pointing."""
    flags = _LEVEL
    flags |= GimbalFlag.YAW_LOCK | GimbalFlag.YAW_IN_EARTH_FRAME if pointing.locked else GimbalFlag.YAW_IN_VEHICLE_FRAME
    if pointing.posture is Posture.RETRACTED:
        return int(flags & ~_LEVEL | GimbalFlag.RETRACT)
    return flags | GimbalFlag.NEUTRAL if pointing.posture is Posture.NEUTRAL else flags


def demand_of(message: Message) -> Demand | None:
    """Demand of GIMBAL_DEVICE_SET_ATTITUDE or GIMBAL_MANAGER_SET_ATTITUDE. A NaN quaternion or rate means "not given";
    if both are given the attitude counts. None: no demand."""
    flags, rates = message.flags, (message.angular_velocity_x, message.angular_velocity_y, message.angular_velocity_z)
    if flags & GimbalFlag.RETRACT:
        return Demand(posture=Posture.RETRACTED)
    if flags & GimbalFlag.NEUTRAL:
        return Demand(posture=Posture.NEUTRAL)
    locked = bool(flags & (GimbalFlag.YAW_LOCK | GimbalFlag.YAW_IN_EARTH_FRAME))
    size = hypot(*message.q)
    if isfinite(size) and size > 0.0:
        w, x, y, z = (number / size for number in message.q)
        return Demand(angles=joints_of((w, x, y, z)), locked=locked)
    turning = [number if isfinite(number) else 0.0 for number in rates]
    if not any(isfinite(number) for number in rates):
        return None
    return Demand(rates=(turning[0], turning[1], turning[2]), locked=locked)


class GimbalDevice(Speaker):
    """Gimbal device of component 154. `links`: links for streamed messages. `system`: system id."""

    clock: Clock = "vehicle"
    handles = frozenset({"GIMBAL_DEVICE_SET_ATTITUDE", "COMMAND_LONG", "COMMAND_INT"})

    def __init__(
        self, gimbal: Gimbal, links: Callable[[], Sequence[int]], system: Callable[[], int], now_ms: Callable[[], int]
    ) -> None:
        self._gimbal = gimbal
        self._system = system
        self._now_ms = now_ms
        self._messages = messages = ComponentMessages(Component.GIMBAL, links)
        messages.stream("HEARTBEAT", lambda _: self.heartbeat(), HEARTBEAT_US)
        messages.stream("GIMBAL_DEVICE_ATTITUDE_STATUS", lambda _: self.attitude(), ATTITUDE_US)
        messages.answer("GIMBAL_DEVICE_INFORMATION", lambda _, __: [self.information()])
        messages.answer("COMPONENT_METADATA", lambda _, now_ms: [METADATA.message(now_ms)])
        super().__init__()

    # --- what it hears --------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if message.get_type() != "GIMBAL_DEVICE_SET_ATTITUDE":
            self._out += self._messages.answer_command(message, peer, now_ms)
        elif peer.system == self._system():
            demand = demand_of(message)
            if demand is not None:
                self._gimbal.demand(demand)

    # --- what it says ---------------------------------------------------------------------------------------------
    def heartbeat(self) -> Message:
        """HEARTBEAT of a gimbal, without a mode; CRITICAL while it is stuck."""
        bad = self._gimbal.pointing().errors & ~_AT_A_LIMIT
        state = SystemState.CRITICAL if bad else SystemState.ACTIVE
        return dialect.MAVLink_heartbeat_message(VehicleType.GIMBAL, AutopilotType.INVALID, 0, 0, state, 3)

    def information(self) -> Message:
        limits = self._gimbal.limits()
        return dialect.MAVLink_gimbal_device_information_message(
            boot_ms(self._now_ms()),
            VENDOR.encode(),
            _MODEL.encode(),
            b"",
            _MAJOR,
            _MAJOR,
            self._system(),
            capabilities(limits) & _DEVICE_BITS,
            0,
            *limits.roll,
            *limits.pitch,
            *limits.yaw,
        )

    def attitude(self) -> Message:
        p = self._gimbal.pointing()
        return dialect.MAVLink_gimbal_device_attitude_status_message(
            0,
            0,
            boot_ms(self._now_ms()),
            flags_of(p),
            list(p.earth if p.locked else p.forward),
            *p.rates,
            p.errors,
            p.heading,
            p.turn_rate,
        )

    # --- time -----------------------------------------------------------------------------------------------------
    def handle_timeout(self, now_ms: int) -> None:
        self._out += self._messages.take_due(now_ms)

    def next_deadline_ms(self) -> int | None:
        return self._messages.next_ms()

    def link_closed(self, link: int) -> None:
        self._messages.link_closed(link)
