"""The events of a vehicle that is spoken to as a PX4: PX4's names, numbers and arguments, words of our own.

An event's number is a hash of its name (FNV-1a, 24 bits), so that a station which knows PX4's file reads ours. Beside
an event goes a text that ends with a tab, by which stations that show events know to leave it out. Source: PX4 1.16
src/modules/commander/{Commander.cpp, failsafe/framework.cpp, HealthAndArmingChecks}, src/modules/navigator/mission.cpp,
src/lib/events/enums.json, platforms/common/include/px4_platform_common/events.h.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final

from autopilot.personality.px4 import modes as px4
from autopilot.personality.px4.failsafe_rules import EventCause, Px4Action
from autopilot.personality.px4.notices import DisarmReason
from mavlink_bridge.services.events.vocabulary import (
    FLOAT,
    UINT8,
    UINT16,
    UINT32,
    Argument,
    ArgumentKind,
    Choices,
    EventLevel,
    EventType,
    ShownMode,
    Text,
    Vocabulary,
)

_REASON, _ACTION, _CAUSE, _NAVIGATION = (
    ArgumentKind(name, "uint8_t")
    for name in ("arm_disarm_reason_t", "failsafe_action_t", "failsafe_cause_t", "navigation_mode_t")
)
_PARTS, _GROUP = (ArgumentKind(name, "uint32_t") for name in ("health_component_t", "navigation_mode_group_t"))
BIT: Final[dict[px4.Pair, int]] = {  # navigation_mode_group_t: vehicle_status_s::NAVIGATION_STATE_*
    px4.MANUAL: 0, px4.ALTITUDE: 1, px4.POSITION: 2, px4.MISSION: 3, px4.HOLD: 4, px4.RETURN: 5, px4.ACRO: 10,
    px4.OFFBOARD: 14, px4.STABILIZED: 15, px4.TAKEOFF: 17, px4.LAND: 18, px4.FOLLOW: 19, px4.PRECISION: 20,
    px4.ORBIT: 21, **{mode: 23 + number for number, mode in enumerate(px4.EXTERNAL)},
}  # fmt: skip
NUMBER: Final[dict[px4.Pair, int]] = {  # navigation_mode_t
    px4.MANUAL: 0, px4.ALTITUDE: 1, px4.POSITION: 2, px4.MISSION: 3, px4.HOLD: 4, px4.RETURN: 5, px4.ACRO: 6,
    px4.OFFBOARD: 7, px4.STABILIZED: 8, px4.TAKEOFF: 10, px4.LAND: 11, px4.FOLLOW: 12, px4.PRECISION: 13,
    px4.ORBIT: 14, **{mode: 16 + number for number, mode in enumerate(px4.EXTERNAL)},
}  # fmt: skip
_WITHOUT_PLACE: Final = frozenset((px4.MANUAL, px4.ALTITUDE, px4.ACRO, px4.STABILIZED, px4.LAND))
ALL_MODES: Final = sum(1 << bit for bit in BIT.values())
POSITIONAL_MODES: Final = sum(1 << bit for mode, bit in BIT.items() if mode not in _WITHOUT_PLACE)


class Px4Part(IntEnum):
    """health_component_t, as the number of its bit."""

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


_CHECK: Final[tuple[Argument, ...]] = (("modes", _GROUP), ("health_component_index", UINT8))


def number_of(name: str) -> int:
    """`events::ID` of PX4: FNV-1a, its lower 24 bits."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value & 0xFFFFFF


def _event(
    name: str, en: str, de: str, *arguments: Argument, level: EventLevel = EventLevel.INFO, kind: str = ""
) -> EventType:
    return EventType(number_of(name), name, Text(en, de), arguments, level=level, kind=kind)


def _check(name: str, en: str, de: str, *more: Argument, group: str = "arming_check") -> EventType:
    return EventType(number_of(name), name, Text(en, de), (*_CHECK, *more), group, level=EventLevel.CRITICAL)


