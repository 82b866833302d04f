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
    ModeReason,
)
from autopilot.interface.records import dataclass
from autopilot.mav import Sensor
from autopilot.mission.events import ItemReached, MissionCleared, MissionComplete
from mavlink_bridge.services.events import definitions as d
from mavlink_bridge.services.events.vocabulary import EventType, Told, Vocabulary, WatchedVehicle

_NO_FAILSAFE: Final = BY_WISH | {ModeReason.UNKNOWN, ModeReason.MISSION_END}

_OWN: Final[dict[ArmingReason, tuple[EventType, d.Part]]] = {
    GYROS_FAILED: (d.GYROS, d.Part.GYRO), ACCELS_FAILED: (d.ACCELS, d.Part.ACCEL), BARO_FAILED: (d.BARO, d.Part.BARO),
    COMPASS_FAILED: (d.COMPASS, d.Part.MAG), BAD_FIX: (d.FIX, d.Part.GPS), NEED_POSITION: (d.POSITION, d.Part.GPS),
}  # fmt: skip
_SENSORS: Final = {
    Sensor.GYRO: d.Part.GYRO, Sensor.ACCEL: d.Part.ACCEL, Sensor.MAG: d.Part.MAG, Sensor.ABSOLUTE_PRESSURE: d.Part.BARO,
    Sensor.GPS: d.Part.GPS, Sensor.BATTERY: d.Part.BATTERY,
}  # fmt: skip
ALL_MODES: Final = d.ModeGroup.WITH_POSITION | d.ModeGroup.WITHOUT


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """Check that fails: its event, the part, the modes that it forbids, what was measured and its limit."""

    definition: EventType
    part: d.Part
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
            (d.SUMMARY, (0, error, 0, can, can)),
            *((check.definition, check.values()) for check in self.failed),
            (d.HEALTH, (0, self.present, self.unhealthy, 0)),
        )


def _report(reasons: Sequence[ArmingReason], present: int, healthy: int) -> Report:
    parts = {part: sensor for sensor, part in _SENSORS.items() if present & sensor}
    return Report(
        tuple(dict.fromkeys(map(_failed, reasons))),
        sum(parts),
        sum(part for part, sensor in parts.items() if not healthy & sensor),
    )


def _failed(reason: ArmingReason) -> FailedCheck:
    definition, part = _OWN.get(reason) or (d.CHECKS.get(reason.check) if reason.check is not None else None) or _OTHER
    modes = d.ModeGroup.WITH_POSITION if reason.positional else ALL_MODES
    if definition is d.FIX and reason.limit is not None:
        definition = d.BLUR
    return FailedCheck(definition, part, modes, round(reason.value or 0.0, 1), reason.limit or 0.0)


_OTHER: Final = (d.OTHER, d.Part.SYSTEM)


class SortieBook:
    """The events of a vehicle that has none of its firmware's (ArduPilot)."""

    vocabulary: Vocabulary = d.VOCABULARY

    def meant(self, event: Event, watched: WatchedVehicle) -> Told | None:
        match event:
            case ArmedChanged(armed, method):
                return (d.ARMED if armed else d.DISARMED), (method,)
            case ModeChanged(_, reason):
                return (d.MODE if reason in _NO_FAILSAFE else d.FAILSAFE), (watched.mode(), reason)
            case HomeChanged():
                return d.HOME, ()
            case FenceChanged(types):
                return (d.BREACH, (types,)) if types else (d.CLEAR, ())
            case ItemReached(seq):
                return d.REACHED, (seq,)
            case MissionComplete():
                return d.COMPLETE, ()
            case MissionCleared():
                return d.CLEARED, ()
            case FlightStateChanged(state):
                return d.FLIGHT, (state,)
            case CameraTriggered(number):
                return d.PHOTO, (number,)
        return None

    def standing(self, reasons: Sequence[ArmingReason], present: int, healthy: int) -> tuple[Told, ...]:
        return _report(reasons, present, healthy).events()
