"""What ArduPilot's SITL is started with."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from sitl.ardupilot.launcher import _defaults


@pytest.mark.parametrize("given", [1048574.0, 16777215.0, -35.363261, 0.1, 1e-9, 1.0])
def test_a_parameter_has_the_value_that_was_given(tmp_path: Path, given: float) -> None:
    """As ArduPilot keeps it, in 32 bits: a mask of more than six digits, a latitude."""
    files = _defaults(["copter.parm"], tmp_path, {"ARMING_CHECK": given})
    assert files == f"copter.parm,{tmp_path / 'defaults.parm'}"
    name, value = (tmp_path / "defaults.parm").read_text().split()
    assert name == "ARMING_CHECK" and struct.pack("<f", float(value)) == struct.pack("<f", given)