_WANTED: Final = ("mode", UINT32)
_BY: Final = ("reason", _REASON)
_WHAT: Final = ("action", _ACTION)
_WHY: Final = ("cause", _CAUSE)
_FIRST: Final = ("instance", UINT8)
_APPEND: Final = "append_health_and_arming_messages"
ARMED: Final = _event("commander_armed_by", "Armed: {1}", "Scharf: {1}", _BY)
DISARMED: Final = _event("commander_disarmed_by", "Disarmed: {1}", "Entschärft: {1}", _BY)
LIFTOFF: Final = _event("commander_takeoff_detected", "It flies", "Es fliegt")
LANDED: Final = _event("commander_landing_detected", "It has landed", "Es ist gelandet")
RETURNS: Final = _event("commander_rtl", "Return to where it took off", "Rückkehr zum Startplatz")
LANDS: Final = _event("commander_landing_current_pos", "Landing here", "Landung hier")
NO_MODE: Final = _event(
    "commander_modeswitch_not_avail", "Mode {2} is not possible now", "Modus {2} geht jetzt nicht", _WANTED,
    ("mode_name", _NAVIGATION), level=EventLevel.CRITICAL, kind=_APPEND,
)  # fmt: skip
CALIBRATING: Final = _event(
    "commander_arm_denied_calibrating",
    "Not armed: it calibrates",
    "Nicht scharf: es kalibriert",
    level=EventLevel.CRITICAL,
)
FINISHED: Final = _event("mission_finished", "Mission over, landed", "Mission beendet, gelandet")
LOITERS: Final = _event("mission_finished_loiter", "Mission over, holding", "Mission beendet, es hält")
EXECUTES: Final = _event("mission_execute", "Mission begins", "Die Mission beginnt")
CLIMBS: Final = _event(
    "mission_climb_before_start", "First up to {1} m above home", "Erst auf {1} m über der Heimat", ("height", FLOAT)
)
STATION_LOST: Final = _event(
    "commander_gcs_lost", "The ground station is lost", "Die Bodenstation ist verloren", level=EventLevel.WARNING
)
STATION_FOUND: Final = _event("commander_dl_regained", "The ground station is back", "Die Bodenstation ist wieder da")
STICKS_LOST: Final = _event(
    "commander_rc_lost", "The sticks are lost", "Die Knüppel sind verloren", level=EventLevel.CRITICAL
)
STICKS_FOUND: Final = _event(
    "commander_rc_regained", "The sticks are back after {1:.1} s", "Die Knüppel sind nach {1:.1} s wieder da",
    ("after", FLOAT),
)  # fmt: skip
PILOT: Final = _event(
    "commander_rc_override", "The pilot has taken over by the sticks", "Der Pilot hat mit den Knüppeln übernommen"
)
HOLDS: Final = _event(
    "commander_failsafe_enter_hold", "{4}: {2} in {3} s", "{4}: {2} in {3} s", _WANTED, _WHAT, ("delay", UINT16), _WHY,
    level=EventLevel.CRITICAL,
)  # fmt: skip
HOLDS_ANYHOW: Final = _event(
    "commander_failsafe_enter_generic_hold", "Failsafe: {2} in {3} s", "Failsafe: {2} in {3} s", _WANTED, _WHAT,
    ("delay", UINT16), level=EventLevel.CRITICAL, kind=_APPEND,
)  # fmt: skip
ACTS: Final = _event(
    "commander_failsafe_enter", "{3}: {2}", "{3}: {2}", _WANTED, _WHAT, _WHY, level=EventLevel.CRITICAL
)  # fmt: skip
ACTS_ANYHOW: Final = _event(
    "commander_failsafe_enter_generic", "Failsafe: {2}", "Failsafe: {2}", _WANTED, _WHAT, level=EventLevel.CRITICAL,
    kind=_APPEND,
)  # fmt: skip
DISENGAGES: Final = _event(
    "commander_failsafe_enter_autopilot_disengaged", "Failsafe without a position: {2}",
    "Failsafe ohne Position: {2}", _WANTED, _WHAT, level=EventLevel.CRITICAL, kind=_APPEND,
)  # fmt: skip
WARNS: Final = _event(
    "commander_failsafe_enter_warn", "Warning: {2}", "Warnung: {2}", _WANTED, _WHY, level=EventLevel.WARNING
)
WARNS_ANYHOW: Final = _event(
    "commander_failsafe_enter_generic_warn", "Warning", "Warnung", _WANTED, level=EventLevel.WARNING, kind=_APPEND
)
BATTERY_LOW: Final = _event(
    "commander_failsafe_enter_low_bat", "The battery is low: return", "Der Akku ist schwach: zurück",
    level=EventLevel.WARNING,
)  # fmt: skip
BATTERY_CRITICAL: Final = _event(
    "commander_failsafe_enter_crit_bat_warn", "The battery is critical: land", "Der Akku ist fast leer: landen",
    level=EventLevel.CRITICAL,
)  # fmt: skip
BATTERY_EMERGENCY: Final = _event(
    "commander_failsafe_enter_crit_low_bat_warn", "The battery is empty: land at once",
    "Der Akku ist leer: sofort landen", level=EventLevel.EMERGENCY,
)  # fmt: skip
FENCE: Final = _check("check_gf_violation_custom_gf", "Outside the fence", "Außerhalb des Zauns")
TIME_UP: Final = _check("check_flight_time_limit", "It has flown for too long", "Es ist zu lange geflogen")
SUMMARY: Final = EventType(
    number_of("commander_arming_check_summary"), "commander_arming_check_summary",
    Text("Arming checks", "Prüfungen vor dem Start"),
    (("chunk_idx", UINT8), ("error", _PARTS), ("warning", _PARTS), ("can_arm", _GROUP), ("can_run", _GROUP)),
    "arming_check", "summary", EventLevel.PROTOCOL,
)  # fmt: skip
HEALTH: Final = EventType(
    number_of("commander_health_summary"), "commander_health_summary", Text("Health", "Zustand"),
    (("chunk_idx", UINT8), ("is_present", _PARTS), ("error", _PARTS), ("warning", _PARTS)), "health", "summary",
    EventLevel.PROTOCOL,
)  # fmt: skip
GYRO_DEAD, ACCEL_DEAD, BARO_DEAD, MAG_DEAD = (
    _check(f"check_{name}_no_data", f"{en} {{3}} tells nothing", f"{de} {{3}} sagt nichts", _FIRST, group="health")
    for name, en, de in (
        ("gyro", "Gyro", "Kreisel"), ("accel", "Accelerometer", "Beschleunigungssensor"),
        ("baro", "Barometer", "Barometer"), ("mag", "Compass", "Kompass"),
    )
)  # fmt: skip
FIX: Final = _check("check_estimator_gps_fix_too_low", "GPS has no good fix", "GPS ohne brauchbare Position")
BLUR: Final = _check("check_estimator_gps_pdop_too_high", "GPS too inexact", "GPS zu ungenau")
NO_PLACE: Final = _check("check_modes_global_pos", "No position estimate", "Keine Positionsschätzung")
LOW: Final = _check("check_battery_low", "The battery is low", "Der Akku ist schwach")
NO_MISSION: Final = _check("check_modes_mission", "There is no mission", "Es gibt keine Mission")
NO_STICKS: Final = _check("check_modes_manual_control", "No sticks", "Keine Knüppel")
OTHER: Final = _check("check_armable_configuration", "Not ready: see the texts", "Nicht bereit: siehe die Texte")

