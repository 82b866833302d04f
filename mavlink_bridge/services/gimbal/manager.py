"""Gimbal manager, part of the autopilot (component 1): control of the gimbal by stations.

Stations use commands, and messages without acknowledgement. While a station is in control (`autopilot.mount.control`),
commands of others are DENIED and their messages dropped. GIMBAL_MANAGER_STATUS is sent to all links every second of
vehicle time and when the control changes; GIMBAL_DEVICE_ATTITUDE_STATUS is sent for a servo gimbal. On request:
GIMBAL_MANAGER_INFORMATION, MOUNT_ORIENTATION, MOUNT_STATUS and AUTOPILOT_STATE_FOR_GIMBAL_DEVICE, which the simulated
gimbal does not need.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import degrees, isfinite, nan, radians
from typing import Final

from autopilot.context.turns import earliest
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface import report
from autopilot.interface.earth import on_earth
from autopilot.interface.geo import GeoPoint
from autopilot.interface.result import Outcome
from autopilot.mav import Cmd, Component, Result
from autopilot.mount.gimbal import Gimbal, vehicle_attitude
from autopilot.mount.items import MOUNT_ITEMS, act, is_for_gimbal, move
from autopilot.mount.mount import Mount
from autopilot.mount.rotation import Angles, joints_of, wrap
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.broadcast import OFF, Broadcast
from mavlink_bridge.services.commands.context import ACCEPTED, FAILED, CommandRow, Context
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.gimbal.device import ATTITUDE_US, component, demand_of, servos
from mavlink_bridge.services.telemetry.service import TelemetryService
from mavlink_bridge.wire.codec import boot_ms, dialect, id_of

INFORMATION: Final = id_of("GIMBAL_MANAGER_INFORMATION")
STATUS: Final = id_of("GIMBAL_MANAGER_STATUS")
DEVICE_ATTITUDE: Final = id_of("GIMBAL_DEVICE_ATTITUDE_STATUS")
ORIENTATION: Final = id_of("MOUNT_ORIENTATION")
MOUNT_STATUS: Final = id_of("MOUNT_STATUS")
STATE_FOR_DEVICE: Final = id_of("AUTOPILOT_STATE_FOR_GIMBAL_DEVICE")
STATUS_US: Final = 1_000_000
_DENIED: Final = Outcome(Result.DENIED, "another station controls the gimbal")
_ROI: Final = (Cmd.DO_SET_ROI_LOCATION, Cmd.DO_SET_ROI_NONE, Cmd.DO_SET_ROI)
_SLOW_STICK: Final = radians(30.0)
"""Rate of a full deflection in GIMBAL_MANAGER_SET_MANUAL_CONTROL while MNT1_RC_RATE is 0, rad/s."""


class GimbalManager(Speaker):
    """Service of the gimbal manager. `links`: links for streamed messages."""

    clock: Clock = "vehicle"
    handles = frozenset({
        "GIMBAL_MANAGER_SET_ATTITUDE", "GIMBAL_MANAGER_SET_PITCHYAW", "GIMBAL_MANAGER_SET_MANUAL_CONTROL",
        "GLOBAL_POSITION_INT",
    })  # fmt: skip

    def __init__(
        self,
        mount: Mount,
        gimbal: Gimbal,
        facts: VehicleFacts,
        commands: CommandService,
        telemetry: TelemetryService,
        links: Callable[[], Sequence[int]],
        system: Callable[[], int],
    ) -> None:
        self._mount = mount
        self._gimbal = gimbal
        self._facts = facts
        self._system = system
        self._sent_control = mount.control.primary, mount.control.secondary
        self._broadcasts = {
            STATUS: (self.status, Broadcast(links, STATUS_US)),
            ORIENTATION: (self.orientation, Broadcast(links, OFF)),
            MOUNT_STATUS: (self.mount_status, Broadcast(links, OFF)),
            STATE_FOR_DEVICE: (self.state_for_device, Broadcast(links, OFF)),
        }
        on_servos = mount.servos
        self._device = component(gimbal)
        if on_servos is not None:
            self._device = servos(on_servos, mount.device, lambda: self._now_ms)
        if self._device.attitude is not None:
            self._broadcasts[DEVICE_ATTITUDE] = (self._device.attitude, Broadcast(links, ATTITUDE_US))
        super().__init__()
        for number, (make, broadcast) in self._broadcasts.items():
            telemetry.answers[number] = _answer(make)
            telemetry.rates.subscriptions[number] = broadcast
        telemetry.answers[INFORMATION] = lambda _: [self.information()]
        self._register(commands)

    def _register(self, commands: CommandService) -> None:
        for number in MOUNT_ITEMS:
            commands.register(number, CommandRow(self._item))
        commands.register(Cmd.DO_GIMBAL_MANAGER_CONFIGURE, CommandRow(self._configure, required=(1, 2)))
        for number in _ROI:
            row = commands.row(number)
            commands.register(number, replace(row, handler=self._only_in_control(row)))

    # --- commands -------------------------------------------------------------------------------------------------
    def _may(self, peer: Peer, command: int = Cmd.DO_GIMBAL_MANAGER_PITCHYAW) -> bool:
        """True when a peer may give this command. As a PX4, regions of interest and the old protocol's commands need no
        control."""
        control = self._mount.control
        free = control.asked_first and command != Cmd.DO_GIMBAL_MANAGER_PITCHYAW
        return free or control.may((peer.system, peer.component))

    def _only_in_control(self, row: CommandRow) -> Callable[[Command, Context], Outcome]:
        def handler(command: Command, context: Context) -> Outcome:
            if not self._may(command.peer, command.number):
                return _DENIED
            return (
                row.handler(command, context) if is_for_gimbal(self._mount, command.number, command.params) else FAILED
            )

        return handler

    def _item(self, command: Command, _context: Context) -> Outcome:
        return act(self._mount, command.number, command.params) if self._may(command.peer, command.number) else _DENIED

    def _configure(self, command: Command, _context: Context) -> Outcome:
        if not is_for_gimbal(self._mount, command.number, command.params):
            return FAILED
        holders = tuple(command.param(index, -1.0) for index in range(1, 5))
        changed = self._mount.control.configure((command.peer.system, command.peer.component), holders)
        return ACCEPTED if changed else FAILED

    # --- messages -------------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if message.get_type() == "GLOBAL_POSITION_INT":
            place = GeoPoint(message.lat * 1e-7, message.lon * 1e-7, message.alt * 1e-3)
            if peer.system != self._system() and on_earth(place.lat, place.lon):
                self._mount.hear(peer.system, place, (message.vx * 0.01, message.vy * 0.01, message.vz * 0.01))
        elif self._mount.is_addressed(message.gimbal_device_id) and self._may(peer):
            _MESSAGES[message.get_type()](self, message)

    def _set_attitude(self, message: Message) -> None:
        demand = demand_of(message)
        if demand is not None:
            move(self._mount, message.flags, demand.angles, demand.rates)

    def _set_pitchyaw(self, message: Message) -> None:
        angles, rates = _both(message.pitch, message.yaw), _both(message.pitch_rate, message.yaw_rate)
        move(self._mount, message.flags, angles, None if angles is not None else rates)

    def _set_manual(self, message: Message) -> None:
        """GIMBAL_MANAGER_SET_MANUAL_CONTROL: deflections from -1 to 1, scaled to the limits, or to MNT1_RC_RATE."""
        limits = self._gimbal.limits()
        fastest = radians(self._facts.param("MNT1_RC_RATE")) or _SLOW_STICK
        angles, rates = _both(message.pitch, message.yaw), _both(message.pitch_rate, message.yaw_rate)
        if angles is not None:
            angles = (0.0, _between(limits.pitch, angles[1]), _between(limits.yaw, angles[2]))
            move(self._mount, message.flags, angles, None)
        elif rates is not None:
            move(self._mount, message.flags, None, (0.0, _stick(rates[1]) * fastest, _stick(rates[2]) * fastest))
        else:
            move(self._mount, message.flags, None, None)

    # --- what it says ---------------------------------------------------------------------------------------------
    @property
    def _now_ms(self) -> int:
        return self._facts.vehicle.state.time_ms

    def information(self) -> Message:
        device, limits = self._device, self._device.limits()
        return dialect.MAVLink_gimbal_manager_information_message(
            boot_ms(self._now_ms), device.capabilities(), device.number, *limits.roll, *limits.pitch, *limits.yaw
        )

    def status(self) -> Message:
        control, device = self._mount.control, self._device
        return dialect.MAVLink_gimbal_manager_status_message(
            boot_ms(self._now_ms), device.flags(), device.number, *control.primary, *control.secondary
        )

    def orientation(self) -> Message:
        """MOUNT_ORIENTATION: roll and pitch relative to the horizon, yaw relative to the nose and to north."""
        p = self._gimbal.pointing()
        roll, pitch, yaw = joints_of(p.earth)
        return dialect.MAVLink_mount_orientation_message(
            boot_ms(self._now_ms), degrees(roll), degrees(pitch), degrees(wrap(yaw - p.heading)), degrees(yaw)
        )

    def mount_status(self) -> Message:
        """MOUNT_STATUS: pitch, roll and yaw of the joints, hundredths of a degree, and the mode."""
        roll, pitch, yaw = (round(100.0 * degrees(angle)) for angle in self._gimbal.pointing().joints)
        return dialect.MAVLink_mount_status_message(0, 0, pitch, roll, yaw, int(self._mount.mode))

    def state_for_device(self) -> Message:
        """AUTOPILOT_STATE_FOR_GIMBAL_DEVICE: attitude and motion of the vehicle for the gimbal."""
        r, state = self._facts.vehicle.state.report, self._facts.vehicle.state
        return dialect.MAVLink_autopilot_state_for_gimbal_device_message(
            self._system(),
            Component.GIMBAL,
            1000 * self._now_ms,
            list(vehicle_attitude(self._facts.vehicle)),
            0,
            *state.velocity,
            0,
            nan,
            int(r[report.EKF_FLAGS]) & 0x3FF,  # the bits that ESTIMATOR_STATUS_FLAGS has too
            int(r[report.LANDED_STATE]),
            float(r[report.R]),
        )

    # --- time -----------------------------------------------------------------------------------------------------
    def handle_timeout(self, now_ms: int) -> None:
        control = self._mount.control.primary, self._mount.control.secondary
        if control != self._sent_control:
            self._sent_control = control
            self._out.append(Outgoing(self.status()))
        for make, broadcast in self._broadcasts.values():
            due = broadcast.take_due(now_ms)
            if due:
                message = make()
                self._out += [Outgoing(message, link) for link in due]

    def next_deadline_ms(self) -> int | None:
        return earliest([broadcast.next_ms() for _, broadcast in self._broadcasts.values()])

    def link_closed(self, link: int) -> None:
        for _, broadcast in self._broadcasts.values():
            broadcast.forget(link)


_MESSAGES: Final[dict[str, Callable[[GimbalManager, Message], None]]] = {
    "GIMBAL_MANAGER_SET_ATTITUDE": GimbalManager._set_attitude,
    "GIMBAL_MANAGER_SET_PITCHYAW": GimbalManager._set_pitchyaw,
    "GIMBAL_MANAGER_SET_MANUAL_CONTROL": GimbalManager._set_manual,
}


def _answer(make: Callable[[], Message]) -> Callable[[float], Sequence[Message]]:
    return lambda _: [make()]


def _both(pitch: float, yaw: float) -> Angles | None:
    return (0.0, pitch, yaw) if isfinite(pitch) and isfinite(yaw) else None


def _stick(value: float) -> float:
    return min(max(value, -1.0), 1.0)


def _between(limits: tuple[float, float], stick: float) -> float:
    low, high = limits
    return low + 0.5 * (_stick(stick) + 1.0) * (high - low)
