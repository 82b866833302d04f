"""Video of a vehicle: from the question of a station to packets on its port."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest

from autopilot.mav import Cmd, Component, StreamType
from mavlink_bridge.services.camera.device import Specs
from mavlink_bridge.wire.codec import dialect, id_of
from sortie import Session
from sortie.config.errors import UserError
from sortie.nodes import video
from tests.fakes.patience import PATIENCE_S, wait_until

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


@pytest.mark.skipif(find_spec("av") is None, reason="PyAV is not installed")
def test_a_player_fetches_it_by_rtsp() -> None:
    """FFmpeg reads whole frames of both streams, one by UDP, one interleaved, at the URLs that a station is told; none
    are made before it plays, and none after it has gone."""
    import av

    with Session(params=VIDEO | {"SIM_CAM_RTSP": float(free_pair())}) as session:
        link = session.connect()
        ask = (Cmd.REQUEST_MESSAGE, 0, id_of("VIDEO_STREAM_INFORMATION"), 0, 0, 0, 0, 0, 0)
        link.send(dialect.MAVLink_command_long_message(1, Component.CAMERA, *ask))
        told = [link.receive("VIDEO_STREAM_INFORMATION") for _ in range(2)]
        assert [one.type for one in told] == [StreamType.RTSP] * 2
        album = session.service.camera
        assert album is not None
        session.run_for(2.0)
        assert not album.video._frames

        def play(url: str, transport: str) -> tuple[int, int]:
            options = {"rtsp_transport": transport, "timeout": str(int(PATIENCE_S * 1e6))}
            with av.open(url, options=options, timeout=PATIENCE_S) as player:
                image = next(player.decode(video=0))
            return image.width, image.height

        with ThreadPoolExecutor(2) as pool:
            ways = zip(told, ("udp", "tcp"), strict=True)
            seen = [pool.submit(play, one.uri, transport) for one, transport in ways]
            until = time.monotonic() + PATIENCE_S
            while not all(one.done() for one in seen) and time.monotonic() < until:
                session.run_for(0.1)
        assert [one.result() for one in seen] == [(320, 240), (160, 120)]
        wait_until(lambda: not any(map(album.video.played, album.video.streams)))
        session.run_for(0.2)
        last = dict(album.video._frames)
        session.run_for(2.0)
        assert album.video._frames == last


def free_pair() -> int:
    """A port that is free for TCP, and for UDP with the one behind it."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtcp,
        ):
            stream.bind(("", 0))
            port = int(stream.getsockname()[1])
            try:
                rtp.bind(("", port))
                rtcp.bind(("", port + 1))
            except OSError:
                continue
            return port


def test_a_busy_port_is_one_sentence() -> None:
    """With its number and its parameter, before anything flies."""
    pytest.importorskip("av", reason="PyAV is not installed")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as busy:
        busy.bind(("", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with (
            pytest.raises(UserError, match=rf"^RTSP cannot listen on port {port} \(SIM_CAM_RTSP\): "),
            Session(params=VIDEO | {"SIM_CAM_RTSP": float(port)}),
        ):
            pass


def test_a_vehicle_without_the_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """At its start, with the word of pip."""
    monkeypatch.setattr(video, "find_spec", lambda name: None)
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
    assert {name: video.station_host(name) for name in hosts} == hosts


def test_ports_belong_to_one_vehicle() -> None:
    """RTP has even ports, and no two vehicles of a fleet the same."""
    pytest.importorskip("av", reason="PyAV is not installed")
    specs = Specs(6.4, 4.8, 4.7, 1.0, 641, 480, 1.0)
    ports = [stream.port for system in range(1, 251) for stream in video.video_streams(5600, system, specs)]
    assert ports[:4] == [5600, 5602, 5604, 5606] and len(set(ports)) == 500 and max(ports) < 65536
    assert [(s.columns, s.rows) for s in video.video_streams(5600, 1, specs)] == [(640, 480), (320, 240)]
    assert video.video_streams(0, 1, specs) == ()
