"""The rules of setting a value (docs/reference/ground-stations.md, 1.8; not finite refused, clamped, taken with a
warning)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.parameters import Parameters, ParameterValueError, UnknownParameterError
from autopilot.parameters.definition import to_float32
from autopilot.vehicles.kinds import COPTER, vehicle_class

COPTER_NAMES = [line.name for line in vehicle_class("copter").parameters.definitions]


def test_a_set_value_holds_and_is_told_once() -> None:
    p = Parameters(COPTER.parameters)
    heard: list[tuple[str, float]] = []
    p.listeners.append(lambda name, value: heard.append((name, value)))
    outcome = p.set("WPNAV_SPEED", 800)
    assert (outcome.value, outcome.changed, outcome.accepted, outcome.warning) == (800, True, True, None)
    assert p["WPNAV_SPEED"] == 800
    assert not p.set("WPNAV_SPEED", 800).changed
    assert heard == [("WPNAV_SPEED", 800)]
    assert p.version == 1


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_refused(value: float) -> None:
    p = Parameters(COPTER.parameters)
    outcome = p.set("WPNAV_SPEED", value)
    assert not outcome.accepted and outcome.value == 1000
    assert outcome.warning == "WPNAV_SPEED not set: value is not finite"
    assert p.version == 0


def test_a_value_beyond_its_type_is_clamped_and_said() -> None:
    p = Parameters(COPTER.parameters)
    outcome = p.set("FLTMODE_CH", 1000)
    assert (outcome.value, outcome.accepted) == (127, True)
    assert outcome.warning == "FLTMODE_CH limited to 127"
    assert p.set("FLTMODE_CH", -1000).value == -128


def test_a_value_outside_the_recommended_range_is_taken_with_a_warning() -> None:
    p = Parameters(COPTER.parameters)
    outcome = p.set("WPNAV_SPEED", 5000)
    assert (outcome.value, outcome.accepted) == (5000, True)
    assert outcome.warning == "WPNAV_SPEED 5000 set; range 10..2000"
    assert p.set("FLTMODE1", 99).warning == "FLTMODE1 99 set; not a known value"


@pytest.mark.parametrize(("value", "kept"), [(2.7, 2), (2.995, 3), (-1.999, -2), (-1.5, -1), (-0.0, 0)])
def test_integers_are_cut_as_ardupilot_cuts_them(value: float, kept: float) -> None:
    """AP_Param::set_float adds 0.01 away from zero and truncates."""
    assert Parameters(COPTER.parameters).set("FLTMODE1", value).value == kept


@pytest.mark.parametrize(("asked", "held"), [(999.0, 255), (256.0, 255), (0.0, 1), (-5.0, 1), (7.0, 7)])
def test_a_system_id_is_one_whatever_is_asked_or_stored(asked: float, held: int) -> None:
    """0 is everybody and above 255 nobody: no frame could carry it, and the service could not start with it again."""
    p = Parameters(COPTER.parameters)
    outcome = p.set("SYSID_THISMAV", asked)
    assert outcome.accepted and p["SYSID_THISMAV"] == p["MAV_SYSID"] == held
    assert outcome.warning == (None if asked == held else f"SYSID_THISMAV limited to {held}")
    assert Parameters(COPTER.parameters, {"SYSID_THISMAV": asked})["SYSID_THISMAV"] == held


def test_read_only_parameters_are_the_cores_alone() -> None:
    p = Parameters(COPTER.parameters)
    outcome = p.set("MIS_TOTAL", 5)
    assert not outcome.accepted and outcome.warning == "MIS_TOTAL is read-only"
    assert p.set_unstored("MIS_TOTAL", 5)
    assert p["MIS_TOTAL"] == 5
    assert not p.reset("MIS_TOTAL").accepted


def test_reset_brings_the_default_back() -> None:
    p = Parameters(COPTER.parameters, {"WPNAV_SPEED": 700.0})
    assert p.changed() == {"WPNAV_SPEED": 700}
    outcome = p.reset("WPNAV_SPEED")
    assert outcome.value == p["WPNAV_SPEED"] == 1000
    assert outcome.changed
    assert p.changed() == {}


def test_a_value_for_this_run_only_is_told_when_somebody_keeps_it() -> None:
    """Whoever sets or resets it to what it is wants it at the next start, too: a listener stores it then, once."""
    p, told = Parameters(COPTER.parameters, {"RTL_ALT": 900.0}, {"WPNAV_SPEED": 700.0, "RTL_ALT_M": 15.0}), []
    p.listeners.append(lambda name, value: told.append((name, value, p.is_stored(name))))
    assert not p.is_stored("WPNAV_SPEED") and not p.is_stored("RTL_ALT") and p.is_stored("WPNAV_ACCEL")
    for _ in range(2):
        assert not p.set("WPNAV_SPEED", 700.0).changed and not p.reset("RTL_ALT").changed
    assert told == [("WPNAV_SPEED", 700.0, True), ("RTL_ALT", 1500.0, True)]


def test_a_change_is_of_one_vehicle_and_in_index_order() -> None:
    p, other = Parameters(COPTER.parameters), Parameters(COPTER.parameters)
    last, first = p.names()[-1], "WPNAV_SPEED"
    assert p.set(last, p[last] + 1.0).changed and p.set(first, 700).changed
    assert list(p.changed()) == [first, last]
    assert list(p.values()) == [p[name] for name in p.names()] and list(p.values()) != list(other.values())
    assert other.changed() == {} and other[first] == 1000


def test_overrides_win_over_stored_values_which_win_over_defaults() -> None:
    p = Parameters(COPTER.parameters, {"RTL_ALT": 2000.0, "WPNAV_SPEED": 700.0}, {"WPNAV_SPEED": 900.0})
    assert (p["RTL_ALT"], p["WPNAV_SPEED"], p["LAND_SPEED"]) == (2000, 900, 50)


def test_stored_values_that_no_longer_fit_are_noted_and_harmless() -> None:
    p = Parameters(COPTER.parameters, {"NO_SUCH": 1.0, "RTL_ALT": math.nan, "FLTMODE1": 400.0})
    assert p.notes == ["stored parameter NO_SUCH ignored", "stored parameter RTL_ALT ignored"]
    assert (p["RTL_ALT"], p["FLTMODE1"]) == (1500, 127)


def test_an_unknown_override_names_the_nearest() -> None:
    with pytest.raises(UnknownParameterError, match=r"unknown parameter WPNAV_SPED; did you mean WPNAV_SPEED\?"):
        Parameters(COPTER.parameters, {}, {"WPNAV_SPED": 1.0})


def test_an_impossible_override_is_refused() -> None:
    with pytest.raises(ParameterValueError, match="MIS_TOTAL is read-only"):
        Parameters(COPTER.parameters, {}, {"MIS_TOTAL": 1.0})
    with pytest.raises(ParameterValueError, match="not finite"):
        Parameters(COPTER.parameters, {}, {"RTL_ALT": math.nan})


def test_an_override_outside_its_range_is_noted() -> None:
    assert Parameters(COPTER.parameters, {}, {"WPNAV_SPEED": 1.0}).notes == ["WPNAV_SPEED 1 set; range 10..2000"]


def test_an_unknown_name_is_a_key_error() -> None:
    p = Parameters(COPTER.parameters)
    with pytest.raises(KeyError):
        p["NO_SUCH"]
    with pytest.raises(KeyError):
        p.set("NO_SUCH", 1)
    assert "NO_SUCH" not in p and "NO_SUCH" not in p.names()


@given(st.sampled_from(COPTER_NAMES), st.floats(allow_nan=True, allow_infinity=True))
def test_whatever_is_set_holds_exactly_as_float32_and_within_its_type(name: str, value: float) -> None:
    """PARAM_VALUE carries float32: what is told is what holds, and setting what was told changes nothing."""
    p = Parameters(COPTER.parameters)
    outcome = p.set(name, value)
    held = p[name]
    assert outcome.value == held == to_float32(held)
    assert math.isfinite(held)
    assert outcome.warning is None or len(outcome.warning) <= 50
    if outcome.accepted:
        assert not p.set(name, held).changed
