"""Real ground stations with several vehicles: MAVProxy and pymavlink on one link, MAVSDK on a port for each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymavlink import mavutil

from tests.fakes.mavproxy import mavproxy
from tests.fakes.mavsdk_flight import wait_for
from tests.fakes.mavsdk_server import mavsdk_server
from tests.fakes.patience import FLIGHT_PATIENCE_S, PATIENCE_S
from tests.fakes.served import Served, ports_in_a_row, served

pytestmark = pytest.mark.client
mavlink = mavutil.mavlink
GUIDED, LAND, ARMED = 4, 9, 128


class Watcher:
    """Another station on the shared link, which only looks: the newest message of each name from each vehicle."""

    def __init__(self, service: Served) -> None:
        self._link = mavutil.mavlink_connection(service.tcp, source_system=250, source_component=190)
        self._story = service.story
        self._newest: dict[tuple[int, str], Any] = {}

    def close(self) -> None:
        self._link.close()

    def until(self, good: Callable[[], bool]) -> None:
        """Take in what comes until it holds."""
        end_s = time.monotonic() + PATIENCE_S
        while not good():
            assert time.monotonic() < end_s, self._story()
            message = self._link.recv_match(blocking=True, timeout=0.5)
            while message is not None:
                self._newest[message.get_srcSystem(), message.get_type()] = message
                message = self._link.recv_match(blocking=False)

    def mode(self, system: int) -> int | None:
        beat = self._newest.get((system, "HEARTBEAT"))
        return None if beat is None else int(beat.custom_mode)

    def armed(self, system: int) -> bool:
        beat = self._newest.get((system, "HEARTBEAT"))
        return beat is not None and bool(beat.base_mode & ARMED)

    def height_m(self, system: int) -> float:
        place = self._newest.get((system, "GLOBAL_POSITION_INT"))
        return 0.0 if place is None else place.relative_alt / 1000.0


@pytest.mark.parametrize("count", [3, pytest.param(50, marks=pytest.mark.long)])
def test_mavproxy_flies_all_on_one_link(count: int, tmp_path: Path) -> None:
    """`vehicle N` and then what one types for one vehicle: every one of them arms, climbs, and lands again."""
    arguments = ("--count", str(count), "--spacing", "30", "--param", "DISARM_DELAY=0")
    everyone = range(1, count + 1)
    speedup = "1" if count > 10 else "4"
    with served(tmp_path, *arguments, speedup=speedup) as service, mavproxy(service.tcp, tmp_path) as station:
        watcher = Watcher(service)
        for system in everyone:
            station.type(f"vehicle {system}")
            station.type("mode guided")
            watcher.until(lambda system=system: watcher.mode(system) == GUIDED)
            station.type("arm throttle")
            watcher.until(lambda system=system: watcher.armed(system))
            station.type("takeoff 12")
        watcher.until(lambda: all(watcher.height_m(system) > 10.0 for system in everyone))
        for system in everyone:
            station.type(f"vehicle {system}")
            station.type("mode land")
            watcher.until(lambda system=system: watcher.mode(system) == LAND)
        watcher.until(lambda: not any(watcher.armed(system) for system in everyone))
        watcher.close()


def test_mavsdk_flies_five_on_their_own_ports(tmp_path: Path) -> None:
    """A server for each, as five drones: connect, arm, take off and land, all at once."""
    first = ports_in_a_row(5)
    with served(tmp_path, "--count", "5", "--link", f"tcpin:127.0.0.1:{{{first}+n}}", paced=True) as service:
        asyncio.run(asyncio.wait_for(_fly_five(service, first, tmp_path), FLIGHT_PATIENCE_S))


async def _fly_five(service: Served, first: int, folder: Path) -> None:
    from mavsdk_grpc import System

    async def fly(number: int) -> None:
        own = Served(service.process, first + number, service.udp_port, service.folder)
        (folder / str(number)).mkdir()
        with mavsdk_server(own.port, folder / str(number)) as port:
            drone = System(mavsdk_server_address="127.0.0.1", port=port)
            await drone.connect()
            await wait_for(drone.core, "connection_state", lambda state: state.is_connected)
            await wait_for(drone.telemetry, "health", lambda health: health.is_armable)
            await drone.action.set_takeoff_altitude(10.0)
            await drone.action.arm()
            await drone.action.takeoff()
            await wait_for(drone.telemetry, "position", lambda place: place.relative_altitude_m > 8.0)
            await drone.action.land()
            await wait_for(drone.telemetry, "armed", lambda armed: not armed)

    await asyncio.gather(*(fly(number) for number in range(5)))


def test_pymavlink_has_250_on_one_link(tmp_path: Path) -> None:
    """One connection hears every system id, a command reaches the vehicle that it names, one without a target all."""
    systems = set(range(1, 251))
    with served(tmp_path, "--count", "250", speedup="1", ready=False) as service:
        link = mavutil.mavlink_connection(service.tcp, source_system=255, source_component=190)
        heard: set[int] = set()
        while heard != systems:
            message = link.recv_match(type="HEARTBEAT", blocking=True, timeout=PATIENCE_S)
            assert message is not None, f"missing {sorted(systems - heard)[:9]}"
            heard.add(message.get_srcSystem())
        link.mav.command_long_send(137, 1, mavlink.MAV_CMD_REQUEST_MESSAGE, 0, 148, 0, 0, 0, 0, 0, 0)
        version = link.recv_match(type="AUTOPILOT_VERSION", blocking=True, timeout=PATIENCE_S)
        assert version.get_srcSystem() == 137
        link.mav.command_long_send(0, 0, mavlink.MAV_CMD_DO_SET_MODE, 0, 1, GUIDED, 0, 0, 0, 0, 0)
        answered: set[int] = set()
        while answered != systems:
            message = link.recv_match(type="COMMAND_ACK", blocking=True, timeout=PATIENCE_S)
            assert message is not None, f"no answer of {sorted(systems - answered)[:9]}"
            if message.command == mavlink.MAV_CMD_DO_SET_MODE:
                answered.add(message.get_srcSystem())
        link.close()
