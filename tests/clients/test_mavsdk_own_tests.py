"""What MAVSDK's own integration tests asked of a vehicle before they were taken out (35d3c5ed), by their facts: places,
speeds and times of theirs, asked by MAVSDK. Those that other tests here fly already are in docs/conform.md's table.

Seconds are the vehicle's: its time waits for the client."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from math import hypot, nan
from pathlib import Path
from typing import Any

import pytest

from sortie import Session
from sortie.api.testing.server import Server, serve
from sortie.config.values import PaceBounds
from tests.fakes.extras import needs
from tests.fakes.mavsdk_flight import wait_for
from tests.fakes.patience import FLIGHT_PATIENCE_S, PATIENCE_S
from tests.fakes.served import free_port

needs("test", "mavsdk_grpc")
pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="only Linux tells what a client does"),
]
LAT, LON, ALT_M = 47.397742, 8.545594, 488.0
SPEEDS = 10.0, 3.0, 8.0, 5.0
CORNERS = (
    (47.398262509933957, 8.5456324815750122),
    (47.39824201089737, 8.5447561722784542),
    (47.397733642793433, 8.5447776308767516),
)
SQUARE = (
    (47.39776911820642, 8.545794816614517),
    (47.39814478901126, 8.544659618054993),
    (47.397800824620234, 8.544310052851216),
    (47.39771545325316, 8.54576238283903),
)
Does = Callable[[Any, Server], Awaitable[None]]


def asked(firmware: str, does: Does) -> None:
    """With a System that is connected to a vehicle of which all is well."""

    def make() -> Session:
        session = Session(home=f"{LAT},{LON},{ALT_M},0", firmware=firmware)
        session.wait_armable()
        return session

    async def begin(server: Server) -> None:
        from mavsdk_grpc import System

        drone = System(port=free_port())
        await drone.connect(system_address=server.mavsdk_address)
        await wait_for(drone.core, "connection_state", lambda state: state.is_connected)
        await wait_for(drone.telemetry, "health_all_ok", bool)
        await asyncio.wait_for(does(drone, server), FLIGHT_PATIENCE_S)

    with serve(make, bounds=PaceBounds(limit_s=PATIENCE_S)) as (server,):
        asyncio.run(begin(server))


@pytest.mark.parametrize("firmware", ["px4", "ardupilot"])
def test_takeoff_and_kill(firmware: str) -> None:
    """action_takeoff_and_kill: 0.2 m within 8 s; killed, it is disarmed within 2 s, on the ground 2 s later."""

    async def does(drone: Any, server: Server) -> None:
        await drone.action.set_takeoff_altitude(1.5)
        await drone.action.arm()
        await drone.action.takeoff()
        began_s = server.vehicle.time_s
        await wait_for(drone.telemetry, "position", lambda at: at.relative_altitude_m > 0.2)
        assert server.vehicle.time_s - began_s < 8.0
        await drone.action.kill()
        began_s = server.vehicle.time_s
        await wait_for(drone.telemetry, "armed", lambda armed: not armed)
        assert server.vehicle.time_s - began_s < 2.0
        await wait_for(drone.telemetry, "in_air", lambda in_air: not in_air)
        assert server.vehicle.time_s - began_s < 4.0

    asked(firmware, does)


def test_each_leg_of_a_mission_is_flown_at_its_speed() -> None:
    """mission_change_speed: an item of nothing but a speed, then three places with one each; 4 s into a leg it is the
    speed of the item before, within 1 m/s. Back, and on the ground it is disarmed."""

    async def does(drone: Any, server: Server) -> None:
        plan = [item(nan, nan, nan, SPEEDS[0])]
        plan += [item(*corner, 10.0, speed) for corner, speed in zip(CORNERS, SPEEDS[1:], strict=True)]
        from mavsdk_grpc.mission import MissionPlan

        await drone.mission.upload_mission(MissionPlan(plan))
        await drone.action.arm()
        await drone.mission.start_mission()
        flown = []
        for number in (2, 3):
            await wait_for(drone.mission, "mission_progress", lambda done, number=number: done.current == number)
            await server.vehicle.arun_for(4.0)
            now = await wait_for(drone.telemetry, "velocity_ned", lambda _: True)
            flown.append(hypot(now.north_m_s, now.east_m_s))
        assert flown == [pytest.approx(SPEEDS[1], abs=1.0), pytest.approx(SPEEDS[2], abs=1.0)]
        await wait_for(drone.mission, "mission_progress", lambda done: done.current == done.total == len(plan))
        assert await drone.mission.is_mission_finished()
        await drone.action.return_to_launch()
        await wait_for(drone.telemetry, "in_air", lambda in_air: not in_air)
        await drone.action.disarm()

    asked("px4", does)


def item(lat: float, lon: float, height_m: float, speed: float) -> Any:
    """With an acceptance radius of 1 m, and all else as MAVSDK has it."""
    from mavsdk_grpc.mission import MissionItem

    nothing = MissionItem.CameraAction.NONE, nan, nan, 1.0, nan, nan, MissionItem.VehicleAction.NONE
    return MissionItem(lat, lon, height_m, speed, False, nan, nan, *nothing)


def test_a_plan_of_qgroundcontrol_is_flown_as_a_px4(tmp_path: Path) -> None:
    """mission_raw_import_and_fly: armed, then the plan comes; 120 s to its end; back, and it disarms."""
    plan = tmp_path / "square.plan"
    plan.write_text(json.dumps(qgc_plan()))

    async def does(drone: Any, server: Server) -> None:
        imported = await drone.mission_raw.import_qgroundcontrol_mission(str(plan))
        assert len(imported.mission_items) == len(SQUARE)
        await drone.action.arm()
        await drone.mission_raw.upload_mission(imported.mission_items)
        await to_its_end_and_back(drone, server)

    asked("px4", does)


def test_a_plan_with_home_is_flown_as_an_ardupilot() -> None:
    """mission_raw_import_and_fly: home, a takeoff to nowhere, two places, RTL; it is climbing to 50 m by then."""

    async def does(drone: Any, server: Server) -> None:
        from mavsdk_grpc.mission_raw import MissionItem

        def raw(seq: int, command: int, frame: int, lat: float, lon: float, z: float) -> Any:
            place = round(lat * 1e7), round(lon * 1e7), z
            return MissionItem(seq, frame, command, int(seq == 0), 1, 0.0, 0.0, 0.0, 0.0, *place, 0)

        places = [raw(2 + number, 16, 3, *corner, 30.0) for number, corner in enumerate(SQUARE[:2])]
        ends = raw(0, 16, 0, LAT, LON, ALT_M), raw(1, 22, 3, 0.0, 0.0, 0.0), raw(4, 20, 3, 0.0, 0.0, 0.0)
        await drone.mission_raw.upload_mission([*ends[:2], *places, ends[2]])
        await drone.action.set_takeoff_altitude(50.0)
        await drone.action.arm()
        await drone.action.takeoff()
        await to_its_end_and_back(drone, server)

    asked("ardupilot", does)


async def to_its_end_and_back(drone: Any, server: Server) -> None:
    """Start; the end within 120 s; RTL until motors are off."""
    await drone.mission_raw.start_mission()
    began_s = server.vehicle.time_s
    await wait_for(drone.mission_raw, "mission_progress", lambda done: 0 < done.total == done.current)
    assert server.vehicle.time_s - began_s < 120.0
    await drone.action.return_to_launch()
    await wait_for(drone.telemetry, "armed", lambda armed: not armed)
    here = await wait_for(drone.telemetry, "position", lambda _: True)
    assert abs(here.latitude_deg - LAT) < 2e-5 and abs(here.longitude_deg - LON) < 3e-5


def qgc_plan() -> dict[str, object]:
    """As QGroundControl writes it."""
    rows = [
        {
            "type": "SimpleItem",
            "command": 16,
            "frame": 3,
            "autoContinue": True,
            "doJumpId": number,
            "AMSLAltAboveTerrain": None,
            "Altitude": 30,
            "AltitudeMode": 1,
            "params": [0, 0, 0, None, lat, lon, 30],
        }
        for number, (lat, lon) in enumerate(SQUARE, 1)
    ]
    mission = {
        "version": 2,
        "firmwareType": 12,
        "vehicleType": 2,
        "cruiseSpeed": 15,
        "hoverSpeed": 5,
        "globalPlanAltitudeMode": 1,
        "plannedHomePosition": [LAT, LON, ALT_M],
        "items": rows,
    }
    nothing = {"circles": [], "polygons": [], "version": 2}, {"points": [], "version": 2}
    ends = {"geoFence": nothing[0], "rallyPoints": nothing[1], "mission": mission}
    return {"fileType": "Plan", "version": 1, "groundStation": "QGroundControl"} | ends


@pytest.mark.parametrize("firmware", ["px4", "ardupilot"])
def test_the_origin_of_its_estimator_is_told(firmware: str) -> None:
    """telemetry_gps_origin: where it stands, by request."""

    async def does(drone: Any, server: Server) -> None:
        origin = await drone.telemetry.get_gps_global_origin()
        assert origin.latitude_deg == pytest.approx(LAT, abs=1e-4)
        assert origin.longitude_deg == pytest.approx(LON, abs=1e-4)
        assert origin.altitude_m == pytest.approx(ALT_M, abs=5.0)

    asked(firmware, does)


def test_a_mission_that_has_changed_is_told() -> None:
    """mission_raw_mission_changed: not within half a second, but when a plan has come; it holds what was sent."""

    async def does(drone: Any, server: Server) -> None:
        from mavsdk_grpc.mission_raw import MissionItem

        listening = asyncio.create_task(wait_for(drone.mission_raw, "mission_changed", bool))
        await server.vehicle.arun_for(0.5)
        assert not listening.done()
        plan = []
        for number, speed in enumerate((4.0, 5.0)):
            place = 473_981_700 + 50 * number, 85_456_490 + 50 * number, 5.0 + 2.5 * number
            plan.append(MissionItem(2 * number, 6, 16, int(number == 0), 1, 1.0, 1.0, 1.0, nan, *place, 0))
            plan.append(MissionItem(2 * number + 1, 2, 178, 0, 1, 1.0, speed, -1.0, 0.0, 0, 0, nan, 0))
        await drone.mission_raw.upload_mission(plan)
        await listening
        kept = await drone.mission_raw.download_mission()
        assert [(one.command, one.x, one.y, one.param2) for one in kept] == [
            (one.command, one.x, one.y, one.param2) for one in plan
        ]

    asked("px4", does)
