"""Definitions of events in libevents' form (https://mavlink.io/en/services/events.html).

The wire carries numbers with arguments and a file has the texts; one row defines both. An event's id is the component
(8 bits, the autopilot) and a number (24 bits) that is never reused. Texts are English and German; `{1}` stands for the
first argument.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from struct import Struct
from typing import Any, Final, Protocol, TypedDict

from autopilot.context.events import Event
from autopilot.interface.reasons import ArmingReason
from autopilot.interface.records import dataclass, field
from autopilot.mav import Component
from mavlink_bridge.services.german import german

ARGUMENT_BYTES: Final = 40
_CODES: Final = {"uint8_t": "B", "uint16_t": "H", "uint32_t": "I", "float": "f"}


class EventLevel(IntEnum):
    """Log level of libevents: as in syslog, and PROTOCOL for events that are not shown."""

    EMERGENCY = 0
    CRITICAL = 2
    WARNING = 4
    INFO = 6
    PROTOCOL = 8

    @property
    def both(self) -> int:
        """EVENT.log_levels: internal level (4 high bits) and external level."""
        return self << 4 | self


@dataclass(frozen=True, slots=True)
class Text:
    """Text in English and German."""

    en: str
    de: str


@dataclass(frozen=True, slots=True)
class ArgumentKind:
    """Type of an argument: a base type, or an enumeration (its `name` ends in _t too) over a base type."""

    name: str
    base: str


Argument = tuple[str, ArgumentKind]


@dataclass(frozen=True, slots=True)
class EventType:
    """Definition of an event. `arguments`: name and type. `kind`: type of the event, "": none."""

    number: int
    name: str
    text: Text
    arguments: tuple[Argument, ...] = ()
    group: str = "default"
    kind: str = ""
    level: EventLevel = EventLevel.INFO

    @property
    def id(self) -> int:
        return Component.AUTOPILOT1 << 24 | self.number

    def pack(self, *values: float) -> bytes:
        """EVENT.arguments, without padding. ValueError for a wrong number of values."""
        if len(values) != len(self.arguments):
            raise ValueError(f"event {self.name} has {len(self.arguments)} arguments")
        codes = [_CODES[kind.base] for _, kind in self.arguments]
        numbers = [value if code == "f" else int(value) for code, value in zip(codes, values, strict=True)]
        return Struct("<" + "".join(codes)).pack(*numbers)


Emitted = tuple[EventType, tuple[float, ...]]
"""Event to send, and its arguments."""


@dataclass(frozen=True, slots=True)
class ShownMode:
    """Flight mode for stations: custom_mode and name. `position`: the mode needs a position."""

    number: int
    name: str
    position: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """Enumeration: texts by number. `german`: German texts. `names`: the texts are names, equal in all languages."""

    kind: ArgumentKind
    words: Mapping[int, str]
    german: Mapping[int, str] = field(default_factory=dict)
    bits: bool = False
    names: bool = False

    def entries(self) -> dict[str, Any]:
        entries = {str(number): {"name": _word(word), "description": word} for number, word in self.words.items()}
        return {"type": self.kind.base, "entries": entries} | ({"is_bitfield": True} if self.bits else {})


def _word(text: str) -> str:
    """Name as the schema requires: lower-case letters, digits and underscores, beginning with a letter."""
    name = "".join(letter if letter.isalnum() else "_" for letter in text.lower())
    return name if name[:1].isalpha() else f"m_{name}"


_ENTRIES: Final = {"entries": {"items": {"*": {"translate": ["description"]}}}}
_EVENTS: Final = {"events": {"items": {"*": {"translate": ["message", "description"]}}}}
TRANSLATION: Final[dict[str, Any]] = {"items": {"components": {"items": {"*": {"items": {
    "enums": {"items": {"*": {"items": _ENTRIES}}}, "event_groups": {"items": {"*": {"items": _EVENTS}}},
}}}}}}  # fmt: skip
"""Translated strings of the file, as libevents' schema defines them."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Events of a firmware, and their file (COMP_METADATA_TYPE_EVENTS). `choices`: enumerations for the vehicle's
    modes. `groups`: custom_modes that checks forbid together, by bit number."""

    namespace: str
    definitions: tuple[EventType, ...]
    choices: Callable[[Sequence[ShownMode]], Sequence[Choices]]
    groups: Callable[[Sequence[ShownMode]], Mapping[int, Sequence[int]]]

    def document(self, modes: Sequence[ShownMode]) -> dict[str, Any]:
        """Contents of the file as plain values."""
        groups: dict[str, Any] = {}
        for definition in self.definitions:
            entry: dict[str, Any] = {"name": definition.name, "message": definition.text.en}
            if definition.kind:
                entry["type"] = definition.kind
            if definition.arguments:
                entry["arguments"] = [{"name": name, "type": kind.name} for name, kind in definition.arguments]
            groups.setdefault(definition.group, {"events": {}})["events"][str(definition.number)] = entry
        component = {
            "namespace": self.namespace,
            "enums": {choices.kind.name: choices.entries() for choices in self.choices(modes)},
            "event_groups": groups,
            "supported_protocols": ["health_and_arming_check"],
            "navigation_mode_groups": {
                "groups": {str(bit): list(numbers) for bit, numbers in self.groups(modes).items()}
            },
        }
        return {"version": 2, "translation": TRANSLATION, "components": {str(int(Component.AUTOPILOT1)): component}}

    def german(self, modes: Sequence[ShownMode]) -> dict[str, str]:
        """German texts by their JSON path in the file, as stations look them up."""
        component = f"/components/{int(Component.AUTOPILOT1)}"
        texts = {
            f"{component}/event_groups/{definition.group}/events/{definition.number}/message": definition.text.de
            for definition in self.definitions
        }
        for choices in self.choices(modes):
            for number, word in choices.words.items():
                translated = word if choices.names else choices.german.get(number) or german(word)
                if translated is not None:
                    texts[f"{component}/enums/{choices.kind.name}/entries/{number}/description"] = translated
        return texts


class EventRow(TypedDict, total=False):
    """Event in a file. `arguments`: type by name. `level`: name of an `EventLevel`."""

    number: int
    name: str
    en: str
    de: str
    arguments: Mapping[str, str]
    group: str
    kind: str
    level: str


class EventFile:
    """Events of a file by name, and its enumerations: base type, `bits` or `names`, and texts in English, or English
    and German (`words`)."""

    def __init__(self, path: Path) -> None:
        read = json.loads(path.read_text(encoding="utf-8"))
        self._enums = read["enums"]
        self._kinds = {name: ArgumentKind(name, name) for name in _CODES}
        self._kinds |= {name: ArgumentKind(name, enum["base"]) for name, enum in self._enums.items()}
        self.events: Final[Mapping[str, EventType]] = {row["name"]: self._event(row) for row in read["events"]}

    def _event(self, row: EventRow) -> EventType:
        return EventType(
            row["number"],
            row["name"],
            Text(row["en"], row["de"]),
            tuple((name, self._kinds[kind]) for name, kind in row.get("arguments", {}).items()),
            row.get("group", "default"),
            row.get("kind", ""),
            EventLevel[row.get("level", "INFO")],
        )

    def choices(self, words: Mapping[str, Mapping[int, str]]) -> list[Choices]:
        """Enumerations, with `words` for those that the file leaves to the vehicle."""
        return [self._choices(self._kinds[name], enum, words.get(name)) for name, enum in self._enums.items()]

    def _choices(self, kind: ArgumentKind, enum: Any, words: Mapping[int, str] | None) -> Choices:
        texts = {int(number): texts for number, texts in enum.get("words", {}).items()}
        german = {number: texts[1] for number, texts in texts.items() if len(texts) > 1}
        known = {number: texts[0] for number, texts in texts.items()} if words is None else words
        return Choices(kind, known, german, enum.get("bits", False), enum.get("names", False))


class WatchedVehicle(Protocol):
    """Port: the vehicle, queried while somebody listens."""

    def mode(self) -> int:
        """custom_mode as shown to stations."""

    def reasons(self) -> Sequence[ArmingReason]:
        """Reasons against arming that the last check found; while armed there is none."""

    def sensors(self) -> tuple[int, int]:
        """MAV_SYS_STATUS_SENSOR bits: present, healthy."""

    def links(self) -> Sequence[int]:
        """Open links."""


class Book(Protocol):
    """Port: events and texts of a firmware."""

    @property
    def vocabulary(self) -> Vocabulary: ...
    def translate(self, event: Event, watched: WatchedVehicle) -> Emitted | None:
        """Event to send for an event of the core; None: none."""

    def standing(self, reasons: Sequence[ArmingReason], present: int, healthy: int) -> tuple[Emitted, ...]:
        """Events of the present arming checks and health, in order. `reasons`: reasons against arming. `present`,
        `healthy`: MAV_SYS_STATUS_SENSOR bits."""
