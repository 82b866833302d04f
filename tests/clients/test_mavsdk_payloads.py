"""MAVSDK's plugins of payloads and traffic on a served copter: gripper, winch and transponder."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fakes.mavsdk_flight import wait_for
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import Served, served
from tests.fakes.station_plan import HOME

pytestmark = pytest.mark.client
LIMIT_S = 120.0
BESIDE = """
[[aircraft]]
callsign = "N123AB"
emitter = "light"
at = [900, 0, 60]
track_deg = 90
speed_mps = 2
start_s = 0
for_s = 600
"""


def test_mavsdk_moves_gripper_and_winch_and_sees_an_aircraft(tmp_path: Path) -> None:
    """What they say is what was asked for once: a winch without an answer would be asked three times more, and each
    time let out as much again. The aircraft has its callsign."""

    async def run(service: Served) -> None:
        from mavsdk.asyncio import ComponentType, Configuration, Mavsdk
        from mavsdk.asyncio.plugins.gripper import GripperAsync
        from mavsdk.asyncio.plugins.telemetry import TelemetryAsync
        from mavsdk.asyncio.plugins.transponder import TransponderAsync
        from mavsdk.asyncio.plugins.winch import WinchAsync

        async with Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION)) as mavsdk:
            await mavsdk.add_any_connection(f"tcpout://127.0.0.1:{service.port}")
            system = await mavsdk.first_autopilot(timeout_s=PATIENCE_S)
            assert system is not None
            gripper, winch = GripperAsync(system), WinchAsync(system)
            transponder, telemetry = TransponderAsync(system), TelemetryAsync(system)
            try:
                for act, words in (
                    (lambda: gripper.release(1), "releasing"),
                    (lambda: gripper.grab(1), "grabbing"),
                    (lambda: winch.relative_length_control(1, 3.0, 1.0), "Winch: lowering  3.0m to  3.0m"),
                ):
                    said = asyncio.create_task(
                        wait_for(telemetry, "status_text", lambda told, words=words: words in told.text)
                    )
                    await asyncio.sleep(0)
                    await act()
                    await said
                await winch.rate_control(1, -0.5)
                await winch.relax(1)
                seen = await wait_for(transponder, "transponder", lambda one: bool(one.callsign))
                assert seen.callsign == "N123AB"
            finally:
                for plugin in (gripper, winch, transponder, telemetry):
                    plugin.destroy()

    traffic = tmp_path / "beside.toml"
    traffic.write_text(BESIDE)
    given = ("--home", HOME, "--with", "gripper,winch", "--traffic", str(traffic))
    with served(tmp_path, *given, speedup="1") as service:
        asyncio.run(asyncio.wait_for(run(service), LIMIT_S))
