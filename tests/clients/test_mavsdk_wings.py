"""MAVSDK flies wings: a standard VTOL of PX4 as its documentation does, and a plane of ArduPilot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any

import pytest

from tests.clients.test_mavsdk_px4 import mode_is
from tests.fakes.mavsdk_flight import wait_for
from tests.fakes.patience import FLIGHT_PATIENCE_S, PATIENCE_S
from tests.fakes.served import Served, served
from tests.fakes.station_plan import ALT, HOME, LAT, LON

pytestmark = pytest.mark.client


@dataclass(frozen=True)
class Drone:
    """The plugins of one connected vehicle."""

    action: Any
    telemetry: Any
    mission: Any
    param: Any


@asynccontextmanager
async def connected(service: Served) -> AsyncIterator[Drone]:
    from mavsdk.asyncio import ComponentType, Configuration, Mavsdk
    from mavsdk.asyncio.plugins.action import ActionAsync
    from mavsdk.asyncio.plugins.mission import MissionAsync
    from mavsdk.asyncio.plugins.param import ParamAsync
    from mavsdk.asyncio.plugins.telemetry import TelemetryAsync

    async with Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION)) as mavsdk:
        await mavsdk.add_any_connection(f"tcpout://127.0.0.1:{service.port}")
        system = await mavsdk.first_autopilot(timeout_s=PATIENCE_S)
        assert system is not None
        plugins = [one(system) for one in (ActionAsync, TelemetryAsync, MissionAsync, ParamAsync)]
        try:
            await wait_for(plugins[1], "health", lambda health: health.is_armable)
            yield Drone(*plugins)
        finally:
            for plugin in plugins:
                plugin.destroy()


def corner(north_m: float, east_m: float) -> Any:
    from mavsdk.plugins.mission.mission import MissionItem

    place = LAT + north_m / 111_319.5, LON + east_m / 90_800.0
    nothing = MissionItem.CameraAction.NONE, nan, nan, nan, nan, nan, MissionItem.VehicleAction.NONE
    return MissionItem(*place, 50.0, nan, True, nan, nan, *nothing)


async def state_is(drone: Drone, name: str) -> None:
    await wait_for(drone.telemetry, "vtol_state", lambda state: state.name == name)


def test_a_vtol_of_px4_by_mavsdk(tmp_path: Path) -> None:
    """Takeoff, transition_to_fixedwing, a mission, return, land; back to hovering in between."""

    async def fly(service: Served) -> None:
        from mavsdk.plugins.mission.mission import MissionPlan

        async with connected(service) as drone:
            action, telemetry, mission = drone.action, drone.telemetry, drone.mission
            assert await drone.param.get_param_float("FW_AIRSPD_TRIM") == 25.0
            await action.set_takeoff_altitude(25.0)
            await action.arm()
            await action.takeoff()
            await wait_for(telemetry, "position", lambda at: at.relative_altitude_m > 24.0)
            await mode_is(telemetry, "HOLD")
            await action.transition_to_fixedwing()
            await state_is(drone, "TRANSITION_TO_FW")
            await state_is(drone, "FW")
            await drone.param.set_param_int("MIS_TKO_LAND_REQ", 0)  # its mission has no landing
            await mission.upload_mission(MissionPlan([corner(400.0, 0.0), corner(400.0, 400.0)]))
            await mission.start_mission()
            await mode_is(telemetry, "MISSION")
            await wait_for(mission, "mission_progress", lambda done: done.current == done.total == 2)
            await mode_is(telemetry, "HOLD")
            await action.transition_to_multicopter()
            await state_is(drone, "MC")
            await action.transition_to_fixedwing()
            await state_is(drone, "FW")
            await action.return_to_launch()
            await mode_is(telemetry, "RETURN_TO_LAUNCH")
            await state_is(drone, "MC")
            await action.land()
            await mode_is(telemetry, "LAND")
            await wait_for(telemetry, "armed", lambda armed: not armed)

    arguments = ("--home", HOME, "--vehicle", "sim:quadplane", "--firmware", "px4")
    with served(tmp_path, *arguments, ready=False, paced=True) as service:
        asyncio.run(asyncio.wait_for(fly(service), FLIGHT_PATIENCE_S))


def test_a_plane_of_ardupilot_by_mavsdk(tmp_path: Path) -> None:
    """Takeoff, a place that it circles, return. It lands by a mission alone."""

    async def fly(service: Served) -> None:
        async with connected(service) as drone:
            await drone.action.set_takeoff_altitude(40.0)
            await drone.action.arm()
            await drone.action.takeoff()
            await wait_for(drone.telemetry, "position", lambda at: at.relative_altitude_m > 38.0)
            await drone.action.goto_location(LAT + 0.004, LON, ALT + 60.0, nan)
            await wait_for(drone.telemetry, "position", lambda at: at.latitude_deg > LAT + 0.003)
            await drone.action.return_to_launch()
            await mode_is(drone.telemetry, "RETURN_TO_LAUNCH")

    with served(tmp_path, "--home", HOME, "--vehicle", "sim:plane", paced=True) as service:
        asyncio.run(asyncio.wait_for(fly(service), FLIGHT_PATIENCE_S))
