"""How a request to the autopilot ended, and the facts it announces.

`Result` has MAVLink's MAV_RESULT numbers, so that the bridge passes it on; the core does not otherwise know MAVLink.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from autopilot.flight.lifecycle import FlightEvent
from autopilot.geo import GeoPoint
from autopilot.reasons import ArmingMethod, ModeReason


class Result(IntEnum):
    """MAV_RESULT."""

    ACCEPTED = 0
    TEMPORARILY_REJECTED = 1
    DENIED = 2
    UNSUPPORTED = 3
    FAILED = 4
    IN_PROGRESS = 5
    CANCELLED = 6


class Severity(IntEnum):
    """MAV_SEVERITY."""

    EMERGENCY = 0
    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6
    DEBUG = 7


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a command. The reason of a refusal has already been announced as a `StatusText`; `reason` repeats it
    for callers without a link. `detail` becomes COMMAND_ACK.result_param2."""

    result: Result
    reason: str = ""
    detail: int = 0

    @property
    def ok(self) -> bool:
        return self.result in (Result.ACCEPTED, Result.IN_PROGRESS)


ACCEPTED = Outcome(Result.ACCEPTED)


@dataclass(frozen=True, slots=True)
class StatusText:
    """A message for people (STATUSTEXT)."""

    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class ModeChanged:
    """The flight mode is now `number` (ArduPilot's custom_mode)."""

    number: int
    reason: ModeReason = ModeReason.UNKNOWN


@dataclass(frozen=True, slots=True)
class ArmedChanged:
    """Armed or disarmed."""

    armed: bool
    method: ArmingMethod = ArmingMethod.UNKNOWN


@dataclass(frozen=True, slots=True)
class HomeChanged:
    """Home has moved or was set first."""


@dataclass(frozen=True, slots=True)
class ParameterChanged:
    """A parameter has a new value (set by anybody)."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class FenceChanged:
    """The fence was breached or is clear again; `breach_types` are FENCE_TYPE bits now breached."""

    breach_types: int


@dataclass(frozen=True, slots=True)
class GuidedTargetReached:
    """A rover in GUIDED is at the place that it was sent to (ArduRover tells it as MISSION_ITEM_REACHED 0)."""


@dataclass(frozen=True, slots=True)
class PayloadAction:
    """A servo, relay, camera or gripper item acted (recorded): MAV_CMD number and its parameters."""

    command: int
    params: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CameraTriggered:
    """A photo was taken: the `number`th since boot, at vehicle time `time_ms`, by the estimate at `place` (altitude
    above mean sea level)."""

    number: int
    time_ms: int
    place: GeoPoint


@dataclass(frozen=True, slots=True)
class RebootRequested:
    """A ground station wants the service to start anew (PREFLIGHT_REBOOT_SHUTDOWN, disarmed only)."""


@dataclass(frozen=True, slots=True)
class FlightStateChanged:
    """The flight manager's state: 0 IDLE, 1 PREFLIGHT, 2 ARMED, 3 FLYING, 4 LANDING, 5 LANDED (seed 002). `cause`: the
    event of the lifecycle that led to it; of a flight that was called off, the event that called it off. `text`: for
    people."""

    state: int
    cause: FlightEvent
    text: str = ""
