"""A camera service with a card that only counts, and a station that asks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd, Result
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.camera.device import Shot, Specs
from mavlink_bridge.services.camera.extended import SettingsService
from mavlink_bridge.services.camera.messages import CameraSight, TakenPicture
from mavlink_bridge.services.camera.service import CameraService
from mavlink_bridge.services.camera.video import VideoStream
from mavlink_bridge.wire.codec import decode, dialect, id_of, payload

PLACE = GeoPoint(-35.0, 149.0, 600.0)
PEER = Peer(3, 255, 190)
STREAMS = (
    VideoStream(1, "Camera", 640, 480, 5600, 1_500_000),
    VideoStream(2, "Thermal", 320, 240, 5602, 400_000, True),
)
CAMERA, ALL, AUTOPILOT = 100, 0, 1


@dataclass
class CameraShelf:
    """An album that only counts. `slow`: nothing gets written yet; `late`: it has told of files that are not; `why`:
    nothing can be written."""

    shots: list[Shot] = field(default_factory=list)
    frames: list[tuple[int, int, float, tuple[int, ...]]] = field(default_factory=list)
    slow: bool = False
    why: str = ""
    late: bool = False
    stored: int = 0
    formatted: int = 0
    prepared: bool = False
    streams: Sequence[VideoStream] = ()
    players: set[str] = field(default_factory=set)

    def prepare(self) -> None:
        self.prepared = True

    def take(self, shot: Shot) -> TakenPicture:
        self.shots.append(shot)
        return TakenPicture(PLACE, 16.0, (1.0, 0.0, 0.0, 0.0), f"mftp://DCIM/{shot.number}.JPG")

    def written(self, number: int) -> str | None:
        return None if self.slow else self.why

    def writes(self) -> bool:
        return self.late

    def format(self) -> None:
        self.formatted += 1

    def forget(self, first: int) -> None:
        del self.shots[first:]

    def show(self, stream: VideoStream, shot: Shot, links: Sequence[int]) -> None:
        self.frames.append((shot.time_ms, stream.number, shot.focal_mm, tuple(links)))

    def played(self, stream: VideoStream) -> bool:
        return stream.path in self.players

    def url(self, stream: VideoStream, link: int) -> str:
        return f"rtsp://10.0.0.{link}:8554/{stream.path}"

    def sight(self) -> CameraSight:
        return CameraSight(PLACE, None, (1.0, 0.0, 0.0, 0.0))


class CameraBench:
    """A camera of 640 x 480, whose card holds `room` pictures, and a station."""

    def __init__(self, room: float = 1000.0, least_s: float = 0.0, streams: Sequence[VideoStream] = ()) -> None:
        self.shelf = CameraShelf(streams=streams)
        specs = Specs(6.4, 4.8, 5.0, 4.0, 640, 480, room * 640 * 480 * 0.5 / (1 << 20), lambda: least_s)
        self.triggers: list[tuple[float, bool]] = []
        self.room_bytes = 100_000
        self.camera = CameraService(
            specs,
            self.shelf,
            self.shelf,
            definition=lambda: "mftp://camera.xml",
            epoch_us=1_000_000,
            trigger_every=lambda metres, at_once: self.triggers.append((metres, at_once)),
            links=lambda: (PEER.link,),
            room=lambda link: self.room_bytes,
            gimbal=154,
        )
        self.settings = SettingsService(self.camera.device)
        self.now_ms = 10_000
        self.pass_time(0)

    def pass_time(self, ms: int) -> list[Any]:
        """As the vehicle does: the service is called when it wants to be."""
        end, said = self.now_ms + ms, []
        while True:
            due = self.camera.next_deadline_ms()
            if due is None or due > end:
                break
            self.now_ms = max(self.now_ms, due)
            self.camera.handle_timeout(self.now_ms)
            said += self.taken()
        self.now_ms = end
        return said

    def taken(self) -> list[Any]:
        out = self.camera.take_outgoing()
        assert all(one.component == CAMERA for one in out)
        return [decode(*payload(one.message)[:2]) for one in out]

    def send(
        self, command: int, *params: float, confirmation: int = 0, to: int = CAMERA, peer: Peer = PEER
    ) -> list[Any]:
        """COMMAND_LONG, and all that is said at once."""
        values = [*params, *([0.0] * (7 - len(params)))]
        message = dialect.MAVLink_command_long_message(1, to, int(command), confirmation, *values)
        self.camera.handle_message(decode(*payload(message)[:2]), peer, self.now_ms)
        return self.taken()

    def ask(self, command: int, *params: float, **how: Any) -> int:
        """The result of it."""
        said = self.send(command, *params, **how)
        assert (said[0].get_type(), said[0].command) == ("COMMAND_ACK", command)
        return int(said[0].result)

    def one(self, name: str) -> Any:
        """A message by REQUEST_MESSAGE."""
        ack, answer = self.send(Cmd.REQUEST_MESSAGE, id_of(name))
        assert (ack.result, answer.get_type()) == (Result.ACCEPTED, name)
        return answer

    def extended(self, message: Any) -> list[Any]:
        self.settings.handle_message(decode(*payload(message)[:2]), PEER, self.now_ms)
        return [decode(*payload(one.message)[:2]) for one in self.settings.take_outgoing()]
