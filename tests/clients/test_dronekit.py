"""DroneKit flies it: connect, parameters, mission, arm, takeoff, goto, speeds, pause, jump, RTL, LAND."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import hypot
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from tests.fakes.dronekit_shim import load_dronekit
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import served
from tests.fakes.station_plan import FENCE, HOME, LAT, LON, MISSION, RALLY, Row

pytestmark = pytest.mark.client


def until(vehicle: Any, condition: Callable[[], bool]) -> None:
    """DroneKit's way to wait: it looks again and again, and raises when the time is over."""
    vehicle.wait_for(condition, timeout=PATIENCE_S, interval=0.02)


def commands(dronekit: Any, rows: Sequence[Row]) -> list[Any]:
    """A plan as DroneKit has it: without home."""
    return [
        dronekit.Command(0, 0, 0, row.frame, row.command, 0, 1, *row.parameters, row.lat, row.lon, row.alt)
        for row in rows[1:]
    ]


def content(items: Sequence[Any]) -> list[tuple[float, ...]]:
    """Items to compare: degrees as far as a float32 carries them."""
    return [
        (
            item.frame,
            item.command,
            item.param1,
            item.param2,
            item.param3,
            item.param4,
            round(item.x, 4),
            round(item.y, 4),
            item.z,
        )
        for item in items
    ]


def distance_m(vehicle: Any, lat: float, lon: float) -> float:
    at = vehicle.location.global_relative_frame
    return hypot((at.lat - lat) * 111_319.0, (at.lon - lon) * 90_800.0)


def go(vehicle: Any, mode: str) -> None:
    """Change the mode and wait until the vehicle says so."""
    vehicle.wait_for_mode(mode, timeout=PATIENCE_S)


def test_dronekit_flies_it(tmp_path: Path) -> None:
    """One flight with everything that a DroneKit program does."""
    dronekit = load_dronekit()
    with served(tmp_path, "--home", HOME, speedup="20", paced=True) as service:
        vehicle = dronekit.connect(f"tcp:127.0.0.1:{service.port}", wait_ready=True, timeout=PATIENCE_S)
        try:
            check_ready(vehicle)
            check_mission(dronekit, vehicle)
            check_messages(vehicle, FENCE, 1)
            check_messages(vehicle, RALLY, 2)
            check_flight(dronekit, vehicle)
        finally:
            vehicle.close()


def test_dronekit_flies_a_plane(tmp_path: Path) -> None:
    """As its examples do: a mission's takeoff in AUTO, a place in GUIDED at another airspeed, home."""
    dronekit = load_dronekit()
    up = dronekit.Command(0, 0, 0, 3, 22, 0, 1, 12, 0, 0, 0, 0, 0, 50)
    on = dronekit.Command(0, 0, 0, 3, 16, 0, 1, 0, 0, 0, 0, LAT + 0.0045, LON, 50)
    with served(tmp_path, "--home", HOME, "--vehicle", "sim:plane", speedup="60", paced=True) as service:
        vehicle = dronekit.connect(f"tcp:127.0.0.1:{service.port}", wait_ready=True, timeout=PATIENCE_S)
        try:
            until(vehicle, lambda: str(vehicle.version).startswith("APM:Plane-"))
            assert vehicle.parameters["AIRSPEED_CRUISE"] == 22.0
            vehicle.wait_for_armable(timeout=PATIENCE_S)
            vehicle.commands.download()
            vehicle.commands.wait_ready(timeout=PATIENCE_S)
            for command in (up, on, on):
                vehicle.commands.add(command)
            vehicle.commands.upload(timeout=PATIENCE_S)
            go(vehicle, "AUTO")
            vehicle.arm(wait=True, timeout=PATIENCE_S)
            until(vehicle, lambda: vehicle.location.global_relative_frame.alt > 45.0)
            go(vehicle, "GUIDED")
            vehicle.simple_goto(dronekit.LocationGlobalRelative(LAT + 0.0045, LON, 60.0))
            until(vehicle, lambda: distance_m(vehicle, LAT + 0.0045, LON) < 90.0)
            vehicle.airspeed = 26.0
            until(vehicle, lambda: vehicle.airspeed > 25.0)
            go(vehicle, "RTL")
            until(vehicle, lambda: distance_m(vehicle, LAT, LON) < 90.0)
        finally:
            vehicle.close()


