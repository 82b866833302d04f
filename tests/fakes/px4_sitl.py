"""A PX4 SITL that a station talks to directly, with SIH in its own time, or with a body of ours in lockstep: the other
side of a comparison."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymavlink import mavutil
from pymavlink.dialects.v20 import common as mavlink

from autopilot.interface.geo import GeoPoint
from mavlink_bridge.clients.group import AnyClient
from mavlink_bridge.firmware.simulator_interface import SimulatorInterface
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.wire.codec import dialect
from sitl.px4.launcher import launch_in_world, start
from sitl.px4.lockstep import HilLockstep
from sitl.vehicles.kinds import make_simulated
from sitl.vehicles.wiring import PX4_STEPS
from tests.fakes.lockstep import fly

SPEED = 2
SYSTEM = 1
PATIENCE_S = 60.0
LOOK_MS = 20
HOME = GeoPoint(47.3977, 8.5456, 488.0)


class SitlLine:
    """Vehicle time is what its messages say."""

    clock_hz = 50.0

    def __init__(self, address: str) -> None:
        self._link = mavutil.mavlink_connection(address, source_system=255, source_component=190)
        self._heard: list[Any] = []
        self._time_ms = 0
        self._beat_s = 0.0

    def close(self) -> None:
        self._link.close()

    def send(self, message: Any) -> None:
        self._link.mav.send(message)

    def messages(self) -> list[Any]:
        heard, self._heard = self._heard, []
        return heard

    def run(self, seconds: float) -> None:
        end_ms, limit_s = self._time_ms + 1000.0 * seconds, time.monotonic() + PATIENCE_S + seconds
        first = self._time_ms == 0
        while self._time_ms < end_ms or (first and self._time_ms == 0):
            assert time.monotonic() < limit_s, "PX4 is silent"
            self._receive()

    def _receive(self) -> Any:
        if time.monotonic() > self._beat_s:
            self._beat_s = time.monotonic() + 0.2
            self.send(dialect.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))
        message = self._link.recv_match(blocking=True, timeout=0.05)
        if message is None or message.get_srcSystem() != 1:
            return None
        self._heard.append(message)
        self._time_ms = max(self._time_ms, getattr(message, "time_boot_ms", 0))
        return message

    def ask(self, client: AnyClient) -> AnyClient:
        began = time.monotonic()
        now_ms = 0
        client.start(now_ms)
        while not client.done:
            for outgoing in client.take_outgoing():
                self.send(outgoing.message)
            message = self._receive()
            now_ms = round(1000.0 * (time.monotonic() - began))
            if message is not None:
                client.handle_message(message, Peer(0, message.get_srcSystem(), message.get_srcComponent()), now_ms)
            client.handle_timeout(now_ms)
        for outgoing in client.take_outgoing():
            self.send(outgoing.message)
        return client


@contextmanager
def sitl_line(binary: Path, folder: Path) -> Iterator[SitlLine]:
    """A fresh vehicle of its own."""
    environment = {"PX4_SIM_MODEL": "sihsim_quadx", "PX4_SIM_SPEED_FACTOR": str(SPEED)}
    child = start(binary, 0, folder, environment, SYSTEM)
    line = SitlLine(child.address)
    try:
        yield line
    finally:
        line.close()
        child.stop()


class WorldLine:
    """To a PX4 that flies a body of our world: vehicle time goes as far as it is asked to."""

    clock_hz = 50.0

    def __init__(self, lockstep: HilLockstep) -> None:
        self._lockstep = lockstep
        self._mav = mavlink.MAVLink(None, 255, 190)
        self._heard: list[Any] = []
        self._now_ms = self._beat_ms = 0

    def send(self, message: Any) -> None:
        self._lockstep.line.write(message.pack(self._mav))

    def messages(self) -> list[Any]:
        heard, self._heard = self._heard, []
        return heard

    def run(self, seconds: float) -> None:
        for _ in range(max(round(1000.0 * seconds / LOOK_MS), 1)):
            self._receive()

    def _receive(self) -> list[Any]:
        """Fly for the time of a look, and take what was said in it."""
        if self._now_ms >= self._beat_ms:
            self._beat_ms += 1000
            self.send(dialect.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))
        self._now_ms += LOOK_MS
        fly(self._lockstep, self._now_ms)
        came = self._mav.parse_buffer(self._lockstep.line.read()) or []
        heard = [message for message in came if message.get_srcSystem() == SYSTEM]
        self._heard += heard
        return heard

    def ask(self, client: AnyClient) -> AnyClient:
        client.start(self._now_ms)
        while not client.done:
            for outgoing in client.take_outgoing():
                self.send(outgoing.message)
            for message in self._receive():
                peer = Peer(0, message.get_srcSystem(), message.get_srcComponent())
                client.handle_message(message, peer, self._now_ms)
            client.handle_timeout(self._now_ms)
        for outgoing in client.take_outgoing():
            self.send(outgoing.message)
        return client


@contextmanager
def world_line(binary: Path, folder: Path, kind: str, parameters: Mapping[str, float]) -> Iterator[WorldLine]:
    """A PX4 that flies our `kind` of body, with these of its parameters."""
    machine = make_simulated(kind, HOME, 0.0, 3, steps=PX4_STEPS[kind])
    place = (HOME.lat, HOME.lon, HOME.alt, 0.0)
    lockstep = launch_in_world(kind, str(binary), place, machine, folder, parameters, SYSTEM, SimulatorInterface)
    try:
        yield WorldLine(lockstep)
    finally:
        lockstep.close()
