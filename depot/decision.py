"""A decision and the facts on which it was taken. It is recorded before it is acted on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct


class Decision(Struct, frozen=True):
    """`time_ms` since the loop began; `party` "depot" or "skimmer"; `name` is the action or trigger in the reference's
    words, `reason` one sentence for people."""

    time_ms: int
    sortie: int
    phase: int
    party: str
    name: str
    reason: str
    facts: dict[str, Any]


Recorder = Callable[[Decision], None]
