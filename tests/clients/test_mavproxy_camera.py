"""MAVProxy's camera module on a served copter: it finds the camera, takes pictures, zooms, focuses, changes mode."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.mavproxy import mavproxy
from tests.fakes.served import served
from tests.fakes.station_plan import HOME

pytestmark = pytest.mark.client


def test_mavproxy_has_a_camera(tmp_path: Path) -> None:
    """What it prints of the camera is what the camera is, and each order shows in what it prints next."""
    options = ("--home", HOME, "--param", "CAM1_TYPE=6")
    with served(tmp_path, *options, speedup="1") as service, mavproxy(service.tcp, tmp_path) as station:
        station.load_module("camera")
        station.ask_until("camera discover", r"MAVLink camera discovery requested")
        station.ask_until("camera info", r"resolution=640x480")
        station.ask("camera info", r"definition: mftp://\S+ \(version \d+\)")
        station.ask("camera photo", r"Camera 100 image 0 captured at mftp://\S+IMG_0001.JPG")
        station.ask_until("camera discover", r"requested")
        station.ask_until("camera info", r"recording=no photos=1 ")
        station.type("camera zoom 50")
        station.type("camera focus 30")
        station.ask_until("camera info", r"mode=0 zoom=50\.0% focus=30\.0%")
        station.ask("camera record start", r"rejected")
        station.ask("camera streams", "No video streams reported")
        assert "Traceback" not in station.output
