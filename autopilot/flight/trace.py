"""The message trace of a flight: one line of JSON for each message, in the order of sending.

The same seed gives the same trace byte for byte. This module writes no file: a sink takes entries.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from autopilot.flight.messages import Message
from autopilot.interface.records import dataclass


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """A message and the vehicle time (ms) at which it was sent."""

    now_ms: int
    message: Message


TraceSink = Callable[[TraceEntry], None]


def write_line(entry: TraceEntry) -> str:
    """The entry as a line of JSON, without the newline."""
    message = entry.message
    fields = {
        "t_ms": entry.now_ms,
        "from": message.sender,
        "to": message.to,
        "kind": message.kind.value,
        "subject": message.subject,
        "tag": message.tag,
        "payload": message.payload,
    }
    return json.dumps(fields, separators=(",", ":"))
