"""Facts that the core announces: one closed union, so that a `match` over it can be checked."""

from __future__ import annotations

from enum import Enum

from autopilot.interface.geo import GeoPoint
from autopilot.interface.reasons import ArmingMethod, ErrorSubsystem, FlightEvent, ModeReason
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
        """Text without PX4's trailing tab, which marks a text that is also sent as an event."""
        return self.text.rstrip("\t")


@dataclass(frozen=True, slots=True)
class ModeChanged:
    """The flight mode is now `number` (ArduPilot's custom_mode)."""

    number: int
    reason: ModeReason = ModeReason.UNKNOWN


@dataclass(frozen=True, slots=True)
class ArmedChanged:
    armed: bool
    method: ArmingMethod = ArmingMethod.UNKNOWN


@dataclass(frozen=True, slots=True)
class HomeChanged:
    """Home was set or has moved."""


@dataclass(frozen=True, slots=True)
class ParameterChanged:
    """A parameter has a new value, from any source."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class FenceChanged:
    """The fence was breached or is clear again; `breach_types` are the FENCE_TYPE bits that are breached now."""

    breach_types: int


@dataclass(frozen=True, slots=True)
class GuidedTargetReached:
    """A rover in GUIDED has reached its target (ArduRover sends it as MISSION_ITEM_REACHED 0)."""


@dataclass(frozen=True, slots=True)
class PayloadAction:
    """A servo, relay, camera or gripper item was carried out (recorded): MAV_CMD number and parameters."""

    command: int
    params: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TunePlayed:
    """A buzzer plays this tune (PLAY_TUNE, PLAY_TUNE_V2); empty: it stops."""

    tune: str


@dataclass(frozen=True, slots=True)
class CameraTriggered:
    """A photo was taken: photo `number` since boot, at vehicle time `time_ms`, at the estimated `place` (altitude above
    mean sea level)."""

    number: int
    time_ms: int
    place: GeoPoint


@dataclass(frozen=True, slots=True)
class ErrorLogged:
    """An error for the flight log (ArduPilot's ERR): LogErrorSubsystem and LogErrorCode, 0 = resolved."""

    subsystem: ErrorSubsystem
    code: int


@dataclass(frozen=True, slots=True)
class RebootRequested:
    """A ground station requests a restart of the service (PREFLIGHT_REBOOT_SHUTDOWN; while armed only if forced)."""


@dataclass(frozen=True, slots=True)
class FlightStateChanged:
    """The flight manager's state: 0 IDLE, 1 PREFLIGHT, 2 ARMED, 3 FLYING, 4 LANDING, 5 LANDED (seed 002). `cause`: the
    event that led to it, or the event that cancelled the flight. `text`: for people."""

    state: int
    cause: FlightEvent
    text: str = ""


@dataclass(frozen=True, slots=True)
class FirmwareNotice:
    """A notice of the firmware that the vehicle presents: a member of that personality's enumeration, with its
    arguments in order."""

    notice: Enum
    values: tuple[float, ...] = ()


Event = (
    StatusText
    | ModeChanged
    | ArmedChanged
    | HomeChanged
    | ParameterChanged
    | FenceChanged
    | ErrorLogged
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
