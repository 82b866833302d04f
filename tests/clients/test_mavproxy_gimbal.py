"""MAVProxy's gimbal module on a served copter: angles, rates, modes, a region of interest, as a person types them."""

from __future__ import annotations

from collections.abc import Callable
from math import degrees
from pathlib import Path
from typing import Any

import pytest
from pymavlink import mavutil

from autopilot.mount.rotation import joints_of
from tests.fakes.mavproxy import mavproxy
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import Served, served
from tests.fakes.station_plan import HOME

pytestmark = pytest.mark.client
HEADLESS = Path(__file__).parents[1] / "fakes" / "headless"
TROUBLE = ("Traceback", "UNSUPPORTED", "DENIED", "FAILED", "Unsupported")


class Watch:
    """Who only listens, on the other link."""

    def __init__(self, service: Served) -> None:
        self.link: Any = mavutil.mavlink_connection(f"udpin:127.0.0.1:{service.udp_port}")

    def until(self, true: Callable[[Any, list[float]], bool]) -> None:
        """Until the gimbal's status, and its roll, pitch and yaw in deg, are so."""
        for _ in range(100_000):
            status = self.link.recv_match(type="GIMBAL_DEVICE_ATTITUDE_STATUS", blocking=True, timeout=PATIENCE_S)
            assert status is not None
            if true(status, [degrees(one) for one in joints_of(tuple(status.q))]):
                return
        raise AssertionError("it never was")


def near(found: list[float], *wanted: float) -> bool:
    return all(abs(a - b) < 0.5 for a, b in zip(found, wanted, strict=True))


def test_mavproxy_moves_the_gimbal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`gimbal angle`, `rate`, `mode`, `roi`: what is typed is where it then points. The module is MAVProxy's own; of
    wxPython, which it imports for a map, there is none."""
    monkeypatch.setenv("PYTHONPATH", str(HEADLESS))
    lat, lon, *_ = HOME.split(",")
    with (
        served(tmp_path, "--home", HOME, "--param", "MNT1_TYPE=6", speedup="4") as service,
        mavproxy(service.tcp, tmp_path) as station,
    ):
        watch = Watch(service)
        station.load_module("gimbal")
        station.ask("gimbal angle 5 -30 40", "DO_MOUNT_CONTROL: ACCEPTED")
        watch.until(lambda status, angles: near(angles, 5.0, -30.0, 40.0))
        station.ask("gimbal mode neutral", "DO_MOUNT_CONFIGURE: ACCEPTED")
        watch.until(lambda status, angles: near(angles, 0.0, 0.0, 0.0) and bool(status.flags & 2))
        station.type("gimbal rate 0 -8 0")
        watch.until(lambda status, angles: abs(degrees(status.angular_velocity_y) + 8.0) < 0.1 and angles[1] < -20.0)
        station.ask(f"gimbal roi {lat} {float(lon) + 0.001} 0", "DO_MOUNT_CONTROL: ACCEPTED")
        watch.until(lambda status, angles: bool(status.flags & 16) and abs(angles[2] - 90.0) < 2.0)
        station.ask("gimbal mode retract", "DO_MOUNT_CONFIGURE: ACCEPTED")
        watch.until(lambda status, angles: bool(status.flags & 1))
        assert not [word for word in TROUBLE if word in station.output], station.output
        watch.link.close()
