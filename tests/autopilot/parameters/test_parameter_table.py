"""The table holds what ground stations look for by name, with values that pass their setup pages."""

from __future__ import annotations

import json
import re
from itertools import chain

import pytest

from autopilot.parameters import Parameters, ParameterType
from autopilot.parameters.definition import LIMITS
from autopilot.parameters.tables import TABLES, ParameterRow, TableFile
from autopilot.vehicles.kinds import COPTER, ROVER, vehicle_class
from autopilot.vehicles.kinds import KINDS as VEHICLES

KINDS = ("copter", "rover")


def _names(text: str) -> list[str]:
    return text.split()


# docs/reference/ground-stations.md, 4: what QGroundControl misses with a dialog, asks for when a page opens, or looks
# up.
QGC_BOTH = _names("""
RCMAP_ROLL RCMAP_PITCH RCMAP_THROTTLE RCMAP_YAW COMPASS_DEV_ID COMPASS_DEV_ID2 COMPASS_DEV_ID3 COMPASS_USE
COMPASS_USE2 COMPASS_USE3 COMPASS_OFS_X COMPASS_OFS_Y COMPASS_OFS_Z COMPASS_OFS2_X COMPASS_OFS2_Y COMPASS_OFS2_Z
COMPASS_OFS3_X COMPASS_OFS3_Y COMPASS_OFS3_Z INS_ACCOFFS_X INS_ACCOFFS_Y INS_ACCOFFS_Z FRAME_CLASS RC7_OPTION
BATT_MONITOR BATT_FS_LOW_ACT BATT_LOW_VOLT BATT_LOW_MAH COMPASS_DEC FRAME_TYPE ARMING_CHECK ARMING_REQUIRE
FENCE_ENABLE FENCE_TYPE FENCE_ACTION FENCE_RADIUS FENCE_ALT_MAX FENCE_ALT_MIN FENCE_MARGIN FS_THR_ENABLE FS_GCS_ENABLE
FS_GCS_TIMEOUT FS_EKF_ACTION FS_EKF_THRESH FS_OPTIONS FS_CRASH_CHECK STAT_FLTTIME SERVO1_MIN BATT_CAPACITY
BATT_ARM_VOLT BATT2_MONITOR INS_ACC_ID BARO1_DEVID GRIP_ENABLE
""")
QGC_COPTER = _names("""
FLTMODE1 FLTMODE2 FLTMODE3 FLTMODE4 FLTMODE5 FLTMODE6 FLTMODE_CH RTL_ALT RTL_ALT_FINAL RTL_LOIT_TIME LAND_SPEED
WPNAV_SPEED PILOT_TKOFF_ALT ATC_RATE_Y_MAX DISARM_DELAY
""")
QGC_ROVER = _names("""
MODE1 MODE2 MODE3 MODE4 MODE5 MODE6 MODE_CH FS_ACTION FS_TIMEOUT CRUISE_SPEED
""")
MISSION_PLANNER_BOTH = _names("""
FENCE_TOTAL RALLY_TOTAL RALLY_LIMIT_KM MIS_TOTAL BATT_LOW_VOLT BATT_CRT_VOLT INS_ENABLE_MASK SERVO16_FUNCTION
RC16_TRIM
""")
MISSION_PLANNER_COPTER = _names("""
WPNAV_RADIUS WPNAV_SPEED WPNAV_ACCEL
""")
MISSION_PLANNER_ROVER = _names("""
WP_RADIUS CRUISE_SPEED CRUISE_THROTTLE WP_SPEED RTL_SPEED ATC_STR_RAT_P ATC_STR_RAT_FF ATC_SPEED_P ATC_SPEED_I
""")
# docs/reference/mission-semantics.md, 5.
MISSION_BOTH = _names("""
MIS_RESTART MIS_OPTIONS MIS_TOTAL BATT_CRT_MAH BATT_LOW_TIMER BATT_FS_CRT_ACT RALLY_INCL_HOME SYSID_THISMAV
SYSID_MYGCS
""")
MISSION_COPTER = _names("""
WPNAV_SPEED_UP WPNAV_SPEED_DN WPNAV_ACCEL_Z RTL_SPEED LAND_ALT_LOW CIRCLE_RADIUS WP_YAW_BEHAVIOR AUTO_OPTIONS
""")
OURS = "FM_COUNTDOWN FM_AUTO_GO FM_DURATION FM_PROFILE FM_ARM_EARLY FM_CUT_TILT FM_CUT_ALT SRT_MIS_DO_LEG SRT_WIND_MAX"
EXPECTED = {
    "copter": QGC_BOTH + QGC_COPTER + MISSION_PLANNER_BOTH + MISSION_PLANNER_COPTER + MISSION_BOTH + MISSION_COPTER,
    "rover": [*QGC_BOTH, *QGC_ROVER, *MISSION_PLANNER_BOTH, *MISSION_PLANNER_ROVER, *MISSION_BOTH, "MIS_DONE_BEHAVE"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_that_stations_look_for_is_listed(kind: str) -> None:
    missing = set(EXPECTED[kind] + OURS.split()) - set(Parameters(vehicle_class(kind).parameters).names())
    assert not missing


@pytest.mark.parametrize("kind", KINDS)
def test_lines_are_sound(kind: str) -> None:
    """Names fit PARAM_VALUE and are unique; defaults fit their type, their range and float32."""
    table = vehicle_class(kind).parameters.definitions
    assert len({line.name for line in table}) == len(table)
    for line in table:
        assert re.fullmatch(r"[A-Z][A-Z0-9_]{0,15}", line.name), line.name
        assert line.type in LIMITS
        assert line.fit(line.default) == line.default, line.name
        assert line.complaint(line.default) is None, line.name
        assert line.description, line.name
        for label in (*line.values, *line.bitmask):
            assert LIMITS[line.type][0] <= label <= LIMITS[line.type][1], line.name


def test_every_field_label_and_row_of_the_files_counts() -> None:
    """A field that is misspelt, labels that no row has and a group that no kind has would be passed over."""
    labels = json.loads((TABLES / "labels.json").read_text(encoding="utf-8"))
    files: list[TableFile] = [
        json.loads(path.read_text(encoding="utf-8")) for path in TABLES.glob("*.json") if path.name != "labels.json"
    ]
    groups = [group for file in files for group in file["groups"].values()]
    rows = [row for group in groups for row in group["rows"]]
    fields = list(chain(rows, *(row.get("kinds", {}).values() for row in rows)))
    assert not set().union(*fields) - set(ParameterRow.__annotations__)
    used = {given for row in fields for given in (row.get("values"), row.get("bits")) if isinstance(given, str)}
    assert used == set(labels)
    for file in files:
        in_file = [row for group in file["groups"].values() for row in group["rows"]]
        marked = chain(in_file, *(row.get("kinds", {}).values() for row in in_file))
        assert {row["inert"] for row in marked if "inert" in row} == set(file.get("inert", {}))
    known = {line.name for kind in VEHICLES.values() for line in kind.parameters.lines}
    written = {
        row["name"].replace("{n}", str(n)) for g in groups for n in range(1, g.get("count", 1) + 1) for row in g["rows"]
    }
    assert written == known
    assert {name for file in files for values in file.get("defaults", {}).values() for name in values} <= known


def test_a_rover_is_told_from_a_copter_by_its_mode_parameters() -> None:
    """QGroundControl takes the presence of MODE1 for a rover."""
    copter, rover = Parameters(COPTER.parameters), Parameters(ROVER.parameters)
    assert "FLTMODE1" in copter and "MODE1" not in copter
    assert "MODE1" in rover and "FLTMODE1" not in rover


def test_setup_pages_of_qgroundcontrol_pass() -> None:
    """Section 4, "value that passes"."""
    p = Parameters(COPTER.parameters)
    assert [p[f"RCMAP_{axis}"] for axis in ("ROLL", "PITCH", "THROTTLE", "YAW")] == [1, 2, 3, 4]
    assert all((p[f"RC{n}_MIN"], p[f"RC{n}_MAX"]) != (1100, 1900) for n in range(1, 5))
    assert any(p[f"COMPASS_OFS_{axis}"] for axis in "XYZ") and p["COMPASS_DEV_ID"] != 0
    assert p["COMPASS_DEV_ID2"] == p["COMPASS_DEV_ID3"] == 0
    assert any(p[f"INS_ACCOFFS_{axis}"] for axis in "XYZ")
    assert p["FRAME_CLASS"] == 1
    assert p["ARMING_REQUIRE"] == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("FLTMODE1", ParameterType.INT8),
        ("RC1_MIN", ParameterType.INT16),
        ("SYSID_THISMAV", ParameterType.INT16),
        ("COMPASS_DEV_ID", ParameterType.INT32),
        ("WPNAV_SPEED", ParameterType.REAL32),
        ("RTL_ALT", ParameterType.INT32),
    ],
)
def test_types_are_ardupilots(name: str, kind: ParameterType) -> None:
    assert Parameters(COPTER.parameters).definition(name).type == kind