_R = DisarmReason
_REASONS: Final[dict[int, str]] = {
    _R.BY_COMMAND: "external command", _R.BY_LANDING: "landing", _R.BY_DELAY: "no takeoff in time",
    _R.BY_DETECTOR: "failure detector", _R.BY_FAILSAFE: "failsafe",
}  # fmt: skip
UNKNOWN_MODE: Final = 255
_ACTIONS: Final = {int(action): action.name.lower().replace("_", " ") for action in Px4Action}
_CAUSES_DE: Final[dict[EventCause, str]] = {
    EventCause.GENERIC: "allgemein", EventCause.STICKS: "Knüppel verloren",
    EventCause.STATION: "Bodenstation verloren", EventCause.BATTERY_LOW: "Akku schwach",
    EventCause.BATTERY_CRITICAL: "Akku fast leer", EventCause.BATTERY_EMERGENCY: "Akku leer",
    EventCause.FLIGHT_TIME: "Flugzeit knapp",
}  # fmt: skip
_CAUSES: Final[dict[EventCause, str]] = {
    EventCause.GENERIC: "generic", EventCause.STICKS: "sticks lost", EventCause.STATION: "ground station lost",
    EventCause.BATTERY_LOW: "battery low", EventCause.BATTERY_CRITICAL: "battery critical",
    EventCause.BATTERY_EMERGENCY: "battery empty", EventCause.FLIGHT_TIME: "flight time low",
}  # fmt: skip
_NAMES: Final[dict[Px4Part, str]] = {
    Px4Part.NONE: "none", Px4Part.BARO: "absolute pressure", Px4Part.GPS: "GPS", Px4Part.STICKS: "remote control",
    Px4Part.BATTERY: "battery", Px4Part.MISSION: "mission", Px4Part.SYSTEM: "system", Px4Part.MAG: "magnetometer",
    Px4Part.GLOBAL: "global position estimate", Px4Part.ACCEL: "accel", Px4Part.GYRO: "gyro",
}  # fmt: skip


def _plain(words: Mapping[EventCause, str]) -> dict[int, str]:
    return {int(number): word for number, word in words.items()}


def _choices(modes: Sequence[ShownMode]) -> list[Choices]:
    named = {px4.pair_of(shown.number): shown.name for shown in modes}
    return [
        Choices(_REASON, _REASONS),
        Choices(_ACTION, _ACTIONS),
        Choices(_CAUSE, _plain(_CAUSES), _plain(_CAUSES_DE)),
        Choices(_NAVIGATION, {NUMBER[mode]: name for mode, name in named.items()}, names=True),
        Choices(_PARTS, {1 << part: name for part, name in _NAMES.items()}, bits=True),
        Choices(_GROUP, {1 << BIT[mode]: name for mode, name in named.items()}, bits=True, names=True),
    ]


def _groups(modes: Sequence[ShownMode]) -> dict[int, list[int]]:
    return {BIT[px4.pair_of(mode.number)]: [mode.number] for mode in modes}


VOCABULARY: Final = Vocabulary(
    "px4",
    (
        ARMED, DISARMED, LIFTOFF, LANDED, RETURNS, LANDS, NO_MODE, CALIBRATING, FINISHED, LOITERS, EXECUTES, CLIMBS,
        STATION_LOST, STATION_FOUND, STICKS_LOST, STICKS_FOUND, PILOT, HOLDS, HOLDS_ANYHOW, ACTS, ACTS_ANYHOW,
        DISENGAGES, WARNS, WARNS_ANYHOW, BATTERY_LOW, BATTERY_CRITICAL, BATTERY_EMERGENCY, FENCE, TIME_UP,
        SUMMARY, HEALTH,
        GYRO_DEAD, ACCEL_DEAD, BARO_DEAD, MAG_DEAD, FIX, BLUR, NO_PLACE, LOW, NO_MISSION, NO_STICKS, OTHER,
    ),
    _choices, _groups,
)  # fmt: skip
