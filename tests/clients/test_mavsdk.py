"""Both MAVSDK libraries fly it: mavsdk-grpc with its server process, and the native library of mavsdk 4."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fakes.mavsdk_flight import Drone, fly, wait_for
from tests.fakes.mavsdk_server import mavsdk_server
from tests.fakes.patience import FLIGHT_PATIENCE_S, PATIENCE_S
from tests.fakes.served import Served, served
from tests.fakes.station_plan import HOME

pytestmark = pytest.mark.client


def test_mavsdk_grpc_flies_it(tmp_path: Path) -> None:
    """Connect, parameters, plans, arm, takeoff, goto, mission with pause and jump, RTL, land."""

    async def run(port: int) -> None:
        from mavsdk_grpc import System
        from mavsdk_grpc.mission_raw import MissionItem

        drone = System(mavsdk_server_address="127.0.0.1", port=port)
        await drone.connect()
        await wait_for(drone.core, "connection_state", lambda state: state.is_connected)
        version = await drone.info.get_version()
        assert (version.flight_sw_major, version.flight_sw_minor, version.flight_sw_patch) == (4, 6, 2)
        await fly(Drone(drone.action, drone.param, drone.mission_raw, drone.telemetry, drone.info, MissionItem))

    with served(tmp_path, "--home", HOME, paced=True) as service, mavsdk_server(service.port, tmp_path) as port:
        asyncio.run(asyncio.wait_for(run(port), FLIGHT_PATIENCE_S))


def test_native_mavsdk_flies_it(tmp_path: Path) -> None:
    """The same flight through the library that has no server."""

    async def run(service: Served) -> None:
        from mavsdk.asyncio import ComponentType, Configuration, Mavsdk
        from mavsdk.asyncio.plugins.action import ActionAsync
        from mavsdk.asyncio.plugins.info import InfoAsync
        from mavsdk.asyncio.plugins.mission_raw import MissionRawAsync
        from mavsdk.asyncio.plugins.param import ParamAsync
        from mavsdk.asyncio.plugins.telemetry import TelemetryAsync
        from mavsdk.plugins.mission_raw.mission_raw import MissionItem

        async with Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION)) as mavsdk:
            await mavsdk.add_any_connection(f"tcpout://127.0.0.1:{service.port}")
            system = await mavsdk.first_autopilot(timeout_s=PATIENCE_S)
            assert system is not None
            kinds = ActionAsync, ParamAsync, MissionRawAsync, TelemetryAsync, InfoAsync
            plugins = [kind(system) for kind in kinds]
            try:
                await fly(Drone(*plugins, MissionItem))
            finally:
                for plugin in plugins:
                    plugin.destroy()

    with served(tmp_path, "--home", HOME, paced=True) as service:
        asyncio.run(asyncio.wait_for(run(service), FLIGHT_PATIENCE_S))
