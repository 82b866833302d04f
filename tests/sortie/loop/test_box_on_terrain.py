"""The copter of `drone-box` stands on terrain where it is given some."""

from __future__ import annotations

from pathlib import Path

import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint
from depot.world.state import new_state
from sortie.loop.box import SimulatedBox
from sortie.loop.profile import load_profile
from tests.fakes.terrain import map_of, ramp, write_geotiff


def test_its_dock_is_at_the_height_of_the_ground(tmp_path: Path) -> None:
    """Whatever height the profile has; the autopilot knows the same ground."""
    profile, _ = load_profile("drone-box")
    dock = GeoPoint(*profile.box.home)
    file = write_geotiff(tmp_path / "ground.tif", map_of(ramp(0.05, dock, 321.0), dock))
    box = SimulatedBox(profile, 1, new_state(profile, 1), fresh=True, terrain=file)
    box.service.advance(2000)
    assert box.service.vehicle.state.report[R.TRUE_ALT] == pytest.approx(321.0, abs=0.1)
    assert box.service.autopilot.facts.terrain.height_at(dock.lat, dock.lon) == pytest.approx(321.0, abs=0.1)
