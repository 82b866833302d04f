"""Facts that the core announces: one closed union, so that a `match` over it can be checked."""

from __future__ import annotations

from enum import Enum

from autopilot.interface.geo import GeoPoint
from autopilot.interface.reasons import ArmingMethod, FlightEvent, ModeReason
from autopilot.interface.records import dataclass
from autopilot.mav import Severity
from autopilot.mission.events import CurrentChanged, ItemReached, MissionCleared, MissionComplete


@dataclass(frozen=True, slots=True)
class StatusText:
    """A message for people (STATUSTEXT)."""

    severity: Severity
    text: str

    @property
    def words(self) -> str:
        """To be read: without the tab behind a text that stations are told as an event, too (PX4's)."""
        return self.text.rstrip("\t")


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
class TunePlayed:
    """A buzzer plays this (PLAY_TUNE, PLAY_TUNE_V2); empty: it falls silent."""

    tune: str


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


@dataclass(frozen=True, slots=True)
class FirmwareNotice:
    """A notice that belongs to the firmware which the vehicle is spoken to as: a member of that personality's own
    enumeration, with its arguments in order."""

    notice: Enum
    values: tuple[float, ...] = ()


Event = (
    StatusText
    | ModeChanged
    | ArmedChanged
    | HomeChanged
    | ParameterChanged
    | FenceChanged
    | GuidedTargetReached
    | PayloadAction
    | TunePlayed
    | CameraTriggered
    | RebootRequested
    | FlightStateChanged
    | FirmwareNotice
    | CurrentChanged
    | ItemReached
    | MissionCleared
    | MissionComplete
)
