"""`sortie param`: which values it takes, and that what it saves is what it reads."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mavlink_bridge.clients.base import Target
from sortie.commands.cli import run
from sortie.commands.param import _all, _shown
from sortie.config.errors import UserError
from tests.fakes.served import served

pytestmark = pytest.mark.waits

NOBODY = ("--connect", "tcp:127.0.0.1:1")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e39", "-1e39"])
def test_a_value_that_no_message_carries_is_refused_before_anybody_is_asked(capsys, value):
    """A parameter is a 32-bit float on the wire."""
    assert run(["param", "set", "WPNAV_SPEED", value, *NOBODY]) == 2
    err = capsys.readouterr().err
    assert err == f"sortie: '{value}': expected a finite number, at most 3.4028e+38\n"


def test_a_file_with_such_a_value_is_refused_by_name(capsys, tmp_path):
    """Nothing of the file is set."""
    (tmp_path / "a.param").write_text("RTL_ALT 2000\nWPNAV_SPEED 1e39\n")
    assert run(["param", "load", str(tmp_path / "a.param"), *NOBODY]) == 2
    assert "a.param: WPNAV_SPEED 1e+39: expected a finite number" in capsys.readouterr().err


def test_a_file_without_parameters_is_the_wrong_one(capsys, tmp_path):
    """It was loaded with success: "0 of 0 parameters changed"."""
    file = tmp_path / "a.param"
    file.write_text("# nothing\n")
    assert run(["param", "load", str(file), *NOBODY]) == 2
    assert run(["rehearse", "any.plan", "--param", str(file)]) == 2
    assert capsys.readouterr().err == f"sortie: {file}: has no parameters\nsortie: --param {file}: has no parameters\n"


def test_a_component_without_parameters_is_named():
    """It was told as "0 of None parameters"."""
    silent = SimpleNamespace(target=Target(1, 191), ask=lambda machine: None)
    with pytest.raises(UserError, match=r"^component 191 of vehicle 1 lists no parameters$"):
        _all(silent)


def test_a_negative_value_is_no_option(capsys):
    """It gets as far as looking for the vehicle."""
    assert run(["param", "set", "SIM_WIND_DIR", "-90", *NOBODY]) == 1
    assert "no vehicle answers" in capsys.readouterr().err


def test_what_is_saved_is_what_is_loaded(capsys, tmp_path):
    """Set, save, load: nothing differs, fractions that decimals cannot hold included."""
    with served(tmp_path, "--param", "WPNAV_ACCEL=123.4567", ready=False) as service:
        to = ("--connect", service.tcp)
        assert run(["param", "set", "ATC_ANG_RLL_P", "4.7", *to]) == 0
        assert run(["param", "get", "ATC_ANG_RLL_P", *to]) == 0
        assert capsys.readouterr().out.split() == ["ATC_ANG_RLL_P", "4.7"]
        file = str(tmp_path / "all.param")
        assert run(["param", "save", file, *to]) == 0
        assert run(["param", "load", file, *to]) == 0
        assert "\n0 of " in capsys.readouterr().err
        counts = tmp_path / "counts.param"
        counts.write_text("STAT_BOOTCNT 7\nWPNAV_ACCEL 100\n")
        assert run(["param", "load", str(counts), *to]) == 0
        changed, left_out = capsys.readouterr().err.splitlines()
        assert changed == "1 of 2 parameters changed"
        assert left_out == "sortie: set by the vehicle itself, left out: STAT_BOOTCNT"
        assert run(["param", "get", "WPNAV_SPEED", "--component", "7", *to]) == 2
        assert capsys.readouterr().err == "sortie: component 7 of vehicle 1 has no WPNAV_SPEED\n"
        assert run(["param", "set", "WPNAV_SPEED", "8888", *to]) == 0
        assert capsys.readouterr().err == "sortie: WPNAV_SPEED 8888 set; range 10..2000\n"


def test_a_parameter_of_the_other_kind_of_vehicle_is_not_offered_as_its_own_neighbour(capsys, tmp_path):
    """The nearest name is one that this vehicle may have."""
    with served(tmp_path, "--vehicle", "sim:rover", ready=False) as service:
        assert run(["param", "get", "WPNAV_SPEED", "--connect", service.tcp]) == 2
        assert run(["param", "set", "WP_SPED", "3", "--connect", service.tcp]) == 2
    copters, near = capsys.readouterr().err.splitlines()
    assert copters.startswith("sortie: unknown parameter WPNAV_SPEED") and "mean WPNAV_SPEED" not in copters
    assert near == "sortie: unknown parameter WP_SPED; did you mean WP_SPEED?"


def test_a_name_with_control_characters_commands_no_terminal() -> None:
    """`sortie conform` judges such names, so they are read as they came."""
    assert str(_shown({"\x1b[2JGAIN": 1.0}).text).startswith("?[2JGAIN ")
