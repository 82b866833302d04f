"""Book of events of Sortie's vehicle: what happens; which of its parts fail, which flight modes that forbids.

Order and meaning of arming checks and health are libevents' ("health_and_arming_check"): the summary of the arming
checks, an event for each that fails, the summary of the health.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from autopilot.interface.reasons import (
    ACCELS_FAILED,
    BAD_FIX,
    BARO_FAILED,
    BY_WISH,
    COMPASS_FAILED,
    GYROS_FAILED,
    NEED_POSITION,
    ArmingReason,
    Check,
    ModeReason,
)
from autopilot.interface.records import dataclass
from autopilot.mav import Sensor
from autopilot.mission.events import ItemReached, MissionCleared, MissionComplete
from mavlink_bridge.services.events.definitions import CHECKS, EVENTS, VOCABULARY, ModeGroup, Part
from mavlink_bridge.services.events.vocabulary import EventType, Told, Vocabulary, WatchedVehicle

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
    """Check that fails: its event, the part, the modes that it forbids, what was measured and its limit."""

    definition: EventType
    part: Part
    modes: int
    value: float = 0.0
    limit: float = 0.0

    def values(self) -> tuple[float, ...]:
        """The arguments of its event."""
        return (self.modes, self.part.index, self.value, self.limit)[: len(self.definition.arguments)]


@dataclass(frozen=True, slots=True)
class Report:
    """Report of arming checks and health: the checks that fail; `present`, `unhealthy`: bits of `Part`."""

    failed: tuple[FailedCheck, ...]
    present: int
    unhealthy: int

    def events(self) -> tuple[Told, ...]:
        """Events of the report, in order."""
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
    """The events of a vehicle that has none of its firmware's (ArduPilot)."""

    vocabulary: Vocabulary = VOCABULARY

    def meant(self, event: Event, watched: WatchedVehicle) -> Told | None:
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

    def standing(self, reasons: Sequence[ArmingReason], present: int, healthy: int) -> tuple[Told, ...]:
        return _report(reasons, present, healthy).events()
