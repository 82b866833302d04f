"""Events of a vehicle that is spoken to as a PX4: which of them tells what the core, or PX4's personality, announces.

Arming checks follow libevents' protocol; flight modes are told one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Final

from autopilot.context.events import Event, FirmwareNotice, ModeChanged
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
)
from autopilot.mav import Sensor
from autopilot.personality.px4.failsafe_rules import EventCause, Px4Action
from autopilot.personality.px4.modes import LAND, RETURN, pair_of
from autopilot.personality.px4.notices import Notice
from mavlink_bridge.px4 import events as e
from mavlink_bridge.px4.events import VOCABULARY, Px4Part
from mavlink_bridge.services.events.vocabulary import EventType, Told, Vocabulary, WatchedVehicle

_OWN: Final[dict[ArmingReason, tuple[EventType, Px4Part]]] = {
    GYROS_FAILED: (e.GYRO_DEAD, Px4Part.GYRO), ACCELS_FAILED: (e.ACCEL_DEAD, Px4Part.ACCEL),
    BARO_FAILED: (e.BARO_DEAD, Px4Part.BARO), COMPASS_FAILED: (e.MAG_DEAD, Px4Part.MAG), BAD_FIX: (e.FIX, Px4Part.GPS),
    NEED_POSITION: (e.NO_PLACE, Px4Part.GLOBAL),
}  # fmt: skip
_CHECKS: Final[dict[Check, tuple[EventType, Px4Part]]] = {
    Check.BARO: (e.BARO_DEAD, Px4Part.BARO), Check.COMPASS: (e.MAG_DEAD, Px4Part.MAG), Check.GPS: (e.FIX, Px4Part.GPS),
    Check.INS: (e.GYRO_DEAD, Px4Part.GYRO), Check.RC: (e.NO_STICKS, Px4Part.STICKS),
    Check.BATTERY: (e.LOW, Px4Part.BATTERY),
    Check.MISSION: (e.NO_MISSION, Px4Part.MISSION),
}  # fmt: skip
_SENSORS: Final = {
    Sensor.GYRO: Px4Part.GYRO, Sensor.ACCEL: Px4Part.ACCEL, Sensor.MAG: Px4Part.MAG,
    Sensor.ABSOLUTE_PRESSURE: Px4Part.BARO,
    Sensor.GPS: Px4Part.GPS, Sensor.BATTERY: Px4Part.BATTERY,
}  # fmt: skip
_DISENGAGING: Final = (Px4Action.TO_ALTITUDE, Px4Action.TO_STABILIZED, Px4Action.DESCEND)
_BATTERIES: Final[dict[EventCause, EventType]] = {
    EventCause.BATTERY_LOW: e.BATTERY_LOW, EventCause.BATTERY_CRITICAL: e.BATTERY_CRITICAL,
    EventCause.BATTERY_EMERGENCY: e.BATTERY_EMERGENCY,
}  # fmt: skip


class Px4Book:
    """See the module."""

    vocabulary: Vocabulary = VOCABULARY

    def meant(self, event: Event, watched: WatchedVehicle) -> Told | None:
        """The event of a notice of PX4's personality, or of a mode that a person wanted."""
        if isinstance(event, FirmwareNotice):
            return _told(event)
        if isinstance(event, ModeChanged) and event.reason in BY_WISH:
            shown = pair_of(watched.mode())
            if shown in (RETURN, LAND):
                return (e.RETURNS if shown == RETURN else e.LANDS), ()
        return None

    def standing(self, reasons: Sequence[ArmingReason], present: int, healthy: int) -> tuple[Told, ...]:
        error = forbidden = 0
        failed: list[Told] = []
        for reason in dict.fromkeys(reasons):
            definition, part = _of(reason)
            modes = e.POSITIONAL_MODES if reason.positional else e.ALL_MODES
            error |= 1 << part
            forbidden |= modes
            more = (0,) * (len(definition.arguments) - 2)  # which of several: the first
            failed.append((definition, (modes, part, *more)))
        can = e.ALL_MODES & ~forbidden
        there = {part: sensor for sensor, part in _SENSORS.items() if present & sensor}
        unhealthy = sum(1 << part for part, sensor in there.items() if not healthy & sensor)
        return (
            (e.SUMMARY, (0, error, 0, can, can)),
            *dict.fromkeys(failed),
            (e.HEALTH, (0, sum(1 << part for part in there), unhealthy, 0)),
        )


def _of(reason: ArmingReason) -> tuple[EventType, Px4Part]:
    found = _OWN.get(reason) or (_CHECKS.get(reason.check) if reason.check is not None else None)
    definition, part = found or (e.OTHER, Px4Part.SYSTEM)
    return (e.BLUR if definition is e.FIX and reason.limit is not None else definition), part


def _refused(mode: float) -> Told:
    return e.NO_MODE, (mode, e.NUMBER.get(pair_of(int(mode)), e.UNKNOWN_MODE))


def _acts(mode: float, action: float, cause: float) -> Told:
    """A failsafe acts at once, or warns."""
    why = EventCause(int(cause))
    if action == Px4Action.WARN:
        if why in _BATTERIES:
            return _BATTERIES[why], ()
        return (e.WARNS, (mode, cause)) if cause else (e.WARNS_ANYHOW, (mode,))
    if cause:
        return e.ACTS, (mode, action, cause)
    return (e.DISENGAGES if action in _DISENGAGING else e.ACTS_ANYHOW), (mode, action)


def _holds(mode: float, action: float, delay_s: float, cause: float) -> Told:
    """A failsafe acts after a Hold."""
    return (e.HOLDS, (mode, action, delay_s, cause)) if cause else (e.HOLDS_ANYHOW, (mode, action, delay_s))


_NOTICES: Final[Mapping[Enum, EventType | Callable[..., Told]]] = MappingProxyType({
    Notice.ARMED: e.ARMED,
    Notice.DISARMED: e.DISARMED,
    Notice.CALIBRATING: e.CALIBRATING,
    Notice.LIFTOFF: e.LIFTOFF,
    Notice.LANDED: e.LANDED,
    Notice.MODE_REFUSED: _refused,
    Notice.CLIMBS: e.CLIMBS,
    Notice.EXECUTES: e.EXECUTES,
    Notice.LOITERS: e.LOITERS,
    Notice.FINISHED: e.FINISHED,
    Notice.PILOT: e.PILOT,
    Notice.STATION_LOST: e.STATION_LOST,
    Notice.STATION_FOUND: e.STATION_FOUND,
    Notice.STICKS_LOST: e.STICKS_LOST,
    Notice.STICKS_FOUND: e.STICKS_FOUND,
    Notice.FENCE: lambda: (e.FENCE, (e.ALL_MODES, Px4Part.SYSTEM)),
    Notice.FLIGHT_TIME: lambda: (e.TIME_UP, (e.ALL_MODES, Px4Part.SYSTEM)),
    Notice.CRASHED: lambda mode: (e.ACTS_ANYHOW, (mode, Px4Action.TERMINATE)),
    Notice.ACTS: _acts,
    Notice.HOLDS: _holds,
})  # fmt: skip
"""The event of each notice: its definition, where the values are its arguments."""


def _told(notice: FirmwareNotice) -> Told:
    meant = _NOTICES[notice.notice]
    return (meant, notice.values) if isinstance(meant, EventType) else meant(*notice.values)
