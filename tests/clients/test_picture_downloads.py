"""pymavlink's MAVFTP downloads a picture of a vehicle that flies, by the wall and faster."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from pymavlink import mavutil

from autopilot.mav import Cmd, Component
from autopilot.modes.table import CopterMode
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import served

pytestmark = pytest.mark.client
SPEEDUPS = ("1", "4", "0")
CLIMB_M = 30.0


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
