"""The gimbal device, component 154: what a gimbal says of itself, and what it takes from its manager.

It streams GIMBAL_DEVICE_ATTITUDE_STATUS and HEARTBEAT to all links, answers requests for them and for
GIMBAL_DEVICE_INFORMATION, and heeds GIMBAL_DEVICE_SET_ATTITUDE of its own system: a station has to ask the manager.
The attitude is against north with yaw locked, else against the vehicle's heading, as the flags say; `delta_yaw` is the
angle between the two. Clock: vehicle time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Final

from autopilot.mav import (
    AutopilotType,
    Cmd,
    Component,
    GimbalCapability,
    GimbalError,
    GimbalFlag,
    Result,
    SystemState,
    VehicleType,
)
from autopilot.mount.gimbal import Demand, Gimbal, Limits, Pointing, Posture
from autopilot.mount.rotation import joints_of
from mavlink_bridge.codec import dialect, id_of
from mavlink_bridge.services.base import Clock, Message, Outgoing, Peer
from mavlink_bridge.services.gimbal.broadcast import Broadcast

INFORMATION: Final = id_of("GIMBAL_DEVICE_INFORMATION")
ATTITUDE: Final = id_of("GIMBAL_DEVICE_ATTITUDE_STATUS")
HEARTBEAT: Final = id_of("HEARTBEAT")
ATTITUDE_US: Final = 100_000
HEARTBEAT_US: Final = 1_000_000
_VENDOR: Final = b"Sortie"
_MODEL: Final = b"Simulated gimbal"
_VERSION: Final = 1
_DEVICE_BITS: Final = 0xFFFF
_AT_A_LIMIT: Final = GimbalError.AT_ROLL_LIMIT | GimbalError.AT_PITCH_LIMIT | GimbalError.AT_YAW_LIMIT


def capabilities(limits: Limits) -> int:
    """GIMBAL_MANAGER_CAP_FLAGS of what has these limits: roll and pitch are always held against the horizon."""
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


def flags_of(pointing: Pointing) -> int:
    """GIMBAL_DEVICE_FLAGS of a gimbal that points so."""
    flags = int(GimbalFlag.ROLL_LOCK | GimbalFlag.PITCH_LOCK)
    flags |= GimbalFlag.YAW_LOCK | GimbalFlag.YAW_IN_EARTH_FRAME if pointing.locked else GimbalFlag.YAW_IN_VEHICLE_FRAME
    if pointing.posture is Posture.RETRACTED:
        return int(flags & ~(GimbalFlag.ROLL_LOCK | GimbalFlag.PITCH_LOCK) | GimbalFlag.RETRACT)
    return flags | GimbalFlag.NEUTRAL if pointing.posture is Posture.NEUTRAL else flags


def demand_of(flags: int, q: Sequence[float], rates: Sequence[float]) -> Demand | None:
    """What GIMBAL_DEVICE_SET_ATTITUDE asks: a quaternion that is no number is not given, nor are such rates; with
    both the attitude counts. None: it asks nothing."""
    if flags & GimbalFlag.RETRACT:
        return Demand(posture=Posture.RETRACTED)
    if flags & GimbalFlag.NEUTRAL:
        return Demand(posture=Posture.NEUTRAL)
    locked = bool(flags & (GimbalFlag.YAW_LOCK | GimbalFlag.YAW_IN_EARTH_FRAME))
    size = sum(one * one for one in q) ** 0.5
    if isfinite(size) and size > 0.0:
        w, x, y, z = (one / size for one in q)
        return Demand(angles=joints_of((w, x, y, z)), locked=locked)
    turning = [one if isfinite(one) else 0.0 for one in rates]
    if not any(isfinite(one) for one in rates):
        return None
    return Demand(rates=(turning[0], turning[1], turning[2]), locked=locked)


class GimbalDevice:
    """See the module. `links`: those that it streams to; `system`: its own."""

    clock: Clock = "vehicle"
    handles = frozenset({"GIMBAL_DEVICE_SET_ATTITUDE", "COMMAND_LONG", "COMMAND_INT"})

    def __init__(
        self, gimbal: Gimbal, links: Callable[[], Sequence[int]], system: Callable[[], int], now_ms: Callable[[], int]
    ) -> None:
        self._gimbal = gimbal
        self._system = system
        self._now_ms = now_ms
        self._says: dict[int, tuple[Callable[[], Message], Broadcast | None]] = {
            HEARTBEAT: (self.heartbeat, Broadcast(links, HEARTBEAT_US)),
            ATTITUDE: (self.attitude, Broadcast(links, ATTITUDE_US)),
            INFORMATION: (self.information, None),
        }
        self._out: list[Outgoing] = []

    # --- what it hears --------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if message.get_type() != "GIMBAL_DEVICE_SET_ATTITUDE":
            self._command(message, peer)
        elif peer.system == self._system():
            rates = (message.angular_velocity_x, message.angular_velocity_y, message.angular_velocity_z)
            demand = demand_of(message.flags, message.q, rates)
            if demand is not None:
                self._gimbal.demand(demand)

    def _command(self, message: Message, peer: Peer) -> None:
        """What is for all components is answered where it is served, and by nobody else here."""
        match message.command:
            case Cmd.REQUEST_MESSAGE:
                result = self._request(message.param1, peer.link)
            case Cmd.SET_MESSAGE_INTERVAL:
                result = self._set_interval(message.param1, message.param2, peer.link)
            case _:
                result = Result.UNSUPPORTED
        if result is Result.ACCEPTED or message.target_component == Component.GIMBAL:
            ack = dialect.MAVLink_command_ack_message(message.command, int(result), 0, 0, peer.system, peer.component)
            self._out.insert(0, self._from_me(ack, peer.link))

    def _request(self, number: float, link: int) -> Result:
        if number not in self._says:
            return Result.UNSUPPORTED
        self._out.append(self._from_me(self._says[int(number)][0](), link))
        return Result.ACCEPTED

    def _set_interval(self, number: float, interval_us: float, link: int) -> Result:
        broadcast = self._says[int(number)][1] if number in self._says else None
        if broadcast is None or not -1.0 <= interval_us < 1e10:
            return Result.DENIED
        broadcast.subscribe(link, int(interval_us))
        return Result.ACCEPTED

    # --- what it says ---------------------------------------------------------------------------------------------
    def heartbeat(self) -> Message:
        """HEARTBEAT: of a gimbal, in no mode; critical while it is stuck."""
        bad = self._gimbal.pointing().errors & ~_AT_A_LIMIT
        state = SystemState.CRITICAL if bad else SystemState.ACTIVE
        return dialect.MAVLink_heartbeat_message(VehicleType.GIMBAL, AutopilotType.INVALID, 0, 0, state, 3)

    def information(self) -> Message:
        """GIMBAL_DEVICE_INFORMATION."""
        limits = self._gimbal.limits()
        return dialect.MAVLink_gimbal_device_information_message(
            self._now_ms(), _VENDOR, _MODEL, b"", _VERSION, _VERSION, self._system(),
            capabilities(limits) & _DEVICE_BITS, 0, *limits.roll, *limits.pitch, *limits.yaw,
        )  # fmt: skip

    def attitude(self) -> Message:
        """GIMBAL_DEVICE_ATTITUDE_STATUS."""
        p = self._gimbal.pointing()
        return dialect.MAVLink_gimbal_device_attitude_status_message(
            0, 0, self._now_ms(), flags_of(p), list(p.earth if p.locked else p.forward), *p.rates, p.errors,
            p.heading, p.turn_rate,
        )  # fmt: skip

    @staticmethod
    def _from_me(message: Message, link: int) -> Outgoing:
        return Outgoing(message, link, Component.GIMBAL)

    # --- time -----------------------------------------------------------------------------------------------------
    def handle_timeout(self, now_ms: int) -> None:
        for make, broadcast in self._says.values():
            due = [] if broadcast is None else broadcast.take_due(now_ms)
            if due:
                message = make()
                self._out += [self._from_me(message, link) for link in due]

    def next_deadline_ms(self) -> int | None:
        dues = [broadcast.next_ms() for _, broadcast in self._says.values() if broadcast is not None]
        return min((due for due in dues if due is not None), default=None)

    def take_outgoing(self) -> list[Outgoing]:
        taken, self._out = self._out, []
        return taken

    def link_closed(self, link: int) -> None:
        for _, broadcast in self._says.values():
            if broadcast is not None:
                broadcast.forget(link)
