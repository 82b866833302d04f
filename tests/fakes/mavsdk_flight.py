"""What both MAVSDK libraries for Python are asked to do: the gRPC one and the native one have the same methods."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.fakes.station_plan import ALT, FENCE, LAT, LON, MISSION, RALLY, Row


@dataclass(frozen=True)
class Drone:
    """The plugins of one connected vehicle, and the class of a raw mission item."""

    action: Any
    param: Any
    mission_raw: Any
    telemetry: Any
    info: Any
    item: Callable[..., Any]


def stream(plugin: Any, name: str) -> AsyncIterator[Any]:
    """A subscription: the native library calls it subscribe_NAME, the gRPC one NAME."""
    method = getattr(plugin, f"subscribe_{name}", None) or getattr(plugin, name)
    found: AsyncIterator[Any] = method()
    return found


async def wait_for(plugin: Any, name: str, good: Callable[[Any], bool]) -> Any:
    """The first value of a subscription that is good."""
    values = stream(plugin, name)
    async for value in values:
        if good(value):
            return value
    raise AssertionError(f"{name} ended")


def items(drone: Drone, rows: Sequence[Row], kind: int) -> list[Any]:
    """Raw mission items of a plan; the first one is the current one."""
    return [
        drone.item(seq, row.frame, row.command, int(seq == 0), 1, *row.parameters, row.x, row.y, row.alt, kind)
        for seq, row in enumerate(rows)
    ]


def content(found: Sequence[Any]) -> list[tuple[float, ...]]:
    """Items as they are compared; which one is current is the vehicle's to say."""
    return [
        (
            item.seq,
            item.frame,
            item.command,
            item.autocontinue,
            item.param1,
            item.param2,
            item.param3,
            item.param4,
            item.x,
            item.y,
            item.z,
            item.mission_type,
        )
        for item in found
    ]


async def check_parameters(drone: Drone) -> None:
    """All of them, one of each type read and written."""
    everything = await drone.param.get_all_params()
    assert len(everything.int_params) + len(everything.float_params) > 300
    await drone.param.set_param_float("WPNAV_SPEED", 900.0)
    assert await drone.param.get_param_float("WPNAV_SPEED") == 900.0
    await drone.param.set_param_int("SYSID_MYGCS", 245)
    assert await drone.param.get_param_int("SYSID_MYGCS") == 245


async def check_plans(drone: Drone) -> None:
    """Fence, rally and mission up, down and compared. The mission last: MAVSDK takes the number of items of whatever it
    moved last for that of the mission."""
    raw = drone.mission_raw
    fence, rally, mission = items(drone, FENCE, 1), items(drone, RALLY, 2), items(drone, MISSION, 0)
    await raw.upload_geofence(fence)
    assert content(await raw.download_geofence()) == content(fence)
    await raw.upload_rally_points(rally)
    assert content(await raw.download_rallypoints()) == content(rally)
    await raw.upload_mission(mission)
    got = await raw.download_mission()
    assert content(got)[1:] == content(mission)[1:]
    assert abs(got[0].x - mission[0].x) < 200  # the real home


async def check_guided(drone: Drone) -> None:
    """Arm, take off, go somewhere, at another speed and height; the times of the flight run."""
    action, telemetry = drone.action, drone.telemetry
    await action.set_takeoff_altitude(10.0)
    await action.arm()
    await action.takeoff()
    await wait_for(telemetry, "position", lambda at: at.relative_altitude_m > 9.5)
    await wait_for(drone.info, "flight_information", lambda flight: flight.duration_since_takeoff_ms > 0)
    await action.set_current_speed(5.0)
    for north, height in ((0.0002, 16.0), (0.0002, 12.0)):
        target = LAT + north
        await action.goto_location(target, LON, ALT + height, 0.0)
        await wait_for(telemetry, "position", partial(_is_at, target, ALT + height))


def _is_at(lat: float, altitude: float, at: Any) -> bool:
    """Within a metre."""
    return bool(abs(at.latitude_deg - lat) < 1e-5 and abs(at.absolute_altitude_m - altitude) < 0.7)


async def mode_is(drone: Drone, name: str) -> None:
    await wait_for(drone.telemetry, "flight_mode", lambda mode: mode.name == name)


async def check_mission(drone: Drone) -> None:
    """Start, pause, resume at another item, on to the last one."""
    raw = drone.mission_raw
    await raw.start_mission()
    await wait_for(raw, "mission_progress", lambda done: done.current >= 2)
    await raw.pause_mission()
    await mode_is(drone, "HOLD")
    await raw.set_current_mission_item(4)
    await raw.start_mission()
    await mode_is(drone, "MISSION")
    await wait_for(raw, "mission_progress", lambda done: done.current == done.total == len(MISSION))


async def check_return_and_land(drone: Drone) -> None:
    """RTL, and LAND in the middle of it, down to disarming."""
    await drone.action.return_to_launch()
    await mode_is(drone, "RETURN_TO_LAUNCH")
    await drone.action.land()
    await mode_is(drone, "LAND")
    await wait_for(drone.telemetry, "armed", lambda armed: not armed)


async def fly(drone: Drone) -> None:
    """All of it, in one flight: to arm again, MAVSDK 4.1 goes to BRAKE first, where no ArduCopter arms."""
    await wait_for(drone.telemetry, "health", lambda health: health.is_armable)
    await wait_for(drone.telemetry, "health_all_ok", bool)
    for check in (check_parameters, check_plans, check_guided, check_mission, check_return_and_land):
        await check(drone)
