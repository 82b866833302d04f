"""`.param` files of every station are read; what is written is read back by them and us."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymavlink import mavparm

from autopilot.parameters import Parameters
from autopilot.parameters.definition import FLOAT32_MAX, to_float32
from autopilot.parameters.files import ParameterFileError, format_parameters, format_value, parse_parameters
from autopilot.vehicles.kinds import COPTER

MAVPROXY = "# saved\nRTL_ALT          1500.000000\nWPNAV_SPEED      800.5 # slower\n\n"
MISSION_PLANNER = "\ufeff#NOTE: 1/1/2026\r\nRTL_ALT,1500\r\nWPNAV_SPEED,800.5\r\n"
QGC = (
    "# Onboard parameters for Vehicle 1\n#\n# Vehicle-Id Component-Id Name Value Type\n"
    "1\t1\tRTL_ALT\t1500\t6\n1\t1\tWPNAV_SPEED\t800.500000000000000000\t9\n"
)


@pytest.mark.parametrize(
    "text",
    [MAVPROXY, MISSION_PLANNER, QGC, "RTL_ALT\t1500\nWPNAV_SPEED=800.5", b"rtl_alt 0x5DC\nWPNAV_SPEED , 800.5\n"],
)
def test_the_formats_of_all_stations_are_understood(text: str | bytes) -> None:
    assert parse_parameters(text) == {"RTL_ALT": 1500.0, "WPNAV_SPEED": 800.5}


def test_the_last_value_of_a_name_counts() -> None:
    assert parse_parameters("RTL_ALT 1\nWPNAV_SPEED 2\nRTL_ALT 3") == {"WPNAV_SPEED": 2.0, "RTL_ALT": 3.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RTL_ALT 1500\nRTL_ALT\n", "line 2: expected NAME VALUE, found 'RTL_ALT'"),
        ("RTL_ALT high", "line 1: expected NAME VALUE with a number, found 'high'"),
        ("\n\nRTL_ALT nan", "line 3: expected a finite number, found 'nan'"),
        ("RTL_ALT 1e999", "line 1: expected a finite number, found '1e999'"),
        ("RTL_ALT 0xZZ", "line 1: expected NAME VALUE with a number, found '0xZZ'"),
        ("RTL_ALT 0x" + "F" * 400, "line 1: expected NAME VALUE with a number"),
        ("A_NAME_THAT_IS_TOO_LONG 1", "line 1: expected NAME VALUE"),
        ('{"json": 1}', "line 1: expected NAME VALUE"),
        ("@include other.parm", "line 1: directives such as @include are not supported"),
        (b"RTL_ALT 1\n\xff\xfe 2", "line 2: expected text in UTF-8"),
    ],
)
def test_a_broken_line_is_named(text: str | bytes, message: str) -> None:
    with pytest.raises(ParameterFileError) as caught:
        parse_parameters(text)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_all_parameters_return_from_what_is_written() -> None:
    p = Parameters(COPTER.parameters)
    p.set("ATC_RAT_RLL_P", 0.1357)
    wanted = {name: p[name] for name in p.names()}
    read = parse_parameters(format_parameters(wanted))
    assert {name: to_float32(value) for name, value in read.items()} == wanted


def test_pymavlink_reads_what_is_written(tmp_path: Path) -> None:
    """MAVProxy's `param load` uses this reader."""
    p = Parameters(COPTER.parameters)
    file = tmp_path / "all.param"
    file.write_text(format_parameters({name: p[name] for name in p.names()}))
    read = mavparm.MAVParmDict()
    assert read.load(str(file), check=False)
    ignored = {"SYSID_THISMAV", "FORMAT_VERSION"}
    for name in set(p.names()) - ignored - set(read.exclude_load):
        assert to_float32(read[name]) == p[name], name


@given(st.floats(-FLOAT32_MAX, FLOAT32_MAX, width=32))
def test_a_written_value_reads_back_as_the_same_float32(value: float) -> None:
    assert to_float32(float(format_value(value))) == value


@given(st.text() | st.binary())
def test_any_text_is_parsed_or_refused_with_one_line(text: str | bytes) -> None:
    try:
        parse_parameters(text)
    except ParameterFileError as error:
        assert str(error).startswith("line ") and len(str(error).splitlines()) == 1
