"""MAVSDK with `--firmware px4`: what its own example scripts do with its plugins, beside those of `test_mavsdk_px4.py`.

A trajectory in Offboard (positions with velocities, then with accelerations), an attitude, a place, an orbit, sticks,
following; a fence, a calibration, a failure, files, logs, odometry."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from math import cos, pi, sin
from pathlib import Path
from typing import Any

import pytest

from tests.clients.test_mavsdk_px4 import ARGUMENTS, mode_is
from tests.fakes.mavsdk_flight import wait_for
from tests.fakes.mavsdk_server import mavsdk_server
from tests.fakes.patience import FLIGHT_PATIENCE_S
from tests.fakes.served import served

pytestmark = pytest.mark.client
Run = Callable[[Callable[[Any], Awaitable[None]]], None]
HEIGHT_M = 8.0
METRES_PER_DEGREE = 111_319.0


@pytest.fixture
def fly(tmp_path: Path) -> Iterator[Run]:
    """Runs what is done with a System that is connected to a vehicle which could be armed."""
    with (
        served(tmp_path, *ARGUMENTS, speedup="5", ready=False) as service,
        mavsdk_server(service.port, tmp_path) as port,
    ):

        async def begin(does: Callable[[Any], Awaitable[None]]) -> None:
            from mavsdk_grpc import System

            drone = System(mavsdk_server_address="127.0.0.1", port=port)
            await drone.connect()
            await wait_for(drone.core, "connection_state", lambda state: state.is_connected)
            await wait_for(drone.telemetry, "health", lambda h: h.is_armable and h.is_home_position_ok)
            await does(drone)

        yield lambda does: asyncio.run(asyncio.wait_for(begin(does), FLIGHT_PATIENCE_S))


async def rise(drone: Any) -> None:
    await drone.action.set_takeoff_altitude(HEIGHT_M)
    await drone.action.arm()
    await drone.action.takeoff()
    await wait_for(drone.telemetry, "position", lambda at: at.relative_altitude_m > HEIGHT_M - 0.5)
    await mode_is(drone.telemetry, "HOLD")


async def ends(drone: Any) -> None:
    await drone.action.land()
    await wait_for(drone.telemetry, "armed", lambda armed: not armed)


def near(north: float, east: float) -> Callable[[Any], bool]:
    """Of telemetry's position_velocity_ned: within 1.5 m."""
    return lambda now: abs(now.position.north_m - north) < 1.5 and abs(now.position.east_m - east) < 1.5


def test_a_trajectory_and_attitudes_in_offboard(fly: Run) -> None:
    """An arc point by point; an attitude and body rates with a thrust; then the sticks of no one: stop is Hold."""

    async def does(drone: Any) -> None:
        from mavsdk_grpc import offboard as kinds

        offboard = drone.offboard
        await drone.action.arm()
        await offboard.set_position_ned(kinds.PositionNedYaw(0.0, 0.0, -HEIGHT_M, 0.0))
        await offboard.start()
        await wait_for(drone.telemetry, "position", lambda at: at.relative_altitude_m > HEIGHT_M - 0.5)
        for number in range(41):
            angle = pi * number / 40.0
            place = kinds.PositionNedYaw(10.0 * sin(angle), 10.0 * (1.0 - cos(angle)), -HEIGHT_M, 0.0)
            speed = kinds.VelocityNedYaw(2.0 * cos(angle), 2.0 * sin(angle), 0.0, 0.0)
            if number < 20:
                await offboard.set_position_velocity_ned(place, speed)
            else:
                pull = kinds.AccelerationNed(-0.4 * sin(angle), 0.4 * cos(angle), 0.0)
                await offboard.set_position_velocity_acceleration_ned(place, speed, pull)
            await asyncio.sleep(0.05)
        await offboard.set_position_ned(kinds.PositionNedYaw(0.0, 20.0, -HEIGHT_M, 0.0))
        await wait_for(drone.telemetry, "position_velocity_ned", near(0.0, 20.0))
        await offboard.set_velocity_body(kinds.VelocityBodyYawspeed(2.0, 0.0, 0.0, 0.0))
        await wait_for(drone.telemetry, "position_velocity_ned", lambda now: now.velocity.north_m_s > 1.5)
        await offboard.set_attitude(kinds.Attitude(0.0, 10.0, 0.0, 0.5))
        await wait_for(drone.telemetry, "attitude_euler", lambda now: now.pitch_deg > 5.0)
        await offboard.set_attitude_rate(kinds.AttitudeRate(0.0, -20.0, 0.0, 0.5))
        await wait_for(drone.telemetry, "attitude_euler", lambda now: now.pitch_deg < -5.0)
        await offboard.stop()
        await mode_is(drone.telemetry, "HOLD")
        await ends(drone)

    fly(does)


