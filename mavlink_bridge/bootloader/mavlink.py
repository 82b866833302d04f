"""MAVLink with a running autopilot while flashing: restart into the bootloader, then vehicle and version.

The ordinary clients are run over a `ScriptWire`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from autopilot.mav import AutopilotType, Cmd, Component, RebootAction, VehicleType
from mavlink_bridge.bootloader.script import Script, ScriptWire
from mavlink_bridge.clients.base import Retry
from mavlink_bridge.clients.command import CommandClient, command_long
from mavlink_bridge.clients.heartbeat import HeartbeatWatch
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Clock, Message, Peer
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import id_of
from mavlink_bridge.wire.framing import frame_v1

SYSTEM: Final = 254
COMPONENT: Final = Component.MISSIONPLANNER
"""Ids of a temporary tool, whose heartbeats no failsafe counts."""
_AUTOPILOT_VERSION: Final = id_of("AUTOPILOT_VERSION")
_RETRY: Final = Retry(interval_ms=1500, attempts=3)
_T = VehicleType
_KINDS: Final[dict[int, str]] = {
    _T.FIXED_WING: "plane", _T.HELICOPTER: "helicopter", _T.COAXIAL: "helicopter", _T.AIRSHIP: "airship",
    _T.GROUND_ROVER: "rover", _T.SURFACE_BOAT: "boat", _T.SUBMARINE: "submarine", _T.QUADROTOR: "copter",
    _T.HEXAROTOR: "copter", _T.OCTOROTOR: "copter", _T.TRICOPTER: "copter", _T.DODECAROTOR: "copter",
    _T.DECAROTOR: "copter",
} | dict.fromkeys(range(_T.VTOL_DUOROTOR, _T.VTOL_RESERVED5 + 1), "VTOL plane")  # fmt: skip
_AUTOPILOTS: Final[dict[int, str]] = {AutopilotType.ARDUPILOTMEGA: "ArduPilot", AutopilotType.PX4: "PX4"}


class _VersionEar:
    """Service that keeps the last AUTOPILOT_VERSION."""

    clock: Clock = "link"
    handles = frozenset(("AUTOPILOT_VERSION",))

    def __init__(self) -> None:
        self.message: Message | None = None

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        self.message = message


class MavlinkSide:
    """MAVLink endpoint for one opening of the port. `announce`: send HEARTBEATs, which PX4 needs to send on USB."""

    def __init__(self, wire: ScriptWire, *, announce: bool) -> None:
        self.watch = HeartbeatWatch(announce=announce)
        self._ear = _VersionEar()
        self._wire = wire
        self._endpoint = Endpoint(SYSTEM, COMPONENT)
        self._endpoint.add_service(self.watch)
        self._endpoint.add_service(self._ear)
        self._link = self._endpoint.open_link("flash")

    def find(self, until_ms: int) -> Script[bool]:
        """Listen for the HEARTBEAT of an autopilot; False if there was none at `until_ms`."""
        return (yield from self.run(lambda: self.watch.target is not None, until_ms))

    def run(self, finished: Callable[[], bool], until_ms: int) -> Script[bool]:
        """Serve the endpoint until `finished()`; False at `until_ms`. PortGone if the port goes."""
        while True:
            self._wire.check()
            now_ms = self._wire.now_ms
            if self._wire.inbox:
                self._endpoint.receive(self._link, bytes(self._wire.inbox), now_ms, now_ms)
                self._wire.discard()
            self._endpoint.handle_timeouts(now_ms, now_ms)
            self._wire.send(self._endpoint.take_bytes(self._link))
            if finished():
                return True
            if now_ms >= until_ms:
                return False
            due_ms = self._endpoint.next_deadlines()[0]
            yield until_ms if due_ms is None else max(min(due_ms, until_ms), now_ms + 1)

    def ask_restart(self) -> Script[CommandClient]:
        """Send PREFLIGHT_REBOOT_SHUTDOWN (bootloader) to the autopilot that was heard."""
        client = self._command(Cmd.PREFLIGHT_REBOOT_SHUTDOWN, RebootAction.REBOOT_TO_BOOTLOADER)
        yield from self.run(lambda: client.done, self._wire.now_ms + 6000)
        return client

    def version(self, patience_ms: int) -> Script[str]:
        """Firmware version `M.m.p`, or "unknown"."""
        self._command(Cmd.REQUEST_MESSAGE, _AUTOPILOT_VERSION)
        yield from self.run(lambda: self._ear.message is not None, self._wire.now_ms + patience_ms)
        if self._ear.message is None:
            return "unknown"
        number = int(self._ear.message.flight_sw_version)
        return f"{number >> 24 & 0xFF}.{number >> 16 & 0xFF}.{number >> 8 & 0xFF}"

    def vehicle(self) -> str:
        """Name of the vehicle by its HEARTBEAT, as `ArduPilot copter`."""
        heartbeat: Any = self.watch.heartbeat
        name = _AUTOPILOTS.get(heartbeat.autopilot, "autopilot")
        return f"{name} {_KINDS.get(heartbeat.type, 'vehicle')}"

    def _command(self, command: int, *params: float) -> CommandClient:
        assert self.watch.target is not None, "an autopilot has to be heard first"
        client = command_long(self.watch.target, command, *params, retry=_RETRY)
        self._endpoint.add_service(client)
        client.start(self._wire.now_ms)
        return client


def blind_restart() -> bytes:
    """Restart commands for an autopilot that is not heard: MAVLink 1 to systems 1 and 0, then PX4's shell, as
    ArduPilot's uploader sends them."""
    frames = b"".join(_restart_v1(target) for target in (1, 0))
    return frames + b"\r\r\rreboot -b\n" + b"\r\r\rreboot\n"


def _restart_v1(target: int) -> bytes:
    reboot = float(RebootAction.REBOOT_TO_BOOTLOADER)
    message = codec.command_message(target, 0, Cmd.PREFLIGHT_REBOOT_SHUTDOWN, reboot, confirmation=1)
    return frame_v1(0, 255, 0, *codec.payload_v1(message))
