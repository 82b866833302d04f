"""Names of ArduPilot 4.7 answer under the name that was asked (docs/reference/mission-semantics.md, 5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.parameters import Parameters
from autopilot.parameters.aliases import ALL_CHECKS, check_to_skip, skip_to_check
from autopilot.parameters.definition import to_float32
from autopilot.vehicles.kinds import COPTER, vehicle_class


@pytest.mark.parametrize(
    ("alias", "value", "name", "kept"),
    [
        ("WP_SPD", 12.5, "WPNAV_SPEED", 1250),
        ("WP_SPD_UP", 3, "WPNAV_SPEED_UP", 300),
        ("WP_RADIUS_M", 1.5, "WPNAV_RADIUS", 150),
        ("WP_ACC", 2, "WPNAV_ACCEL", 200),
        ("RTL_ALT_M", 30, "RTL_ALT", 3000),
        ("RTL_SPEED_MS", 5, "RTL_SPEED", 500),
        ("LAND_SPD_MS", 0.6, "LAND_SPEED", 60),
        ("LAND_ALT_LOW_M", 8, "LAND_ALT_LOW", 800),
        ("MAV_SYSID", 7, "SYSID_THISMAV", 7),
        ("CIRCLE_RADIUS_M", 12, "CIRCLE_RADIUS", 1200),
        ("PILOT_TKO_ALT_M", 2.5, "PILOT_TKOFF_ALT", 250),
        ("MAV_GCS_SYSID", 200, "SYSID_MYGCS", 200),
        ("SIM_GPS1_ENABLE", 0, "SIM_GPS_DISABLE", 1),
    ],
)
def test_an_alias_sets_its_parameter_in_its_own_unit(alias: str, value: float, name: str, kept: float) -> None:
    p = Parameters(COPTER.parameters)
    outcome = p.set(alias, to_float32(value))
    assert p[name] == kept
    assert outcome.accepted and to_float32(outcome.value) == to_float32(value) == to_float32(p[alias])


def test_earlier_names_of_the_rover_s_parameters_are_known() -> None:
    """Scripts and stores that were written for versions that named them after the copter's."""
    p = Parameters(vehicle_class("rover").parameters)
    for old, value, name in (
        ("CIRCLE_RADIUS", 12.0, "CIRC_RADIUS"),
        ("CIRCLE_SPEED", 1.5, "CIRC_SPEED"),
        ("CIRCLE_DIR", 1.0, "CIRC_DIR"),
        ("TURN_MAX_G", 0.25, "ATC_TURN_MAX_G"),
    ):
        assert p.set(old, value).accepted and p[name] == value
        assert old not in p.names() and name in p.names()


def test_aliases_are_neither_listed_nor_counted() -> None:
    p = Parameters(COPTER.parameters)
    assert not set(vehicle_class("copter").parameters.aliases) & set(p.names())
    assert "WP_SPD" in p and "WP_SPD" not in p.names()
    assert p.target("WP_SPD") == "WPNAV_SPEED"


def test_listeners_hear_of_the_parameter_not_of_the_alias() -> None:
    p = Parameters(COPTER.parameters)
    heard: list[tuple[str, float]] = []
    p.listeners.append(lambda name, value: heard.append((name, value)))
    p.set("WP_SPD", 5)
    assert heard == [("WPNAV_SPEED", 500)]


@pytest.mark.parametrize("kind", ["copter", "rover"])
def test_every_alias_has_a_target_and_a_sound_line(kind: str) -> None:
    p = Parameters(vehicle_class(kind).parameters)
    for name, alias in vehicle_class(kind).parameters.aliases.items():
        line = p.definition(name)
        assert line.name == name and alias.target in p.names() and len(name) <= 16
        if line.minimum is not None and line.maximum is not None:
            assert line.minimum <= line.default <= line.maximum, name


@pytest.mark.parametrize(("check", "skip"), [(1, 0), (0, -1), (ALL_CHECKS & ~8, 8)])
def test_skipped_checks_are_the_inverse_of_checks(check: float, skip: float) -> None:
    assert check_to_skip(check) == skip
    assert skip_to_check(skip) == check


@given(st.integers(-(2**31), 2**31 - 1))
def test_a_skip_mask_returns_with_the_bits_that_exist(skip: int) -> None:
    again = int(check_to_skip(skip_to_check(skip)))
    assert again & ALL_CHECKS == skip & ALL_CHECKS


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e308])
def test_an_alias_refuses_what_its_parameter_cannot_hold(value: float) -> None:
    p = Parameters(COPTER.parameters)
    assert not p.set("WP_SPD", value).accepted
    assert p["WPNAV_SPEED"] == 1000
