"""MAVSDK, while vehicle time waits for it: what it asks for at a word of the vehicle happens at that word's time."""

from __future__ import annotations

import asyncio
import socket

import pytest

from sortie import Session
from sortie.api.testing.server import Server, serve
from sortie.config.values import PaceBounds
from tests.fakes.extras import needs
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import free_port

needs("test", "mavsdk_grpc")
pytestmark = pytest.mark.client
ASKED = 8


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="only Linux tells what a client does")
def test_no_vehicle_time_passes_between_a_word_and_what_is_asked_then() -> None:
    """A program hears a position and then asks: the answer is had at the very instant of that position. By a server
    process that thinks, answers PING and has Nagle's algorithm on."""

    def make() -> Session:
        session = Session(seed=4)
        session.wait_armable()
        return session

    async def ask(server: Server) -> list[float]:
        from mavsdk_grpc import System

        drone = System(port=free_port())
        await drone.connect(system_address=server.mavsdk_address)
        async for health in drone.telemetry.health():
            if health.is_armable:
                break
        passed: list[float] = []
        heard = 0
        async for _ in drone.telemetry.position():
            heard += 1
            if heard % 4:
                continue
            at_s = server.vehicle.time_s
            await (drone.action.disarm() if len(passed) % 2 else drone.action.arm())
            passed.append(server.vehicle.time_s - at_s)
            if len(passed) == ASKED:
                break
        return passed

    with serve(make, bounds=PaceBounds(limit_s=PATIENCE_S)) as (server,):
        assert asyncio.run(ask(server)) == [0.0] * ASKED
