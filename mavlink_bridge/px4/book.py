"""Events of a vehicle that speaks as a PX4, for the events of the core and of PX4's personality.

`events.json` has PX4's names, numbers and arguments, with our texts. Arming checks follow libevents' protocol; flight
modes are sent one by one. An event's number is a hash of its name (FNV-1a, 24 bits), so a station that knows PX4's file
understands ours. The text beside an event ends with a tab, so that stations which show events omit it. Source: PX4 1.16
src/modules/commander/{Commander.cpp, failsafe/framework.cpp, HealthAndArmingChecks}, src/modules/navigator/mission.cpp,
src/lib/events/enums.json, platforms/common/include/px4_platform_common/events.h.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, IntEnum
from pathlib import Path
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
from autopilot.personality.px4 import modes as px4
from autopilot.personality.px4.failsafe_rules import EventCause, Px4Action
from autopilot.personality.px4.notices import Notice
from mavlink_bridge.services.events.vocabulary import Choices, Emitted, EventFile, ShownMode, Vocabulary, WatchedVehicle

NUMBER: Final[dict[px4.Pair, int]] = {  # navigation_mode_t
    px4.MANUAL: 0, px4.ALTITUDE: 1, px4.POSITION: 2, px4.MISSION: 3, px4.HOLD: 4, px4.RETURN: 5, px4.ACRO: 6,
    px4.OFFBOARD: 7, px4.STABILIZED: 8, px4.TAKEOFF: 10, px4.LAND: 11, px4.FOLLOW: 12, px4.PRECISION: 13,
    px4.ORBIT: 14, px4.VTOL_TAKEOFF: 15, **{mode: 16 + number for number, mode in enumerate(px4.EXTERNAL)},
}  # fmt: skip
BIT: Final[dict[px4.Pair, int]] = {  # navigation_mode_group_t: vehicle_status_s::NAVIGATION_STATE_*
    **{mode: state for state, (mode, _) in px4.BY_NAV_STATE.items() if mode in NUMBER},
    **{mode: 23 + number for number, mode in enumerate(px4.EXTERNAL)},
}
_WITHOUT_PLACE: Final = frozenset((px4.MANUAL, px4.ALTITUDE, px4.ACRO, px4.STABILIZED, px4.LAND))
ALL_MODES: Final = sum(1 << bit for bit in BIT.values())
POSITIONAL_MODES: Final = sum(1 << bit for mode, bit in BIT.items() if mode not in _WITHOUT_PLACE)


class Px4Part(IntEnum):
    """health_component_t as the number of its bit."""

    NONE = 0
    BARO = 1
    GPS = 3
    STICKS = 7
    BATTERY = 11
    MISSION = 18
    SYSTEM = 20
    GLOBAL = 24
    MAG = 27
    ACCEL = 28
    GYRO = 29


_FILE: Final = EventFile(Path(__file__).with_name("events.json"))
EVENTS: Final = _FILE.events
UNKNOWN_MODE: Final = 255


def _choices(modes: Sequence[ShownMode]) -> list[Choices]:
    named = {px4.pair_of(shown.number): shown.name for shown in modes}
    return _FILE.choices(
        {
            "navigation_mode_t": {NUMBER[mode]: name for mode, name in named.items()},
            "navigation_mode_group_t": {1 << BIT[mode]: name for mode, name in named.items()},
        }
    )


def _groups(modes: Sequence[ShownMode]) -> dict[int, list[int]]:
    return {BIT[px4.pair_of(mode.number)]: [mode.number] for mode in modes}


VOCABULARY: Final = Vocabulary("px4", tuple(EVENTS.values()), _choices, _groups)

NamedEvent = tuple[str, tuple[float, ...]]
"""Name of an event and its arguments."""

_CHECKS: Final[dict[Check, tuple[str, Px4Part]]] = {
    Check.BARO: ("check_baro_no_data", Px4Part.BARO),
    Check.COMPASS: ("check_mag_no_data", Px4Part.MAG),
    Check.GPS: ("check_estimator_gps_fix_too_low", Px4Part.GPS),
    Check.INS: ("check_gyro_no_data", Px4Part.GYRO),
    Check.RC: ("check_modes_manual_control", Px4Part.STICKS),
    Check.BATTERY: ("check_battery_low", Px4Part.BATTERY),
    Check.MISSION: ("check_modes_mission", Px4Part.MISSION),
}
_OWN: Final[dict[ArmingReason, tuple[str, Px4Part]]] = {
    GYROS_FAILED: _CHECKS[Check.INS],
    ACCELS_FAILED: ("check_accel_no_data", Px4Part.ACCEL),
    BARO_FAILED: _CHECKS[Check.BARO],
    COMPASS_FAILED: _CHECKS[Check.COMPASS],
    BAD_FIX: _CHECKS[Check.GPS],
    NEED_POSITION: ("check_modes_global_pos", Px4Part.GLOBAL),
}
_SENSORS: Final = {
    Sensor.GYRO: Px4Part.GYRO, Sensor.ACCEL: Px4Part.ACCEL, Sensor.MAG: Px4Part.MAG,
    Sensor.ABSOLUTE_PRESSURE: Px4Part.BARO,
    Sensor.GPS: Px4Part.GPS, Sensor.BATTERY: Px4Part.BATTERY,
}  # fmt: skip
_DISENGAGING: Final = (Px4Action.TO_ALTITUDE, Px4Action.TO_STABILIZED, Px4Action.DESCEND)
_BATTERIES: Final[dict[EventCause, str]] = {
    EventCause.BATTERY_LOW: "commander_failsafe_enter_low_bat",
    EventCause.BATTERY_CRITICAL: "commander_failsafe_enter_crit_bat_warn",
    EventCause.BATTERY_EMERGENCY: "commander_failsafe_enter_crit_low_bat_warn",
}


class Px4Book:
    """Translation of the core's events to PX4's."""

    vocabulary: Vocabulary = VOCABULARY

    def translate(self, event: Event, watched: WatchedVehicle) -> Emitted | None:
        """Event of a notice of PX4's personality, or of a mode that a person commanded."""
        if isinstance(event, FirmwareNotice):
            return _event(*_named(event))
        if isinstance(event, ModeChanged) and event.reason in BY_WISH:
            mode = px4.pair_of(watched.mode())
            if mode in (px4.RETURN, px4.LAND):
                return _event("commander_rtl" if mode == px4.RETURN else "commander_landing_current_pos", ())
        return None

    def standing(self, reasons: Sequence[ArmingReason], present: int, healthy: int) -> tuple[Emitted, ...]:
        error = forbidden = 0
        failed: list[Emitted] = []
        for reason in dict.fromkeys(reasons):
            name, part = _of(reason)
            definition = EVENTS[name]
            modes = POSITIONAL_MODES if reason.positional else ALL_MODES
            error |= 1 << part
            forbidden |= modes
            more = (0,) * (len(definition.arguments) - 2)  # index of the sensor: the first
            failed.append((definition, (modes, part, *more)))
        can = ALL_MODES & ~forbidden
        fitted = {part: sensor for sensor, part in _SENSORS.items() if present & sensor}
        unhealthy = sum(1 << part for part, sensor in fitted.items() if not healthy & sensor)
        return (
            _event("commander_arming_check_summary", (0, error, 0, can, can)),
            *dict.fromkeys(failed),
            _event("commander_health_summary", (0, sum(1 << part for part in fitted), unhealthy, 0)),
        )


