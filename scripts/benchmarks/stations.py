"""How long a ground station takes to connect: DroneKit and MAVSDK as they are, QGroundControl's requests in order."""

from __future__ import annotations

import asyncio
import struct
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.vehicle import Client, Served, dialect, free_port

_ROOT = Path(__file__).parents[2]
_OPEN, _BURST, _RESET, _ACK, _NAK = 4, 15, 2, 128, 129
_GIVE_UP_S = 60.0
_STREAMS = (1, 2, 3, 6, 10, 11, 12)


def dronekit_connect() -> float:
    """Seconds of `connect(wait_ready=True)` to a vehicle that has booted, at speedup 1."""
    sys.path.insert(0, str(_ROOT))
    from tests.fakes.dronekit_shim import load_dronekit

    dronekit = load_dronekit()
    with Served("--speedup", "1") as served:
        Client(served.port).wait_armable()
        began = time.perf_counter()
        vehicle = dronekit.connect(f"tcp:127.0.0.1:{served.port}", wait_ready=True, timeout=30)
        took = time.perf_counter() - began
        vehicle.close()
        return took


def mavsdk_connect() -> float:
    """Seconds from MAVSDK's start until it says healthy and armable, at speedup 1: a vehicle that is spoken to as a PX4
    and whose link has just opened."""
    from mavsdk_grpc import System

    async def run(port: int) -> float:
        began = time.perf_counter()
        drone = System(port=free_port())
        await drone.connect(system_address=f"tcpout://127.0.0.1:{port}")
        async for health in drone.telemetry.health():
            if health.is_armable and health.is_global_position_ok and health.is_home_position_ok:
                break
        return time.perf_counter() - began

    with Served("--speedup", "1", "--firmware", "px4") as served:
        Client(served.port)
        return asyncio.run(asyncio.wait_for(run(served.port), _GIVE_UP_S))


def qgroundcontrol_connect() -> float:
    """Seconds until all that QGroundControl 5.0 asks for on connect is answered, each request sent when the one before
    has its answer: version, message intervals, modes, streams, component pages, parameter file, mission, fence, rally.
    """
    with Served("--speedup", "1") as served:
        client = Client(served.port)
        client.wait_armable()
        began = time.perf_counter()
        client.command(512, 148)
        client.wait("AUTOPILOT_VERSION")
        for message in (242, 245):
            client.command(511, message, 1e6)
        client.command(521, 1)
        client.command(512, 435, 1)
        for stream in _STREAMS:
            client.send(dialect.MAVLink_request_data_stream_message(1, 1, stream, 2, 1))
        client.command(512, 397)
        client.command(512, 395)
        _parameter_file(client)
        for kind in (0, 1, 2):
            client.send(dialect.MAVLink_mission_request_list_message(1, 1, kind))
            client.wait("MISSION_COUNT", condition=lambda count, kind=kind: count.mission_type == kind)
        return time.perf_counter() - began


def _parameter_file(client: Client) -> None:
    """`@PARAM/param.pck` by bursts to its end."""
    _ftp(client, 1, _OPEN, b"@PARAM/param.pck")
    session = _answer(client)[2]
    offset, number = 0, 2
    while True:
        _ftp(client, number, _BURST, b"", session, offset, 239)
        number += 1
        while True:
            reply = _answer(client)
            if reply[3] == _NAK:  # the end of the file
                _ftp(client, number, _RESET)
                _answer(client)
                return
            offset = max(offset, struct.unpack_from("<I", reply, 8)[0] + reply[4])
            if reply[6]:  # the burst is complete
                break


def _ftp(
    client: Client, number: int, opcode: int, data: bytes = b"", session: int = 0, offset: int = 0, size: int = 0
) -> None:
    header = struct.pack("<HBBBBBBI", number, session, opcode, len(data) or size, 0, 0, 0, offset)
    payload: Any = list((header + data).ljust(251, b"\0"))
    client.send(dialect.MAVLink_file_transfer_protocol_message(0, 1, 1, payload))


def _answer(client: Client) -> bytes:
    reply = bytes(client.wait("FILE_TRANSFER_PROTOCOL").payload)
    if reply[3] not in (_ACK, _NAK):
        raise RuntimeError(f"no answer: {reply[:12].hex()}")
    return reply
