"""The events that a vehicle tells, in libevents' form (https://mavlink.io/en/services/events.html): numbers with
arguments on the wire, words in a file; here is one row for each, from which both are made.

An event's id is the component (8 bits, the autopilot) and its own number (24 bits), which never means another event.
Texts are in English and German. `{1}` in them is the first argument. Arming checks follow libevents' protocol of that
name: a summary, one event for each check that fails, the summary of health.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from struct import Struct
from types import MappingProxyType
from typing import Any, Final

from autopilot.flight.lifecycle import FlightState
from autopilot.mav import Component
from autopilot.reasons import MODE_TEXTS, ArmingMethod, Check
from autopilot.safety.fence_limits import FenceType

NAMESPACE: Final = "sortie"
ARGUMENT_BYTES: Final = 40
_CODES: Final = {"uint8_t": "B", "uint16_t": "H", "uint32_t": "I", "float": "f"}


class Level(IntEnum):
    """libevents' log level: as syslog's, and PROTOCOL for what nobody is shown."""

    CRITICAL = 2
    WARNING = 4
    INFO = 6
    PROTOCOL = 8

    @property
    def both(self) -> int:
        """EVENT.log_levels: inside (4 high bits) and to the outside."""
        return self << 4 | self


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
        """Which bit."""
        return self.bit_length() - 1


class ModeGroup(IntEnum):
    """`navigation_mode_group_t`: groups of flight modes that checks forbid together, as bits."""

    WITH_POSITION = 1
    WITHOUT = 2


@dataclass(frozen=True, slots=True)
class Text:
    """In English and German."""

    en: str
    de: str


@dataclass(frozen=True, slots=True)
class Definition:
    """One event. `arguments`: name and type, a base type or an enumeration of `enums`."""

    number: int
    name: str
    text: Text
    arguments: tuple[tuple[str, str], ...] = ()
    group: str = "default"
    kind: str = ""
    level: Level = Level.INFO

    @property
    def id(self) -> int:
        """On the wire."""
        return Component.AUTOPILOT1 << 24 | self.number

    def pack(self, *values: float) -> bytes:
        """EVENT.arguments, as far as they go. ValueError for too many or too few."""
        if len(values) != len(self.arguments):
            raise ValueError(f"event {self.name} has {len(self.arguments)} arguments")
        kinds = [_CODES[_BASE.get(kind, kind)] for _, kind in self.arguments]
        given = [value if code == "f" else int(value) for code, value in zip(kinds, values, strict=True)]
        return Struct("<" + "".join(kinds)).pack(*given)


_BASE: Final = {
    "arming_method_t": "uint8_t", "mode_t": "uint32_t", "mode_reason_t": "uint8_t", "flight_state_t": "uint8_t",
    "health_component_t": "uint32_t", "navigation_mode_group_t": "uint8_t", "breach_t": "uint8_t",
}  # fmt: skip
_CHECK: Final = (("modes", "navigation_mode_group_t"), ("part", "uint8_t"))
_MEASURED: Final = (*_CHECK, ("value", "float"), ("limit", "float"))


def _check(number: int, name: str, en: str, de: str, *, measured: bool = False) -> Definition:
    return Definition(
        number, name, Text(en, de), _MEASURED if measured else _CHECK, "arming_check", level=Level.CRITICAL
    )


ARMED: Final = Definition(1, "armed", Text("Armed: {1}", "Scharf: {1}"), (("method", "arming_method_t"),))
DISARMED: Final = Definition(2, "disarmed", Text("Disarmed: {1}", "Entschärft: {1}"), (("method", "arming_method_t"),))
MODE: Final = Definition(
    3, "mode_changed", Text("Flight mode {1}: {2}", "Flugmodus {1}: {2}"),
    (("mode", "mode_t"), ("reason", "mode_reason_t")),
)  # fmt: skip
FAILSAFE: Final = Definition(
    4, "failsafe", Text("Failsafe: {2}, flight mode {1}", "Failsafe: {2}, Flugmodus {1}"),
    (("mode", "mode_t"), ("reason", "mode_reason_t")), level=Level.WARNING,
)  # fmt: skip
HOME: Final = Definition(5, "home_changed", Text("Home is another place", "Die Heimat ist ein anderer Ort"))
BREACH: Final = Definition(
    6, "fence_breached", Text("Fence breached: {1}", "Zaun verletzt: {1}"), (("types", "breach_t"),),
    level=Level.WARNING,
)  # fmt: skip
CLEAR: Final = Definition(7, "fence_clear", Text("Within the fence again", "Wieder innerhalb des Zauns"))
REACHED: Final = Definition(
    8, "item_reached", Text("Mission item {1} reached", "Missionspunkt {1} erreicht"), (("item", "uint16_t"),)
)
COMPLETE: Final = Definition(9, "mission_complete", Text("Mission complete", "Mission beendet"))
CLEARED: Final = Definition(10, "mission_cleared", Text("Mission cleared", "Mission gelöscht"))
FLIGHT: Final = Definition(11, "flight_state", Text("Flight: {1}", "Flug: {1}"), (("state", "flight_state_t"),))
PHOTO: Final = Definition(12, "photo", Text("Photo {1}", "Foto {1}"), (("number", "uint32_t"),))
SUMMARY: Final = Definition(
    32, "arming_check_summary", Text("Arming checks", "Prüfungen vor dem Start"),
    (("chunk", "uint8_t"), ("error", "health_component_t"), ("warning", "health_component_t"),
     ("can_arm", "navigation_mode_group_t"), ("can_run", "navigation_mode_group_t")),
    "arming_check", "summary", Level.PROTOCOL,
)  # fmt: skip
HEALTH: Final = Definition(
    33, "health_summary", Text("Health", "Zustand"),
    (("chunk", "uint8_t"), ("present", "health_component_t"), ("error", "health_component_t"),
     ("warning", "health_component_t")),
    "health", "summary", Level.PROTOCOL,
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
CHECKS: Final[Mapping[Check, tuple[Definition, Part]]] = MappingProxyType({
    Check.BARO: (BARO, Part.BARO), Check.COMPASS: (COMPASS, Part.MAG), Check.GPS: (FIX, Part.GPS),
    Check.INS: (GYROS, Part.GYRO), Check.PARAMETERS: (PARAMETERS, Part.SYSTEM), Check.RC: (STICKS, Part.RC),
    Check.BATTERY: (BATTERY, Part.BATTERY), Check.MISSION: (MISSION, Part.SYSTEM),
})  # fmt: skip
"""What is told of a check that fails, unless its reason has an event of its own."""
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
_PARTS_EN: Final[dict[int, str]] = {one: one.name if one is Part.GPS else one.name.lower() for one in Part}


@dataclass(frozen=True, slots=True)
class ShownMode:
    """A flight mode as stations know it: custom_mode and name; `position`: it needs one."""

    number: int
    name: str
    position: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """An enumeration: words by number; `german` where they have others."""

    name: str
    words: Mapping[int, str]
    german: Mapping[int, str] = field(default_factory=dict)
    bits: bool = False


def _plain(words: Mapping[int, str]) -> dict[int, str]:
    return {int(number): word for number, word in words.items()}


def choices(modes: Sequence[ShownMode]) -> list[Choices]:
    """Those that the arguments have, for a vehicle with these modes."""
    return [
        Choices("arming_method_t", {int(one): one.name.lower().replace("_", " ") for one in ArmingMethod}),
        Choices("mode_t", {one.number: one.name for one in modes}),
        Choices("mode_reason_t", {int(one): text for one, text in MODE_TEXTS.items()}),
        Choices("flight_state_t", {int(one): one.name.lower() for one in FlightState}),
        Choices("breach_t", _plain(_BREACHES), _plain(_BREACHES_DE), bits=True),
        Choices("health_component_t", _plain(_PARTS_EN), _plain(_PARTS_DE), bits=True),
        Choices("navigation_mode_group_t", _plain(_MODES), _plain(_MODES_DE), bits=True),
    ]  # fmt: skip


_ENTRIES: Final = {"entries": {"items": {"*": {"translate": ["description"]}}}}
_EVENTS: Final = {"events": {"items": {"*": {"translate": ["message", "description"]}}}}
TRANSLATION: Final[dict[str, Any]] = {"items": {"components": {"items": {"*": {"items": {
    "enums": {"items": {"*": {"items": _ENTRIES}}}, "event_groups": {"items": {"*": {"items": _EVENTS}}},
}}}}}}  # fmt: skip
"""Which strings of the file have translations: what libevents' schema asks for, word by word."""


