"""MAVSDK's gimbal plugin on a served copter: found, taken, turned by angle and rate, locked, following, given back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import nan
from pathlib import Path
from typing import Any

import pytest
from pymavlink import mavutil

from tests.fakes.mavsdk_flight import wait_for
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import Served, served
from tests.fakes.station_plan import HOME, LAT, LON

pytestmark = pytest.mark.client
LIMIT_S = 240.0
GIMBAL = ("--home", HOME, "--param", "MNT1_TYPE=6")


async def until(ask: Callable[[], Any], true: Callable[[Any], bool]) -> Any:
    """What is asked, once it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = await ask()
            if true(answer):
                return answer
            await asyncio.sleep(0.05)


def near(value: float, wanted: float, within: float = 0.5) -> bool:
    return abs(value - wanted) < within


@pytest.mark.parametrize("firmware", ["ardupilot", "px4"])
def test_mavsdk_controls_the_gimbal(tmp_path: Path, firmware: str) -> None:
    """Found as component 154 behind the autopilot; control is taken, refused while a pymavlink station has it, given
    back; angles, rates, yaw locked to north or following the nose, and a region of interest straight below."""

    async def run(service: Served) -> None:
        from mavsdk.asyncio import ComponentType, Configuration, Mavsdk
        from mavsdk.asyncio.plugins.gimbal import ControlMode, GimbalAsync, GimbalError, GimbalMode, SendMode

        async with Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION)) as mavsdk:
            await mavsdk.add_any_connection(f"tcpout://127.0.0.1:{service.port}")
            system = await mavsdk.first_autopilot(timeout_s=PATIENCE_S)
            assert system is not None
            gimbal = GimbalAsync(system)
            try:
                found = await until(gimbal.gimbal_list, lambda found: found.gimbals)
                one = found.gimbals[0]
                assert (one.gimbal_manager_component_id, one.gimbal_device_id) == (1, 154)
                assert (one.vendor_name, one.model_name) == ("Sortie", "Simulated gimbal")
                number = one.gimbal_id

                async def attitude() -> Any:
                    return await gimbal.get_attitude(number)

                async def control() -> Any:
                    return await gimbal.get_control_status(number)

                await gimbal.take_control(number, ControlMode.PRIMARY)
                await until(control, lambda status: status.control_mode == ControlMode.PRIMARY)

                await gimbal.set_angles(number, 0.0, -45.0, 30.0, GimbalMode.YAW_FOLLOW, SendMode.ONCE)
                is_at = await until(attitude, lambda a: near(a.euler_angle_forward.pitch_deg, -45.0))
                await until(attitude, lambda a: near(a.euler_angle_forward.yaw_deg, 30.0))
                assert near(is_at.euler_angle_forward.roll_deg, 0.0)

                await gimbal.set_angles(number, 10.0, -20.0, 90.0, GimbalMode.YAW_LOCK, SendMode.STREAM)
                await until(attitude, lambda a: near(a.euler_angle_north.yaw_deg, 90.0))
                await until(attitude, lambda a: near(a.euler_angle_north.pitch_deg, -20.0, 2.0))

                await gimbal.set_angular_rates(number, 0.0, -5.0, 0.0, GimbalMode.YAW_FOLLOW, SendMode.ONCE)
                await until(attitude, lambda a: near(a.angular_velocity.pitch_rad_s, -0.0873, 0.001))
                await until(attitude, lambda a: a.euler_angle_forward.pitch_deg < -30.0)

                other = await asyncio.to_thread(take_by_pymavlink, service)
                await until(control, lambda status: status.sysid_primary_control == 42)
                with pytest.raises(GimbalError):
                    await gimbal.set_angles(number, 0.0, 0.0, 0.0, GimbalMode.YAW_FOLLOW, SendMode.ONCE)
                await asyncio.to_thread(release_by_pymavlink, other)
                await until(control, lambda status: status.sysid_primary_control == 0)

                home = mavutil.location(*(float(part) for part in HOME.split(",")))
                await gimbal.set_roi_location(number, home.lat, home.lng, home.alt - 1000.0)
                await until(attitude, lambda a: near(a.euler_angle_forward.pitch_deg, -90.0, 2.0))

                await gimbal.take_control(number, ControlMode.PRIMARY)
                await gimbal.release_control(number)
                await until(control, lambda status: status.control_mode == ControlMode.NONE)
            finally:
                gimbal.destroy()

    with served(tmp_path, *GIMBAL, "--firmware", firmware, speedup="4", ready=firmware == "ardupilot") as service:
        asyncio.run(asyncio.wait_for(run(service), LIMIT_S))


