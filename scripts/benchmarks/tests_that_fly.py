"""What a test with a vehicle costs: a fresh vehicle, the first test of a process, a thousand tests that each fly a
minute; and flights of real clients that vehicle time waits for, on a machine that is busy."""

from __future__ import annotations

import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sortie.api.testing.server import Server

sys.path.append(str(Path(__file__).resolve().parents[2] / "examples" / "project"))  # mission code as a user has it

CORES = os.cpu_count() or 1
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


def thousand_tests(seed: int = 0) -> float:
    """Seconds of 1,000 tests that each fly 60 s, in two workers, from start to end; an error when one fails."""
    return _pytest(TESTS, "-n", "2", "--sortie-seed", str(seed))


def paced_pymavlink(flights: int = 500, vehicle: str = "sim:copter", load: int = CORES) -> tuple[float, float]:
    """(Flights that failed, times real time of the median one): the example's inspection, by pymavlink, while vehicle
    time waits for it and `load` processes beside it never rest."""
    from skywork.inspection import inspect

    def fly(server: Server) -> tuple[float, float]:
        link = server.connect()
        began = server.vehicle.time_s, time.perf_counter()
        inspect(link, height=8.0, stay_s=5.0)
        return began

    return _flown_under_load(fly, flights, vehicle, load)


def paced_mavsdk(flights: int = 200, vehicle: str = "sim:copter", load: int = CORES) -> tuple[float, float]:
    """The same of the example's survey, by MAVSDK: connect, upload, fly, land. A flight that fails says what became of
    MAVSDK's server process: gRPC calls it "Stream removed" when that has ended, whoever ended it."""
    import asyncio

    from mavsdk_grpc import System
    from skywork.survey import survey

    from sitl.child import free_port

    def fly(server: Server) -> tuple[float, float]:
        async def run() -> tuple[float, float]:
            drone = System(port=free_port())
            try:
                await drone.connect(system_address=server.mavsdk_address)
                began = server.vehicle.time_s, time.perf_counter()
                flown = await survey(drone, [(0.0002, 0.0), (0.0002, 0.0002)], height=10.0)
            except Exception as error:
                raise RuntimeError(f"{error}; {_fate(drone._server_process)}; it said: {list(said)}") from error
            if [seq for seq in flown if seq > 1] != [2, 3, 4]:
                raise RuntimeError(f"flown were {flown}")
            return began

        said.clear()
        return asyncio.run(run())

    with _server_says() as said:
        return _flown_under_load(fly, flights, vehicle, load)


PACED = {"pymavlink": paced_pymavlink, "mavsdk": paced_mavsdk}
"""Flights that time waits for, by client."""


def _fate(process: subprocess.Popen[bytes] | None) -> str:
    """Of MAVSDK's server process: the library has no other way to ask."""
    if process is None:
        return "mavsdk_server was never started"
    try:
        status = process.wait(5.0)  # it may be about to end
    except subprocess.TimeoutExpired:
        return "mavsdk_server runs"
    return f"mavsdk_server has ended with status {status}"


class _LastLines(logging.Handler):
    """Keeps what is logged in `lines`."""

    def __init__(self, lines: deque[str]) -> None:
        super().__init__(logging.DEBUG)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


@contextmanager
def _server_says() -> Iterator[deque[str]]:
    """The last lines that MAVSDK's server has printed, which the library hands to its log."""
    said: deque[str] = deque(maxlen=12)
    handler = _LastLines(said)
    log = logging.getLogger("mavsdk_server")
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    try:
        yield said
    finally:
        log.removeHandler(handler)


def _flown_under_load(
    fly: Callable[[Server], tuple[float, float]], flights: int, vehicle: str, load: int
) -> tuple[float, float]:
    """`fly` flies, and says when it began, on both clocks; each flight ends on the ground at home."""
    from sortie import Session
    from sortie.api.testing.server import serve

    def booted() -> Session:
        session = Session(vehicle)
        session.wait_armable()
        return session

    speeds, failed = [], 0
    with busy_cores(load):
        for number in range(flights):
            try:
                with serve(booted) as (server,):
                    began_s, began = fly(server)
                    server.vehicle.lands_within(1.5)
                    speeds.append((server.vehicle.time_s - began_s) / (time.perf_counter() - began))
            except Exception as error:  # noqa: BLE001 - whatever it is, a test would have failed by it
                failed += 1
                print(f"  flight {number}: {type(error).__name__}: {error}", file=sys.stderr)
    return float(failed), statistics.median(speeds) if speeds else 0.0


@contextmanager
def busy_cores(load: int) -> Iterator[None]:
    """So many processes beside, none of which ever rests."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(load)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()
