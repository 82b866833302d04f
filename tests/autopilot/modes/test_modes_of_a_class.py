"""Which modes a vehicle has follows from its class alone."""

from __future__ import annotations

import pytest

from autopilot.modes.build import MAKERS
from autopilot.vehicles.kinds import KINDS
from autopilot.vehicles.mode_table import ModeKind
from autopilot.vehicles.vehicle_class import VehicleClass
from tests.fakes.core_bench import Bench


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_mode_of_a_class_is_made_as_it_says(kind: VehicleClass) -> None:
    """Those that it lists and no other; each says how it is flown."""
    choice = Bench(kind.name).core.modes
    assert {spec.number for spec in choice.available()} == set(kind.modes.specs)
    assert all(spec.flown is not None for spec in kind.modes.specs.values())


def test_each_way_of_flying_has_a_maker_and_is_some_vehicles() -> None:
    assert set(MAKERS) == set(ModeKind)
    assert {spec.flown for kind in KINDS.values() for spec in kind.modes.specs.values()} == set(ModeKind)
