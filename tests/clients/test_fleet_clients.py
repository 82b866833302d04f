"""Real ground stations with several vehicles: MAVProxy and pymavlink on one link, MAVSDK on a port for each."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pymavlink import mavutil

from tests.fakes.mavproxy import mavproxy
from tests.fakes.mavsdk_flight import wait_for
from tests.fakes.mavsdk_server import mavsdk_server
from tests.fakes.patience import PATIENCE_S
from tests.fakes.pymavlink_station import PymavlinkStation
from tests.fakes.served import Served, served

pytestmark = pytest.mark.client
mavlink = mavutil.mavlink
GUIDED, ARMED = 4, 128
LIMIT_S = 240.0


def ports_in_a_row(count: int) -> int:
    """The first of so many free TCP ports."""
    for first in range(20_000, 60_000, 97):
        probes = [socket.socket() for _ in range(count)]
        try:
            for number, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + number))
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
        return first
    raise AssertionError("no free ports")


@pytest.mark.parametrize("count", [3, pytest.param(50, marks=pytest.mark.long)])
def test_mavproxy_flies_all_on_one_link(count: int, tmp_path: Path) -> None:
    """`vehicle N` and then what one types for one vehicle: every one of them arms, climbs, and lands again."""
    with (
        served(tmp_path, "--count", str(count), "--spacing", "30", speedup="5") as service,
        mavproxy(service.tcp, tmp_path) as station,
        watching(service) as watcher,
    ):
        for system in range(1, count + 1):
            station.type(f"vehicle {system}")
            station.type("mode guided")
            watcher.until(lambda system=system: newest(watcher, system).custom_mode == GUIDED)
            station.type("arm throttle")
            watcher.until(lambda system=system: bool(newest(watcher, system).base_mode & ARMED))
            station.type("takeoff 12")
        watcher.until(lambda: all(height_mm(watcher, system) > 10_000 for system in range(1, count + 1)))
        for system in range(1, count + 1):
            station.type(f"vehicle {system}")
            station.type("mode land")
            watcher.until(lambda system=system: newest(watcher, system).custom_mode == 9)
        watcher.until(lambda: not any(newest(watcher, system).base_mode & ARMED for system in range(1, count + 1)))


@contextmanager
def watching(service: Served) -> Iterator[PymavlinkStation]:
    """Another station on the shared link, which only looks."""
    station = PymavlinkStation(service.port, system=250, story=service.story)
    try:
        yield station
    finally:
        station.link.close()


def newest(station: PymavlinkStation, system: int) -> mavlink.MAVLink_heartbeat_message:
    """The last HEARTBEAT of a vehicle."""
    station.until(lambda: any(m.get_srcSystem() == system for m in station.of("HEARTBEAT")))
    return next(m for m in reversed(station.of("HEARTBEAT")) if m.get_srcSystem() == system)


def height_mm(station: PymavlinkStation, system: int) -> int:
    """Above home, 0 when nothing was heard."""
    found = [m for m in station.of("GLOBAL_POSITION_INT") if m.get_srcSystem() == system]
    return int(found[-1].relative_alt) if found else 0


def test_mavsdk_flies_five_on_their_own_ports(tmp_path: Path) -> None:
    """A server for each, as five drones: connect, arm, take off and land, all at once."""
    first = ports_in_a_row(5)
    with served(tmp_path, "--count", "5", "--link", f"tcpin:127.0.0.1:{{{first}+n}}", speedup="5") as service:
        asyncio.run(asyncio.wait_for(_fly_five(service, first, tmp_path), LIMIT_S))


async def _fly_five(service: Served, first: int, folder: Path) -> None:
    from mavsdk_grpc import System

    async def fly(number: int) -> None:
        own = Served(service.process, first + number, service.udp_port, service.folder)
        (folder / str(number)).mkdir()
        with mavsdk_server(own, folder / str(number)) as port:
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
