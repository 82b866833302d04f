"""BlueOS Cockpit's words, as its vehicle class says them over mavlink2rest: it connects, reads, uploads, flies.
(https://github.com/bluerobotics/cockpit of July 2026, below `src/libs`: `vehicle/mavlink/vehicle.ts`,
`communication/mavlink.ts`, `blueos.ts`.)"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

pytest.importorskip("aiohttp", reason="the page's library is not installed: sortie[web]")

import aiohttp

from mavlink_bridge.wire import codec
from tests.fakes.page_run import page_run
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import served

HEADER = {"system_id": 255, "component_id": 240, "sequence": 0}
RATES_HZ = {
    "RAW_IMU": 2, "SCALED_IMU2": 2, "SCALED_IMU3": 2, "SCALED_PRESSURE": 2, "SCALED_PRESSURE2": 2,
    "SCALED_PRESSURE3": 2, "SYS_STATUS": 2, "POWER_STATUS": 2, "MEMINFO": 2, "GPS_RAW_INT": 2, "GPS_RTK": 2,
    "GPS2_RAW": 2, "GPS2_RTK": 2, "NAV_CONTROLLER_OUTPUT": 2, "FENCE_STATUS": 2, "GLOBAL_POSITION_INT": 3,
    "SERVO_OUTPUT_RAW": 2, "RC_CHANNELS": 2, "RC_CHANNELS_RAW": 2, "ATTITUDE": 16, "SIMSTATE": 10, "AHRS2": 16,
    "PID_TUNING": 10, "VFR_HUD": 16, "AHRS": 16, "SYSTEM_TIME": 3, "RANGEFINDER": 3, "DISTANCE_SENSOR": 3,
    "BATTERY_STATUS": 3, "GIMBAL_DEVICE_ATTITUDE_STATUS": 16, "OPTICAL_FLOW": 3, "MAG_CAL_REPORT": 3,
    "MAG_CAL_PROGRESS": 3, "EKF_STATUS_REPORT": 3, "VIBRATION": 3, "PARAM_VALUE": 2,
}  # fmt: skip
"""What it asks to be sent, all at once, when it has found a vehicle."""
READ = ("AHRS2", "ATTITUDE", "BATTERY_STATUS", "GLOBAL_POSITION_INT", "GPS_RAW_INT", "HEARTBEAT", "SYS_STATUS")
"""What its instruments live from."""
HOME = (-35.363262, 149.165237)
MISSION = "MAV_MISSION_TYPE_MISSION"


class Cockpit:
    """Its end of the WebSocket: the newest message of each kind from the vehicle, and how many there were."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.newest: dict[str, dict] = {}
        self.counts: dict[str, int] = {}
        self.acks: dict[str, str] = {}
        self.parameters: dict[str, float] = {}

    async def hear(self) -> None:
        """Until it is cancelled: what is no JSON must be `Ok(bytes)`, or Cockpit calls it an error."""
        async for text in self.socket:
            try:
                package = json.loads(text.data)
            except ValueError:
                assert re.fullmatch(r"Ok\(\d+\)", text.data), text.data
                continue
            if (package["header"]["system_id"], package["header"]["component_id"]) == (1, 1):
                self.take(package["message"])

    def take(self, message: dict) -> None:
        kind = message["type"]
        self.newest[kind] = message
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if kind == "COMMAND_ACK":
            self.acks[message["command"]["type"]] = message["result"]["type"]
        elif kind == "PARAM_VALUE":
            self.parameters["".join(message["param_id"]).replace("\0", "")] = message["param_value"]

    async def say(self, kind: str, **fields: object) -> None:
        await self.socket.send_str(json.dumps({"header": HEADER, "message": {"type": kind, **fields}}))

    async def until(self, holds: Callable[[], object]) -> None:
        while not holds():
            await asyncio.sleep(0.02)

    async def command(self, name: str, *params: float) -> str:
        """COMMAND_LONG, and its result."""
        self.acks.pop(name, None)
        values = {f"param{number}": value for number, value in enumerate((*params, *[0] * (7 - len(params))), 1)}
        await self.say(
            "COMMAND_LONG", **values, command={"type": name}, target_system=1, target_component=1, confirmation=0
        )
        await self.until(lambda: name in self.acks)
        return self.acks[name]

    async def ask(self, kind: str, answer: str, **fields: object) -> dict:
        """Say something, and wait for a new message of the kind that answers it."""
        before = self.counts.get(answer, 0)
        await self.say(kind, target_system=1, **fields)
        await self.until(lambda: self.counts.get(answer, 0) > before)
        return self.newest[answer]

    def height_m(self) -> float:
        return self.newest["GLOBAL_POSITION_INT"]["relative_alt"] / 1000

    def mode(self) -> int:
        return self.newest["HEARTBEAT"]["custom_mode"]


