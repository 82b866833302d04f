"""MAVSDK's failure plugin and pymavlink inject failures into a served copter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from pymavlink import mavutil

from tests.fakes.patience import FLIGHT_PATIENCE_S, PATIENCE_S
from tests.fakes.served import Served, served
from tests.fakes.station_plan import HOME

pytestmark = pytest.mark.client
UNHEALTHY = mavutil.mavlink.MAV_SYS_STATUS_SENSOR_GPS


@pytest.mark.parametrize("firmware", ["ardupilot", "px4"])
def test_mavsdk_injects_failures(tmp_path: Path, firmware: str) -> None:
    """Refused while SYS_FAILURE_EN is 0; then GPS off loses the fix, ok brings it back, VIO is unsupported."""

    async def run(service: Served) -> None:
        from mavsdk.asyncio import ComponentType, Configuration, Mavsdk
        from mavsdk.asyncio.plugins.failure import FailureAsync, FailureError, FailureType, FailureUnit
        from mavsdk.asyncio.plugins.param import ParamAsync

        async with Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION)) as mavsdk:
            await mavsdk.add_any_connection(f"tcpout://127.0.0.1:{service.port}")
            system = await mavsdk.first_autopilot(timeout_s=PATIENCE_S)
            assert system is not None
            failure, param = FailureAsync(system), ParamAsync(system)
            try:
                with pytest.raises(FailureError):
                    await failure.inject(FailureUnit.SENSOR_GPS, FailureType.OFF, 0)
                await param.set_param_int("SYS_FAILURE_EN", 1)
                await _until_allowed(lambda: failure.inject(FailureUnit.SENSOR_GPS, FailureType.OFF, 0), FailureError)
                await asyncio.to_thread(_gps_becomes, service, False)
                with pytest.raises(FailureError):
                    await failure.inject(FailureUnit.SENSOR_VIO, FailureType.OFF, 0)
                await failure.inject(FailureUnit.SENSOR_GPS, FailureType.OK, 0)
                await asyncio.to_thread(_gps_becomes, service, True)
            finally:
                failure.destroy()
                param.destroy()

    options = ("--home", HOME, "--firmware", firmware)
    with served(tmp_path, *options, paced=True, ready=firmware == "ardupilot") as service:
        asyncio.run(asyncio.wait_for(run(service), FLIGHT_PATIENCE_S))


async def _until_allowed(inject: Callable[[], Awaitable[None]], error: type[Exception]) -> None:
    """The plugin hears of the parameter by itself, a moment after it was set."""
    while True:  # the flight has a limit of its own
        try:
            await inject()
        except error:
            await asyncio.sleep(0.1)
        else:
            return


def _gps_becomes(service: Served, healthy: bool) -> None:
    """By pymavlink, on the same service: SYS_STATUS says so."""
    station = mavutil.mavlink_connection(f"udpin:127.0.0.1:{service.udp_port}")
    try:
        while True:
            status = station.recv_match(type="SYS_STATUS", blocking=True, timeout=PATIENCE_S)
            assert status is not None
            if bool(status.onboard_control_sensors_health & UNHEALTHY) is healthy:
                return
    finally:
        station.close()