@pytest.mark.parametrize(
    ("kind", "name", "default"),
    [
        ("copter", "WPNAV_SPEED", 1000),
        ("copter", "WPNAV_SPEED_UP", 250),
        ("copter", "WPNAV_SPEED_DN", 150),
        ("copter", "WPNAV_RADIUS", 200),
        ("copter", "WPNAV_ACCEL", 250),
        ("copter", "WPNAV_ACCEL_Z", 100),
        ("copter", "RTL_ALT", 1500),
        ("copter", "RTL_ALT_FINAL", 0),
        ("copter", "RTL_SPEED", 0),
        ("copter", "LAND_SPEED", 50),
        ("copter", "LAND_ALT_LOW", 1000),
        ("copter", "CIRCLE_RADIUS", 1000),
        ("copter", "DISARM_DELAY", 10),
        ("copter", "WP_YAW_BEHAVIOR", 2),
        ("copter", "AUTO_OPTIONS", 0),
        ("copter", "FS_GCS_ENABLE", 0),
        ("copter", "FS_GCS_TIMEOUT", 5),
        ("copter", "FS_THR_ENABLE", 1),
        ("copter", "FS_OPTIONS", 16),
        ("copter", "FENCE_TYPE", 7),
        ("copter", "FENCE_ALT_MAX", 100),
        ("copter", "FENCE_ALT_MIN", -10),
        ("copter", "BATT_LOW_VOLT", 10.5),
        ("copter", "BATT_FS_LOW_ACT", 0),
        ("copter", "FENCE_ENABLE", 0),
        ("copter", "FENCE_ACTION", 1),
        ("copter", "FENCE_RADIUS", 300),
        ("copter", "FENCE_MARGIN", 2),
        ("copter", "BATT_CAPACITY", 3300),
        ("copter", "BATT_LOW_TIMER", 10),
        ("copter", "RALLY_LIMIT_KM", 0.3),
        ("rover", "RALLY_LIMIT_KM", 0.5),
        ("rover", "WP_SPEED", 2),
        ("rover", "WP_RADIUS", 2),
        ("rover", "CRUISE_SPEED", 2),
        ("rover", "RTL_SPEED", 0),
        ("rover", "MIS_DONE_BEHAVE", 0),
        ("rover", "FS_ACTION", 2),
        ("rover", "FS_TIMEOUT", 1.5),
        ("rover", "FENCE_TYPE", 6),
        ("rover", "BATT_LOW_VOLT", 0),
        ("copter", "MIS_RESTART", 0),
        ("copter", "SYSID_MYGCS", 255),
        ("copter", "SRT_MIS_DO_LEG", 1),
        ("copter", "FM_COUNTDOWN", 60),
        ("copter", "SRT_WIND_MAX", 0),
    ],
)
def test_defaults_are_those_of_the_references(kind: str, name: str, default: float) -> None:
    assert Parameters(vehicle_class(kind).parameters)[name] == pytest.approx(default, rel=1e-7)


def test_a_copters_lengths_and_speeds_have_the_defaults_of_their_parameters() -> None:
    """The circle's radius was that of a rover, in a copter's unit: 20 cm."""
    measures, defaults = COPTER.measures, Parameters(COPTER.parameters)
    for measure in (measures.acceptance, measures.circle_radius, measures.return_speed, *measures.cruise):
        assert measure.default == defaults[measure.name], measure.name


def test_an_unknown_kind_of_vehicle_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'balloon'.*'copter' and 'rover'"):
        vehicle_class("balloon")