def item(seq, command, lat, lon, z, **more):
    """A waypoint as Cockpit makes it of its own (`convertCockpitWaypointsToMavlink`)."""
    return {
        "target_component": 1,
        "seq": seq,
        "frame": {"type": "MAV_FRAME_GLOBAL_RELATIVE_ALT"},
        "command": {"type": command},
        "current": 0,
        "autocontinue": 1,
        "param1": 0,
        "param2": 0,
        "param3": 0,
        "param4": 0,
        "x": round(lat * 1e7),
        "y": round(lon * 1e7),
        "z": z,
        "mission_type": {"type": MISSION},
        **more,
    }


async def connects(cockpit):
    """A HEARTBEAT of its own, the rates it wants, the way to the vehicle and back, the home of the vehicle."""
    await cockpit.say(
        "HEARTBEAT",
        custom_mode=0,
        mavtype={"type": "MAV_TYPE_GCS"},
        autopilot={"type": "MAV_AUTOPILOT_INVALID"},
        base_mode={"bits": 128 | 64},
        system_status={"type": "MAV_STATE_ACTIVE"},
        mavlink_version=1,
    )
    await cockpit.until(lambda: "HEARTBEAT" in cockpit.newest)
    assert cockpit.newest["HEARTBEAT"]["autopilot"] == {"type": "MAV_AUTOPILOT_ARDUPILOTMEGA"}
    assert cockpit.newest["HEARTBEAT"]["mavtype"] == {"type": "MAV_TYPE_QUADROTOR"}
    for name, rate_hz in RATES_HZ.items():
        done = await cockpit.command("MAV_CMD_SET_MESSAGE_INTERVAL", codec.id_of(name), round(1e6 / rate_hz))
        assert done in ("MAV_RESULT_ACCEPTED", "MAV_RESULT_FAILED", "MAV_RESULT_DENIED"), name
        assert done == "MAV_RESULT_ACCEPTED" or name not in READ, name
    for name in READ:
        await cockpit.until(lambda name=name: name in cockpit.newest)
    assert cockpit.newest["GPS_RAW_INT"]["fix_type"]["type"].startswith("GPS_FIX_TYPE_")
    sent_ns = 123_456_789_012
    answer = await cockpit.ask("TIMESYNC", "TIMESYNC", ts1=sent_ns, tc1=0, target_component=1)
    assert answer["ts1"] == sent_ns
    assert await cockpit.command("MAV_CMD_REQUEST_MESSAGE", codec.id_of("HOME_POSITION")) == "MAV_RESULT_ACCEPTED"
    await cockpit.until(lambda: "HOME_POSITION" in cockpit.newest)
    assert cockpit.newest["HOME_POSITION"]["latitude"] == pytest.approx(HOME[0] * 1e7, abs=100)


async def reads_and_sets_parameters(cockpit):
    """The list, from component 0; one set with its name as characters and its type by name."""
    await cockpit.say("PARAM_REQUEST_LIST", target_system=1, target_component=0)
    await cockpit.until(lambda: len(cockpit.parameters) > 0)
    count = cockpit.newest["PARAM_VALUE"]["param_count"]
    await cockpit.until(lambda: len(cockpit.parameters) >= count)
    await cockpit.say(
        "PARAM_SET",
        target_system=1,
        target_component=0,
        param_id=list("RTL_ALT".ljust(16, "\0")),
        param_value=1200,
        param_type={"type": "MAV_PARAM_TYPE_INT32"},
    )
    await cockpit.until(lambda: cockpit.parameters["RTL_ALT"] == 1200)


async def uploads_and_fetches_a_mission(cockpit):
    """An item for each request; then item after item by MISSION_REQUEST_INT, and its ACK."""
    lat, lon = HOME
    items = [
        item(0, "MAV_CMD_NAV_WAYPOINT", lat, lon, 0),
        item(1, "MAV_CMD_NAV_TAKEOFF", lat, lon, 10),
        item(2, "MAV_CMD_NAV_WAYPOINT", lat + 4e-4, lon, 12),
        item(3, "MAV_CMD_NAV_LAND", lat + 4e-4, lon, 0),
    ]
    asked = "MISSION_REQUEST_INT"
    await cockpit.say(
        "MISSION_COUNT", target_system=1, target_component=1, count=len(items), mission_type={"type": MISSION}
    )
    answered = 0
    while "MISSION_ACK" not in cockpit.newest:
        request = cockpit.newest.get("MISSION_REQUEST") or cockpit.newest.get(asked)
        heard = cockpit.counts.get("MISSION_REQUEST", 0) + cockpit.counts.get(asked, 0)
        if request is not None and heard > answered:
            answered = heard
            await cockpit.say("MISSION_ITEM_INT", target_system=1, **items[request["seq"]])
        await asyncio.sleep(0.005)
    assert cockpit.newest["MISSION_ACK"]["mavtype"] == {"type": "MAV_MISSION_ACCEPTED"}
    kind = {"type": MISSION}
    count = await cockpit.ask("MISSION_REQUEST_LIST", "MISSION_COUNT", target_component=1, mission_type=kind)
    assert count["count"] == len(items)
    for seq in range(1, len(items)):
        found = await cockpit.ask(
            "MISSION_REQUEST_INT", "MISSION_ITEM_INT", target_component=0, seq=seq, mission_type=kind
        )
        assert found["seq"] == seq
        assert found["command"] == items[seq]["command"]
        assert (found["x"], found["y"], found["z"]) == (items[seq]["x"], items[seq]["y"], items[seq]["z"])
    await cockpit.say(
        "MISSION_ACK", target_system=1, target_component=0, mavtype={"type": "MAV_MISSION_ACCEPTED"}, mission_type=kind
    )


