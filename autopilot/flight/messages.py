"""Messages of actors: notifications with fixed tags, requests and replies with tags from the kernel.

Source: seed 002, "Message Types"; tags are two ASCII letters. A payload consists of JSON values, so that a trace can be
written and read back. Actors dispatch a request by its subject, never by its tag.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum, IntEnum, StrEnum

from autopilot.interface.records import dataclass

Payload = None | bool | int | float | str | tuple["Payload", ...]

OK, FAIL = 0x00, 0x01
"""First value of a reply to RESET, ARM and DISARM (seed 002); the second is the reason of a failure."""


class MessageKind(Enum):
    """Kinds of messages. The sender of a request gets a TIMEOUT if no reply came."""

    NOTIFY = "notify"
    REQUEST = "request"
    REPLY = "reply"
    TIMEOUT = "timeout"


class Tag(IntEnum):
    """Notifications. The first four have the numbers of seed 002."""

    GO = 0x474F
    ABORT = 0x4142
    LANDING = 0x4C44
    LANDED = 0x444E
    LIFTOFF = 0x4C4F
    LOW_BATTERY = 0x4C42
    START = 0x5354
    STOP = 0x5350
    STATUS = 0x5455  # to comms: ask the flight manager
    ANSWER = 0x414E  # flight_manager to comms: (MAV_RESULT, reason) of GO, ABORT
    PLAIN_ARM = 0x5041  # comms to flight_manager: a ground station's arm command; payload True = forced
    UNDER_WAY = 0x5557  # from waypoint: a takeoff, AUTO or the sticks move the vehicle
    MISSION_DONE = 0x4D44  # from waypoint: the mission has ended
    START_FAILED = 0x5346  # from waypoint: the profile did not start; the payload is the reason
    DESCENDING = 0x4453  # from altitude: the mode brings the vehicle down
    CLIMBING = 0x434C  # from altitude: in the air, and no longer brought down
    ARMED = 0x4152  # from motor: armed by another
    DISARMED = 0x4449  # from motor: disarmed by another; from outside: a command to disarm before the motors turn
    RESTARTED = 0x5253  # kernel to flight_manager: the flight-critical actors were restarted
    FLIGHT_OVER = 0x464F  # flight_manager to logger: back in IDLE


class Ask(Enum):
    """Subjects of requests."""

    RESET = "RESET"
    ARM = "ARM"
    DISARM = "DISARM"
    STATUS = "STATUS"


class Manner(StrEnum):
    """Payload of RESET, ARM and DISARM: how the vehicle is prepared, armed or disarmed."""

    GO = "go"  # for a flight of the flight manager
    PLAIN = "plain"  # as a ground station's command asks
    FORCE = "force"  # without its checks
    CHECK = "check"  # arming checks only: the motors stay off


class BatteryLevel(StrEnum):
    """Payload of LOW_BATTERY: the threshold that the battery has passed."""

    LOW = "low"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Message:
    """A message. `subject` is the name of the notification or request. `tag` is the `Tag` of a notification, or the
    kernel's number of a request and its reply."""

    sender: str
    to: str
    kind: MessageKind
    subject: str
    tag: int
    payload: Payload = None


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """Entry of the trace of a flight: a message and the vehicle time (ms) at which it was sent. The same seed gives the
    same trace byte for byte."""

    now_ms: int
    message: Message


TraceSink = Callable[[TraceEntry], None]


def write_line(entry: TraceEntry) -> str:
    """The entry as a line of JSON, without the newline."""
    message = entry.message
    fields = {
        "t_ms": entry.now_ms,
        "from": message.sender,
        "to": message.to,
        "kind": message.kind.value,
        "subject": message.subject,
        "tag": message.tag,
        "payload": message.payload,
    }
    return json.dumps(fields, separators=(",", ":"))
