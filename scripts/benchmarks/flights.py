"""How much faster than real time missions fly: with clients of two kinds, and headless."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.vehicle import Client, Served, dialect, free_port, square, square_from_0

ROUNDS = 150
BATTERY = ("--param", "SIM_BATT_CAP_AH=0")  # endless: the figure is about speed, not endurance
MISSION_START, ARM = 300, 400
ARMED = 128
ROVER_GUIDED = 15


def _fly(client: Client, guided: int = 4) -> None:
    """Upload, ask for all streams at 4 Hz, arm, start."""
    client.wait_armable()
    client.upload(square(ROUNDS))
    client.send(dialect.MAVLink_request_data_stream_message(1, 1, 0, 4, 1))
    client.command(176, 1, guided)
    client.command(ARM, 1)
    client.send(dialect.MAVLink_command_long_message(1, 1, MISSION_START, 0, 0, 0, 0, 0, 0, 0, 0))


def _fly_px4(client: Client) -> None:
    """The same in PX4's way: arm, then mode Mission."""
    client.wait_armable()
    client.upload(square_from_0(ROUNDS))
    client.send(dialect.MAVLink_request_data_stream_message(1, 1, 0, 4, 1))
    client.command(ARM, 1)
    client.send(dialect.MAVLink_command_long_message(1, 1, 176, 0, 1, 4, 4, 0, 0, 0, 0))


def parsing_client(firmware: str = "ardupilot") -> float:
    """Vehicle seconds per wall second between start and disarming; the client parses every message with pymavlink."""
    with Served("--speedup", "0", "--firmware", firmware, *BATTERY) as served:
        client = Client(served.port)
        (_fly_px4 if firmware == "px4" else _fly)(client)
        first = last = None
        began = time.perf_counter()
        armed = False
        while True:
            for message in client.receive():
                name = message.get_type()
                if name == "ATTITUDE":
                    first = first if first is not None else message.time_boot_ms
                    last = message.time_boot_ms
                elif name == "HEARTBEAT":
                    if message.base_mode & ARMED:
                        armed = True
                    elif armed and first is not None and last is not None:
                        return (last - first) / 1000.0 / (time.perf_counter() - began)


def rover_parsing_client(vehicle_s: float = 8000.0) -> float:
    """Vehicle seconds per wall second of a rover that drives its square, with a client that parses with pymavlink and
    asked for all streams at 4 Hz. A rover does not disarm at the end: measured over `vehicle_s` of its time."""
    with Served("--vehicle", "sim:rover", "--speedup", "0", *BATTERY) as served:
        client = Client(served.port)
        _fly(client, ROVER_GUIDED)
        first = client.wait("ATTITUDE").time_boot_ms
        began = time.perf_counter()
        while True:
            for message in client.receive():
                if message.get_type() == "ATTITUDE" and message.time_boot_ms - first >= vehicle_s * 1000.0:
                    return (message.time_boot_ms - first) / 1000.0 / (time.perf_counter() - began)


def plane_parsing_client() -> float:
    """Its own figure of `sortie fly examples/plane.plan`, with a client that parses every message with pymavlink."""
    with Served("examples/plane.plan", "--vehicle", "sim:plane", "--speedup", "0", "--json", command="fly") as served:
        client = Client(served.port)
        with contextlib.suppress(ConnectionError):
            while True:
                client.receive()
        return _speedup(served.process.communicate()[0])


def draining_client(firmware: str = "ardupilot") -> float:
    """The same with a client that takes the bytes from its socket and looks at none but the armed bit of HEARTBEATs."""
    with Served("--speedup", "0", "--firmware", firmware, *BATTERY) as served:
        client = Client(served.port)
        (_fly_px4 if firmware == "px4" else _fly)(client)
        began_ms = client.wait("ATTITUDE").time_boot_ms
        began = time.perf_counter()
        tail = b""
        while True:
            data = client.socket.recv(1 << 20)
            if not data:
                raise ConnectionError("the service closed the link")
            tail = (tail + data)[-4096:]
            if b"Disarming motors" in tail or b"Disarmed by" in tail:
                break
        wall = time.perf_counter() - began
        client.waiting.clear()
        return (client.wait("ATTITUDE").time_boot_ms - began_ms) / 1000.0 / wall


def headless(telemetry_log: bool) -> float:
    """No client at all: `sortie fly` of the same mission, its own figures, without start-up."""
    with tempfile.TemporaryDirectory(prefix="sortie-bench-") as folder:
        plan = f"{folder}/square.waypoints"
        lines = ["QGC WPL 110"]
        for message in square(ROUNDS):
            fields: list[Any] = [
                message.seq,
                0,
                message.frame,
                message.command,
                message.param1,
                message.param2,
                0,
                0,
                message.x / 1e7,
                message.y / 1e7,
                message.z,
                1,
            ]
            lines.append("\t".join(map(str, fields)))
        Path(plan).write_text("\n".join(lines) + "\n", encoding="ascii")
        flag = "--telemetry-log" if telemetry_log else "--no-telemetry-log"
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "sortie",
                "fly",
                plan,
                "--speedup",
                "0",
                "--json",
                "--state-dir",
                folder,
                *BATTERY,
                "--link",
                f"tcpin:127.0.0.1:{free_port()}",
                flag,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return _speedup(done.stdout)


def _speedup(out: bytes) -> float:
    """Vehicle seconds per wall second, by what `sortie fly --json` wrote."""
    result = json.loads(out.splitlines()[-1])
    if result["result"] != "completed":
        raise RuntimeError(f"the flight was {result['result']}: {result['reason']}")
    return float(result["flight_time_s"]) / float(result["flight_wall_s"])
