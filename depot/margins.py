"""Margins that both sides watch (seed 000, 4.4): propellant and power for the return, and heat.

The skimmer applies them to its sensors, the depot to the statuses; the field names are the same. The need of the return
is computed from the remaining way (`fuel_need_kg`, `power_need_wh`).
"""

from __future__ import annotations

from typing import Any, Protocol

from depot.messages import MissionPlan

HOT = 0.97
"""Share of HOT_SPINE's hard maximum from which the spine counts as near it."""


class Margins(Protocol):
    """Fields that a `SkimmerReading` and a `Status` have in common, for the return margins."""

    fuel_kg: float
    fuel_need_kg: float
    power_wh: float
    power_need_wh: float
    spine_k: float


def fuel_margin(margins: Margins, plan: MissionPlan, share: float = 1.0) -> bool:
    """True while there is propellant for the return and for `share` of the plan's reserve."""
    return margins.fuel_kg >= margins.fuel_need_kg * (1.0 + share * plan.fuel_reserve)


def power_margin(margins: Margins, plan: MissionPlan, share: float = 1.0) -> bool:
    """True while BATT_A and BATT_B hold the energy of the return and `share` of the reserve."""
    return margins.power_wh >= margins.power_need_wh * (1.0 + share * plan.power_reserve)


def thermal_margin(margins: Margins, plan: MissionPlan) -> bool:
    """True while HOT_SPINE is below `HOT` of its maximum."""
    return margins.spine_k <= HOT * plan.limits.spine_max_k


def margin_near(margins: Margins, plan: MissionPlan, share: float = 1.0) -> str | None:
    """Name of the margin that is near its limit; None: all are acceptable."""
    if not fuel_margin(margins, plan, share):
        return "fuel_margin_near"
    if not power_margin(margins, plan, share):
        return "power_margin_near"
    return None if thermal_margin(margins, plan) else "thermal_limit_near"


def margin_facts(margins: Margins) -> dict[str, Any]:
    """Quantities behind the margins, for the decision log."""
    return {
        "fuel_kg": margins.fuel_kg,
        "fuel_need_kg": margins.fuel_need_kg,
        "power_wh": margins.power_wh,
        "power_need_wh": margins.power_need_wh,
        "spine_k": margins.spine_k,
    }
