"""The survey, flown by MAVSDK with its own server process."""

import asyncio
import socket

from mavsdk_grpc import System
from skywork.survey import survey

CORNERS = [(0.0002, 0.0), (0.0002, 0.0002)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_it_flies_all_corners_in_order(sortie_server):
    async def fly() -> list[int]:
        drone = System(port=free_port())
        await drone.connect(system_address=sortie_server.mavsdk_address)
        return await survey(drone, CORNERS, height=10.0)

    assert [seq for seq in asyncio.run(fly()) if seq > 1] == [2, 3, 4]
    sortie_server.vehicle.lands_within(1.5)
