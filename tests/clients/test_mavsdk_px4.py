"""Both MAVSDK libraries fly `--firmware px4` by the plugins that are written for PX4 first.

A mission without home and takeoff, a takeoff without a height, offboard, hold, return, land."""

from __future__ import annotations

import asyncio
from math import nan
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.mavsdk_flight import wait_for
from tests.fakes.mavsdk_server import mavsdk_server
from tests.fakes.patience import FLIGHT_PATIENCE_S, PATIENCE_S
from tests.fakes.served import Served, served
from tests.fakes.station_plan import HOME

pytestmark = pytest.mark.client
ARGUMENTS = ("--home", HOME, "--firmware", "px4")


async def fly(action: Any, param: Any, telemetry: Any, mission: Any, offboard: Any, kinds: Any) -> None:
    """From healthy to the second landing. `kinds`: MissionItem, MissionPlan, VelocityNedYaw of the library."""
    await wait_for(telemetry, "health", lambda h: h.is_armable and h.is_global_position_ok and h.is_home_position_ok)
    assert await param.get_param_int("SYS_AUTOSTART") == 10040
    await param.set_param_float("MPC_XY_CRUISE", 8.0)
    assert await param.get_param_float("MPC_XY_CRUISE") == 8.0
    await action.set_takeoff_altitude(6.0)
    await action.arm()
    await action.takeoff()
    await wait_for(telemetry, "position", lambda at: at.relative_altitude_m > 5.5)
    await mode_is(telemetry, "HOLD")
    await offboard.set_velocity_ned(kinds.velocity(2.0, 0.0, 0.0, 0.0))
    await offboard.start()
    await mode_is(telemetry, "OFFBOARD")
    await offboard.stop()
    await mode_is(telemetry, "HOLD")
    await action.return_to_launch()
    await mode_is(telemetry, "RETURN_TO_LAUNCH")
    await wait_for(telemetry, "armed", lambda armed: not armed)
    await fly_mission(action, telemetry, mission, kinds)


async def fly_mission(action: Any, telemetry: Any, mission: Any, kinds: Any) -> None:
    """Two corners and the return, from the ground; a pause on the way."""
    home = await wait_for(telemetry, "home", lambda place: True)
    corners = [kinds.item(home.latitude_deg + 0.0002, home.longitude_deg + east) for east in (0.0, 0.0003)]
    await mission.set_return_to_launch_after_mission(True)
    await mission.upload_mission(kinds.plan(corners))
    assert len((await mission.download_mission()).mission_items) == 2
    await action.arm()
    await mission.start_mission()
    await mode_is(telemetry, "MISSION")
    await wait_for(mission, "mission_progress", lambda done: done.current >= 1)
    await mission.pause_mission()
    await mode_is(telemetry, "HOLD")
    await mission.start_mission()
    await mode_is(telemetry, "RETURN_TO_LAUNCH")
    await wait_for(telemetry, "armed", lambda armed: not armed)


async def mode_is(telemetry: Any, name: str) -> None:
    await wait_for(telemetry, "flight_mode", lambda mode: mode.name == name)


class Kinds:
    """The classes of one of the two libraries, whose names are the same."""

    def __init__(self, mission: Any, velocity: Any) -> None:
        self._mission = mission
        self.velocity = velocity

    def item(self, lat: float, lon: float) -> Any:
        kind = self._mission.MissionItem
        return kind(
            lat,
            lon,
            10.0,
            8.0,
            True,
            nan,
            nan,
            kind.CameraAction.NONE,
            nan,
            nan,
            nan,
            nan,
            nan,
            kind.VehicleAction.NONE,
        )

    def plan(self, items: list[Any]) -> Any:
        return self._mission.MissionPlan(items)


async def asked(get_version: Any) -> Any:
    """The version, once AUTOPILOT_VERSION has come to the server: it asks for it when it sees the vehicle."""
    from mavsdk_grpc.info import InfoError

    while True:
        try:
            return await get_version()
        except InfoError:
            await asyncio.sleep(0.05)


def test_mavsdk_grpc_flies_it(tmp_path: Path) -> None:
    async def run(port: int) -> None:
        from mavsdk_grpc import System, mission
        from mavsdk_grpc.offboard import VelocityNedYaw

        drone = System(mavsdk_server_address="127.0.0.1", port=port)
        await drone.connect()
        await wait_for(drone.core, "connection_state", lambda state: state.is_connected)
        version = await asked(drone.info.get_version)
        assert (version.flight_sw_major, version.flight_sw_minor) == (1, 16)
        kinds = Kinds(mission, VelocityNedYaw)
        await fly(drone.action, drone.param, drone.telemetry, drone.mission, drone.offboard, kinds)

    with (
        served(tmp_path, *ARGUMENTS, ready=False, paced=True) as service,
        mavsdk_server(service.port, tmp_path) as port,
    ):
        asyncio.run(asyncio.wait_for(run(port), FLIGHT_PATIENCE_S))


def test_native_mavsdk_flies_it(tmp_path: Path) -> None:
    async def run(service: Served) -> None:
        from mavsdk.asyncio import ComponentType, Configuration, Mavsdk
        from mavsdk.asyncio.plugins.action import ActionAsync
        from mavsdk.asyncio.plugins.mission import MissionAsync
        from mavsdk.asyncio.plugins.offboard import OffboardAsync
        from mavsdk.asyncio.plugins.param import ParamAsync
        from mavsdk.asyncio.plugins.telemetry import TelemetryAsync
        from mavsdk.plugins.mission import mission
        from mavsdk.plugins.offboard.offboard import VelocityNedYaw

        async with Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION)) as mavsdk:
            await mavsdk.add_any_connection(f"tcpout://127.0.0.1:{service.port}")
            system = await mavsdk.first_autopilot(timeout_s=PATIENCE_S)
            assert system is not None
            made = [one(system) for one in (ActionAsync, ParamAsync, TelemetryAsync, MissionAsync, OffboardAsync)]
            try:
                await fly(*made, Kinds(mission, VelocityNedYaw))
            finally:
                for plugin in made:
                    plugin.destroy()

    with served(tmp_path, *ARGUMENTS, ready=False, paced=True) as service:
        asyncio.run(asyncio.wait_for(run(service), FLIGHT_PATIENCE_S))
