"""pymavlink's MAVFTP downloads a picture of a vehicle that flies, by the wall and faster."""

from __future__ import annotations

import signal
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from pymavlink import mavutil

from autopilot.mav import Cmd, Component
from autopilot.vehicles.mode_table import CopterMode
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import served

pytestmark = pytest.mark.client
SPEEDUPS = ("1", "4", "0")
CLIMB_M = 30.0
TAKEN = 20


@pytest.mark.parametrize("speedup", SPEEDUPS)
def test_pymavlinks_mavftp_downloads_a_picture_in_flight(speedup: str, tmp_path: Path) -> None:
    """The first one, whose process has yet to start: its client gives up an answer that does not come for 3 s."""
    mavftp: Any = pytest.importorskip("pymavlink.mavftp")
    with served(tmp_path, "--param", "CAM1_TYPE=6", speedup=speedup) as service:
        link = mavutil.mavlink_connection(service.tcp, source_system=255)
        try:
            assert link.wait_heartbeat(timeout=PATIENCE_S) is not None
            link.mav.set_mode_send(1, 1, CopterMode.GUIDED)
            for number, last in ((Cmd.COMPONENT_ARM_DISARM, 0.0), (Cmd.NAV_TAKEOFF, CLIMB_M)):
                link.mav.command_long_send(1, 1, number, 0, 1, 0, 0, 0, 0, 0, last)
            ends_s = time.monotonic() + PATIENCE_S
            while (at := told(link, "GLOBAL_POSITION_INT")).relative_alt < 1000:
                assert time.monotonic() < ends_s, service.story()
            link.mav.command_long_send(1, Component.CAMERA, Cmd.IMAGE_START_CAPTURE, 0, 0, 0, 1, 1, 0, 0, 0)
            captured = told(link, "CAMERA_IMAGE_CAPTURED")
            client = mavftp.MAVFTP(link, target_system=1, target_component=Component.CAMERA)
            picture = tmp_path / "picture.jpg"
            client.cmd_get([captured.file_url.removeprefix("mftp://"), str(picture)])
            assert client.process_ftp_reply("OpenFileRO", timeout=PATIENCE_S).return_code == 0
            assert picture.read_bytes() == next((tmp_path / "log").rglob("IMG_0001.JPG")).read_bytes()
            assert told(link, "GLOBAL_POSITION_INT").time_boot_ms > at.time_boot_ms, "it flies on"
        finally:
            link.close()


def told(link: Any, name: str) -> Any:
    """The next message of this name."""
    message = link.recv_match(type=name, blocking=True, timeout=PATIENCE_S)
    assert message is not None, name
    return message


@pytest.mark.parametrize("ends", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_told_of_lies_on_the_card_however_the_program_ends(ends: signal.Signals, tmp_path: Path) -> None:
    """Paced by its clients a vehicle could take pictures faster than they can be written: its time waits for them."""
    size = ("--param", "CAM1_TYPE=6", "--param", "SIM_CAM_RES_W=1000", "--param", "SIM_CAM_RES_H=750")
    with (
        pytest.raises(AssertionError) if ends is signal.SIGKILL else nullcontext(),
        served(tmp_path, *size, paced=True) as service,
    ):
        link = mavutil.mavlink_connection(service.tcp, source_system=255)
        try:
            assert link.wait_heartbeat(timeout=PATIENCE_S) is not None
            link.mav.command_long_send(1, Component.CAMERA, Cmd.IMAGE_START_CAPTURE, 0, 0, 0.1, 1000, 1, 0, 0, 0)
            heard = [told(link, "CAMERA_IMAGE_CAPTURED") for _ in range(TAKEN)]
            service.process.send_signal(ends)
            service.process.wait(PATIENCE_S)
        finally:
            link.close()
    assert [one.capture_result for one in heard] == [1] * TAKEN
    folder = tmp_path / "log" / "camera"
    assert [one.file_url for one in heard if not (folder / one.file_url.removeprefix("mftp://")).exists()] == []
    assert "not waited for" not in (tmp_path / "log" / "run.log").read_text()
