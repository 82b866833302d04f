"""MAVSDK against `sortie serve`: upload a mission, arm, fly it to its end.

Run it: `pip install mavsdk-grpc`, `sortie serve --speedup 10` in one terminal, `python examples/mavsdk_flight.py` in
another. Arguments: the address of the vehicle (default tcpout://127.0.0.1:5760), and a port for MAVSDK's own server
(default 50051).
"""

from __future__ import annotations

import asyncio
import sys

from mavsdk_grpc import System
from mavsdk_grpc.mission_raw import MissionItem

GLOBAL, GLOBAL_RELATIVE = 0, 3  # MAV_FRAME
WAYPOINT, RETURN, TAKEOFF = 16, 20, 22  # MAV_CMD
HEIGHT_M = 12.0


def item(seq: int, command: int, lat: float, lon: float, height: float, frame: int = GLOBAL_RELATIVE) -> MissionItem:
    """Item `seq`; degrees, metres. Item 0 of a mission is home: with `mission_raw` it is you who puts it there."""
    first = int(seq == 0)
    return MissionItem(seq, frame, command, first, 1, 0, 0, 0, 0, round(lat * 1e7), round(lon * 1e7), height, 0)


def square(lat: float, lon: float, alt: float) -> list[MissionItem]:
    """Take off, three corners 33 m apart, return."""
    corners = [(0.0003, 0.0), (0.0003, 0.0003), (0.0, 0.0003)]
    return [
        item(0, WAYPOINT, lat, lon, alt, GLOBAL),
        item(1, TAKEOFF, 0.0, 0.0, HEIGHT_M),
        *(item(seq, WAYPOINT, lat + a, lon + b, HEIGHT_M) for seq, (a, b) in enumerate(corners, start=2)),
        item(5, RETURN, 0.0, 0.0, 0.0),
    ]


async def follow(drone: System) -> None:
    """Print the mission's progress until its last item has begun."""
    async for progress in drone.mission_raw.mission_progress():
        print(f"item {progress.current} of {progress.total}")
        if progress.current == 5:
            break


async def fly(address: str, port: int) -> None:
    drone = System(port=port)
    await drone.connect(system_address=address)
    async for state in drone.core.connection_state():
        if state.is_connected:
            print("connected")
            break
    async for health in drone.telemetry.health():
        if health.is_armable and health.is_home_position_ok:
            print("armable")
            break
    home = await anext(drone.telemetry.home())
    await drone.mission_raw.upload_mission(square(home.latitude_deg, home.longitude_deg, home.absolute_altitude_m))
    print("uploaded")
    await drone.action.set_takeoff_altitude(HEIGHT_M)
    await drone.action.arm()
    await drone.action.takeoff()  # in AUTO an ArduPilot copter does not leave the ground by a change of mode alone
    following = asyncio.create_task(follow(drone))  # it listens before the mission starts, so that no item is missed
    async for position in drone.telemetry.position():
        if position.relative_altitude_m > 0.9 * HEIGHT_M:
            print("at height")
            break
    await drone.mission_raw.start_mission()
    await following
    async for in_air in drone.telemetry.in_air():
        if not in_air:
            print("landed")
            break


if __name__ == "__main__":
    asyncio.run(
        fly(
            sys.argv[1] if len(sys.argv) > 1 else "tcpout://127.0.0.1:5760",
            int(sys.argv[2]) if len(sys.argv) > 2 else 50051,
        )
    )
