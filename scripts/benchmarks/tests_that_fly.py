"""What a test with a vehicle costs: a fresh vehicle, the first test of a process, and a thousand tests that each fly a
minute."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

VEHICLES = 50
TESTS = 1000
FLIGHT = """
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_flight(sortie_vehicle, number):
    vehicle = sortie_vehicle
    vehicle.set_mode("GUIDED")
    vehicle.arm()
    vehicle.takeoff(10.0 + number % 10)
    vehicle.run_for(20.0)
    vehicle.goto(-35.3629, 149.1652, 12.0)
    vehicle.run_for(37.0)
    assert vehicle.time_s >= 60.0 and vehicle.state.height > 8.0
"""


def fresh_vehicle() -> float:
    """ms until a fresh vehicle can be armed, in a process that has flown before; the median of many."""
    from sortie import Session

    times = []
    for seed in range(VEHICLES):
        began = time.perf_counter()
        with Session(seed=seed) as session:
            session.wait_armable()
            times.append(1000.0 * (time.perf_counter() - began))
    return statistics.median(times[1:])


def _pytest(count: int, *arguments: str) -> float:
    """Seconds of a pytest run of so many tests, from start to end."""
    with tempfile.TemporaryDirectory(prefix="sortie-bench-") as folder:
        Path(folder, "test_flights.py").write_text(FLIGHT.format(count=count), encoding="ascii")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        began = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
        took = time.perf_counter() - began
    if done.returncode != 0:
        raise RuntimeError(f"the tests did not pass:\n{done.stdout[-2000:]}")
    return took


def first_test() -> float:
    """Seconds of a pytest run of one test with a vehicle, kernel and bytecode compiled before."""
    return _pytest(1)


def thousand_tests() -> float:
    """Seconds of 1,000 tests that each fly 60 s, in two workers, from start to end."""
    return _pytest(TESTS, "-n", "2")


def paced_pymavlink(flights: int = 10) -> float:
    """Times real time, median, of flights that pymavlink flies from takeoff to disarming while vehicle time waits for
    it. A flight that does not go as it should is an error."""
    from sortie import Session
    from sortie.api.testing.server import Server

    def booted() -> Session:
        session = Session()
        session.wait_armable()
        return session

    speeds = []
    for _ in range(flights):
        with Server(booted) as server:
            link = server.connect()
            began_s, began = server.vehicle.time_s, time.perf_counter()
            for command in ((176, 1, 4, 0, 0, 0, 0, 0), (400, 1, 0, 0, 0, 0, 0, 0), (22, 0, 0, 0, 0, 0, 0, 10)):
                link.mav.command_long_send(1, 1, command[0], 0, *command[1:])
                if link.recv_match(type="COMMAND_ACK", blocking=True, timeout=30).result != 0:
                    raise RuntimeError(f"command {command[0]} was refused")
            while link.recv_match(type="GLOBAL_POSITION_INT", blocking=True, timeout=30).relative_alt < 9500:
                pass
            link.set_mode("RTL")
            while link.recv_match(type="HEARTBEAT", blocking=True, timeout=30).base_mode & 128:
                pass
            speeds.append((server.vehicle.time_s - began_s) / (time.perf_counter() - began))
    return statistics.median(speeds)
