"""`--param` of a firmware that flies in our world: it has names that Sortie has not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sortie.config.errors import UserError
from sortie.config.parameters import given_parameters


def test_names_of_the_firmware_alone_are_passed_to_it_and_told(tmp_path: Path) -> None:
    file = tmp_path / "theirs.parm"
    file.write_text("AHRS_TRIM_X 3\nRTL_ALT 2000\n")
    values, warnings = given_parameters(["EK3_ALT_M_NSE=1.5", "SIM_WIND_SPD=4", str(file)], "copter", theirs=True)
    assert values == {"EK3_ALT_M_NSE": 1.5, "SIM_WIND_SPD": 4.0, "AHRS_TRIM_X": 3.0, "RTL_ALT": 2000.0}
    assert warnings == ["--param EK3_ALT_M_NSE: passed to the firmware; Sortie does not know this name"]


@pytest.mark.parametrize("entry", ["NAME_OF_MORE_THAN_16=1", "1ST=1", "EK3_ALT_M_NSE=fast"])
def test_what_is_no_parameter_of_anybody_is_refused(entry: str) -> None:
    with pytest.raises(UserError):
        given_parameters([entry], "copter", theirs=True)


def test_a_simulated_vehicle_refuses_them() -> None:
    with pytest.raises(UserError, match="unknown parameter EK3_ALT_M_NSE"):
        given_parameters(["EK3_ALT_M_NSE=1.5"], "copter")
