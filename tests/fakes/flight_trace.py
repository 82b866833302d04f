"""Reads the message trace of a flight."""

from __future__ import annotations

import json
from typing import Any

from autopilot.flight.messages import Message, MessageKind, Payload, TraceEntry


def read_line(line: str) -> TraceEntry:
    """The entry of a line. ValueError if the line is not an entry."""
    try:
        f = json.loads(line)
        message = Message(f["from"], f["to"], MessageKind(f["kind"]), f["subject"], f["tag"], _payload(f["payload"]))
        return TraceEntry(f["t_ms"], message)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a line of a message trace: {line!r}") from error


def _payload(value: Any) -> Payload:
    return tuple(_payload(part) for part in value) if isinstance(value, list) else value
