"""Fly along corners, on MAVSDK: upload a mission, take off, fly it, land at home."""

from __future__ import annotations

from mavsdk_grpc import System
from mavsdk_grpc.mission_raw import MissionItem

GLOBAL, GLOBAL_RELATIVE = 0, 3  # MAV_FRAME
WAYPOINT, RETURN, TAKEOFF = 16, 20, 22  # MAV_CMD
Corner = tuple[float, float]
"""Degrees north and east of home."""


def item(seq: int, command: int, lat: float, lon: float, height: float, frame: int = GLOBAL_RELATIVE) -> MissionItem:
    """Degrees, m above home; item 0 is home itself, AMSL."""
    return MissionItem(seq, frame, command, int(seq == 0), 1, 0, 0, 0, 0, round(lat * 1e7), round(lon * 1e7), height, 0)


async def survey(drone: System, corners: list[Corner], height: float) -> list[int]:
    """Fly it with a connected `drone`. Returns the items in the order in which they were flown."""
    async for health in drone.telemetry.health():
        if health.is_armable and health.is_home_position_ok:
            break
    home = await anext(drone.telemetry.position())  # where it stands: ArduPilot tells its home once, long ago
    places = [(home.latitude_deg + north, home.longitude_deg + east) for north, east in corners]
    last = len(places) + 2
    await drone.mission_raw.upload_mission(
        [
            item(0, WAYPOINT, home.latitude_deg, home.longitude_deg, home.absolute_altitude_m, GLOBAL),
            item(1, TAKEOFF, 0.0, 0.0, height),
            *(item(seq, WAYPOINT, *place, height) for seq, place in enumerate(places, start=2)),
            item(last, RETURN, 0.0, 0.0, 0.0),
        ]
    )
    await drone.action.set_takeoff_altitude(height)
    await drone.action.arm()
    await drone.action.takeoff()
    async for position in drone.telemetry.position():
        if position.relative_altitude_m > 0.9 * height:
            break
    await drone.mission_raw.start_mission()
    flown: list[int] = []
    async for progress in drone.mission_raw.mission_progress():
        flown.append(progress.current)
        if progress.current == last:
            break
    async for armed in drone.telemetry.armed():
        if not armed:
            break
    return list(dict.fromkeys(flown))
