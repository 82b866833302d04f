"""Video of a camera: its pictures as H.264 in RTP (RFC 3550, RFC 6184), by PyAV, sent by UDP to its viewers.

A frame is rendered like a picture, with a metric grid on the ground, and time, height and north written over it. Each
second there is a key frame, so that new viewers soon see something. A port without a listener refuses (ICMP); it is
then tried once a second, and no frames are made in between. Timestamps are real time at sending.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import floor, radians
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from autopilot.interface.mathematics import cos, sin
from autopilot.interface.records import dataclass
from sitl.camera.jpeg import angles
from sitl.camera.rendering import CameraView, Marking, PictureScene, render

RATE_HZ: Final = 10
ASLEEP_S: Final = 1.0
PACKET_BYTES: Final = 1200
_MS: Final = Fraction(1, 1000)
_GRID: Final = (235, 235, 235)
_LINES: Final = 6  # on each side of the camera
_INK, _NORTH = (255, 255, 255), (255, 70, 60)

Target = tuple[str, int]


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """Frame of a video: target hosts and ports, bit rate, and the data written over it. `thermal`: as temperatures.
    `time_s`: since power-on; `height_m`: above home."""

    view: CameraView
    targets: tuple[Target, ...]
    bits: int
    thermal: bool
    time_s: float
    height_m: float


def frame_image(frame: VideoFrame, scene: PictureScene) -> Image.Image:
    """Image of a frame."""
    image = render(replace(frame.view, markings=(*grid(frame.view), *frame.view.markings)), scene)
    if frame.thermal:
        image = thermal(image)
    _write_over(image, frame)
    return image


def grid(view: CameraView) -> list[Marking]:
    """Lines on the ground about the camera, 10 m apart (100 m from a height of 100 m on), counted from the origin."""
    apart = 10.0 if -view.place[2] < 100.0 else 100.0
    n, e = (apart * floor(view.place[axis] / apart) for axis in (0, 1))
    reach = apart * _LINES
    steps = [apart * k for k in range(-_LINES, _LINES + 1)]
    return [Marking(((n + step, e - reach), (n + step, e + reach)), _GRID, 0.1) for step in steps] + [
        Marking(((n - reach, e + step), (n + reach, e + step)), _GRID, 0.1) for step in steps
    ]


def thermal(image: Image.Image) -> Image.Image:
    """Convert to a thermal image, white is hot: bare ground is warmer than plants, buildings and paint are colder, the
    sky is coldest."""
    red, _, blue = np.asarray(image, np.int16).transpose(2, 0, 1)
    warm = np.clip(2 * (red - blue) + 90, 0, 255).astype(np.uint8)
    return Image.fromarray(warm).convert("RGB")


def _write_over(image: Image.Image, frame: VideoFrame) -> None:
    draw = ImageDraw.Draw(image)
    yaw = angles(frame.view.attitude)[2]
    draw.text((8, 6), f"{frame.time_s:.1f} s   {frame.height_m:.1f} m   {yaw % 360.0:03.0f} deg", fill=_INK)
    middle, down, length = image.width - 30.0, 30.0, 22.0
    right, up = -sin(radians(yaw)) * length, cos(radians(yaw)) * length
    tip = (middle + right, down - up)
    draw.line([(middle - right, down + up), tip], fill=_INK, width=2)
    draw.polygon([tip, (middle + 0.25 * up, down + 0.25 * right), (middle - 0.25 * up, down - 0.25 * right)], _NORTH)


class Encoder:
    """Encoder of pictures of one size to H.264, in RTP packets for `send`."""

    def __init__(self, columns: int, rows: int, bits: int, send: Callable[[bytes], object]) -> None:
        import av  # loaded only if there are viewers

        self._av = av
        self._send = send
        self._last_ms = -1
        rtp = {"rtpflags": "skip_rtcp", "packetsize": str(PACKET_BYTES), "payload_type": "96"}
        self._out = av.open(self, "w", format="rtp", options=rtp)
        quick = {"preset": "ultrafast", "tune": "zerolatency", "g": str(RATE_HZ), "threads": "1"}
        self._stream = self._out.add_stream("libx264", rate=RATE_HZ, options=quick)
        self._stream.width, self._stream.height, self._stream.pix_fmt = columns, rows, "yuv420p"
        self._stream.bit_rate = bits
        self._stream.codec_context.time_base = _MS

    def write(self, packet: bytes) -> int:
        """Send a packet; the muxer calls this for each."""
        self._send(bytes(packet))
        return len(packet)

    def encode(self, image: Image.Image, time_ms: int) -> None:
        """Encode the next picture, taken at this time."""
        self._last_ms = max(time_ms, self._last_ms + 1)
        frame = self._av.VideoFrame.from_image(image)
        frame.pts, frame.time_base = self._last_ms, _MS
        for packet in self._stream.encode(frame):
            self._out.mux(packet)


class Screen:
    def __init__(self, targets: tuple[Target, ...]) -> None:
        self.targets = targets
        self._sockets = [_connected(target) for target in targets]
        self._encoder: Encoder | None = None
        self._asleep_until_s = 0.0
        self._refused: set[int] = set()  # sockets that refused the last frame

    def show(self, frame: VideoFrame, scene: PictureScene, now_s: float) -> bool:
        """Render and send a frame, unless no one listens."""
        if now_s < self._asleep_until_s:
            return False
        view = frame.view
        if self._encoder is None:
            self._encoder = Encoder(view.columns, view.rows, frame.bits, self._send)
        self._refused.clear()
        self._encoder.encode(frame_image(frame, scene), round(1000.0 * now_s))
        if len(self._refused) == len(self._sockets):
            self._encoder, self._asleep_until_s = None, now_s + ASLEEP_S
        return True

    def close(self) -> None:
        for made in self._sockets:
            made.close()

    def _send(self, packet: bytes) -> None:
        for number, made in enumerate(self._sockets):
            try:
                made.send(packet)
            except OSError:  # no one listened to the last packet, or there is no route now
                self._refused.add(number)


class Screens:
    """All streams of a process, by their targets."""

    def __init__(self) -> None:
        self._screens: dict[int, Screen] = {}

    def show(self, frame: VideoFrame, scene: PictureScene) -> None:
        """Send the next frame of a stream; its port identifies it."""
        port = frame.targets[0][1]
        screen = self._screens.get(port)
        if screen is None or screen.targets != frame.targets:
            if screen is not None:
                screen.close()
            screen = self._screens[port] = Screen(frame.targets)
        screen.show(frame, scene, time.monotonic())


def _connected(target: Target) -> socket.socket:
    """Socket that reports when the other end refuses."""
    family, kind, protocol, _, address = socket.getaddrinfo(*target, type=socket.SOCK_DGRAM)[0]
    made = socket.socket(family, kind, protocol)
    made.connect(address)
    return made
