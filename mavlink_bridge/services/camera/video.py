"""Video streams of a camera (https://mavlink.io/en/services/camera.html#video-streaming): their description and
viewers.

A station becomes a viewer when it requests VIDEO_STREAM_INFORMATION, because QGroundControl then listens and sends no
VIDEO_START_STREAMING for the first stream, or by that command. It stops with VIDEO_STOP_STREAMING or the end of its
link. An RTSP stream is viewed while a player shows it. A stream with viewers gets a frame every `FRAME_MS` of vehicle
time. Frames go by RTP beside MAVLink, not by MAVLink's Image Transmission.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import degrees
from typing import Final, Protocol

from autopilot.interface.records import dataclass
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Cmd, StreamEncoding, StreamFlag, StreamType
from mavlink_bridge.routing.service import Message
from mavlink_bridge.services.camera.device import CameraDevice, Shot
from mavlink_bridge.services.commands.context import DENIED, UNSUPPORTED
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.wire.codec import dialect

FRAME_MS: Final = 100
_NAME_BYTES: Final = 32
_ALL: Final = 0


@dataclass(frozen=True, slots=True)
class VideoStream:
    """Video stream: number from 1, size in pixels, destination port, bits per second. `path`: of its URL, if players
    fetch it by RTSP."""

    number: int
    name: str
    columns: int
    rows: int
    port: int
    bits: int
    thermal: bool = False
    path: str = ""


class VideoOutput(Protocol):
    """Port: output that makes and sends frames."""

    @property
    def streams(self) -> Sequence[VideoStream]:
        """Available streams."""

    def show(self, stream: VideoStream, shot: Shot, links: Sequence[int]) -> None:
        """Send the picture as the next frame: by RTSP to players, else to the stations on these links."""

    def played(self, stream: VideoStream) -> bool:
        """True while a player shows this stream by RTSP."""

    def url(self, stream: VideoStream, link: int) -> str:
        """RTSP URL of a stream for the station on this link."""


class VideoStreams:
    def __init__(self, device: CameraDevice, output: VideoOutput) -> None:
        self._streams = streams = output.streams
        self._device = device
        self._output = output
        self._looking: dict[int, dict[int, None]] = {stream.number: {} for stream in streams}
        self._due_ms = 0

    def command(self, command: Command, now_ms: int) -> Outcome:
        """VIDEO_START_STREAMING, VIDEO_STOP_STREAMING: param1 stream, 0: all."""
        if not self._streams:
            return UNSUPPORTED
        selected = self._selected(command.whole(1))
        for stream in selected:
            if command.number == Cmd.VIDEO_START_STREAMING:
                self._look(stream, command.peer.link, now_ms)
            else:
                self._looking[stream.number].pop(command.peer.link, None)
        return ACCEPTED if selected else DENIED

    def information(self, number: int, link: int, now_ms: int) -> list[Message]:
        """VIDEO_STREAM_INFORMATION of a stream, 0: all; the requesting link becomes a viewer."""
        selected = self._selected(number)
        for stream in selected:
            self._look(stream, link, now_ms)
        return [
            dialect.MAVLink_video_stream_information_message(
                stream.number,
                len(self._streams),
                StreamType.RTSP if stream.path else StreamType.RTPUDP,
                *self._state(stream, now_ms),
                stream.name.encode().ljust(_NAME_BYTES, b"\0"),
                (self._output.url(stream, link) if stream.path else str(stream.port)).encode(),
                StreamEncoding.H264,
            )
            for stream in selected
        ]

    def status(self, number: int, now_ms: int) -> list[Message]:
        """VIDEO_STREAM_STATUS of a stream, 0: all."""
        return [
            dialect.MAVLink_video_stream_status_message(stream.number, *self._state(stream, now_ms))
            for stream in self._selected(number)
        ]

    def _state(self, stream: VideoStream, now_ms: int) -> tuple[int, float, int, int, int, int, int]:
        """Common fields of both messages."""
        flags = (StreamFlag.RUNNING if self._has_viewer(stream) else 0) | (StreamFlag.THERMAL if stream.thermal else 0)
        across = round(degrees(self._device.view(now_ms)[0]))
        return flags, 1000.0 / FRAME_MS, stream.columns, stream.rows, stream.bits, 0, across

    def _selected(self, number: int) -> list[VideoStream]:
        return [stream for stream in self._streams if number in (_ALL, stream.number)]

    def _has_viewer(self, stream: VideoStream) -> bool:
        return self._output.played(stream) if stream.path else bool(self._looking[stream.number])

    def _look(self, stream: VideoStream, link: int, now_ms: int) -> None:
        if stream.path:
            return
        if not any(self._looking.values()):
            self._due_ms = now_ms
        self._looking[stream.number][link] = None

    # --- time -----------------------------------------------------------------------------------------------------
    def next_deadline_ms(self) -> int | None:
        """Time of the next frame, ms; None: no viewers."""
        return self._due_ms if any(self._has_viewer(stream) for stream in self._streams) else None

    def handle_timeout(self, now_ms: int) -> None:
        if now_ms < self._due_ms:
            return
        self._due_ms = now_ms + FRAME_MS
        for stream in self._streams:
            if self._has_viewer(stream):
                self._output.show(stream, self._device.shot(now_ms), tuple(self._looking[stream.number]))

    def restore(self, now_ms: int) -> None:
        """Continue from another time."""
        self._due_ms = now_ms

    def link_closed(self, link: int) -> None:
        for looking in self._looking.values():
            looking.pop(link, None)
