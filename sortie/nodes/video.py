"""Video of a simulated camera: its streams, by RTP to stations and by RTSP to players.

RTP goes to the hosts of stations that asked for the stream; RTSP accepts players from the hosts of stations that asked
for its information.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Final, Protocol

from autopilot.interface.geo import GeoPoint
from autopilot.parameters.parameters import Parameters
from mavlink_bridge.links.address import LinkError, parse_link
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.services.camera.device import Shot, Specs
from mavlink_bridge.services.camera.video import VideoStream
from sitl.camera.darkroom import Job, darkroom
from sitl.camera.rendering import CameraView
from sitl.camera.rtsp_server import LOOPBACK, RtspServer
from sitl.camera.video import VideoFrame
from sortie.config.errors import UserError, pip_install
from sortie.logs.run_log import LOGGER

_RTP_PORTS, _RTSP_PORTS = 4, 2
_PATHS: Final = ("camera", "thermal")
_DISCARD: Final = 9


class FilmedScene(Protocol):
    """Scene that is filmed: `sortie.nodes.camera.CameraAlbum`."""

    def place(self) -> tuple[GeoPoint, float]:
        """Return the place of the camera, and its height above home, m."""

    def view(self, shot: Shot, columns: int, rows: int) -> CameraView:
        """Return the current view with this number of pixels."""

    def scenery(self) -> int:
        """Return the number of the static scene."""


class CameraVideo:
    """Makes and sends frames (`mavlink_bridge.services.camera.video.VideoOutput`)."""

    def __init__(self, scene: FilmedScene, endpoint: Endpoint, parameters: Parameters, specs: Specs) -> None:
        self._scene = scene
        self._endpoint = endpoint
        rtp, rtsp = (int(parameters[name]) for name in ("SIM_CAM_VIDPORT", "SIM_CAM_RTSP"))
        if (rtp or rtsp) and find_spec("av") is None:
            raise UserError(f"video needs PyAV: {pip_install('video')}, or set SIM_CAM_VIDPORT and SIM_CAM_RTSP to 0")
        system = endpoint.system_id
        self._server = _listening(rtsp + _RTSP_PORTS * (system - 1)) if rtsp else None
        self.streams = video_streams(rtp, system, specs, self._server)
        self._frames: dict[int, Job] = {}  # last frame of each stream
        self._trouble = ""  # error of the last frame

    def close(self) -> None:
        """Disconnect players."""
        if self._server is not None:
            self._server.close()

    def played(self, stream: VideoStream) -> bool:
        return self._server is not None and self._server.played(stream.path)

    def url(self, stream: VideoStream, link: int) -> str:
        """Return the URL as the station sees it, and admit players from its host."""
        assert self._server is not None
        host = self._host(link)
        self._server.admit(host)
        return f"rtsp://{address_towards(host)}:{self._server.port}/{stream.path}"

    def show(self, stream: VideoStream, shot: Shot, links: Sequence[int]) -> None:
        """Send a frame, unless the previous one is still being sent."""
        last = self._frames.get(stream.number)
        if last is not None and not last.done:
            return
        if last is not None and last.error != self._trouble:
            self._trouble = last.error
            LOGGER.error("video: %s", last.error or "is sent again")
        hosts = [LOOPBACK] if stream.path else dict.fromkeys(self._host(link) for link in links)
        _, height_m = self._scene.place()
        self._frames[stream.number] = darkroom().send(
            self._scene.scenery(),
            VideoFrame(
                self._scene.view(shot, stream.columns, stream.rows),
                tuple((host, stream.port) for host in hosts),
                stream.bits,
                stream.thermal,
                0.001 * shot.time_ms,
                height_m,
            ),
        )

    def _host(self, link: int) -> str:
        return station_host(self._endpoint.statistics(link).name)


def video_streams(port: int, system: int, specs: Specs, server: RtspServer | None = None) -> tuple[VideoStream, ...]:
    """Return the streams of a vehicle's camera, visible and thermal: by RTP if `port` is not 0, then by RTSP with a
    server. Each vehicle has its own ports (RTP: even ones); system 1 begins at `port`."""
    columns, rows, first = specs.columns & ~1, specs.rows & ~1, port + _RTP_PORTS * (system - 1)
    ways = [(first, ""), (first + 2, "")] if port else []
    if server is not None:
        ways += [(server.relay_port(path), path) for path in _PATHS]
    return tuple(
        VideoStream(number, "Thermal", columns // 4 * 2, rows // 4 * 2, way, 400_000, thermal=True, path=path)
        if number % 2 == 0
        else VideoStream(number, "Camera", columns, rows, way, 1_500_000, path=path)
        for number, (way, path) in enumerate(ways, 1)
    )


def _listening(port: int) -> RtspServer:
    try:
        return RtspServer(port, _PATHS)
    except (OSError, OverflowError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "there is no such port"
        raise UserError(f"RTSP cannot listen on port {port} (SIM_CAM_RTSP): {reason}") from problem


def station_host(name: str) -> str:
    """Return the host at the other end of a link, from the link's name; loopback for a serial line."""
    try:
        spec = parse_link(name.rpartition(" from ")[2])
    except LinkError:
        return LOOPBACK
    return spec.host if spec.is_network else LOOPBACK


def address_towards(host: str) -> str:
    """Return the address of this machine that a host sees; loopback if the host is unreachable."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, _DISCARD))  # finds the route and sends nothing
        except OSError:
            return LOOPBACK
        return str(probe.getsockname()[0])
