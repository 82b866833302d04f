"""Parameters of `firmware="px4"` under PX4's names: given, kept, described, set by the command line and put back."""

from __future__ import annotations

import json
from math import inf, nan
from pathlib import Path

import pytest

from autopilot.parameters import ParameterType
from mavlink_bridge.wire.codec import dialect
from sortie import Fleet, Session
from sortie.api.testing.restore import put_back, take
from sortie.commands.cli import run
from sortie.config.errors import UserError
from tests.fakes.served import served


def served_and_meant(session: Session) -> tuple[float, float, float]:
    return session.param("MPC_XY_CRUISE"), session.param("WPNAV_SPEED"), session.param("COM_DISARM_LAND")


def test_parameters_are_given_by_its_names(tmp_path: Path) -> None:
    """In Python, for a fleet, in a fleet file; for one run, above what is stored. The core's names are there still."""
    with Session(firmware="px4", params={"MPC_XY_CRUISE": 7.0, "COM_DISARM_LAND": 4.0}, state_dir=tmp_path) as session:
        assert served_and_meant(session) == (7.0, 700.0, 4.0)
        assert session.set_param("MPC_XY_CRUISE", 9.0) == 9.0
        session.set_param("COM_DISARM_LAND", 6.0)
    with Session(firmware="px4", state_dir=tmp_path) as session:
        assert served_and_meant(session) == (9.0, 900.0, 6.0), "what was set is kept, what was given is not"
    with Session(firmware="px4", params={"WPNAV_SPEED": 400.0}, state_dir=tmp_path) as session:
        assert served_and_meant(session) == (4.0, 400.0, 6.0)
    with Session(firmware="px4", params={"BAT_LOW_THR": 0.5}) as session:
        assert session.param("BATT_LOW_MAH") == 0.5 * session.param("BAT1_CAPACITY")
    file = tmp_path / "fleet.toml"
    file.write_text('[[vehicle]]\nfirmware = "px4"\nparams = { MPC_XY_CRUISE = 6.0 }\n[[vehicle]]\n')
    with Fleet(file=file) as fleet:
        assert fleet[0].param("WPNAV_SPEED") == 600.0
    with Fleet(2, firmware="px4", params={"MPC_XY_CRUISE": 8.0}) as fleet:
        assert [one.param("WPNAV_SPEED") for one in fleet] == [800.0, 800.0]


@pytest.mark.parametrize("name", ["GF_MAX_HOR_DIST", "MPC_XY_CRUISE"])
@pytest.mark.parametrize("value", [nan, inf])
def test_a_value_that_is_no_number_is_refused(tmp_path: Path, name: str, value: float) -> None:
    """Also of a parameter that only a PX4 has: NaN was stored, and the next start said that the state is damaged."""
    with Session(firmware="px4", state_dir=tmp_path) as session:
        before, link = session.param(name), session.connect()
        link.send(dialect.MAVLink_param_set_message(1, 1, name.encode(), value, ParameterType.REAL32))
        session.run_for(1.0)
        told = link.messages()
        assert {one.param_value for one in told if one.get_type() == "PARAM_VALUE"} == {before}
        assert any(one.text == f"{name} not set: value is not finite" for one in told if one.get_type() == "STATUSTEXT")
    with Session(firmware="px4", state_dir=tmp_path) as session:
        assert session.param(name) == before


def test_a_name_that_a_px4_has_not_is_an_error_with_the_nearest_one() -> None:
    for params, firmware, near in (
        ({"MPC_XY_CRUISES": 7.0}, "px4", "MPC_XY_CRUISE"),
        ({"WPNAV_SPEDD": 7.0}, "px4", "WPNAV_SPEED"),
        ({"RO_SPEED_LIM": 7.0}, "px4", None),
        ({"MPC_XY_CRUISE": 7.0}, "ardupilot", None),
    ):
        with pytest.raises(UserError, match=f"unknown parameter.*{near or ''}"):
            Session(firmware=firmware, params=params)
    with Session(firmware="px4") as session, pytest.raises(KeyError, match="MPC_XY_CRUISE"):
        session.param("MPC_XY_CRUIS")


def test_its_parameters_are_described_without_a_vehicle(capsys: pytest.CaptureFixture[str]) -> None:
    """`param metadata --firmware px4`; Mission Planner has no use for them."""
    assert run(["param", "metadata", "--firmware", "px4", "--format", "qgc"]) == 0
    told = {one["name"]: one for one in json.loads(capsys.readouterr().out)["parameters"]}
    assert told["COM_DISARM_LAND"]["default"] == 2.0 and "WPNAV_SPEED" not in told
    assert run(["param", "metadata", "--firmware", "px4", "--format", "mp"]) == 2
    assert "--format qgc" in capsys.readouterr().err


def test_the_command_line_takes_its_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--param`, and `param reset` to the default that a PX4 has."""
    (tmp_path / "px4.param").write_text("MPC_XY_CRUISE 7\nMC_BAT_SCALE_EN 0.2\n")
    given = ("--param", str(tmp_path / "px4.param"), "--param", "COM_DISARM_LAND=5")
    with served(tmp_path, "--firmware", "px4", *given, ready=False) as service:
        to = ("--connect", service.tcp)

        def told(name: str) -> str:
            capsys.readouterr()
            assert run(["param", "get", name, *to]) == 0
            return capsys.readouterr().out.split()[1]

        assert (told("COM_DISARM_LAND"), told("MPC_XY_CRUISE")) == ("5", "7")
        assert run(["param", "reset", "COM_DISARM_LAND", *to]) == 0
        assert told("COM_DISARM_LAND") == "2"
        assert "ignored, because this vehicle does not have them: MC_BAT_SCALE_EN" in service.story()


def test_what_a_test_changes_is_put_back_under_its_names() -> None:
    """`sortie_context` gives a PX4 back as it was."""
    with Session(firmware="px4") as session:
        taken = take(session)
        session.set_param("COM_DISARM_LAND", 9.0)
        session.set_param("MPC_XY_CRUISE", 9.0)
        put_back(session, taken)
        assert served_and_meant(session) == (5.0, 500.0, 2.0)
