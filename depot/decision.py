"""A decision and the facts on which it was taken. It is recorded before it is acted on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct


class Decision(Struct, frozen=True):
    """Record of one decision. `time_ms`: ms since the loop began. `party`: "depot" or "skimmer". `name`: action or
    trigger (docs/reference/sortie-loop.md, "Names of triggers"). `reason`: one sentence for people. `facts`: the values
    that led to the decision."""

    time_ms: int
    sortie: int
    phase: int
    party: str
    name: str
    reason: str
    facts: dict[str, Any]


Recorder = Callable[[Decision], None]
