"""MAVSDK's FollowMe plugin: it leads a copter that speaks as a PX4, and has one that speaks as an ArduPilot enter
FOLLOW. Of ArduPilots it leads none: it takes a target while a HEARTBEAT has PX4's mode of following."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.mavsdk_flight import wait_for
from tests.fakes.mavsdk_server import mavsdk_server
from tests.fakes.patience import FLIGHT_PATIENCE_S
from tests.fakes.served import served
from tests.fakes.station_plan import HOME

pytestmark = pytest.mark.client
HEIGHT_M, BEHIND_M = 8.0, 8.0
METRES_PER_DEGREE = 111_319.0


def fly(folder: Path, does: Callable[[Any], Awaitable[None]], *options: str) -> None:
    """With a System that is connected to a vehicle which could be armed."""

    async def run(port: int) -> None:
        from mavsdk_grpc import System

        drone = System(mavsdk_server_address="127.0.0.1", port=port)
        await drone.connect()
        await wait_for(drone.core, "connection_state", lambda state: state.is_connected)
        await wait_for(drone.telemetry, "health", lambda h: h.is_armable and h.is_home_position_ok)
        await does(drone)

    arguments = ("--home", HOME, *options)
    with served(folder, *arguments, speedup="5", ready=False) as service, mavsdk_server(service.port, folder) as port:
        asyncio.run(asyncio.wait_for(run(port), FLIGHT_PATIENCE_S))


async def following(drone: Any) -> None:
    await wait_for(drone.telemetry, "flight_mode", lambda mode: mode.name == "FOLLOW_ME")


def at(north: float) -> Callable[[Any], bool]:
    """Of telemetry's position_velocity_ned: there, at the height of following."""

    def there(now: Any) -> bool:
        place = now.position
        return max(abs(place.north_m - north), abs(place.east_m), abs(place.down_m + HEIGHT_M)) < 1.5

    return there


def test_it_follows_as_a_px4(tmp_path: Path) -> None:
    """From its takeoff to 8 m behind a target that stands, and after it when it is somewhere else."""

    async def does(drone: Any) -> None:
        from mavsdk_grpc.follow_me import Config, TargetLocation

        home = await wait_for(drone.telemetry, "home", lambda place: True)
        await drone.action.set_takeoff_altitude(HEIGHT_M)
        await drone.action.arm()
        await drone.action.takeoff()
        await wait_for(drone.telemetry, "position", lambda now: now.relative_altitude_m > HEIGHT_M - 0.5)
        constant = Config.FollowAltitudeMode.CONSTANT
        await drone.follow_me.set_config(Config(HEIGHT_M, BEHIND_M, 0.5, constant, 5.0, 180.0))
        await drone.follow_me.start()
        await following(drone)
        for north in (20.0, 45.0):
            lat, lon = home.latitude_deg + north / METRES_PER_DEGREE, home.longitude_deg
            await drone.follow_me.set_target_location(TargetLocation(lat, lon, home.absolute_altitude_m, 0, 0, 0))
            await wait_for(drone.telemetry, "position_velocity_ned", at(north - BEHIND_M))
        await drone.follow_me.stop()
        await drone.action.land()
        await wait_for(drone.telemetry, "armed", lambda armed: not armed)

    fly(tmp_path, does, "--firmware", "px4")


def test_an_ardupilot_enters_follow(tmp_path: Path) -> None:
    """By the plugin's start, which the plugin itself does not take for following."""

    async def does(drone: Any) -> None:
        from mavsdk_grpc.follow_me import FollowMeError, TargetLocation

        await drone.follow_me.start()
        await following(drone)
        with pytest.raises(FollowMeError, match="NOT_ACTIVE"):
            await drone.follow_me.set_target_location(TargetLocation(-35.0, 149.0, 584.0, 0, 0, 0))

    fly(tmp_path, does, "--param", "FOLL_ENABLE=1")
