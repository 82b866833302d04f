"""Return margins and heat: which of them is near (seed 000, 4.3, 4.4)."""

from __future__ import annotations

from typing import Any

import pytest

from depot.decisions.planning import Derating, make_plan
from depot.margins import margin_near
from depot.messages import Status
from depot.readings import DepotReading
from tests.fakes.loop_run import PROFILE

PLAN = make_plan(PROFILE, 1, Derating(), DepotReading())
FUEL_KG, POWER_WH = 100.0 * (1.0 + PLAN.fuel_reserve), 100.0 * (1.0 + PLAN.power_reserve)
ENOUGH: dict[str, Any] = {
    "fuel_kg": FUEL_KG, "fuel_need_kg": 100.0, "power_wh": POWER_WH, "power_need_wh": 100.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, None),
        ({"fuel_kg": FUEL_KG - 0.1}, "fuel_margin_near"),
        ({"power_wh": POWER_WH - 0.1}, "power_margin_near"),
        ({"spine_k": 0.97 * PLAN.limits.spine_max_k}, None),
        ({"spine_k": 0.97 * PLAN.limits.spine_max_k + 0.1}, "thermal_limit_near"),
        ({"fuel_kg": 0.0, "power_wh": 0.0}, "fuel_margin_near"),
    ],
)
def test_each_margin_is_named_where_it_is_near(changed: dict[str, Any], name: str | None) -> None:
    """The need of the return with its reserve, and 97 % of the spine's maximum; propellant is looked at first."""
    assert margin_near(Status(**(ENOUGH | changed)), PLAN) == name