async def flies(cockpit):
    """Mode, arm, take off; go there; higher; stop the mission; land: with the numbers that its buttons send."""
    guided, land, custom = 4, 9, 1
    assert await cockpit.command("MAV_CMD_DO_SET_MODE", custom, guided) == "MAV_RESULT_ACCEPTED"
    assert await cockpit.command("MAV_CMD_COMPONENT_ARM_DISARM", 1, 0) == "MAV_RESULT_ACCEPTED"
    assert await cockpit.command("MAV_CMD_NAV_TAKEOFF", 0, 0, 0, 0, 0, 0, 8) == "MAV_RESULT_ACCEPTED"
    await cockpit.until(lambda: cockpit.height_m() > 7.5)
    amsl_m = cockpit.newest["HOME_POSITION"]["altitude"] / 1000
    await cockpit.say(
        "COMMAND_INT",
        param1=0,
        param2=0,
        param3=0,
        param4=0,
        x=round((HOME[0] + 2e-4) * 1e7),
        y=round(HOME[1] * 1e7),
        z=amsl_m + 10,
        command={"type": "MAV_CMD_DO_REPOSITION"},
        target_system=1,
        target_component=1,
        frame={"type": "MAV_FRAME_GLOBAL"},
        current=0,
        autocontinue=0,
    )
    await cockpit.until(lambda: cockpit.acks.get("MAV_CMD_DO_REPOSITION") == "MAV_RESULT_ACCEPTED")
    await cockpit.until(lambda: cockpit.newest["GLOBAL_POSITION_INT"]["lat"] > (HOME[0] + 1.8e-4) * 1e7)
    await cockpit.until(lambda: cockpit.height_m() > 9.5)
    zeros = dict.fromkeys(("x", "y", "vx", "vy", "vz", "afx", "afy", "afz", "yaw", "yaw_rate"), 0)
    await cockpit.say(
        "SET_POSITION_TARGET_LOCAL_NED",
        time_boot_ms=0,
        target_system=1,
        target_component=1,
        coordinate_frame={"type": "MAV_FRAME_LOCAL_OFFSET_NED"},
        type_mask={"bits": 0b0000111111111000},
        z=-6,
        **zeros,
    )
    await cockpit.until(lambda: cockpit.height_m() > 15.0)
    assert await cockpit.command("MAV_CMD_DO_SET_MODE", custom, land) == "MAV_RESULT_ACCEPTED"
    await cockpit.until(lambda: cockpit.mode() == land)
    await cockpit.until(lambda: not cockpit.newest["HEARTBEAT"]["base_mode"]["bits"] & 128)


async def looks_for_other_pilots(client, at, cockpit):
    """Its question whether somebody else steers: our own sticks are in the tree as mavlink2rest has them, with a time
    that JavaScript's Date reads; nobody has said RC_CHANNELS_OVERRIDE."""
    await cockpit.say("MANUAL_CONTROL", x=0, y=0, z=500, r=0, s=0, t=0, buttons=0, buttons2=0, target=1)
    said = at("v1/mavlink/vehicles/255/components/240/messages")
    while True:
        async with client.get(f"{said}/MANUAL_CONTROL") as response:
            if response.status == 200:
                told = await response.json()
                break
        await asyncio.sleep(0.05)
    heard = datetime.fromisoformat(told["status"]["time"]["last_update"])
    assert abs((datetime.now(UTC) - heard).total_seconds()) < PATIENCE_S
    assert told["message"]["z"] == 500
    async with client.get(f"{said}/RC_CHANNELS_OVERRIDE") as response:
        assert response.status == 404
    async with client.get(at("info")) as response:
        assert isinstance((await response.json())["service"]["version"], str)


def test_cockpit_connects_reads_uploads_and_flies(tmp_path):
    """All of it on one WebSocket, of a vehicle at ten times real time."""
    with (
        served(tmp_path / "service", speedup="10") as service,
        page_run(tmp_path, control=True, link=service.tcp) as run,
    ):

        def at(path):
            """Its address of the vehicle is ours with the token: the rest it appends."""
            return f"{run.address}mavlink2rest/{path}"

        async def fly():
            async with aiohttp.ClientSession() as client, client.ws_connect(at("ws/mavlink")) as socket:
                cockpit = Cockpit(socket)
                hearing = asyncio.create_task(cockpit.hear())
                await connects(cockpit)
                await reads_and_sets_parameters(cockpit)
                await uploads_and_fetches_a_mission(cockpit)
                await flies(cockpit)
                await looks_for_other_pilots(client, at, cockpit)
                hearing.cancel()

        asyncio.run(asyncio.wait_for(fly(), 2 * PATIENCE_S))