def _of(reason: ArmingReason) -> tuple[str, Px4Part]:
    found = _OWN.get(reason) or (_CHECKS.get(reason.check) if reason.check is not None else None)
    name, part = found or ("check_armable_configuration", Px4Part.SYSTEM)
    blurred = reason.limit is not None and name == "check_estimator_gps_fix_too_low"
    return ("check_estimator_gps_pdop_too_high" if blurred else name), part


def _refused(mode: float) -> NamedEvent:
    return "commander_modeswitch_not_avail", (mode, NUMBER.get(px4.pair_of(int(mode)), UNKNOWN_MODE))


def _acts(mode: float, action: float, cause: float) -> NamedEvent:
    """Event of a failsafe that acts at once, or warns."""
    event_cause = EventCause(int(cause))
    if action == Px4Action.WARN:
        if event_cause in _BATTERIES:
            return _BATTERIES[event_cause], ()
        if cause:
            return "commander_failsafe_enter_warn", (mode, cause)
        return "commander_failsafe_enter_generic_warn", (mode,)
    if cause:
        return "commander_failsafe_enter", (mode, action, cause)
    blind = action in _DISENGAGING
    name = "commander_failsafe_enter_autopilot_disengaged" if blind else "commander_failsafe_enter_generic"
    return name, (mode, action)


def _holds(mode: float, action: float, delay_s: float, cause: float) -> NamedEvent:
    """Event of a failsafe that acts after a Hold."""
    if cause:
        return "commander_failsafe_enter_hold", (mode, action, delay_s, cause)
    return "commander_failsafe_enter_generic_hold", (mode, action, delay_s)


_NOTICES: Final[Mapping[Enum, str | Callable[..., NamedEvent]]] = MappingProxyType({
    Notice.ARMED: "commander_armed_by",
    Notice.DISARMED: "commander_disarmed_by",
    Notice.CALIBRATING: "commander_arm_denied_calibrating",
    Notice.LIFTOFF: "commander_takeoff_detected",
    Notice.LANDED: "commander_landing_detected",
    Notice.MODE_REFUSED: _refused,
    Notice.CLIMBS: "mission_climb_before_start",
    Notice.EXECUTES: "mission_execute",
    Notice.LOITERS: "mission_finished_loiter",
    Notice.FINISHED: "mission_finished",
    Notice.WITHOUT_MISSION: "mission_not_valid_loiter",
    Notice.PILOT: "commander_rc_override",
    Notice.STATION_LOST: "commander_gcs_lost",
    Notice.STATION_FOUND: "commander_dl_regained",
    Notice.STICKS_LOST: "commander_rc_lost",
    Notice.STICKS_FOUND: "commander_rc_regained",
    Notice.FENCE: lambda: ("check_gf_violation_custom_gf", (ALL_MODES, Px4Part.SYSTEM)),
    Notice.QUAD_CHUTE: "vtol_att_ctrl_quadchute_tout",
    Notice.FLIGHT_TIME: lambda: ("check_flight_time_limit", (ALL_MODES, Px4Part.SYSTEM)),
    Notice.CRASHED: lambda mode: ("commander_failsafe_enter_generic", (mode, Px4Action.TERMINATE)),
    Notice.ACTS: _acts,
    Notice.HOLDS: _holds,
})  # fmt: skip
"""Event of each notice: a name, if its arguments are the notice's values, or a function of them."""


def _named(notice: FirmwareNotice) -> NamedEvent:
    event = _NOTICES[notice.notice]
    return (event, notice.values) if isinstance(event, str) else event(*notice.values)


def _event(name: str, values: tuple[float, ...]) -> Emitted:
    return EVENTS[name], values
