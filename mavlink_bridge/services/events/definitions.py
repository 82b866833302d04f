"""The events that a vehicle of Sortie's tells: one row for each.

Arming checks follow libevents' protocol of that name: a summary, one event for each check that fails, the summary of
health. Flight modes are in two groups: those that need a position, and the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from autopilot.flight.lifecycle import FlightState
from autopilot.interface.reasons import MODE_TEXTS, ArmingMethod, Check
from autopilot.safety.fence_limits import FenceType
from mavlink_bridge.services.events.vocabulary import (
    FLOAT,
    UINT8,
    UINT16,
    UINT32,
    ArgumentKind,
    Choices,
    EventLevel,
    EventType,
    ShownMode,
    Text,
    Vocabulary,
)


class Part(IntEnum):
    """`health_component_t`: the parts of a vehicle whose health is told, as bits; the first is always none."""

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
    """`navigation_mode_group_t`: groups of flight modes that checks forbid together, as bits."""

    WITH_POSITION = 1
    WITHOUT = 2


_METHOD, _REASON, _STATE = (
    ArgumentKind(name, "uint8_t") for name in ("arming_method_t", "mode_reason_t", "flight_state_t")
)
_GROUP, _BREACH = (ArgumentKind(name, "uint8_t") for name in ("navigation_mode_group_t", "breach_t"))
_MODE, _PART = (ArgumentKind(name, "uint32_t") for name in ("mode_t", "health_component_t"))
_CHECK: Final = (("modes", _GROUP), ("part", UINT8))
_MEASURED: Final = (*_CHECK, ("value", FLOAT), ("limit", FLOAT))


def _check(number: int, name: str, en: str, de: str, *, measured: bool = False) -> EventType:
    return EventType(
        number, name, Text(en, de), _MEASURED if measured else _CHECK, "arming_check", level=EventLevel.CRITICAL
    )


ARMED: Final = EventType(1, "armed", Text("Armed: {1}", "Scharf: {1}"), (("method", _METHOD),))
DISARMED: Final = EventType(2, "disarmed", Text("Disarmed: {1}", "Entschärft: {1}"), (("method", _METHOD),))
MODE: Final = EventType(
    3, "mode_changed", Text("Flight mode {1}: {2}", "Flugmodus {1}: {2}"),
    (("mode", _MODE), ("reason", _REASON)),
)  # fmt: skip
FAILSAFE: Final = EventType(
    4, "failsafe", Text("Failsafe: {2}, flight mode {1}", "Failsafe: {2}, Flugmodus {1}"),
    (("mode", _MODE), ("reason", _REASON)), level=EventLevel.WARNING,
)  # fmt: skip
HOME: Final = EventType(5, "home_changed", Text("Home is another place", "Die Heimat ist ein anderer Ort"))
BREACH: Final = EventType(
    6, "fence_breached", Text("Fence breached: {1}", "Zaun verletzt: {1}"), (("types", _BREACH),),
    level=EventLevel.WARNING,
)  # fmt: skip
CLEAR: Final = EventType(7, "fence_clear", Text("Within the fence again", "Wieder innerhalb des Zauns"))
REACHED: Final = EventType(
    8, "item_reached", Text("Mission item {1} reached", "Missionspunkt {1} erreicht"), (("item", UINT16),)
)
COMPLETE: Final = EventType(9, "mission_complete", Text("Mission complete", "Mission beendet"))
CLEARED: Final = EventType(10, "mission_cleared", Text("Mission cleared", "Mission gelöscht"))
FLIGHT: Final = EventType(11, "flight_state", Text("Flight: {1}", "Flug: {1}"), (("state", _STATE),))
PHOTO: Final = EventType(12, "photo", Text("Photo {1}", "Foto {1}"), (("number", UINT32),))
SUMMARY: Final = EventType(
    32, "arming_check_summary", Text("Arming checks", "Prüfungen vor dem Start"),
    (("chunk", UINT8), ("error", _PART), ("warning", _PART),
     ("can_arm", _GROUP), ("can_run", _GROUP)),
    "arming_check", "summary", EventLevel.PROTOCOL,
)  # fmt: skip
HEALTH: Final = EventType(
    33, "health_summary", Text("Health", "Zustand"),
    (("chunk", UINT8), ("present", _PART), ("error", _PART),
     ("warning", _PART)),
    "health", "summary", EventLevel.PROTOCOL,
)  # fmt: skip
GYROS: Final = _check(40, "check_gyros", "Gyros not healthy", "Kreisel nicht in Ordnung")
ACCELS: Final = _check(41, "check_accels", "Accelerometers not healthy", "Beschleunigungssensoren nicht in Ordnung")
COMPASS: Final = _check(42, "check_compass", "Compass not healthy", "Kompass nicht in Ordnung")
BARO: Final = _check(43, "check_baro", "Barometer not healthy", "Barometer nicht in Ordnung")
FIX: Final = _check(44, "check_fix", "GPS has no good fix", "GPS ohne brauchbare Position")
POSITION: Final = _check(45, "check_position", "No position estimate", "Keine Positionsschätzung")
BLUR: Final = _check(
    46, "check_hdop", "GPS too inexact: HDOP {3:.0}, limit {4:.0}", "GPS zu ungenau: HDOP {3:.0}, Grenze {4:.0}",
    measured=True,
)  # fmt: skip
BATTERY: Final = _check(
    47, "check_battery", "Battery: {3:.1}, limit {4:.1}", "Akku: {3:.1}, Grenze {4:.1}", measured=True
)
PARAMETERS: Final = _check(48, "check_parameters", "A parameter is wrong", "Ein Parameter ist falsch")
STICKS: Final = _check(49, "check_rc", "No radio control", "Keine Fernsteuerung")
MISSION: Final = _check(50, "check_mission", "This mode needs a mission", "Dieser Modus braucht eine Mission")
OTHER: Final = _check(51, "check_other", "Not ready to arm: see the texts", "Nicht startbereit: siehe die Texte")

DEFINITIONS: Final = (
    ARMED, DISARMED, MODE, FAILSAFE, HOME, BREACH, CLEAR, REACHED, COMPLETE, CLEARED, FLIGHT, PHOTO, SUMMARY, HEALTH,
    GYROS, ACCELS, COMPASS, BARO, FIX, POSITION, BLUR, BATTERY, PARAMETERS, STICKS, MISSION, OTHER,
)  # fmt: skip
CHECKS: Final[Mapping[Check, tuple[EventType, Part]]] = MappingProxyType({
    Check.BARO: (BARO, Part.BARO), Check.COMPASS: (COMPASS, Part.MAG), Check.GPS: (FIX, Part.GPS),
    Check.INS: (GYROS, Part.GYRO), Check.PARAMETERS: (PARAMETERS, Part.SYSTEM), Check.RC: (STICKS, Part.RC),
    Check.BATTERY: (BATTERY, Part.BATTERY), Check.MISSION: (MISSION, Part.SYSTEM),
})  # fmt: skip
"""Events of checks that fail, unless the reason has an event of its own."""
_F: Final = FenceType
_BREACHES: Final[dict[int, str]] = {
    _F.MAX_ALT: "highest altitude", _F.CIRCLE: "circle", _F.POLYGON: "polygon", _F.MIN_ALT: "lowest altitude",
}  # fmt: skip
_BREACHES_DE: Final[dict[int, str]] = {
    _F.MAX_ALT: "größte Höhe", _F.CIRCLE: "Kreis", _F.POLYGON: "Polygon", _F.MIN_ALT: "kleinste Höhe",
}  # fmt: skip
_MODES: Final[dict[int, str]] = {ModeGroup.WITH_POSITION: "with position", ModeGroup.WITHOUT: "without position"}
_MODES_DE: Final[dict[int, str]] = {ModeGroup.WITH_POSITION: "mit Position", ModeGroup.WITHOUT: "ohne Position"}
_PARTS_DE: Final[dict[int, str]] = {
    Part.NONE: "nichts", Part.GYRO: "Kreisel", Part.ACCEL: "Beschleunigungssensor", Part.MAG: "Kompass",
    Part.BARO: "Barometer", Part.GPS: "GPS", Part.BATTERY: "Akku", Part.RC: "Fernsteuerung", Part.SYSTEM: "System",
}  # fmt: skip
_PARTS_EN: Final[dict[int, str]] = {part: part.name if part is Part.GPS else part.name.lower() for part in Part}


def _plain(words: Mapping[int, str]) -> dict[int, str]:
    return {int(number): word for number, word in words.items()}


def _choices(modes: Sequence[ShownMode]) -> list[Choices]:
    return [
        Choices(_METHOD, {int(method): method.name.lower().replace("_", " ") for method in ArmingMethod}),
        Choices(_MODE, {mode.number: mode.name for mode in modes}, names=True),
        Choices(_REASON, {int(reason): text for reason, text in MODE_TEXTS.items()}),
        Choices(_STATE, {int(state): state.name.lower() for state in FlightState}),
        Choices(_BREACH, _plain(_BREACHES), _plain(_BREACHES_DE), bits=True),
        Choices(_PART, _plain(_PARTS_EN), _plain(_PARTS_DE), bits=True),
        Choices(_GROUP, _plain(_MODES), _plain(_MODES_DE), bits=True),
    ]


def _groups(modes: Sequence[ShownMode]) -> dict[int, list[int]]:
    needing, others = ([mode.number for mode in modes if mode.position is want] for want in (True, False))
    return dict(enumerate((needing, others)))


VOCABULARY: Final = Vocabulary("sortie", DEFINITIONS, _choices, _groups)
