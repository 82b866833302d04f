"""Wings spoken to as a PX4, beside recordings of a real PX4 that flew the same bodies. `python -m scripts.px4_wings`
writes them (tests/data/px4-wings-world.json)."""

from __future__ import annotations

import pytest

from scripts.px4_wings import MISSIONS, Px4Mission, apart, fly_ours, kept, measured
from scripts.wing_measures import unexplained
from scripts.wing_reasons import BESIDE_PX4

RECORDED = kept()
EACH_TIME = {"square", "return", "v-square", "v-return"}


def test_each_mission_was_flown_by_the_real_one() -> None:
    assert [mission.name for mission in MISSIONS] == list(RECORDED)
    assert [sum(one.kind == kind for one in MISSIONS) for kind in ("plane", "quadplane")] == [5, 5]


@pytest.mark.parametrize(
    "mission",
    [pytest.param(one, id=one.name, marks=() if one.name in EACH_TIME else (pytest.mark.long,)) for one in MISSIONS],
)
def test_it_decides_as_the_real_one(mission: Px4Mission) -> None:
    """Modes, VTOL and landed states and items in their order; ways beyond their limit have a reason on the page."""
    ours, theirs = fly_ours(mission), RECORDED[mission.name]
    assert apart(ours, theirs) == []
    assert unexplained(mission.name, measured(mission, ours, theirs), BESIDE_PX4) == []


def test_a_vtols_legs_are_as_the_real_ones() -> None:
    """The lines between places."""
    mission = next(one for one in MISSIONS if one.name == "v-square")
    ways = measured(mission, fly_ours(mission), RECORDED[mission.name])
    assert ways[0].name == "track on legs, m" and ways[0].value < 12.0
