"""JSON of mavlink2rest, for its users: BlueOS, Cockpit, and scripts with curl (https://github.com/mavlink/mavlink2rest,
README and `src/endpoints.rs`; messages have rust-mavlink's form).

A message is `{"header": {system_id, component_id, sequence}, "message": {"type": NAME, field: value, ..}}`. The field
`type` is called `mavtype`; an enumeration is `{"type": its name}`, a bit mask `{"bits": number}`, text a list of
characters padded with NULs, NaN null. Received messages form a tree, `vehicles/1/components/1/messages/ATTITUDE`, each
with a `status` of times and counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from math import isfinite, nan
from typing import Any, Final

from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import MavlinkFrame
from sortie.config.errors import nearest
from sortie.config.version import VERSION
from sortie.web.traffic import MessageStatistics, Traffic

_RENAMED: Final = {"type": "mavtype"}
Json = dict[str, Any]


class NotAMessageError(ValueError):
    """JSON that is not a message; the text has the reason."""


# --- a message to JSON ------------------------------------------------------------------------------------------------
def message_json(message: Message) -> Json:
    document: Json = {"type": message.get_type()}
    kind = type(message)
    counts = dict(zip(kind.ordered_fieldnames, kind.array_lengths, strict=True))
    for name, ctype in zip(kind.fieldnames, kind.fieldtypes, strict=True):
        document[_RENAMED.get(name, name)] = _value(kind, name, getattr(message, name), counts[name], ctype)
    return document


def _value(kind: Any, name: str, value: Any, count: int, ctype: str) -> Any:
    if ctype == "char":
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        return list(text.ljust(max(count, 1), "\0"))
    if count:
        return [_number(part) for part in value]
    enumeration = kind.fieldenums_by_name.get(name)
    if enumeration is None:
        return _number(value)
    if kind.fielddisplays_by_name.get(name) == "bitmask":
        return {"bits": value}
    entry = dialect.enums[enumeration].get(value)
    return {"type": str(value) if entry is None else entry.name}


def _number(value: float) -> float | None:
    return value if isfinite(value) else None


def frame_json(frame: MavlinkFrame) -> Json:
    header = {"system_id": frame.system, "component_id": frame.component, "sequence": frame.sequence}
    return {"header": header, "message": message_json(codec.decode(frame.msg_id, frame.payload))}


# --- JSON to a message ------------------------------------------------------------------------------------------------
def read_message(data: object) -> tuple[int, int, Message]:
    """Parse (system, component, message). NotAMessageError, also for an unknown field where a known one is missing: it
    would be 0. A message of a newer dialect may have more fields."""
    if not isinstance(data, Mapping) or not isinstance(data.get("message"), Mapping):
        raise NotAMessageError("expected an object with header and message")
    header, fields = data.get("header", {}), data["message"]
    msg_id = codec.message_id(str(fields.get("type")))
    if msg_id is None:
        raise NotAMessageError(f"{fields.get('type')}: no message of the dialect")
    ids = [header.get(name) if isinstance(header, Mapping) else None for name in ("system_id", "component_id")]
    if not all(type(number) is int and 0 <= number <= 255 for number in ids):
        raise NotAMessageError("header: expected system_id and component_id, 0 to 255")
    kind = dialect.mavlink_map[msg_id]
    counts = dict(zip(kind.ordered_fieldnames, kind.array_lengths, strict=True))
    known = {_RENAMED.get(name, name) for name in kind.fieldnames}
    if (odd := [name for name in fields if name not in known | {"type"}]) and not known <= fields.keys():
        raise NotAMessageError(f"{odd[0]}: no field of {fields['type']}{nearest(odd[0], known)}")
    values = []
    for name, ctype in zip(kind.fieldnames, kind.fieldtypes, strict=True):
        given = fields.get(_RENAMED.get(name, name), 0)  # a missing one is 0, like a missing extension
        try:
            values.append(_read(kind, name, given, counts[name], ctype))
        except (TypeError, ValueError, OverflowError, KeyError, AttributeError) as error:
            raise NotAMessageError(f"{name}: {given!r} is no {ctype}") from error
    message = kind(*values)
    try:
        codec.payload(message)
    except ValueError as error:
        raise NotAMessageError(str(error)) from error
    return int(ids[0] or 0), int(ids[1] or 0), message


def _read(kind: Any, name: str, given: Any, count: int, ctype: str) -> Any:
    if ctype == "char":
        text = given if isinstance(given, str) else "".join(given or ())
        data = text.rstrip("\0").encode("utf-8")
        if len(data) > max(count, 1):
            raise ValueError(f"longer than {count} bytes")
        return data
    convert: Callable[[Any], float] = _real if ctype in ("float", "double") else _whole
    if count:
        numbers = [convert(figure) for figure in given or ()]
        if len(numbers) > count:
            raise ValueError(f"more than {count} numbers")
        return numbers + [0] * (count - len(numbers))
    if isinstance(given, Mapping) and "bits" in given:
        return _whole(given["bits"])
    if isinstance(given, Mapping):
        given = given["type"]
    return _named(kind.fieldenums_by_name[name], given) if isinstance(given, str) else convert(given)


def _real(given: Any) -> float:
    """Return a number; null is NaN, as in what was heard."""
    return nan if given is None else float(given)


def _whole(given: Any) -> int:
    """Return a whole number. ValueError for one with a fraction, which would be cut off."""
    if isinstance(given, float) and not given.is_integer():
        raise ValueError("not a whole number")
    return int(given)


def _named(enumeration: str, names: str) -> int:
    """Return the number of a name, of names joined by `|`, or of digits."""
    known = _numbers(enumeration)
    total = 0
    for word in filter(None, (part.strip() for part in names.split("|"))):
        total |= known[word] if word in known else int(word)
    return total


@cache
def _numbers(enumeration: str) -> dict[str, int]:
    return {entry.name: number for number, entry in dialect.enums[enumeration].items()}


# --- what was heard ---------------------------------------------------------------------------------------------------
def heard_json(traffic: Traffic, path: str, wall_s: Callable[[int], float]) -> object:
    """Return the JSON at a path of the tree; KeyError without one. `wall_s`: converts link time to time of day."""
    parts = [part for part in path.split("/") if part]
    systems = sorted({system for system, _ in traffic.senders})
    tree: Any = {"vehicles": {str(system): None for system in systems}}
    if len(parts) >= 2 and parts[0] == "vehicles":
        if parts[1] not in tree["vehicles"]:
            raise KeyError(path)
        systems = [int(parts[1])]
    for system in systems:
        tree["vehicles"][str(system)] = _vehicle_json(traffic, system, wall_s)
    for part in parts:
        tree = _entry(tree, part)
    return tree


def _entry(tree: Any, part: str) -> Any:
    """Return an entry of an object or list. KeyError for anything else."""
    if isinstance(tree, dict):
        return tree[part]
    if isinstance(tree, list) and part.isdecimal() and part.isascii() and int(part) < len(tree):
        return tree[int(part)]
    raise KeyError(part)


def _vehicle_json(traffic: Traffic, system: int, wall_s: Callable[[int], float]) -> Json:
    components = {
        str(sender.component): {
            "id": sender.component,
            "messages": {
                row.message.get_type(): {"message": message_json(row.message), "status": _status(row, wall_s)}
                for row in sender.rows.values()
                if row.message is not None
            },
        }
        for (owner, _), sender in sorted(traffic.senders.items())
        if owner == system
    }
    return {"id": system, "components": components}


def _status(row: MessageStatistics, wall_s: Callable[[int], float]) -> Json:
    first, last = (datetime.fromtimestamp(wall_s(at_ms), UTC).isoformat() for at_ms in (row.first_ms, row.last_ms))
    return {"time": {"counter": row.count, "first_update": first, "frequency": row.rate_hz, "last_update": last}}


def example_json(name: str) -> Json:
    """Return an example of a message. NotAMessageError for an unknown name."""
    msg_id = codec.message_id(name)
    if msg_id is None:
        raise NotAMessageError("Invalid message name.")
    message = message_json(codec.decode(msg_id, b""))
    kind = dialect.mavlink_map[msg_id]
    for field, enumeration in kind.fieldenums_by_name.items():
        shown = _RENAMED.get(field, field)
        if isinstance(message.get(shown), dict) and "type" in message[shown]:
            message[shown] = {"type": next(iter(dialect.enums[enumeration].values())).name}
    return {"header": {"system_id": 255, "component_id": 0, "sequence": 0}, "message": message}


def info_json() -> Json:
    """Return the name and version of this program."""
    return {
        "version": 0,
        "service": {"name": "sortie", "version": VERSION, "sha": "sortie", "build_date": "", "authors": "Sortie"},
    }


class Filter:
    """Filter of messages for a WebSocket: a regular expression that is searched in their names, as in mavlink2rest.
    ValueError for an invalid one."""

    def __init__(self, pattern: str) -> None:
        try:
            self._pattern = re.compile(pattern)
        except re.error as error:
            raise ValueError(f"filter: {error}") from error
        self._passes: dict[int, bool] = {}

    def wants(self, msg_id: int) -> bool:
        """Check a kind of message; the result is kept."""
        found = self._passes.get(msg_id)
        if found is None:
            name = codec.message_name(msg_id)
            found = self._passes[msg_id] = name is not None and self._pattern.search(name) is not None
        return found