def take_by_pymavlink(service: Served) -> Any:
    """A station 42/190 takes control, and leaves no secondary one: MAVSDK makes itself both."""
    station = mavutil.mavlink_connection(f"udpin:127.0.0.1:{service.udp_port}", source_system=42, source_component=190)
    station.wait_heartbeat(timeout=PATIENCE_S)
    configure = mavutil.mavlink.MAV_CMD_DO_GIMBAL_MANAGER_CONFIGURE
    station.mav.command_long_send(1, 1, configure, 0, 42, 190, 0, 0, 0, 0, 0)
    return station


def release_by_pymavlink(station: Any) -> None:
    """It gives the gimbal back, and goes."""
    configure = mavutil.mavlink.MAV_CMD_DO_GIMBAL_MANAGER_CONFIGURE
    station.mav.command_long_send(1, 1, configure, 0, -3, -3, 0, 0, 0, 0, 0)
    while (
        station.recv_match(
            type="COMMAND_ACK", condition=f"COMMAND_ACK.command=={configure}", timeout=PATIENCE_S, blocking=True
        )
        is None
    ):
        pass
    station.close()


def test_a_mission_of_mavsdk_moves_the_gimbal(tmp_path: Path) -> None:
    """Its mission items with gimbal angles: the vehicle takes control of its own gimbal
    (MAV_CMD_DO_GIMBAL_MANAGER_CONFIGURE as an item) and turns it; the station may have it back by asking. (MAVSDK makes
    home of its first waypoint, and what stands behind the last one no ArduPilot does.)"""

    async def run(service: Served) -> None:
        from mavsdk.asyncio import ComponentType, Configuration, Mavsdk
        from mavsdk.asyncio.plugins.action import ActionAsync
        from mavsdk.asyncio.plugins.gimbal import ControlMode, GimbalAsync
        from mavsdk.asyncio.plugins.mission import MissionAsync
        from mavsdk.asyncio.plugins.telemetry import TelemetryAsync
        from mavsdk.plugins.mission.mission import MissionItem, MissionPlan

        def item(north: float, pitch: float, yaw: float) -> Any:
            return MissionItem(
                latitude_deg=LAT + north,
                longitude_deg=LON,
                relative_altitude_m=15.0,
                speed_m_s=5.0,
                is_fly_through=True,
                gimbal_pitch_deg=pitch,
                gimbal_yaw_deg=yaw,
            )

        async with Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION)) as mavsdk:
            await mavsdk.add_any_connection(f"tcpout://127.0.0.1:{service.port}")
            system = await mavsdk.first_autopilot(timeout_s=PATIENCE_S)
            assert system is not None
            gimbal, mission, action = GimbalAsync(system), MissionAsync(system), ActionAsync(system)
            telemetry = TelemetryAsync(system)
            try:
                found = await until(gimbal.gimbal_list, lambda found: found.gimbals)
                number = found.gimbals[0].gimbal_id
                await mission.upload_mission(
                    MissionPlan([item(0.0003, -30.0, 10.0), item(0.0005, -60.0, -20.0), item(0.0009, nan, nan)])
                )
                await action.arm()
                await action.takeoff()
                await wait_for(telemetry, "position", lambda at: at.relative_altitude_m > 2.0)
                await mission.start_mission()
                await until(lambda: gimbal.get_attitude(number), lambda a: near(a.euler_angle_forward.pitch_deg, -30.0))
                await until(lambda: gimbal.get_control_status(number), lambda c: c.sysid_primary_control == 1)
                await until(lambda: gimbal.get_attitude(number), lambda a: near(a.euler_angle_forward.yaw_deg, -20.0))
                await gimbal.take_control(number, ControlMode.PRIMARY)
                await until(lambda: gimbal.get_control_status(number), lambda c: c.control_mode == ControlMode.PRIMARY)
            finally:
                for plugin in (gimbal, mission, action, telemetry):
                    plugin.destroy()

    with served(tmp_path, *GIMBAL, speedup="4") as service:
        asyncio.run(asyncio.wait_for(run(service), LIMIT_S))
