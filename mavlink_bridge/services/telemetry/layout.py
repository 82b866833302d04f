"""Streamed messages: source of each field's value, and all of it as flat tables in wire order for the encoders.

They are rows of `streams.json`. Field order, types, lengths and CRC_EXTRA come from the messages' definitions; an
unknown source, field or message is an error at import. The order of streams is the order of sending at the same
instant: HEARTBEAT first, then MISSION_CURRENT (docs/reference/ground-stations.md, 3.2: QGroundControl interprets a
mission index by the mode that it already knows).

A field without a row is 0. NaN becomes `missing` (floats stay nan). Integers are rounded to the nearest and clamped to
the type.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import nan, pi
from pathlib import Path
from struct import Struct
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from autopilot.interface import report
from autopilot.interface.layout import GRAVITY
from autopilot.interface.records import dataclass
from mavlink_bridge.services.telemetry import sources
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.definitions import MessageDefinition


@dataclass(frozen=True, slots=True)
class Value:
    """Value `source * scale + offset`; `missing` for an integer whose source is NaN."""

    source: int
    scale: float = 1.0
    offset: float = 0.0
    missing: float = 0.0


@dataclass(frozen=True, slots=True)
class Stream:
    """Streamed message, sent only while the source value `ready` is not 0."""

    name: str
    fields: dict[str, Value | Sequence[Value]]
    ready: int = sources.ONE


def constant(value: float) -> Value:
    return Value(sources.ZERO, 0.0, value)


_ROWS: Final = json.loads(Path(__file__).with_name("streams.json").read_text(encoding="utf-8"))["rows"]
_FACTORS: Final = {"degrees": 180.0 / pi, "e7": 1e7, "milli": 1e3, "centi": 1e2, "milli_g": 1e3 / GRAVITY}


def _source(name: str) -> int:
    return int(getattr(sources if hasattr(sources, name) else report, name))


def _value(entry: Any, behind: int = 0) -> Value:
    """Value of a field in its row; `behind`: index in an array field."""
    if entry is None or isinstance(entry, int | float):
        return constant(nan if entry is None else entry)
    name, factor, missing, offset = (entry, 1.0, 0.0, 0.0) if isinstance(entry, str) else (*entry, 0.0, 0.0)[:4]
    return Value(_source(name) + behind, _FACTORS[factor] if isinstance(factor, str) else factor, offset, missing)


def _read(row: dict[str, Any]) -> Stream:
    fields: dict[str, Value | Sequence[Value]] = {}
    for names, entry in row["fields"].items():
        if isinstance(entry, dict):
            fields[names] = [_value(element) for element in entry["each"]]
        else:
            fields |= {name: _value(entry, behind) for behind, name in enumerate(names.split())}
    return Stream(row["message"], fields, _source(row.get("ready", "ONE")))


STREAMS: Final = tuple(map(_read, _ROWS))
"""Streams in the order of sending."""

_TYPES: Final[dict[str, tuple[str, int, float, float]]] = {
    # MAVLink type: struct code, bytes, least, greatest (64 bits: exact range of a double)
    "uint8_t": ("B", 1, 0.0, 255.0),
    "int8_t": ("b", 1, -128.0, 127.0),
    "uint16_t": ("H", 2, 0.0, 65535.0),
    "int16_t": ("h", 2, -32768.0, 32767.0),
    "uint32_t": ("I", 4, 0.0, 4294967295.0),
    "int32_t": ("i", 4, -2147483648.0, 2147483647.0),
    "uint64_t": ("Q", 8, 0.0, 9007199254740992.0),
    "float": ("f", 4, -3.4028234663852886e38, 3.4028234663852886e38),
}


@dataclass(frozen=True, slots=True)
class Element:
    value: Value
    code: str
    size: int
    least: float
    greatest: float

    @property
    def is_float(self) -> bool:
        return self.code == "f"


@dataclass(frozen=True, slots=True)
class StreamLayout:
    """Layout of a stream's message; its index in the tables is its number among the streams."""

    name: str
    msg_id: int
    crc_extra: int
    ready: int
    elements: tuple[Element, ...]
    packer: Struct


@dataclass(frozen=True, slots=True)
class Tables:
    """All streams as arrays. `header[i]`: message id, CRC_EXTRA, ready source, first element, end of the elements.
    `kind[e]`: source, bytes, 1 for a float. `number[e]`: scale, offset, missing, least, greatest."""

    header: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    number: npt.NDArray[np.float64]
    capacity: int


def _definition(name: str) -> MessageDefinition:
    msg_id = codec.message_id(name)
    if msg_id is None:
        raise ValueError(f"{name} is no message of the dialect")
    return codec.definition(msg_id)


def _elements(stream: Stream, message: MessageDefinition) -> tuple[Element, ...]:
    unknown = set(stream.fields) - {field.name for field in message.fields}
    if unknown:
        raise ValueError(f"{stream.name} has no field {', '.join(sorted(unknown))}")
    elements: list[Element] = []
    for field in message.wire:
        entry, length = stream.fields.get(field.name, constant(0.0)), field.count or 1
        values: Sequence[Value] = [entry] * length if isinstance(entry, Value) else entry
        if len(values) != length:
            raise ValueError(f"{stream.name}.{field.name} has {length} elements, not {len(values)}")
        elements.extend(Element(value, *_TYPES[field.type]) for value in values)
    return tuple(elements)


def layout_of(stream: Stream) -> StreamLayout:
    """Layout of a stream. ValueError for a field that the message does not have, or an array of another length."""
    kind = _definition(stream.name)
    elements = _elements(stream, kind)
    packer = Struct("<" + "".join(element.code for element in elements))
    return StreamLayout(stream.name, kind.msg_id, kind.crc_extra, stream.ready, elements, packer)


def _tables(layouts: Sequence[StreamLayout]) -> Tables:
    header: list[tuple[int, ...]] = []
    kind: list[tuple[int, ...]] = []
    number: list[tuple[float, ...]] = []
    for layout in layouts:
        header.append((layout.msg_id, layout.crc_extra, layout.ready, len(kind), len(kind) + len(layout.elements)))
        for e in layout.elements:
            kind.append((e.value.source, e.size, int(e.is_float)))
            number.append((e.value.scale, e.value.offset, e.value.missing, e.least, e.greatest))
    capacity = sum(layout.packer.size + 12 for layout in layouts)
    return Tables(np.array(header, np.int64), np.array(kind, np.int64), np.array(number, np.float64), capacity)


LAYOUTS: Final[tuple[StreamLayout, ...]] = tuple(layout_of(stream) for stream in STREAMS)
"""Layouts of the streams, in the order of `STREAMS`."""
TABLES: Final[Tables] = _tables(LAYOUTS)
NUMBER_OF: Final[dict[int, int]] = {layout.msg_id: i for i, layout in enumerate(LAYOUTS)}
"""Stream number by message id."""
NUMBER_OF_NAME: Final[dict[str, int]] = {layout.name: i for i, layout in enumerate(LAYOUTS)}
