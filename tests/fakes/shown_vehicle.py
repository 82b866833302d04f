"""A vehicle node, as far as the live line reads it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from autopilot.interface import report

FACTS = {
    "mode": "ALT_HOLD", "item": 112, "items": 5000, "distance_m": 12345.6, "height_m": 101.2,
    "speed_mps": 12.3, "battery_percent": 100.0,
}  # fmt: skip


def standing(time_ms: int, phase: str, facts: dict[str, Any]) -> Any:
    """A service with these facts at this vehicle time."""
    row = np.zeros(report.SIZE)
    row[report.BATT_FRACTION], row[report.ALT] = facts["battery_percent"] / 100.0, facts["height_m"]
    row[report.WP_DISTANCE], row[report.GROUND_SPEED] = facts["distance_m"], facts["speed_mps"]
    autopilot = SimpleNamespace(
        flights=SimpleNamespace(state=SimpleNamespace(name=phase.upper())),
        facts=SimpleNamespace(home=SimpleNamespace(alt=0.0), armed=True),
        modes=SimpleNamespace(spec=SimpleNamespace(name=facts["mode"])),
        sequencer=SimpleNamespace(current_nav_index=lambda: facts["item"]),
    )
    vehicle = SimpleNamespace(state=SimpleNamespace(time_ms=time_ms, report=row))
    return SimpleNamespace(vehicle=vehicle, autopilot=autopilot, item_count=facts["items"])
