"""MAVSDK's plugins of payloads and traffic on a served copter: gripper, winch, transponder, tune and who may arm."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from sortie import Session
from sortie.api.events import ArmedChanged, TunePlayed
from tests.fakes.mavsdk_flight import wait_for
from tests.fakes.mavsdk_server import mavsdk_server
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
                status = await wait_for(winch, "status", lambda told: told.line_length_m > 2.95)
                assert status.status_flags.healthy and not status.status_flags.locked
                await winch.rate_control(1, -0.5)
                await wait_for(winch, "status", lambda told: told.line_length_m < 2.5 and told.speed_m_s < 0.0)
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


def meet(session: Session, run: Coroutine[Any, Any, None]) -> None:
    """Serve the session in real time until this is done."""
    done = threading.Event()
    serving = threading.Thread(target=session.serve, kwargs={"until": done.is_set})
    serving.start()
    try:
        asyncio.run(asyncio.wait_for(run, LIMIT_S))
    finally:
        done.set()
        session.wake()
        serving.join()


def test_mavsdk_plays_a_tune(tmp_path: Path) -> None:
    """By mavsdk-grpc: the class of the native library takes no list of notes (4.1)."""

    async def run(port: int) -> None:
        from mavsdk_grpc import System
        from mavsdk_grpc.tune import SongElement, TuneDescription

        drone = System(mavsdk_server_address="127.0.0.1", port=port)
        await drone.connect()
        await wait_for(drone.core, "connection_state", lambda state: state.is_connected)
        notes = [SongElement.DURATION_8, SongElement.NOTE_C, SongElement.SHARP, SongElement.NOTE_PAUSE]
        await drone.tune.play_tune(TuneDescription(notes, 120))
        await wait_for(drone.telemetry, "armed", lambda armed: not armed)  # it has gone on its way

    with Session(home=HOME) as session:
        vehicle = int(session.add_link("tcpin:127.0.0.1:0").rpartition(":")[2])
        with mavsdk_server(vehicle, tmp_path) as port:
            meet(session, run(port))
        session.run_for(1.0)
        assert [event.tune for event in session.events_of(TunePlayed)] == ["MFT120O2L8C+P8"]


@pytest.mark.parametrize("firmware", ["ardupilot", "px4"])
def test_mavsdk_says_who_may_arm(firmware: str) -> None:
    """Its server of arm authorizations is asked with the first arming; what it rejects is told, what it accepts may be
    armed. It answers as it was asked, of whichever firmware."""
    params = {"SRT_AUTH_REQ": 1, "SRT_AUTH_ID": 245}

    async def run(port: int) -> None:
        from mavsdk.asyncio import ComponentType, Configuration, Mavsdk
        from mavsdk.asyncio.plugins.action import ActionAsync
        from mavsdk.asyncio.plugins.arm_authorizer_server import ArmAuthorizerServerAsync, RejectionReason
        from mavsdk.asyncio.plugins.telemetry import TelemetryAsync
        from mavsdk.plugins.action import ActionError

        async with Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION)) as mavsdk:
            await mavsdk.add_any_connection(f"tcpout://127.0.0.1:{port}")
            system = await mavsdk.first_autopilot(timeout_s=PATIENCE_S)
            assert system is not None
            server = ArmAuthorizerServerAsync(await mavsdk.server_component())
            action, telemetry = ActionAsync(system), TelemetryAsync(system)
            asked = server.subscribe_arm_authorization()
            try:
                for accept, words in ((False, "because of bad weather"), (True, "for the next 60 seconds")):
                    said = asyncio.create_task(
                        wait_for(telemetry, "status_text", lambda told, words=words: words in told.text)
                    )
                    request = asyncio.ensure_future(anext(asked))
                    await asyncio.sleep(0.2)
                    with pytest.raises(ActionError):
                        await action.arm()
                    assert await request == 1
                    if accept:
                        await server.accept_arm_authorization(60)
                    else:
                        await server.reject_arm_authorization(False, RejectionReason.BAD_WEATHER, 0)
                    await said
                await action.arm()
                await wait_for(telemetry, "armed", lambda armed: armed)
            finally:
                for plugin in (server, action, telemetry):
                    plugin.destroy()

    with Session(home=HOME, params=params, firmware=firmware) as session:
        session.wait_armable()
        meet(session, run(int(session.add_link("tcpin:127.0.0.1:0").rpartition(":")[2])))
        assert [event.armed for event in session.events_of(ArmedChanged)] == [True]
