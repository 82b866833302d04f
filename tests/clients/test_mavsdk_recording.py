"""MAVSDK watches recordings: home, version, place and mission are those of the log."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.mavsdk_flight import wait_for
from tests.fakes.mavsdk_server import mavsdk_server
from tests.fakes.patience import FLIGHT_PATIENCE_S, wait_until
from tests.fakes.served import free_port
from tests.sortie.reading.made import ALT, CORNERS, LAT, dataflash, ulog

pytestmark = pytest.mark.client

LOGS: dict[str, tuple[Callable[[], bytes], tuple[int, int, int], int]] = {
    "flight.bin": (dataflash, (4, 6, 2), len(CORNERS) + 1),
    "flight.ulg": (ulog, (1, 14, 3), len(CORNERS)),
}
"""Who writes it, its version, and items as stations count them."""


@contextmanager
def replayed(log: Path) -> Iterator[int]:
    """The log as a vehicle on a TCP port of its own."""
    port = free_port()
    command = [sys.executable, "-m", "sortie", "replay", str(log), "--link", f"tcpin:127.0.0.1:{port}"]
    said = log.parent / "stderr"
    with said.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            wait_until(lambda: "connect a ground station" in said.read_text())
            yield port
        finally:
            process.terminate()
            process.wait(FLIGHT_PATIENCE_S)


@pytest.mark.parametrize("name", LOGS)
def test_home_and_version_are_told(name: str, tmp_path: Path) -> None:
    """It asks for each by command; the log has the one as a row, the other as a banner or a number."""
    write, version, count = LOGS[name]
    log = tmp_path / name
    log.write_bytes(write())

    async def run(port: int) -> None:
        from mavsdk_grpc import System

        drone = System(mavsdk_server_address="127.0.0.1", port=port)
        await drone.connect()
        await wait_for(drone.core, "connection_state", lambda state: state.is_connected)
        home = await wait_for(drone.telemetry, "home", lambda place: True)
        assert (home.latitude_deg, home.absolute_altitude_m) == pytest.approx((LAT, ALT), abs=1e-3)
        told = await drone.info.get_version()
        assert (told.flight_sw_major, told.flight_sw_minor, told.flight_sw_patch) == version
        assert len(await drone.mission_raw.download_mission()) == count

    with replayed(log) as link, mavsdk_server(link, tmp_path) as port:
        asyncio.run(asyncio.wait_for(run(port), FLIGHT_PATIENCE_S))
