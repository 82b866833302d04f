"""Events of Sortie's vehicle: incidents, failed parts, and the flight modes that failures forbid.

Order and meaning of arming checks and health are those of libevents ("health_and_arming_check"): summary of the arming
checks, an event for each failed check, summary of the health. Events are rows of `events.json`. Flight modes form two
groups: those that need a position, and the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from autopilot.context.events import (
    ArmedChanged,
    CameraTriggered,
    Event,
    FenceChanged,
    FlightStateChanged,
    HomeChanged,
    ModeChanged,
)
from autopilot.flight.lifecycle import FlightState
from autopilot.interface.reasons import (
    ACCELS_FAILED,
    BAD_FIX,
    BARO_FAILED,
    BY_WISH,
    COMPASS_FAILED,
    GYROS_FAILED,
    NEED_POSITION,
    ArmingMethod,
    ArmingReason,
    Check,
    ModeReason,
)
from autopilot.interface.records import dataclass
from autopilot.mav import Sensor
from autopilot.mission.events import ItemReached, MissionCleared, MissionComplete
from mavlink_bridge.services.events.vocabulary import (
    Choices,
    Emitted,
    EventFile,
    EventType,
    ShownMode,
    Vocabulary,
    WatchedVehicle,
)


class Part(IntEnum):
    """Parts of a vehicle with reported health (`health_component_t`), as bits; the first bit means none."""

    NONE = 1
    GYRO = 2
    ACCEL = 4
    MAG = 8
    BARO = 16
    GPS = 32
    BATTERY = 64
    RC = 128
    SYSTEM = 256

    @property
    def index(self) -> int:
        """Number of the part's bit."""
        return self.bit_length() - 1


class ModeGroup(IntEnum):
    """Groups of flight modes that checks forbid together (`navigation_mode_group_t`), as bits."""

    WITH_POSITION = 1
    WITHOUT = 2


_FILE: Final = EventFile(Path(__file__).with_name("events.json"))
EVENTS: Final = _FILE.events
CHECKS: Final[Mapping[Check, tuple[EventType, Part]]] = MappingProxyType({
    Check.BARO: (EVENTS["check_baro"], Part.BARO), Check.COMPASS: (EVENTS["check_compass"], Part.MAG),
    Check.GPS: (EVENTS["check_fix"], Part.GPS), Check.INS: (EVENTS["check_gyros"], Part.GYRO),
    Check.PARAMETERS: (EVENTS["check_parameters"], Part.SYSTEM), Check.RC: (EVENTS["check_rc"], Part.RC),
    Check.BATTERY: (EVENTS["check_battery"], Part.BATTERY), Check.MISSION: (EVENTS["check_mission"], Part.SYSTEM),
})  # fmt: skip
"""Event and part of each failed check, unless its reason has an event in `_OWN`."""


def _choices(modes: Sequence[ShownMode]) -> list[Choices]:
    return _FILE.choices(
        {
            "arming_method_t": {int(method): method.name.lower().replace("_", " ") for method in ArmingMethod},
            "mode_t": {mode.number: mode.name for mode in modes},
            "mode_reason_t": {int(reason): reason.text for reason in ModeReason},
            "flight_state_t": {int(state): state.name.lower() for state in FlightState},
        }
    )


def _groups(modes: Sequence[ShownMode]) -> dict[int, list[int]]:
    needing, others = ([mode.number for mode in modes if mode.position is want] for want in (True, False))
    return dict(enumerate((needing, others)))


VOCABULARY: Final = Vocabulary("sortie", tuple(EVENTS.values()), _choices, _groups)

_NO_FAILSAFE: Final = BY_WISH | {ModeReason.UNKNOWN, ModeReason.MISSION_END}

