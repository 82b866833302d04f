"""MAVLink's camera protocol v2, camera side (https://mavlink.io/en/services/camera.html): commands and messages of
component 100 for a `CameraDevice`. Settings are extended parameters (`extended`).

Pictures are taken by IMAGE_START_CAPTURE, DO_DIGICAM_CONTROL and the autopilot's trigger (`CameraTriggered`: by
distance, mission items or a switch). A capture with the sequence number of the same station's last one is a repetition
and takes no picture. CAMERA_IMAGE_CAPTURED is sent to everybody when the picture is on the card, and again on request
(`captured`). Video is streamed if the camera has it (`video`), never recorded: VIDEO_START_CAPTURE is DENIED.

Clock: vehicle time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import radians
from typing import Final, Protocol

from autopilot.context.events import CameraTriggered, Event
from autopilot.context.turns import earliest
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import CameraMode, Cmd, Component, FocusType, Result, Severity, ZoomType
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.camera import messages
from mavlink_bridge.services.camera.captured import ALONE, TO_THE_LAST, CaptureReports
from mavlink_bridge.services.camera.device import EXPOSING_MS, CameraDevice, CameraState, Refusal, Shot, Specs
from mavlink_bridge.services.camera.extended import value_of
from mavlink_bridge.services.camera.messages import STORAGE_ID, CameraSight, TakenPicture
from mavlink_bridge.services.camera.metadata import METADATA
from mavlink_bridge.services.camera.settings import TABLE
from mavlink_bridge.services.camera.video import VideoOutput, VideoStreams
from mavlink_bridge.services.commands.answers import REMEMBER_MS, AnswerMemory
from mavlink_bridge.services.commands.context import DENIED, FAILED, UNSUPPORTED
from mavlink_bridge.services.commands.request import Command, acknowledgement, without_place
from mavlink_bridge.services.component import ABOUT_MESSAGES, ComponentMessages, Served, which
from mavlink_bridge.wire.codec import id_of, status_text

HEARTBEAT_US: Final = 1_000_000
_BUSY: Final = Outcome(Result.TEMPORARILY_REJECTED)
_OUTCOMES: Final[Mapping[Refusal | None, Outcome]] = {None: ACCEPTED, Refusal.BUSY: _BUSY, Refusal.FULL: FAILED}
_FULL_TEXT: Final = "Camera: storage full"
_ALL: Final = -1


class Album(Protocol):
    """Port: album that takes and stores pictures."""

    def prepare(self) -> None:
        """Prepare to take pictures soon."""

    def take(self, shot: Shot) -> TakenPicture:
        """Take a picture now; its file may be written later."""

    def written(self, number: int) -> str | None:
        """Result of writing a file: "" when the file exists, None while it is written, else the reason for its
        absence."""

    def writes(self) -> bool:
        """True while files are being written."""

    def format(self) -> None:
        """Delete all files."""

    def forget(self, first: int) -> None:
        """Delete the files from this number on."""

    def sight(self) -> CameraSight:
        """View of the camera now."""

    @property
    def stored(self) -> int:
        """Number of pictures that were on the card at power-on."""


class CameraService(Speaker):
    """Service of the camera. `definition`: URL of the definition file. `gimbal`: component that holds the camera, 0:
    none. `trigger_every(metres, at_once)`: sets the autopilot's trigger. `epoch_us`: UTC at vehicle time 0. `links`:
    links for streamed messages. `room(link)`: bytes that may be queued on a link now. `video`: sends video streams."""

    clock: Clock = "vehicle"
    handles = frozenset({"COMMAND_LONG", "COMMAND_INT"})

    def __init__(
        self,
        specs: Specs,
        album: Album,
        video: VideoOutput,
        *,
        definition: Callable[[], str],
        epoch_us: int,
        trigger_every: Callable[[float, bool], object],
        links: Callable[[], Sequence[int]],
        room: Callable[[int], int],
        gimbal: int = 0,
    ) -> None:
        self.device = CameraDevice(specs, self._shutter, lambda: album.stored)
        self.forwarded = frozenset({Cmd.DO_DIGICAM_CONTROL, Cmd.DO_SET_CAM_TRIGG_DIST})
        """Commands that the autopilot runs, or passes to `act`, also when they are for all components."""
        self._album = album
        self._definition = definition
        self._epoch_us = epoch_us
        self._trigger_every = trigger_every
        self._gimbal = gimbal
        super().__init__()
        self._memory = AnswerMemory()
        self._reports = CaptureReports(album.written, room)
        self._video = VideoStreams(self.device, video)
        self._messages = self._component_messages(links, bool(video.streams))
        self._sequences: dict[Peer, tuple[int, int]] = {}  # sequence number of the last capture, and its expiry
        self._reported_full = False

    def _component_messages(self, links: Callable[[], Sequence[int]], streams: bool) -> ComponentMessages:
        sender, device, video = ComponentMessages(Component.CAMERA, links), self.device, self._video
        sender.stream("HEARTBEAT", lambda _: messages.heartbeat(), HEARTBEAT_US)
        sender.stream(
            "CAMERA_INFORMATION",
            lambda now_ms: messages.information(device, now_ms, self._definition(), self._gimbal, streams=streams),
        )
        sender.stream("CAMERA_SETTINGS", lambda now_ms: messages.settings(device, now_ms))
        sender.stream("STORAGE_INFORMATION", lambda now_ms: messages.storage(device, now_ms))
        sender.answer(
            "STORAGE_INFORMATION",  # of the requested card; 0: all
            lambda command, now_ms: [messages.storage(device, now_ms)] if which(command) in (0, STORAGE_ID) else [],
        )
        sender.stream("CAMERA_CAPTURE_STATUS", lambda now_ms: messages.capture_status(device, now_ms))
        sender.stream("CAMERA_FOV_STATUS", lambda now_ms: messages.field_of_view(device, now_ms, self._album.sight()))
        sender.answer("CAMERA_IMAGE_CAPTURED", self._captured)
        sender.answer("COMPONENT_METADATA", lambda _, now_ms: [METADATA.message(now_ms)])
        if streams:
            sender.answer(
                "VIDEO_STREAM_INFORMATION",
                lambda command, now_ms: video.information(which(command), command.peer.link, now_ms),
            )
            sender.answer("VIDEO_STREAM_STATUS", lambda command, now_ms: video.status(which(command), now_ms))
        return sender

    def restore(self, state: CameraState, now_ms: int) -> None:
        """Restore a state (`CameraDevice.state`) and delete later pictures."""
        self.device.restore(state, now_ms)
        self._album.forget(self.device.taken)
        self._reports.forget(self.device.taken)
        self._video.restore(now_ms)
        self._sequences.clear()
        self._reported_full = False

    def unwritten_ms(self) -> int | None:
        """Report time of the first picture without a file, ms; None: all files exist."""
        return self._reports.unwritten_ms()

    # --- Service ------------------------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        self._command(without_place(message, peer), message.target_component, now_ms)

    def handle_timeout(self, now_ms: int) -> None:
        self._out += self._messages.take_due(now_ms)
        self._video.handle_timeout(now_ms)
        due_ms = self.device.next_deadline_ms()
        if due_ms is not None and due_ms <= now_ms:
            self._refused(self.device.handle_timeout(now_ms))
        for report, reason in self._reports.take_due(now_ms):
            self._say(report)
            self._wrote(report.image_index, reason, now_ms)
        for link, again in self._reports.take_again(now_ms):
            self._say(again, link)

    def next_deadline_ms(self) -> int | None:
        if self._out:
            return 0
        parts = (self._messages.next_ms(), self._reports.next_ms(), self._video.next_deadline_ms())
        return earliest((*parts, self.device.next_deadline_ms()))

    def link_closed(self, link: int) -> None:
        self._memory.forget_link(link)
        self._messages.link_closed(link)
        self._reports.link_closed(link)
        self._video.link_closed(link)
        self._sequences = {peer: sequence for peer, sequence in self._sequences.items() if peer.link != link}

    # --- pictures -----------------------------------------------------------------------------------------------------
    def hear(self, events: Sequence[Event], now_ms: int) -> None:
        """Take a picture when the autopilot's trigger fires."""
        if any(isinstance(event, CameraTriggered) for event in events):
            self._refused(self.device.trigger(now_ms))

    def _shutter(self, shot: Shot) -> None:
        utc_us = self._epoch_us + 1000 * shot.time_ms
        report = messages.image_captured(shot.number, shot.time_ms, utc_us, self._album.take(shot))
        self._reports.add(report, shot.time_ms + EXPOSING_MS)
        self._reported_full = False

    def _wrote(self, number: int, reason: str, now_ms: int) -> None:
        """Note that a picture was written, or why it was not; report changes of the card's state."""
        if self.device.wrote(number, stored=not reason):
            self._say(messages.storage(self.device, now_ms))
            if reason:
                self._warn(f"Camera: not written, {reason}")

    def _refused(self, refusal: Refusal | None, *, requested: bool = False) -> None:
        """Report a full card: to a request each time, for automatic pictures once."""
        if refusal is Refusal.FULL and (requested or not self._reported_full):
            self._reported_full = True
            self._warn(_FULL_TEXT)

    def _warn(self, text: str) -> None:
        self._say(status_text(Severity.WARNING, text))

    def _say(self, message: Message, link: int | None = None) -> None:
        self._out.append(Outgoing(message, link, Component.CAMERA))

    # --- commands -----------------------------------------------------------------------------------------------------
    def _command(self, command: Command, target: int, now_ms: int) -> None:
        answer = self._memory.recall(command, now_ms)
        if answer is not None and command.number not in _QUERIES:
            self._acknowledge(command, answer)
            return
        for_all = target == Component.ALL
        handler = ROWS.get(command.number)
        if handler is None or not command.sane:
            if not for_all:
                self._acknowledge(command, UNSUPPORTED if handler is None else DENIED)
            return
        if for_all and not self._addresses_cameras(command):
            return
        self._album.prepare()
        mark = len(self._out)
        outcome = handler(self, command, now_ms)
        self._memory.remember(command, outcome, now_ms)
        answers = self._out[mark:]
        del self._out[mark:]
        self._acknowledge(command, outcome)
        self._out += answers

    def _addresses_cameras(self, command: Command) -> bool:
        """True when a command to all components is for cameras and not also for the autopilot."""
        if command.number in self.forwarded:
            return False
        return command.number not in ABOUT_MESSAGES or self._messages.addresses(command)

    def _acknowledge(self, command: Command, outcome: Outcome) -> None:
        peer = command.peer
        self._say(acknowledgement(command.number, peer, outcome), peer.link)

    def act(self, command: Command, now_ms: int) -> Outcome:
        """Run a command that the autopilot received for its camera."""
        handler = ROWS.get(command.number)
        return UNSUPPORTED if handler is None else handler(self, command, now_ms)

    def start_capture(self, command: Command, now_ms: int) -> Outcome:
        """IMAGE_START_CAPTURE: param2 interval (s), param3 number of pictures (0: until stopped), param4 sequence
        number."""
        interval_s, count, sequence = command.param(2), command.whole(3), command.whole(4)
        if not _addressed(command) or interval_s < 0.0 or count < 0 or (count != 1 and interval_s == 0.0):
            return DENIED
        if count == 1 and sequence > 0:
            last = self._sequences.get(command.peer)
            if last is not None and last[0] == sequence and now_ms < last[1]:
                return ACCEPTED
        refusal = self.device.shoot(now_ms) if count == 1 else self.device.shoot_in_a_row(interval_s, count, now_ms)
        if refusal is None and count == 1:
            self._sequences[command.peer] = (sequence, now_ms + REMEMBER_MS)
        self._refused(refusal, requested=True)
        return _OUTCOMES[refusal]

    def stop_capture(self, command: Command, now_ms: int) -> Outcome:
        """IMAGE_STOP_CAPTURE."""
        if not _addressed(command):
            return DENIED
        self.device.stop()
        return ACCEPTED

    def digicam(self, command: Command, now_ms: int) -> Outcome:
        """DO_DIGICAM_CONTROL: takes a picture if param5 = 1."""
        if command.param(5) == 1.0:
            refusal = self.device.trigger(now_ms)
            self._refused(refusal)
            return _OUTCOMES[refusal]
        return ACCEPTED

    def trigger_distance(self, command: Command, now_ms: int) -> Outcome:
        """DO_SET_CAM_TRIGG_DIST: sets the distance of the autopilot's trigger, m; 0: off."""
        if not command.given(1) or command.param(1) < 0.0:
            return DENIED
        self._trigger_every(command.param(1), command.param(3) == 1.0)
        return ACCEPTED

    def set_mode(self, command: Command, now_ms: int) -> Outcome:
        """SET_CAMERA_MODE: param2 CAMERA_MODE."""
        mode = command.whole(2, -1)
        if not _addressed(command) or mode not in (CameraMode.IMAGE, CameraMode.IMAGE_SURVEY):
            self._warn("Camera: no such mode, it takes pictures")
            return DENIED
        self.device.set_mode(CameraMode(mode), now_ms)
        self._say(messages.settings(self.device, now_ms))
        return ACCEPTED

    def set_zoom(self, command: Command, now_ms: int) -> Outcome:
        """SET_CAMERA_ZOOM: param1 type, param2 value."""
        device, value, done = self.device, command.param(2), True
        if not command.given(2) or not _addressed(command, 3):
            return DENIED
        match command.whole(1, -1):
            case ZoomType.STEP:
                device.zoom.step(value, now_ms)
            case ZoomType.CONTINUOUS:
                device.zoom.move(value, now_ms)
            case ZoomType.RANGE:
                device.zoom.set(value, now_ms)
            case ZoomType.FOCAL_LENGTH:
                done = device.zoom_to_focal(value, now_ms)
            case ZoomType.HORIZONTAL_FOV:
                done = device.zoom_to_view(radians(value), now_ms)
            case _:
                return UNSUPPORTED
        self._say(messages.settings(device, now_ms))
        return ACCEPTED if done else DENIED

    def set_focus(self, command: Command, now_ms: int) -> Outcome:
        """SET_CAMERA_FOCUS: param1 type, param2 value. DENIED in survey mode, whose focus is fixed."""
        device, value, kind = self.device, command.param(2), command.whole(1, -1)
        if device.mode is CameraMode.IMAGE_SURVEY or not _addressed(command, 3):
            self._warn("Camera: the focus stays as it is in a survey")
            return DENIED
        itself = kind in (FocusType.AUTO, FocusType.AUTO_SINGLE, FocusType.AUTO_CONTINUOUS)
        if not itself and not command.given(2):
            return DENIED
        match kind:
            case FocusType.STEP:
                device.focus.step(value, now_ms)
            case FocusType.CONTINUOUS:
                device.focus.move(value, now_ms)
            case FocusType.RANGE:
                device.focus.set(value, now_ms)
            case FocusType.METERS:
                if not device.focus_at(value, now_ms):
                    return DENIED
            case _ if not itself:
                return UNSUPPORTED
        device.focuses_itself = itself
        self._say(messages.settings(device, now_ms))
        return ACCEPTED

    def reset(self, command: Command, now_ms: int) -> Outcome:
        """RESET_CAMERA_SETTINGS: param1 = 1."""
        if command.param(1) != 1.0:
            return DENIED
        self.device.reset(now_ms)
        self._say(messages.settings(self.device, now_ms))
        for index in range(len(TABLE)):
            self._say(messages.parameter(index, value_of(self.device, index)))
        return ACCEPTED

    def format(self, command: Command, now_ms: int) -> Outcome:
        """STORAGE_FORMAT: param1 card (0: all), param2 = 1."""
        if command.whole(1) not in (0, STORAGE_ID) or command.param(2) != 1.0:
            return DENIED
        if self.device.interval_ms or self._reports.waits or self._album.writes():
            return _BUSY
        self._album.format()
        self.device.format()
        self._reports.forget(0)
        self._say(messages.storage(self.device, now_ms))
        self._say(messages.capture_status(self.device, now_ms))
        return ACCEPTED

    def refuse_video(self, command: Command, now_ms: int) -> Outcome:
        """VIDEO_START_CAPTURE, VIDEO_STOP_CAPTURE: DENIED, because the camera records no video."""
        self._warn("Camera: no video, it takes pictures")
        return DENIED

    def stream(self, command: Command, now_ms: int) -> Outcome:
        """VIDEO_START_STREAMING, VIDEO_STOP_STREAMING."""
        return self._video.command(command, now_ms)

    # --- what is asked for --------------------------------------------------------------------------------------------
    def about_messages(self, command: Command, now_ms: int) -> Outcome:
        """REQUEST_MESSAGE, SET_MESSAGE_INTERVAL, GET_MESSAGE_INTERVAL."""
        return self._answer(self._messages.serve(command, now_ms), command.peer)

    def request(self, name: str, command: Command, now_ms: int) -> Outcome:
        return self._answer(self._messages.request(id_of(name), command, now_ms), command.peer)

    def _answer(self, served: Served, peer: Peer) -> Outcome:
        outcome, answers = served
        for answer in answers:
            self._say(answer, peer.link)
        return outcome

    def _captured(self, command: Command, now_ms: int) -> list[Message]:
        """Reports from the picture in param2 (-1: all) to that in param3."""
        first, last = which(command), command.whole(3) if command.number == Cmd.REQUEST_MESSAGE else ALONE
        if first == _ALL:
            first, last = 0, TO_THE_LAST
        return self._reports.again(first, last, command.peer.link)