def check_ready(vehicle: Any) -> None:
    """What DroneKit reads on connecting, and parameters both ways."""
    # `wait_ready` does not wait for it: DroneKit asks with each HEARTBEAT until it has the capabilities.
    until(vehicle, lambda: vehicle.version.major is not None)
    assert str(vehicle.version) == "APM:Copter-4.6.2"
    assert (vehicle.version.major, vehicle.version.minor, vehicle.version.patch) == (4, 6, 2)
    assert vehicle.capabilities.mission_int
    assert vehicle.system_status.state == "STANDBY"
    assert len(vehicle.parameters) > 300
    assert vehicle.parameters.set("WPNAV_SPEED", 900.0, wait_ready=True)
    assert vehicle.parameters["WPNAV_SPEED"] == 900.0
    vehicle.wait_for_armable(timeout=PATIENCE_S)


def check_mission(dronekit: Any, vehicle: Any) -> None:
    """Up and down again. Without a download before it, DroneKit does not know home and puts its first item there."""
    plan = commands(dronekit, MISSION)
    vehicle.commands.download()
    vehicle.commands.wait_ready(timeout=PATIENCE_S)
    assert vehicle.commands.count == 0
    vehicle.commands.clear()
    for command in plan:
        vehicle.commands.add(command)
    vehicle.commands.upload(timeout=PATIENCE_S)
    vehicle.commands.download()
    vehicle.commands.wait_ready(timeout=PATIENCE_S)
    assert content(list(vehicle.commands)) == content(plan)
    assert abs(vehicle.home_location.lat - LAT) < 1e-4


def check_messages(vehicle: Any, rows: Sequence[Row], kind: int) -> None:
    """Fence and rally, for which DroneKit has no methods, with its raw messages: up, down and compared."""
    heard: Queue[Any] = Queue()

    def listen(vehicle: Any, name: str, message: Any) -> None:
        if message.mission_type == kind:
            heard.put(message)

    names = ("MISSION_REQUEST", "MISSION_ACK", "MISSION_COUNT", "MISSION_ITEM_INT")
    for name in names:
        vehicle.add_message_listener(name, listen)
    encode = vehicle.message_factory
    vehicle.send_mavlink(encode.mission_count_encode(1, 1, len(rows), kind))
    for row in rows:
        seq = heard.get(timeout=PATIENCE_S).seq
        item = (row.frame, row.command, 0, 1, *row.parameters, row.x, row.y, row.alt, kind)
        vehicle.send_mavlink(encode.mission_item_int_encode(1, 1, seq, *item))
    assert heard.get(timeout=PATIENCE_S).type == 0
    vehicle.send_mavlink(encode.mission_request_list_encode(1, 1, kind))
    assert heard.get(timeout=PATIENCE_S).count == len(rows)
    for seq, row in enumerate(rows):
        vehicle.send_mavlink(encode.mission_request_int_encode(1, 1, seq, kind))
        got = heard.get(timeout=PATIENCE_S)
        assert (got.frame, got.command, got.param1, got.x, got.y, got.z) == (
            row.frame,
            row.command,
            row.parameters[0],
            row.x,
            row.y,
            row.alt,
        )
    for name in names:
        vehicle.remove_message_listener(name, listen)


def check_flight(dronekit: Any, vehicle: Any) -> None:
    """Arm, take off, goto at two speeds and heights, the mission with a pause and a jump, RTL, LAND."""
    go(vehicle, "GUIDED")
    vehicle.arm(wait=True, timeout=PATIENCE_S)
    vehicle.wait_simple_takeoff(10.0, epsilon=0.5, timeout=PATIENCE_S)
    vehicle.groundspeed = 6.0
    vehicle.airspeed = 6.0
    for height in (16.0, 12.0):
        vehicle.simple_goto(dronekit.LocationGlobalRelative(LAT + 0.0002, LON, height), groundspeed=5.0)
        until(vehicle, lambda: distance_m(vehicle, LAT + 0.0002, LON) < 2.0)
        vehicle.wait_for_alt(height, epsilon=0.7, timeout=PATIENCE_S)
    go(vehicle, "AUTO")
    until(vehicle, lambda: vehicle.commands.next == 2)
    go(vehicle, "BRAKE")
    vehicle.commands.next = 4
    go(vehicle, "AUTO")
    until(vehicle, lambda: vehicle.commands.next == 5)
    until(vehicle, lambda: distance_m(vehicle, MISSION[5].lat, MISSION[5].lon) < 3.0)
    go(vehicle, "RTL")
    go(vehicle, "LAND")
    until(vehicle, lambda: not vehicle.armed)
    assert vehicle.system_status.state == "STANDBY"
