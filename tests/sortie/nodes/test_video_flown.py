"""Video of a vehicle: from the question of a station to packets on its port."""

from __future__ import annotations

import socket
from importlib.util import find_spec

import pytest

from autopilot.mav import Cmd, Component
from mavlink_bridge.services.camera.device import Specs
from mavlink_bridge.wire.codec import dialect, id_of
from sortie import Session
from sortie.config.errors import UserError
from sortie.nodes import camera
from tests.fakes.patience import PATIENCE_S

VIDEO = {"CAM1_TYPE": 6.0, "SIM_CAM_RES_W": 320.0, "SIM_CAM_RES_H": 240.0}


@pytest.mark.skipif(find_spec("av") is None, reason="PyAV is not installed")
def test_who_asks_is_streamed_to() -> None:
    """Both streams arrive as RTP on the ports that are told; none before the question, none after the end."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as seen,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as warm,
    ):
        seen.bind(("127.0.0.1", 0))
        port = seen.getsockname()[1]
        try:
            warm.bind(("127.0.0.1", port + 2))
        except OSError:
            pytest.skip("another program has the port beside")
        with Session(params=VIDEO | {"SIM_CAM_VIDPORT": float(port)}) as session:
            link = session.connect()
            session.run_for(1.0)
            seen.setblocking(False)
            with pytest.raises(BlockingIOError):
                seen.recv(2048)
            ask = (Cmd.REQUEST_MESSAGE, 0, id_of("VIDEO_STREAM_INFORMATION"), 0, 0, 0, 0, 0, 0)
            link.send(dialect.MAVLink_command_long_message(1, Component.CAMERA, *ask))
            told = [link.receive("VIDEO_STREAM_INFORMATION") for _ in range(2)]
            session.run_for(0.2)
            for stream, socket_of in zip(told, (seen, warm), strict=True):
                assert int(stream.uri) == socket_of.getsockname()[1]
                socket_of.settimeout(PATIENCE_S)
                packet = socket_of.recv(2048)
                assert (packet[0], packet[1] & 0x7F) == (0x80, 96)


def test_a_vehicle_without_the_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """At its start, with the word of pip."""
    monkeypatch.setattr(camera, "find_spec", lambda name: None)
    with (
        pytest.raises(UserError, match=r"sortie-mavlink\[video\]"),
        Session(params=VIDEO | {"SIM_CAM_VIDPORT": 5600.0}),
    ):
        pass


def test_a_station_is_where_its_link_comes_from() -> None:
    """By the names that links have."""
    hosts = {
        "tcpin:0.0.0.0:5760 from 10.0.0.3:51234": "10.0.0.3",
        "udpin:0.0.0.0:14550 from 192.168.1.7:14550": "192.168.1.7",
        "udpout:10.1.2.3:14550": "10.1.2.3",
        "/dev/ttyACM0,115200": "127.0.0.1",
        "station": "127.0.0.1",
    }
    assert {name: camera.station_host(name) for name in hosts} == hosts


def test_ports_belong_to_one_vehicle() -> None:
    """RTP has even ports, and no two vehicles of a fleet the same."""
    pytest.importorskip("av", reason="PyAV is not installed")
    specs = Specs(6.4, 4.8, 4.7, 1.0, 641, 480, 1.0)
    ports = [stream.port for system in range(1, 251) for stream in camera.video_streams(5600, system, specs)]
    assert ports[:4] == [5600, 5602, 5604, 5606] and len(set(ports)) == 500 and max(ports) < 65536
    assert [(s.columns, s.rows) for s in camera.video_streams(5600, 1, specs)] == [(640, 480), (320, 240)]
    assert camera.video_streams(0, 1, specs) == ()
