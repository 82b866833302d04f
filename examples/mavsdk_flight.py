"""MAVSDK against `sortie serve`: upload a mission, arm, fly it to its end.

Run it: `pip install mavsdk-grpc`, `sortie serve --speedup 10` in one terminal, `python examples/mavsdk_flight.py` in
another. Arguments: the address of the vehicle (default tcpout://127.0.0.1:5760), and a port for MAVSDK's own server
(default 50051).
"""

from __future__ import annotations

import asyncio
import sys

from mavsdk_grpc import System
from mavsdk_grpc.mission import MissionItem, MissionPlan

NAN = float("nan")


def waypoint(lat: float, lon: float, height: float) -> MissionItem:
    """A place to pass at 6 m/s; degrees, metres above home."""
    return MissionItem(
        lat, lon, height, 6.0, True, NAN, NAN, MissionItem.CameraAction.NONE, NAN, NAN, NAN, NAN, NAN,
        MissionItem.VehicleAction.NONE,
    )  # fmt: skip


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
    async for home in drone.telemetry.home():
        lat, lon = home.latitude_deg, home.longitude_deg
        break
    corners = [(0.0003, 0.0), (0.0003, 0.0003), (0.0, 0.0003)]
    await drone.mission.set_return_to_launch_after_mission(True)
    await drone.mission.upload_mission(MissionPlan([waypoint(lat + a, lon + b, 12.0) for a, b in corners]))
    print("uploaded")
    await drone.action.set_takeoff_altitude(12.0)
    await drone.action.arm()
    await drone.action.takeoff()
    async for position in drone.telemetry.position():
        if position.relative_altitude_m > 11.0:
            print("at height")
            break
    await drone.mission.start_mission()
    async for progress in drone.mission.mission_progress():
        print(f"item {progress.current} of {progress.total}")
        if progress.current == progress.total:
            break
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
