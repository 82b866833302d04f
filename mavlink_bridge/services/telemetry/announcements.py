"""Messages that are sent once: texts, version of the vehicle, events of mission and flight."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from math import degrees
from typing import Final

from autopilot.context.events import CameraTriggered, StatusText
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface import report
from autopilot.mav import Severity
from mavlink_bridge.firmware.identity import GIT_HASH, Identity
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import TEXT_SIZE, dialect, status_text

_CHUNKS_LIMIT: Final = 8  # 400 characters: longer texts do not help
_WINDOW_MS: Final = 100
_PER_WINDOW: Final = 20
_WAITING_LIMIT: Final = 100


def autopilot_version(identity: Identity, more: int = 0) -> Message:
    """AUTOPILOT_VERSION (docs/reference/ground-stations.md, 1.2). `more`: capabilities beside those of the identity."""
    by_number = identity.speaks.habits.commit_as_number
    # PX4: three bytes of a vendor's version, then the first five of the commit, the lowest first (mavlink_main.cpp)
    custom = list(bytes.fromhex(GIT_HASH)[::-1].rjust(8, b"\0") if by_number else GIT_HASH.encode())
    return dialect.MAVLink_autopilot_version_message(
        capabilities=identity.capabilities | more,
        flight_sw_version=identity.software_version,
        middleware_sw_version=identity.software_version if by_number else 0,
        os_sw_version=0,
        board_version=0,
        flight_custom_version=custom,
        middleware_custom_version=custom,
        os_custom_version=custom,
        vendor_id=0,
        product_id=0,
        uid=identity.uid,
        uid2=list(identity.uid2),
    )


def camera_feedback(photo: CameraTriggered, facts: VehicleFacts, boot_unix_us: int) -> Message:
    """CAMERA_FEEDBACK of a photo, which ground stations show on their map; its height above home is 0 without home."""
    place, state, home, number = photo.place, facts.vehicle.state, facts.home, photo.number & 0xFFFF
    r = state.report
    return dialect.MAVLink_camera_feedback_message(
        time_usec=boot_unix_us + 1000 * photo.time_ms,
        target_system=0,
        cam_idx=0,
        img_idx=number,
        lat=round(place.lat * 1e7),
        lng=round(place.lon * 1e7),
        alt_msl=place.alt,
        alt_rel=0.0 if home is None else place.alt - home.alt,
        roll=degrees(float(r[report.ROLL])),
        pitch=degrees(float(r[report.PITCH])),
        yaw=degrees(state.yaw) % 360.0,
        foc_len=0.0,
        flags=0,
        completed_captures=number,
    )


def status_texts(severity: int, text: str, chunk_id: int) -> Iterator[Message]:
    """STATUSTEXT messages of one text: one up to 50 bytes (`id` 0), else chunks with `chunk_id`. The last chunk is
    shorter than 50 bytes, by which a receiver recognises it (mavlink.io, STATUSTEXT)."""
    data = text.encode("utf-8", "replace")[: TEXT_SIZE * _CHUNKS_LIMIT - 1]
    if len(data) <= TEXT_SIZE:
        yield dialect.MAVLink_statustext_message(severity, data)
        return
    for number in range(len(data) // TEXT_SIZE + 1):
        chunk = data[number * TEXT_SIZE : (number + 1) * TEXT_SIZE]
        yield dialect.MAVLink_statustext_message(severity, chunk, chunk_id, number)


def introduces(identity: Identity) -> bool:
    """True when the firmware sends texts with its version and the progress of its start."""
    return identity.speaks.habits.introduces_itself


def banner(identity: Identity) -> list[Message]:
    """Lines of `Identity.banner` as STATUSTEXTs (INFO), if the firmware sends them."""
    return [] if not introduces(identity) else [status_text(Severity.INFO, line) for line in identity.banner()]


class TextQueue:
    """Queue of texts: at most 20 messages within 100 ms of vehicle time, at most 100 waiting texts. Texts in chunks
    have ids from `first_id` on.

    If too many wait, the oldest of the least important is dropped.
    """

    def __init__(self, *, first_id: int = 1) -> None:
        self._first_id = first_id
        self._waiting: deque[StatusText] = deque()
        self._window = -1
        self._sent = 0
        self._last_id = 0

    def push(self, text: StatusText) -> None:
        self._waiting.append(text)
        if len(self._waiting) > _WAITING_LIMIT:
            self._waiting.remove(max(self._waiting, key=lambda waiting: waiting.severity))

    def take(self, now_ms: int) -> list[Message]:
        """Take the texts that may be sent now, only complete ones."""
        if not self._waiting:
            return []
        if now_ms // _WINDOW_MS != self._window:
            self._window, self._sent = now_ms // _WINDOW_MS, 0
        messages: list[Message] = []
        while self._waiting and self._sent < _PER_WINDOW:
            text = self._waiting.popleft()
            chunks = list(
                status_texts(text.severity, text.text, self._first_id + self._last_id % (65536 - self._first_id))
            )
            self._last_id += len(chunks) > 1
            self._sent += len(chunks)
            messages += chunks
        return messages

    def next_deadline_ms(self) -> int | None:
        """Start of the next window while texts wait, ms."""
        return (self._window + 1) * _WINDOW_MS if self._waiting else None


def _at_once(facts: VehicleFacts) -> bool:
    return True


def _has_origin(facts: VehicleFacts) -> bool:
    return facts.vehicle.origin is not None


def _elevation(facts: VehicleFacts) -> str:
    origin = facts.vehicle.origin
    assert origin is not None, "asked for once there is one"
    return f"Field Elevation Set: {origin.alt:.0f}m"


Occasion = Callable[[VehicleFacts], bool]
BOOT_TEXTS: Final[tuple[tuple[Occasion, str | Callable[[VehicleFacts], str]], ...]] = (
    (_at_once, "Barometer 1 calibration complete"),
    (_at_once, "ArduPilot Ready"),
    (_at_once, "EKF3 IMU0 initialised"),
    (_at_once, "AHRS: EKF3 active"),
    (_at_once, "EKF3 IMU0 tilt alignment complete"),
    (_at_once, "EKF3 IMU0 MAG0 initial yaw alignment complete"),
    (lambda facts: facts.param("GPS1_TYPE", 1.0) != 0.0, "GPS 1: detected u-blox"),
    (_has_origin, "EKF3 IMU0 origin set"),
    (_has_origin, _elevation),
    (lambda facts: facts.has_position, "EKF3 IMU0 is using GPS"),
)
"""Texts of the start and the condition of each; a text waits for those above it. Scripts and users wait for them before
they arm: "ArduPilot Ready", "EKF3 IMU0 is using GPS" (the console of ArduCopter 4.6 SITL)."""


class BootTexts:
    """Boot texts and how many of them each link has received. ArduPilot SITL delays its start until the first
    connection; this vehicle runs before a station connects, so each new link gets the earlier texts."""

    def __init__(self, facts: VehicleFacts) -> None:
        self._facts = facts
        self._texts: list[str] = []
        self._sent: dict[int, int] = {}
        self.complete = False
        """True when all links have received all texts."""

    def open_link(self, link: int) -> None:
        self._sent[link] = 0
        self.complete = False

    def link_closed(self, link: int) -> None:
        self._sent.pop(link, None)

    def due(self) -> list[tuple[int, Message]]:
        new: list[tuple[int, Message]] = []
        if self.complete:
            return new
        while len(self._texts) < len(BOOT_TEXTS) and BOOT_TEXTS[len(self._texts)][0](self._facts):
            line = BOOT_TEXTS[len(self._texts)][1]
            self._texts.append(line if isinstance(line, str) else line(self._facts))
        for link, sent in self._sent.items():
            self._sent[link] = len(self._texts)
            new += [(link, status_text(Severity.INFO, line)) for line in self._texts[sent:]]
        self.complete = len(self._texts) == len(BOOT_TEXTS)
        return new
