"""The sample missions of the demo, for every kind of vehicle."""

from __future__ import annotations

import pytest

from autopilot.interface.geo import GeoPoint, to_local
from autopilot.mav import Cmd
from autopilot.vehicles.kinds import KINDS
from sortie.api.sample import sample

HOME = GeoPoint(47.0, 8.0, 400.0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_place_of_a_sample_is_near_home(kind: str) -> None:
    """That of the takeoff too: with PX4's words, 0/0 was "First waypoint far away from home: 16302883m"."""
    items = sample(KINDS[kind], HOME, 90.0)
    for item in items if items[-1].command != Cmd.NAV_RETURN_TO_LAUNCH else items[:-1]:
        north, east, _ = to_local(HOME, item.x, item.y, HOME.alt)
        assert abs(north) + abs(east) < 1100.0, item
