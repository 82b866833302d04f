"""Client that finds the autopilot on a link and detects its loss (https://mavlink.io/en/services/heartbeat.html)."""

from __future__ import annotations

from enum import Enum, auto

from autopilot.mav import AutopilotType, ModeFlag, SystemState, VehicleType
from mavlink_bridge.clients.base import Target
from mavlink_bridge.firmware.known import firmware_spoken
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.wire.codec import dialect

_NOT_VEHICLES: frozenset[int] = frozenset((
    VehicleType.ANTENNA_TRACKER, VehicleType.GCS, VehicleType.ONBOARD_CONTROLLER, VehicleType.GIMBAL,
    VehicleType.ADSB, VehicleType.CAMERA,
))  # fmt: skip
_LOSS_MS = 3500


def heartbeat_of(kind: VehicleType) -> Message:
    """HEARTBEAT of a ground station, an onboard computer or another component that is no vehicle."""
    return dialect.MAVLink_heartbeat_message(kind, AutopilotType.INVALID, 0, 0, SystemState.ACTIVE, 3)


def is_autopilot(message: Message, peer: Peer) -> bool:
    """True for the HEARTBEAT of a vehicle. System 0 addresses all vehicles and is none."""
    return (
        message.get_type() == "HEARTBEAT"
        and peer.system != 0
        and message.autopilot != AutopilotType.INVALID
        and message.type not in _NOT_VEHICLES
    )


class WatchState(Enum):
    SEARCHING = auto()
    FOUND = auto()
    LOST = auto()


class HeartbeatWatch(Speaker):
    """Watch for the first autopilot, or for `system`; it is lost after 3.5 s without a HEARTBEAT.

    `announce`: send a ground station's HEARTBEAT at 1 Hz, which a vehicle behind UDP needs before it answers.
    """

    clock: Clock = "link"
    handles = frozenset(("HEARTBEAT",))

    def __init__(self, *, system: int | None = None, announce: bool = False) -> None:
        self.state = WatchState.SEARCHING
        self.target: Target | None = None
        self.heartbeat: Message | None = None
        self._system = system
        self._heard_ms = 0
        self._announce_ms: int | None = 0 if announce else None
        super().__init__()

    @property
    def armed(self) -> bool:
        """True if the last HEARTBEAT says so."""
        return self.heartbeat is not None and bool(self.heartbeat.base_mode & ModeFlag.SAFETY_ARMED)

    @property
    def vehicle_type(self) -> int | None:
        """MAV_TYPE of the last HEARTBEAT."""
        return None if self.heartbeat is None else int(self.heartbeat.type)

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Handle a HEARTBEAT; those of other components are ignored."""
        if not is_autopilot(message, peer):
            return
        if self.target is None:
            if self._system not in (None, peer.system):
                return
            self.target = target_of(message, peer)
        elif (peer.system, peer.component) != (self.target.system, self.target.component):
            return
        elif self.state is WatchState.LOST:  # the vehicle may be on another link now
            self.target = target_of(message, peer)
        self.heartbeat = message
        self._heard_ms = now_ms
        self.state = WatchState.FOUND

    def handle_timeout(self, now_ms: int) -> None:
        if self.state is WatchState.FOUND and now_ms - self._heard_ms >= _LOSS_MS:
            self.state = WatchState.LOST
        if self._announce_ms is not None and now_ms >= self._announce_ms:
            self._announce_ms = now_ms + 1000
            self._out.append(Outgoing(heartbeat_of(VehicleType.GCS)))

    def next_deadline_ms(self) -> int | None:
        dues = [] if self._announce_ms is None else [self._announce_ms]
        if self.state is WatchState.FOUND:
            dues.append(self._heard_ms + _LOSS_MS)
        return min(dues, default=None)

    def link_closed(self, link: int) -> None:
        if self.target is not None and self.target.link == link:
            self.state = WatchState.LOST


def target_of(heartbeat: Message, peer: Peer) -> Target:
    """The sender of a HEARTBEAT, as the firmware that it tells."""
    return Target(peer.system, peer.component, peer.link, firmware_spoken(heartbeat.autopilot, heartbeat.type))