def test_a_place_an_orbit_following_and_sticks(fly: Run) -> None:
    """Each is the mode that PX4 shows for it; sticks that are lost again are no matter while it lands."""

    async def does(drone: Any) -> None:
        from mavsdk_grpc.action import OrbitYawBehavior
        from mavsdk_grpc.follow_me import Config, TargetLocation

        await drone.param.set_param_float("COM_RC_LOSS_T", 300.0)  # a slow machine loses no sticks
        await rise(drone)
        home = await wait_for(drone.telemetry, "home", lambda place: True)
        lat, lon = home.latitude_deg + 15.0 / METRES_PER_DEGREE, home.longitude_deg
        await drone.action.goto_location(lat, lon, home.absolute_altitude_m + HEIGHT_M, 90.0)
        await wait_for(drone.telemetry, "position_velocity_ned", near(15.0, 0.0))
        await drone.action.do_orbit(
            8.0, 2.0, OrbitYawBehavior.HOLD_FRONT_TO_CIRCLE_CENTER, lat, lon, home.absolute_altitude_m + HEIGHT_M
        )
        await wait_for(drone.telemetry, "position_velocity_ned", lambda now: abs(now.position.east_m) > 5.0)
        await drone.action.hold()
        await mode_is(drone.telemetry, "HOLD")
        await drone.follow_me.set_config(Config(HEIGHT_M, 8.0, 0.5, Config.FollowAltitudeMode.CONSTANT, 5.0, 180.0))
        await drone.follow_me.start()
        target = TargetLocation(lat, lon, home.absolute_altitude_m, 1.0, 0.0, 0.0)
        await mode_is(drone.telemetry, "FOLLOW_ME")  # MAVSDK takes no target before its HEARTBEAT
        await drone.follow_me.set_target_location(target)
        await drone.follow_me.stop()
        await mode_is(drone.telemetry, "HOLD")
        for _ in range(5):
            await drone.manual_control.set_manual_control_input(0.0, 0.0, 0.5, 0.0)
        await drone.manual_control.start_position_control()
        for _ in range(40):
            await drone.manual_control.set_manual_control_input(0.5, 0.0, 0.5, 0.0)
            await asyncio.sleep(0.02)
        await mode_is(drone.telemetry, "POSCTL")
        for _ in range(10):  # moved ones would take over from the landing
            await drone.manual_control.set_manual_control_input(0.0, 0.0, 0.5, 0.0)
        await ends(drone)

    fly(does)


def test_a_fence_a_calibration_a_failure_files_and_odometry(fly: Run) -> None:
    """A fence goes up and comes down again; the gyroscope's calibration ends; a receiver fails and comes back."""

    async def does(drone: Any) -> None:
        from mavsdk_grpc.failure import FailureType, FailureUnit
        from mavsdk_grpc.geofence import FenceType, GeofenceData, Point, Polygon

        home = await wait_for(drone.telemetry, "home", lambda place: True)
        lat, lon = home.latitude_deg, home.longitude_deg
        corners = [Point(lat + a, lon + b) for a, b in ((-0.001, -0.001), (0.001, -0.001), (0.001, 0.001))]
        await drone.geofence.upload_geofence(GeofenceData([Polygon(corners, FenceType.INCLUSION)], []))
        assert len((await drone.geofence.download_geofence()).polygons[0].points) == 3
        await drone.geofence.clear_geofence()
        progress = [step.progress async for step in drone.calibration.calibrate_gyro()]
        assert max(value for value in progress if value == value) > 0.9
        await drone.telemetry.set_rate_odometry(5.0)
        seen = await wait_for(drone.telemetry, "odometry", lambda now: abs(now.q.w) > 0.0)
        assert abs(seen.q.w**2 + seen.q.x**2 + seen.q.y**2 + seen.q.z**2 - 1.0) < 1e-3
        await drone.param.set_param_int("SYS_FAILURE_EN", 1)
        await drone.failure.inject(FailureUnit.SENSOR_GPS, FailureType.OFF, 0)
        await wait_for(drone.telemetry, "gps_info", lambda now: now.num_satellites == 0)
        await drone.failure.inject(FailureUnit.SENSOR_GPS, FailureType.OK, 0)
        await wait_for(drone.telemetry, "gps_info", lambda now: now.num_satellites > 5)
        assert (await drone.ftp.list_directory("/")).entries
        await wait_for(drone.telemetry, "health", lambda h: h.is_armable)
        await rise(drone)
        await ends(drone)
        entries = await drone.log_files.get_entries()
        assert entries and entries[-1].size_bytes > 0

    fly(does)
