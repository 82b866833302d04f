"""A PX4 SITL with SIH that a station talks to directly, in its own time: the other side of a comparison."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymavlink import mavutil

from mavlink_bridge.clients.group import AnyClient
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.wire.codec import dialect
from sitl.px4.launcher import start

SPEED = 2
SYSTEM = 1
PATIENCE_S = 60.0


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
def sitl_line(
    binary: Path, folder: Path, model: str = "sihsim_quadx", speed: int = SPEED, instance: int = 0
) -> Iterator[SitlLine]:
    """A fresh vehicle of its own."""
    environment = {"PX4_SIM_MODEL": model, "PX4_SIM_SPEED_FACTOR": str(speed)}
    child = start(binary, instance, folder, environment, SYSTEM)
    line = SitlLine(child.address)
    try:
        yield line
    finally:
        line.close()
        child.stop()
