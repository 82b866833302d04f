"""Parameters that a file of `--param` marks `@READONLY` are nobody's to change, as of ArduPilot's files of defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.parameters.files import marked_read_only
from sortie import Session
from sortie.config.vehicle_spec import VehicleSpec

HOME = GeoPoint(47.3769, 8.5417, 408.0)


def test_what_is_marked_is_told_by_its_column_alone() -> None:
    text = "DISARM_DELAY 77 @READONLY\nRTL_ALT 1 # @READONLY\nwp_radius,200,@READONLY\n\n# @READONLY\nPLND_TYPE 1 X\n"
    assert marked_read_only(text) == {"DISARM_DELAY", "WP_RADIUS"}


def test_a_marked_parameter_keeps_its_value(tmp_path: Path) -> None:
    file = tmp_path / "defaults.parm"
    file.write_text("DISARM_DELAY 77 @READONLY\nRTL_ALT_FINAL 129\n")
    with Session(VehicleSpec("copter", None, HOME, 0.0, 0, param=(str(file), "RTL_ALT=2000"))) as session:
        with pytest.raises(ValueError, match=r"Param write denied \(DISARM_DELAY\)"):
            session.set_param("DISARM_DELAY", 88)
        parameters = session.autopilot.parameters
        assert not parameters.reset("DISARM_DELAY").accepted
        assert parameters["DISARM_DELAY"] == 77.0
        assert session.set_param("RTL_ALT_FINAL", 101) == 101.0
