"""A vehicle of a real process as a storm has it: what is heard of it, and the sockets of its stations."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from autopilot.context.events import ArmedChanged
from autopilot.mav import SystemState
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader, MavlinkFrame
from tests.storm.medium import StormLink
from tests.storm.station import Station
from tests.storm.view import HEARTBEAT

if TYPE_CHECKING:
    from tests.storm.real_process import RealProcess

VFR_HUD = codec.id_of("VFR_HUD")
STANDS_MPS = 1.0


class Heard:
    """A vehicle as it is heard: those facts of a `VehicleService` that invariants from outside look at."""

    def __init__(self, system: int, specs: Any) -> None:
        self._specs = specs
        self.endpoint = SimpleNamespace(system_id=system, muted=False, on_frame=[])
        self.facts = SimpleNamespace(armed=False, landed=True)
        self.modes = SimpleNamespace(spec=specs[min(specs)])
        self.autopilot = SimpleNamespace(facts=self.facts, modes=self.modes, flights=None)
        self.missions = SimpleNamespace(state=lambda kind: SimpleNamespace(name="-"))
        self.faults = SimpleNamespace(active=(), add=lambda fault, now_ms: None, end=lambda name, now_ms: None)
        self.parameters = {"SYSID_MYGCS": 255.0}
        self.observers: list[Callable[[list[Any], int], None]] = []
        self.now_ms = 0
        self._stands = False

    def hear(self, frame: MavlinkFrame, now_ms: int) -> None:
        """HEARTBEAT or VFR_HUD of the autopilot. In a failsafe HEARTBEAT does not tell whether it has landed."""
        message: Any = codec.decode(frame.msg_id, frame.payload)
        if frame.msg_id == VFR_HUD:
            self._stands = message.groundspeed < STANDS_MPS and message.throttle == 0
            return
        standby, critical = message.system_status == SystemState.STANDBY, message.system_status == SystemState.CRITICAL
        armed, self.facts.landed = bool(message.base_mode & 128), standby or (critical and self._stands)
        self.modes.spec = self._specs.get(message.custom_mode, self.modes.spec)
        if armed is not self.facts.armed:
            self.facts.armed = armed
            for observer in self.observers:
                observer([ArmedChanged(armed)], now_ms)


class Tap:
    """A station's socket, and the bad air before it. Frames are looked at where they enter and leave the socket."""

    def __init__(self, process: RealProcess, number: int, station: Station, link: StormLink, address: int) -> None:
        self.process, self.vehicle, self.station, self.link = process, number, station, link
        self.heard: Heard = process.heard[number]
        self.socket = socket.create_connection(("127.0.0.1", address))
        self.socket.setblocking(False)
        self._from_vehicle, self._from_station = FrameReader(), FrameReader()
        self._unsent = b""

    def receive(self, now_ms: int) -> bool:
        """What the vehicle has sent; False when it has hung up."""
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        frames, own = self._from_vehicle.receive(data), (self.heard.endpoint.system_id, 1)
        for frame in frames:
            if frame.msg_id in (HEARTBEAT, VFR_HUD) and (frame.system, frame.component) == own:
                self.heard.hear(frame, now_ms)
        self.process.storm.left(self.vehicle, self.station, data, [frame.raw for frame in frames])
        self.link.a.write(b"".join(frame.raw for frame in frames if self.station.hears(frame.raw)))
        return bool(data)

    def serve(self, now_ms: int) -> None:
        """The air, and the station."""
        self.link.advance(now_ms)
        data = self.link.b.read()
        if data:
            self.station.hand(data, now_ms)
        due_ms = self.station.due_ms()
        if data or (due_ms is not None and due_ms <= now_ms):
            self.station.look(now_ms)
        self.link.b.write(self.station.take())
        self.link.advance(now_ms)
        self._send(self.link.a.read() or b"")

    def _send(self, data: bytes) -> None:
        self._unsent += data
        try:
            self._unsent = self._unsent[self.socket.send(self._unsent) :] if self._unsent else b""
        except BlockingIOError:
            pass  # the process stands still
        except ConnectionError:
            return  # and `receive` will see
        frames = self._from_station.receive(data)
        for frame in frames:
            for heard in self.heard.endpoint.on_frame:
                heard(self.number, frame)
        for frame in frames:  # at any of them the process may die: all have been sent
            self.process.storm.came(self.vehicle, self.station, frame.raw)

    @property
    def number(self) -> int:
        return self.socket.fileno()