def document(modes: Sequence[ShownMode]) -> dict[str, Any]:
    """The file of events (COMP_METADATA_TYPE_EVENTS) as plain values."""
    groups: dict[str, Any] = {}
    for one in DEFINITIONS:
        entry: dict[str, Any] = {"name": one.name, "message": one.text.en}
        if one.kind:
            entry["type"] = one.kind
        if one.arguments:
            entry["arguments"] = [{"name": name, "type": kind} for name, kind in one.arguments]
        groups.setdefault(one.group, {"events": {}})["events"][str(one.number)] = entry
    needing, others = ([one.number for one in modes if one.position is want] for want in (True, False))
    component = {
        "namespace": NAMESPACE,
        "enums": {one.name: _enumeration(one) for one in choices(modes)},
        "event_groups": groups,
        "supported_protocols": ["health_and_arming_check"],
        "navigation_mode_groups": {"groups": {"0": needing, "1": others}},
    }
    return {"version": 2, "translation": TRANSLATION, "components": {str(int(Component.AUTOPILOT1)): component}}


def _enumeration(one: Choices) -> dict[str, Any]:
    entries = {str(number): {"name": _word(word), "description": word} for number, word in one.words.items()}
    return {"type": _BASE[one.name], "entries": entries} | ({"is_bitfield": True} if one.bits else {})


def _word(text: str) -> str:
    """A name as the schema has it."""
    kept = "".join(letter if letter.isalnum() else "_" for letter in text.lower())
    return kept if kept[0].isalpha() else f"m_{kept}"


def german(modes: Sequence[ShownMode]) -> dict[str, str]:
    """The translations by their place in the file, as a station looks them up."""
    component = f"/components/{int(Component.AUTOPILOT1)}"
    found = {
        f"{component}/event_groups/{one.group}/events/{one.number}/message": one.text.de for one in DEFINITIONS
    }  # fmt: skip
    for one in choices(modes):
        for number, word in one.german.items():
            found[f"{component}/enums/{one.name}/entries/{number}/description"] = word
    return found
