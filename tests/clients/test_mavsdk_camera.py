"""MAVSDK's camera plugin, and its ftp plugin, with the camera of a served copter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mavlink_bridge.services.camera.settings import TABLE
from tests.fakes.patience import FLIGHT_PATIENCE_S, PATIENCE_S
from tests.fakes.served import Served, served
from tests.fakes.station_plan import HOME

pytestmark = pytest.mark.client
CAMERA = 100


@pytest.mark.parametrize("firmware", ["ardupilot", "px4"])
def test_mavsdk_has_a_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, firmware: str) -> None:
    """Information, definition, mode, settings, pictures one by one and in a row, their list and a download, zoom,
    focus, storage, format, reset; video is refused."""
    monkeypatch.setenv("HOME", str(tmp_path))  # it keeps definition files there
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    async def run(service: Served) -> None:
        from mavsdk.asyncio import ComponentType, Configuration, Mavsdk
        from mavsdk.asyncio.plugins.camera import CameraAsync
        from mavsdk.asyncio.plugins.ftp import FtpAsync

        async with Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION)) as mavsdk:
            await mavsdk.add_any_connection(f"tcpout://127.0.0.1:{service.port}")
            system = await mavsdk.first_autopilot(timeout_s=PATIENCE_S)
            assert system is not None
            camera, ftp = CameraAsync(system), FtpAsync(system)
            try:
                await _is_what_it_is(camera)
                await _takes_pictures(camera, ftp, tmp_path)
                await _obeys(camera)
            finally:
                camera.destroy()
                ftp.destroy()

    options = ("--home", HOME, "--param", "CAM1_TYPE=6", "--param", "SIM_CAM_STORE=8", "--firmware", firmware)
    with served(tmp_path / "service", *options, speedup="1", ready=firmware == "ardupilot") as service:
        asyncio.run(asyncio.wait_for(run(service), FLIGHT_PATIENCE_S))
    (last,) = (tmp_path / "service" / "log" / "camera").rglob("*.JPG")
    assert last.name > "IMG_0004.JPG", "a card that was formatted has the picture that was taken then, and no other"


def test_a_mission_of_mavsdk_takes_pictures(tmp_path: Path) -> None:
    """Its camera actions: a picture at a waypoint, then a row of them until the next; each is told with its place.
    (MAVSDK makes home of its first waypoint.)"""
    lat, lon = (float(one) for one in HOME.split(",")[:2])
    told: list[Any] = []

    async def run(service: Served) -> None:
        from mavsdk.asyncio import ComponentType, Configuration, Mavsdk
        from mavsdk.asyncio.plugins.action import ActionAsync
        from mavsdk.asyncio.plugins.camera import CameraAsync
        from mavsdk.asyncio.plugins.mission import MissionAsync
        from mavsdk.asyncio.plugins.telemetry import TelemetryAsync
        from mavsdk.plugins.mission.mission import MissionItem, MissionPlan

        def item(north: float, **camera: Any) -> Any:
            return MissionItem(
                latitude_deg=lat + north,
                longitude_deg=lon,
                relative_altitude_m=15.0,
                speed_m_s=5.0,
                is_fly_through=True,
                **camera,
            )

        actions = MissionItem.CameraAction
        plan = [
            item(0.0001),
            item(0.0003, camera_action=actions.TAKE_PHOTO),
            item(0.0005, camera_action=actions.START_PHOTO_INTERVAL, camera_photo_interval_s=1.0),
            item(0.0009, camera_action=actions.STOP_PHOTO_INTERVAL),
            item(0.0011),
        ]
        async with Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION)) as mavsdk:
            await mavsdk.add_any_connection(f"tcpout://127.0.0.1:{service.port}")
            system = await mavsdk.first_autopilot(timeout_s=PATIENCE_S)
            assert system is not None
            camera, mission = CameraAsync(system), MissionAsync(system)
            action, telemetry = ActionAsync(system), TelemetryAsync(system)

            async def hear() -> None:
                async for one in camera.subscribe_capture_info():
                    told.append(one)  # noqa: PERF401 - it has no end

            hearing = asyncio.create_task(hear())
            try:
                await _so(camera.camera_list, lambda one: bool(one.cameras))
                await mission.upload_mission(MissionPlan(plan))
                await action.arm()
                await action.takeoff()
                await _so(telemetry.position, lambda at: at.relative_altitude_m > 2.0)
                await mission.start_mission()
                await _until(lambda: len(told) >= 6)
            finally:
                hearing.cancel()
                for plugin in (camera, mission, action, telemetry):
                    plugin.destroy()

    with served(tmp_path, "--home", HOME, "--param", "CAM1_TYPE=6", paced=True) as service:
        asyncio.run(asyncio.wait_for(run(service), FLIGHT_PATIENCE_S))
    norths = [one.position.latitude_deg - lat for one in told]
    assert norths[0] == pytest.approx(0.0003, abs=0.00005)
    assert all(0.00045 < north < 0.00105 for north in norths[1:6]), norths
    assert [one.index for one in told[:6]] == list(range(6))


@pytest.mark.parametrize("firmware", ["ardupilot", "px4"])
def test_mavsdk_reads_and_sets_extended_parameters(tmp_path: Path, firmware: str) -> None:
    """By its parameter plugin: all settings of the camera. (MAVSDK 4.1 does not survive a component without.)"""

    async def run(service: Served) -> None:
        from mavsdk.asyncio import ComponentType, Configuration, Mavsdk
        from mavsdk.asyncio.plugins.param import ParamAsync
        from mavsdk.plugins.param import ParamError, ProtocolVersion

        async with Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION)) as mavsdk:
            await mavsdk.add_any_connection(f"tcpout://127.0.0.1:{service.port}")
            system = await mavsdk.first_autopilot(timeout_s=PATIENCE_S)
            assert system is not None
            param = ParamAsync(system)
            try:
                with suppress(ParamError):  # it selects, and says "unknown"
                    await param.select_component(CAMERA, ProtocolVersion.EXT)
                every = await param.get_all_params()
                names = [one.name for one in (*every.int_params, *every.float_params)]
                assert sorted(names) == sorted(setting.name for setting in TABLE)
                await param.set_param_int("CAM_WBMODE", 2)
                assert await param.get_param_int("CAM_WBMODE") == 2
            finally:
                param.destroy()

    options = ("--home", HOME, "--with", "camera", "--firmware", firmware)
    with served(tmp_path, *options, speedup="1", ready=False) as service:
        asyncio.run(asyncio.wait_for(run(service), FLIGHT_PATIENCE_S))


async def _is_what_it_is(camera: Any) -> None:
    from mavsdk.plugins.camera import Mode

    def known(one: Any) -> bool:
        return any(found.component_id == CAMERA for found in one.cameras)

    cameras = await _so(camera.camera_list, known)
    (told,) = (one for one in cameras.cameras if one.component_id == CAMERA)
    assert (told.vendor_name, told.model_name) == ("Sortie", "Simulated camera")
    assert (told.horizontal_resolution_px, told.vertical_resolution_px) == (640, 480)
    await camera.set_mode(CAMERA, Mode.PHOTO)
    settings = await _so(lambda: camera.get_current_settings(CAMERA), lambda one: len(one) > 3)
    values = {one.setting_id: one.option.option_description for one in settings}
    assert (values["CAM_EXPMODE"], values["CAM_WBMODE"]) == ("Auto", "Auto")
    assert "CAM_ISO" not in values, "the definition leaves it out while the exposure is automatic"


async def _takes_pictures(camera: Any, ftp: Any, folder: Path) -> None:
    from mavsdk.plugins.camera import PhotosRange

    told: list[Any] = []

    async def hear() -> None:
        async for one in camera.subscribe_capture_info():
            told.append(one)  # noqa: PERF401 - it has no end

    hearing = asyncio.create_task(hear())
    await _so(lambda: camera.get_storage(CAMERA), lambda one: one.total_storage_mib == 8.0)
    await camera.take_photo(CAMERA)
    await _until(lambda: len(told) == 1)
    assert (told[0].index, told[0].is_success) == (0, True)
    await asyncio.sleep(0.5)
    await camera.start_photo_interval(CAMERA, 0.5)
    await _until(lambda: len(told) >= 4)
    await camera.stop_photo_interval(CAMERA)
    hearing.cancel()
    photos = await _so(lambda: camera.list_photos(CAMERA, PhotosRange.ALL), lambda one: len(one) >= 4)
    assert [one.index for one in photos][:4] == [0, 1, 2, 3]
    await ftp.set_target_compid(CAMERA)
    async for _ in ftp.download(photos[0].file_url.removeprefix("mftp://"), str(folder), False):
        pass
    assert Image.open(folder / "IMG_0001.JPG").size == (640, 480)


async def _obeys(camera: Any) -> None:
    from mavsdk.plugins.camera import CameraError, Option, Setting

    await camera.zoom_range(CAMERA, 50.0)
    await camera.zoom_in_start(CAMERA)
    await camera.zoom_stop(CAMERA)
    await camera.focus_range(CAMERA, 30.0)
    wanted = Setting("CAM_WBMODE", "", Option("2", ""), False)
    await camera.set_setting(CAMERA, wanted)
    assert (await camera.get_setting(CAMERA, wanted)).option.option_id == "2"
    with pytest.raises(CameraError):
        await camera.start_video(CAMERA)
    await asyncio.sleep(0.5)  # the last picture of the row is on the card
    await camera.format_storage(CAMERA, 1)
    await camera.reset_settings(CAMERA)
    await _so(lambda: camera.get_storage(CAMERA), lambda one: one.used_storage_mib == 0.0)
    await camera.take_photo(CAMERA)


async def _so(ask: Callable[[], Awaitable[Any]], good: Callable[[Any], bool]) -> Any:
    """What it gives, once it is there and good."""
    from mavsdk.exceptions import MavsdkError

    while True:
        try:
            given = await ask()
        except MavsdkError:
            given = None
        if given is not None and good(given):
            return given
        await asyncio.sleep(0.2)


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.1)