_OWN: Final[dict[ArmingReason, tuple[EventType, Part]]] = {
    GYROS_FAILED: CHECKS[Check.INS],
    ACCELS_FAILED: (EVENTS["check_accels"], Part.ACCEL),
    BARO_FAILED: CHECKS[Check.BARO],
    COMPASS_FAILED: CHECKS[Check.COMPASS],
    BAD_FIX: CHECKS[Check.GPS],
    NEED_POSITION: (EVENTS["check_position"], Part.GPS),
}
_SENSORS: Final = {
    Sensor.GYRO: Part.GYRO, Sensor.ACCEL: Part.ACCEL, Sensor.MAG: Part.MAG, Sensor.ABSOLUTE_PRESSURE: Part.BARO,
    Sensor.GPS: Part.GPS, Sensor.BATTERY: Part.BATTERY,
}  # fmt: skip
ALL_MODES: Final = ModeGroup.WITH_POSITION | ModeGroup.WITHOUT


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """Failed check: event, part, forbidden modes, measured value and limit."""

    definition: EventType
    part: Part
    modes: int
    value: float = 0.0
    limit: float = 0.0

    def values(self) -> tuple[float, ...]:
        return (self.modes, self.part.index, self.value, self.limit)[: len(self.definition.arguments)]


@dataclass(frozen=True, slots=True)
class Report:
    """Result of arming checks and health. `present`, `unhealthy`: bits of `Part`."""

    failed: tuple[FailedCheck, ...]
    present: int
    unhealthy: int

    def events(self) -> tuple[Emitted, ...]:
        error, forbidden = 0, 0
        for check in self.failed:
            error |= check.part
            forbidden |= check.modes
        can = ALL_MODES & ~forbidden
        return (
            (EVENTS["arming_check_summary"], (0, error, 0, can, can)),
            *((check.definition, check.values()) for check in self.failed),
            (EVENTS["health_summary"], (0, self.present, self.unhealthy, 0)),
        )


def _report(reasons: Sequence[ArmingReason], present: int, healthy: int) -> Report:
    parts = {part: sensor for sensor, part in _SENSORS.items() if present & sensor}
    return Report(
        tuple(dict.fromkeys(map(_failed, reasons))),
        sum(parts),
        sum(part for part, sensor in parts.items() if not healthy & sensor),
    )


def _failed(reason: ArmingReason) -> FailedCheck:
    definition, part = _OWN.get(reason) or (CHECKS.get(reason.check) if reason.check is not None else None) or _OTHER
    modes = ModeGroup.WITH_POSITION if reason.positional else ALL_MODES
    if definition is EVENTS["check_fix"] and reason.limit is not None:
        definition = EVENTS["check_hdop"]
    return FailedCheck(definition, part, modes, round(reason.value or 0.0, 1), reason.limit or 0.0)


_OTHER: Final = (EVENTS["check_other"], Part.SYSTEM)


class SortieBook:
    """Events of a vehicle whose firmware has no events (ArduPilot)."""

    vocabulary: Vocabulary = VOCABULARY

    def translate(self, event: Event, watched: WatchedVehicle) -> Emitted | None:
        match event:
            case ArmedChanged(armed, method):
                return EVENTS["armed" if armed else "disarmed"], (method,)
            case ModeChanged(_, reason):
                name = "mode_changed" if reason in _NO_FAILSAFE else "failsafe"
                return EVENTS[name], (watched.mode(), reason)
            case HomeChanged():
                return EVENTS["home_changed"], ()
            case FenceChanged(types):
                return (EVENTS["fence_breached"], (types,)) if types else (EVENTS["fence_clear"], ())
            case ItemReached(seq):
                return EVENTS["item_reached"], (seq,)
            case MissionComplete():
                return EVENTS["mission_complete"], ()
            case MissionCleared():
                return EVENTS["mission_cleared"], ()
            case FlightStateChanged(state):
                return EVENTS["flight_state"], (state,)
            case CameraTriggered(number):
                return EVENTS["photo"], (number,)
        return None

    def standing(self, reasons: Sequence[ArmingReason], present: int, healthy: int) -> tuple[Emitted, ...]:
        return _report(reasons, present, healthy).events()
