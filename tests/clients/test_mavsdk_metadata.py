"""MAVSDK's component metadata and events plugins with a served copter that is spoken to as a PX4, which tells its
events to everybody, also over a link that loses them."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mavlink_bridge.services.events.service import EVENT
from tests.fakes.lossy_tcp import LossyTcp
from tests.fakes.patience import FLIGHT_PATIENCE_S, PATIENCE_S
from tests.fakes.served import served
from tests.fakes.station_plan import HOME

pytestmark = pytest.mark.client
TIMES = 10
CAMERA, GIMBAL = 100, 154


Hears = Callable[[Any, Any, Any], Awaitable[None]]
"""What is done with the plugins metadata, events and action."""


def with_plugins(port: int, hears: Hears) -> None:
    """Connect to that port, and do it."""

    async def run() -> None:
        from mavsdk.asyncio import ComponentType, Configuration, Mavsdk
        from mavsdk.asyncio.plugins.action import ActionAsync
        from mavsdk.asyncio.plugins.component_metadata import ComponentMetadataAsync
        from mavsdk.asyncio.plugins.events import EventsAsync

        async with Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION)) as mavsdk:
            await mavsdk.add_any_connection(f"tcpout://127.0.0.1:{port}")
            system = await mavsdk.first_autopilot(timeout_s=PATIENCE_S)
            assert system is not None
            metadata, events, action = ComponentMetadataAsync(system), EventsAsync(system), ActionAsync(system)
            try:
                await hears(metadata, events, action)
            finally:
                for plugin in (metadata, events, action):
                    plugin.destroy()

    asyncio.run(asyncio.wait_for(run(), FLIGHT_PATIENCE_S))


def test_mavsdk_reads_metadata_and_hears_events(tmp_path: Path) -> None:
    """Parameters and events by MAVFTP; then arming is an event in words, and the arming checks are a report."""
    with served(tmp_path, "--home", HOME, "--firmware", "px4") as service:
        with_plugins(service.port, _hears)


def test_mavsdk_reads_what_camera_and_gimbal_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the components that it is told to ask, each by its own MAVFTP: the camera's settings; a gimbal has none."""
    monkeypatch.setenv("HOME", str(tmp_path))  # it keeps files there
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    async def hears(metadata: Any, events: Any, action: Any) -> None:
        from mavsdk.plugins.component_metadata import ComponentMetadataError, MetadataType

        await metadata.request_component(CAMERA)
        found = await _there(lambda: metadata.get_metadata(CAMERA, MetadataType.PARAMETER))
        parameters = {one["name"]: one for one in json.loads(found.json_metadata)["parameters"]}
        assert {value["description"] for value in parameters["CAM_MODE"]["values"]} == {"Photo", "Survey"}
        ended = asyncio.ensure_future(_completed(metadata, GIMBAL))
        await asyncio.sleep(0)
        await metadata.request_component(GIMBAL)
        await ended
        with pytest.raises(ComponentMetadataError, match="NOT_AVAILABLE"):
            await metadata.get_metadata(GIMBAL, MetadataType.PARAMETER)

    fitted = ("--param", "CAM1_TYPE=6", "--param", "MNT1_TYPE=6")
    with served(tmp_path, "--home", HOME, *fitted, speedup="1", ready=False) as service:
        with_plugins(service.port, hears)


async def _completed(metadata: Any, component: int) -> None:
    """Until it has all that there is of a component."""
    from mavsdk.plugins.component_metadata import MetadataType

    async for one in metadata.subscribe_metadata_available():
        if one.compid == component and one.type == MetadataType.ALL_COMPLETED:
            return


def test_mavsdk_asks_again_for_lost_events(tmp_path: Path) -> None:
    """Half of all events get lost on their way, those that are sent again, too: it hears each once, in order."""
    chance = random.Random(3)

    async def hears(metadata: Any, events: Any, action: Any) -> None:
        told: list[str] = []

        async def hear() -> None:
            async for event in events.subscribe_events():
                told.append(event.event_name)  # noqa: PERF401 - it has no end

        await metadata.request_autopilot_component()
        hearing = asyncio.create_task(hear())
        await _there(events.get_health_and_arming_checks_report)  # it knows where the sequence is
        link.loses = lambda frame: frame.msg_id == EVENT and chance.random() < 0.5
        for _ in range(TIMES):
            await _there(action.arm)
            await _there(action.disarm)
        await _until(lambda: told.count("commander_disarmed_by") >= TIMES)
        hearing.cancel()
        assert [name for name in told if "armed_by" in name] == ["commander_armed_by", "commander_disarmed_by"] * TIMES

    with served(tmp_path, "--home", HOME, "--firmware", "px4", speedup="1") as service:
        link = LossyTcp(service.port)
        try:
            with_plugins(link.port, hears)
        finally:
            link.close()
    assert link.lost > 0


async def _hears(metadata: Any, events: Any, action: Any) -> None:
    from mavsdk.plugins.component_metadata import MetadataType

    await metadata.request_autopilot_component()
    parameters = json.loads((await _there(lambda: metadata.get_metadata(1, MetadataType.PARAMETER))).json_metadata)
    assert "BAT_LOW_THR" in {one["name"] for one in parameters["parameters"]}
    described = json.loads((await _there(lambda: metadata.get_metadata(1, MetadataType.EVENTS))).json_metadata)
    assert described["components"]["1"]["namespace"] == "px4"
    report = await _there(events.get_health_and_arming_checks_report)
    assert {"gps", "gyro", "battery"} <= {one.name for one in report.health_components}
    told: list[Any] = []

    async def hear() -> None:
        async for event in events.subscribe_events():
            told.append(event)  # noqa: PERF401 - it has no end

    hearing = asyncio.create_task(hear())
    await _there(action.arm)
    await _until(lambda: any(one.event_name == "commander_armed_by" for one in told))
    hearing.cancel()
    (armed,) = (one for one in told if one.event_name == "commander_armed_by")
    assert (armed.event_namespace, armed.message) == ("px4", "Armed: external command")


async def _there(ask: Callable[[], Awaitable[Any]]) -> Any:
    """What it gives, once it is there."""
    from mavsdk.exceptions import MavsdkError

    while True:
        try:
            return await ask()
        except MavsdkError:
            await asyncio.sleep(0.2)


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.1)