def _addressed(command: Command, index: int = 1) -> bool:
    """True when the parameter that selects a camera means this camera: 0 all, 1 its sensor or ArduPilot's first
    camera."""
    return command.whole(index) in (0, 1, Component.CAMERA)


Handler = Callable[[CameraService, Command, int], Outcome]


def _older(name: str) -> Handler:
    return lambda service, command, now_ms: service.request(name, command, now_ms)


_OLDER: Final[Mapping[int, Handler]] = {
    Cmd.REQUEST_CAMERA_INFORMATION: _older("CAMERA_INFORMATION"),
    Cmd.REQUEST_CAMERA_SETTINGS: _older("CAMERA_SETTINGS"),
    Cmd.REQUEST_STORAGE_INFORMATION: _older("STORAGE_INFORMATION"),
    Cmd.REQUEST_CAMERA_CAPTURE_STATUS: _older("CAMERA_CAPTURE_STATUS"),
    Cmd.REQUEST_CAMERA_IMAGE_CAPTURE: _older("CAMERA_IMAGE_CAPTURED"),
    Cmd.REQUEST_VIDEO_STREAM_INFORMATION: _older("VIDEO_STREAM_INFORMATION"),
    Cmd.REQUEST_VIDEO_STREAM_STATUS: _older("VIDEO_STREAM_STATUS"),
}
"""Handlers of commands that request one message, older than REQUEST_MESSAGE."""
ROWS: Final[Mapping[int, Handler]] = {
    Cmd.IMAGE_START_CAPTURE: CameraService.start_capture,
    Cmd.IMAGE_STOP_CAPTURE: CameraService.stop_capture,
    Cmd.DO_DIGICAM_CONTROL: CameraService.digicam,
    Cmd.DO_SET_CAM_TRIGG_DIST: CameraService.trigger_distance,
    Cmd.SET_CAMERA_MODE: CameraService.set_mode,
    Cmd.SET_CAMERA_ZOOM: CameraService.set_zoom,
    Cmd.SET_CAMERA_FOCUS: CameraService.set_focus,
    Cmd.RESET_CAMERA_SETTINGS: CameraService.reset,
    Cmd.STORAGE_FORMAT: CameraService.format,
    **dict.fromkeys(ABOUT_MESSAGES, CameraService.about_messages),
    **_OLDER,
    Cmd.VIDEO_START_CAPTURE: CameraService.refuse_video,
    Cmd.VIDEO_STOP_CAPTURE: CameraService.refuse_video,
    Cmd.VIDEO_START_STREAMING: CameraService.stream,
    Cmd.VIDEO_STOP_STREAMING: CameraService.stream,
}
"""Handlers of the camera's commands."""
_QUERIES: Final = frozenset({Cmd.REQUEST_MESSAGE, Cmd.GET_MESSAGE_INTERVAL, *_OLDER})
"""Commands that are answered with a message; a repetition is served again, because the message may have been lost."""
