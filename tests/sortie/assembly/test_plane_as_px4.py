"""A plane is not spoken to as a PX4, and says so before anything is made."""

from __future__ import annotations

import pytest

from autopilot.interface.geo import GeoPoint
from sortie.assembly.vehicle import stand
from sortie.config.errors import UserError
from sortie.config.vehicle_spec import VehicleSpec


def test_a_plane_is_no_px4() -> None:
    with pytest.raises(UserError, match="firmware px4: a plane is spoken to as ardupilot only"):
        stand([VehicleSpec("plane", 1, GeoPoint(47.0, 8.0, 400.0), 0.0, 1, firmware="px4")], print)
