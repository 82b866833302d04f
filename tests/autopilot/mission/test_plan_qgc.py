"""QGroundControl's `.plan` files (docs/reference/mission-semantics.md, 4 items 1 to 6, 9; docs/catalogue.md, 68)."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from autopilot.interface.geo import GeoPoint
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan, PlanError, format_plan, parse_plan


def simple(command: Any = 16, jump_id: int | None = None, **changes: Any) -> dict[str, Any]:
    item: dict[str, Any] = {
        "autoContinue": True,
        "command": command,
        "frame": 3,
        "params": [0, 0, 0, None, -35.36, 149.16, 30],
        "type": "SimpleItem",
    }
    if jump_id is not None:
        item["doJumpId"] = jump_id
    return item | changes


def survey(*items: dict[str, Any], kind: str = "survey", version: Any = 5) -> dict[str, Any]:
    return {
        "type": "ComplexItem",
        "complexItemType": kind,
        "version": version,
        "TransectStyleComplexItem": {"Items": list(items), "version": 1},
    }


def document(*items: dict[str, Any], **top: Any) -> dict[str, Any]:
    mission = {
        "version": 2,
        "firmwareType": 3,
        "vehicleType": 2,
        "items": list(items),
        "cruiseSpeed": 15,
        "hoverSpeed": 5,
        "plannedHomePosition": [-35.36, 149.16, 584.0],
    }
    return {"fileType": "Plan", "version": 1, "groundStation": "QGroundControl", "mission": mission} | top


def parsed(value: Any) -> Plan:
    return parse_plan(json.dumps(value), "test.plan")


def refusal(value: Any) -> str:
    with pytest.raises(PlanError) as caught:
        parse_plan(value if isinstance(value, str) else json.dumps(value), "test.plan")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def with_mission(**changes: Any) -> dict[str, Any]:
    plan = document(simple())
    plan["mission"] |= changes
    return plan


def test_simple_items_speeds_and_home() -> None:
    """params are the truth; null is NaN, in x and y 0; integers count as numbers."""
    plan = parsed(document(simple(22, params=[15, 0, 0, None, None, None, 50]), simple(autoContinue=False)))
    takeoff, waypoint = plan.items
    assert (takeoff.seq, takeoff.command, takeoff.param1, takeoff.x, takeoff.y, takeoff.z) == (1, 22, 15.0, 0, 0, 50.0)
    assert math.isnan(takeoff.param4)
    assert (waypoint.x, waypoint.autocontinue) == (-35.36, False)
    assert plan.home == GeoPoint(-35.36, 149.16, 584.0)
    assert (plan.cruise_speed, plan.hover_speed, plan.vehicle_type, plan.firmware_type) == (15.0, 5.0, 2, 3)
    assert (plan.fence, plan.rally) == ((), ())


def test_numbers_may_be_at_the_ends_of_their_fields() -> None:
    """Frame 0 is MAV_FRAME_GLOBAL: heights above the sea. A frame has one byte, a command two."""
    assert parsed(document(simple(frame=0))).items[0].frame == 0
    assert parsed(document(simple(frame=255))).items[0].frame == 255
    assert parsed(document(simple(command=65535))).items[0].command == 65535
    assert parsed(document(simple(command=0))).items[0].command == 0
    assert "65536" in refusal(document(simple(command=65536)))
    assert "256" in refusal(document(simple(frame=256)))


def test_frame_2_is_unscaled() -> None:
    """Items without location keep what stands in x and y."""
    item = parsed(document(simple(203, frame=2, params=[1, 2, 3, 4, 500, 600, None]))).items[0]
    assert (item.x, item.y) == (500.0, 600.0)
    assert math.isnan(item.z)


def test_survey_and_corridor_items_are_taken_in_place() -> None:
    """Order and numbering go on through complex items, and jumps find their item by doJumpId."""
    plan = parsed(
        document(
            simple(22, 1),
            survey(simple(16, 2), simple(206, 3)),
            simple(16, 6),
            survey(simple(16, 8), kind="CorridorScan", version=2),
            simple(177, 9, params=[6, 2, 0, 0, 0, 0, 0]),
        )
    )
    assert [item.command for item in plan.items] == [22, 16, 206, 16, 16, 177]
    assert plan.items[5].param1 == 4.0


def test_the_corners_of_a_survey_are_its_area() -> None:
    """Of each a latitude and a longitude."""
    (noted,) = parsed(document(survey(simple()) | {"polygon": [[1, 2], [3, 4, 50], [5, 6]]})).surveys
    assert noted.area == ((1.0, 2.0), (3.0, 4.0), (5.0, 6.0))


@pytest.mark.parametrize(("frame", "mode"), [(3, 1), (0, 2), (10, 4)])
def test_the_altitude_of_a_written_item_is_shown_as_what_it_is(frame: int, mode: int) -> None:
    """QGroundControl's AltitudeMode: above home, above the sea, above the ground."""
    written = json.loads(format_plan(Plan(None, (MissionItem(16, frame, x=1.0, y=2.0, z=5.0, seq=1),))))
    assert written["mission"]["items"][0]["AltitudeMode"] == mode


@pytest.mark.parametrize("number", [10**400, float("nan"), None, "9", True])
def test_a_corner_that_is_no_number_is_no_area_of_a_survey(number: Any) -> None:
    """Notes about a survey never refuse a plan; an integer beyond every float ended the command."""
    (noted,) = parsed(document(survey(simple()) | {"polygon": [[1, 2], [3, 4], [5, number]]})).surveys
    assert noted.area == ()


@pytest.mark.parametrize("kind", ["survey", "CorridorScan"])
def test_a_survey_of_a_newer_form_is_refused(kind: str) -> None:
    """Version 5 is the newest that is known."""
    assert len(parsed(document(survey(simple(), kind=kind, version=5))).items) == 1
    newer = refusal(document(survey(simple(), kind=kind, version=6)))
    assert newer == "mission.items[0].version: expected a whole number from 1 to 5, found 6"


@pytest.mark.parametrize(("interval", "least_s"), [(0.5, 0.5), (0, 0.0), ("fast", 0.0), (None, 0.0)])
def test_the_camera_of_a_survey_may_need_a_time_between_two_photos(interval: Any, least_s: float) -> None:
    """Seconds; 0 if none is noted."""
    scan = survey(simple())
    scan["TransectStyleComplexItem"]["CameraCalc"] = {"MinTriggerInterval": interval}
    (noted,) = parsed(document(scan)).surveys
    assert noted.least_s == least_s


@pytest.mark.parametrize(("overlap", "share"), [(0, 0.0), (70, 0.7), (100, None), (-1, None), ("wide", None)])
def test_the_overlap_of_photos_is_a_share_below_one(overlap: Any, share: float | None) -> None:
    """Photos that only meet overlap by 0, which is given; with 100 % a survey never comes to its end."""
    scan = survey(simple())
    scan["TransectStyleComplexItem"]["CameraCalc"] = {"FrontalOverlap": overlap, "SideOverlap": overlap}
    (noted,) = parsed(document(scan)).surveys
    assert (noted.along, noted.beside) == (share, share)


def test_jump_without_ids_counts_items() -> None:
    """A missing doJumpId is the position, through complex items."""
    plan = parsed(document(simple(), survey(simple(), simple()), simple(177, params=[3, 1, 0, 0, 0, 0, 0])))
    assert plan.items[3].param1 == 3.0


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"type": "ComplexItem", "complexItemType": "StructureScan", "version": 3}, ["mission.items[0]", "Structure"]),
        ({"type": "ComplexItem", "complexItemType": "StructureScan"}, ["mission.items[0]", "StructureScan"]),
        ({"type": "ComplexItem", "complexItemType": "survey", "version": 5}, ["stored items of this survey"]),
        (survey(), ["TransectStyleComplexItem.Items", "stored items"]),
        (survey(simple(), version=9), ["mission.items[0].version", "9"]),
        ({"type": "Item"}, ["mission.items[0].type", '"Item"']),
        ({}, ["mission.items[0].type", "nothing"]),
        (simple(177, params=[5, 1, 0, 0, 0, 0, 0]), ["mission.items[0].params[0]", "doJumpId", "5"]),
        (simple(params=[1, 2, 3]), ["mission.items[0].params", "7 parameters"]),
        (simple(params=[0, 0, 0, 0, 91, 0, 0]), ["mission.items[0].params", "latitude", "91"]),
        (simple(params=[0, 0, 0, 0, 0, 181, 0]), ["mission.items[0].params", "longitude", "181"]),
        (simple(params=[0, "x", 0, 0, 0, 0, 0]), ["mission.items[0].params[1]", "a number", '"x"']),
        (simple(params=[0, 10**400, 0, 0, 0, 0, 0]), ["mission.items[0].params[1]", "a number"]),
        (simple(params=[0, True, 0, 0, 0, 0, 0]), ["mission.items[0].params[1]", "a number", "true"]),
        (simple(params={"a": 1}), ["mission.items[0].params", "a list"]),
        (simple(command="takeoff"), ["mission.items[0].command", "takeoff"]),
        (simple(command=70000), ["mission.items[0].command", "65535", "70000"]),
        (simple(command=None, type="SimpleItem"), ["mission.items[0].command", "nothing"]),
        (simple(frame=-1), ["mission.items[0].frame", "-1"]),
        (simple(autoContinue="yes"), ["mission.items[0].autoContinue", "true or false"]),
    ],
)
def test_broken_item_is_named(item: dict[str, Any], words: list[str]) -> None:
    """Path, expectation and finding; geometry without items is refused, never skipped."""
    message = refusal(document(item))
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("[1, 2]", ["file", "an object"]),
        ("{", ["line 1 column 2", "JSON", "the end"]),
        ('{"fileType": "Plan",\n "version": }', ["line 2 column 13", "JSON"]),
        ("[" * 200_000, ["file", "JSON"]),
        ('{"a": ' + "9" * 5000 + "}", ["file", "JSON"]),
        ({"version": 1}, ["fileType", '"Plan"', "nothing"]),
        ({"fileType": "Mission"}, ["fileType", '"Plan"', '"Mission"']),
        (document() | {"version": 2}, ["version", "expected 1", "2"]),
        (document() | {"version": "one"}, ["version", "expected 1", "one"]),
        ({"fileType": "Plan", "version": 1}, ["mission", "an object", "nothing"]),
        (with_mission(version=1), ["mission.version", "expected 2", "1"]),
        (with_mission(version=True), ["mission.version", "expected 2", "true"]),
        (with_mission(items=None), ["mission.items", "a list", "nothing"]),
        (with_mission(items=[5]), ["mission.items[0]", "an object", "5"]),
        (with_mission(plannedHomePosition=[1]), ["mission.plannedHomePosition", "[latitude, longitude]"]),
        (with_mission(plannedHomePosition=[100, 0, 0]), ["mission.plannedHomePosition", "latitude", "100"]),
        (with_mission(hoverSpeed="fast"), ["mission.hoverSpeed", "a number", '"fast"']),
        (document(geoFence={"version": 3}), ["geoFence.version", "3"]),
        (document(geoFence={"version": 2, "polygons": [{"polygon": [[1, 2], [3, 4]]}]}), ["fence", "3 or more"]),
        (document(geoFence={"version": 2, "circles": [{"circle": {"center": [1, 2]}}]}), ["circle.radius", "nothing"]),
        (document(rallyPoints={"version": 2, "points": [[1, "b", 3]]}), ["rallyPoints.points[0][1]", '"b"']),
    ],
)
def test_broken_document_is_named(value: Any, words: list[str]) -> None:
    """What is wrong, where, and what would be right, in one line."""
    message = refusal(value)
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize("missing", ["geoFence", "rallyPoints", "groundStation"])
def test_optional_parts_may_be_missing_or_null(missing: str) -> None:
    """Fence and rally points are optional, and null is missing."""
    for change in ({}, {missing: None}):
        assert len(parsed(document(simple(), **change)).items) == 1


@pytest.mark.parametrize("corner", [[None, 149.0], [-35.0, None], [None, None]])
def test_a_corner_of_a_fence_has_both_a_latitude_and_a_longitude(corner: list[float | None]) -> None:
    """Half of one was taken as 0: a corner in the Atlantic, and the vehicle inside."""
    fence = {"version": 2, "circles": [], "polygons": [{"polygon": [corner, [-35.0, 149.1], [-35.1, 149.0]]}]}
    with pytest.raises(PlanError, match=r"geoFence.polygons\[0\].polygon\[0\]: expected a l.*itude from -"):
        parsed(with_mission(items=[simple()]) | {"geoFence": fence})


def test_half_a_place_is_none() -> None:
    with pytest.raises(PlanError, match="longitude from -180 to 180"):
        parsed(document(simple(params=[0, 0, 0, None, -35.0, None, 20])))
    assert parsed(document(simple(params=[0, 0, 0, None, None, None, 20]))).items[0].x == 0.0


@pytest.mark.parametrize("home", [[None, None, None], [None, None], [0, 0, 0], {"latitude": None, "longitude": None}])
def test_a_home_of_nulls_or_zeros_is_no_home(home: Any) -> None:
    """A flight of this plan would begin in the Atlantic."""
    assert parsed(with_mission(plannedHomePosition=home)).home is None


def test_leniency_that_real_files_need() -> None:
    """Versions as text or float, unknown keys, NaN literals, four parameters beside a coordinate, no home, BOM."""
    plan = with_mission(version="2", items=[simple(frame=3.0, extra={"a": [1]})], plannedHomePosition=None)
    plan |= {"version": 1.0, "unknown": None}
    old = simple(params=[1, 2, 3, 4], coordinate=[-35.0, 149.0, 20.0])
    plan["mission"]["items"].append(old)
    text = json.dumps(plan).replace("null, -35.36", "NaN, -35.36")
    read = parse_plan(b"\xef\xbb\xbf" + text.encode())
    assert read.home is None
    assert math.isnan(read.items[0].param4)
    assert read.items[1] == MissionItem(16, 3, 1.0, 2.0, 3.0, 4.0, -35.0, 149.0, 20.0, seq=2)


def test_items_of_other_autopilots_are_kept() -> None:
    """PX4's camera items are read; whether they are flown is decided elsewhere."""
    plan = parsed(document(*(simple(command, frame=2) for command in (530, 2000, 2001, 2500))))
    assert [item.command for item in plan.items] == [530, 2000, 2001, 2500]


def test_fence_version_2() -> None:
    """Polygons, circles (inclusion unless said otherwise) and the return point, as fence items of frame 0."""
    triangle = [[0, 0], [0, 1], [1, 0]]
    fence = {
        "version": 2,
        "breachReturn": [5, 6, 70],
        "polygons": [{"polygon": triangle}, {"polygon": triangle, "inclusion": False}],
        "circles": [
            {"circle": {"center": [1, 2], "radius": 30}},
            {"circle": {"center": [3, 4], "radius": 40.5}, "inclusion": False},
        ],
    }
    plan = parsed(document(geoFence=fence))
    assert [item.command for item in plan.fence] == [5001] * 3 + [5002] * 3 + [5003, 5004, 5000]
    assert [item.param1 for item in plan.fence] == [3.0] * 6 + [30.0, 40.5, 0.0]
    assert {item.frame for item in plan.fence} == {0}
    assert plan.fence[-1] == MissionItem(5000, 0, x=5.0, y=6.0, z=70.0, seq=8)
    assert parse_plan(format_plan(plan)) == plan


def test_fence_version_1() -> None:
    """One polygon and the return point at the top, corners as lists or as objects."""
    corners = [[0, 0], {"latitude": 0, "longitude": 1}, [1, 0]]
    plan = parsed(document(geoFence={"version": 1, "polygon": corners, "breachReturn": [0.5, 0.5]}))
    assert [item.command for item in plan.fence] == [5001, 5001, 5001, 5000]
    assert parsed(document(geoFence={"polygon": []})).fence == ()


def test_rally_points() -> None:
    """Altitude above home, frame 3."""
    plan = parsed(document(rallyPoints={"version": 2, "points": [[1, 2, 30], [3, 4, 50.5]]}))
    assert plan.rally == (MissionItem(5100, 3, x=1.0, y=2.0, z=30.0), MissionItem(5100, 3, x=3.0, y=4.0, z=50.5, seq=1))
    assert parse_plan(format_plan(plan)) == plan


def test_rally_point_above_sea_level_cannot_be_written() -> None:
    """The format has altitudes above home only: refused, not written wrong."""
    with pytest.raises(PlanError, match="rally point 0: expected an altitude above home"):
        format_plan(Plan(rally=(MissionItem(5100, 0),)))


def test_written_plan_has_what_qgroundcontrol_asks_for() -> None:
    """The keys and versions its reader requires, null for NaN, doJumpId from 1."""
    plan = Plan(None, (MissionItem(22, 3, 0.0, 0.0, 0.0, math.nan, z=20.0, seq=1), MissionItem(16, 10, z=5.0, seq=2)))
    written = json.loads(format_plan(plan))
    assert (written["fileType"], written["version"], written["mission"]["version"]) == ("Plan", 1, 2)
    assert {"groundStation", "geoFence", "rallyPoints"} <= set(written)
    assert {"firmwareType", "vehicleType", "items", "plannedHomePosition"} <= set(written["mission"])
    first, second = written["mission"]["items"]
    assert first["params"] == [0, 0, 0, None, 0, 0, 20]
    assert (first["doJumpId"], second["doJumpId"]) == (1, 2)
    assert (first["AltitudeMode"], second["AltitudeMode"]) == (1, 4)


def test_first_place_skips_items_without_one() -> None:
    """Where a plan without home begins: the first item with a position that is not "here"."""
    here = simple(22, params=[0, 0, 0, 0, 0, 0, 20])
    plan = parsed(document(simple(20, frame=2), here, simple()))
    place = plan.first_place()
    assert place is not None and place.seq == 3
    assert Plan().first_place() is None


# --- landing patterns -------------------------------------------------------------------------------------------------
PATTERN: dict[str, Any] = {
    "type": "ComplexItem", "complexItemType": "fwLandingPattern", "version": 2, "altitudesAreRelative": True,
    "landCoordinate": [-35.363, 149.165, 0], "landingApproachCoordinate": [-35.366, 149.165, 40],
    "loiterClockwise": False, "loiterRadius": 75, "useLoiterToAlt": True, "stopTakingPhotos": True,
    "stopVideoPhotos": False, "valueSetIsDistance": True,
}  # fmt: skip


def test_a_landing_pattern_becomes_the_items_that_are_sent_for_it() -> None:
    """And items behind it, and jumps, count on."""
    plan = parsed(document(simple(22), PATTERN, simple(16)))
    assert [item.command for item in plan.items] == [22, 189, 206, 2001, 31, 21, 16]
    loiter, land = plan.items[4], plan.items[5]
    assert (loiter.param1, loiter.param2, loiter.param4, loiter.frame) == (1.0, -75.0, 1.0, 3)
    assert (loiter.x, loiter.y, loiter.z) == (-35.366, 149.165, 40.0)
    assert (land.x, land.y, land.z, land.frame, land.param1) == (-35.363, 149.165, 0.0, 3, 0.0)
    assert plan.surveys == ()


def test_a_landing_pattern_of_other_forms() -> None:
    """Straight in at a speed, from sea level, for a VTOL; at the end of a video; and the names of version 1."""
    straight = PATTERN | {
        "complexItemType": "vtolLandingPattern",
        "useLoiterToAlt": False,
        "altitudesAreRelative": False,
        "stopTakingPhotos": False,
        "useDoChangeSpeed": True,
        "finalApproachSpeed": 14,
    }
    items = parsed(document(straight)).items
    assert [(item.command, item.frame) for item in items] == [(189, 2), (178, 2), (16, 0), (85, 0)]
    assert (items[1].param1, items[1].param2) == (0.0, 14.0)
    filmed = parsed(document(PATTERN | {"stopTakingPhotos": False, "stopVideoPhotos": True})).items
    assert [item.command for item in filmed] == [189, 2501, 31, 21]
    old = {key: value for key, value in PATTERN.items() if key not in ("landingApproachCoordinate", "useLoiterToAlt")}
    old |= {"version": 1, "loiterCoordinate": [-35.366, 149.165, 40], "stopTakingPhotos": False}
    assert [item.command for item in parsed(document(old)).items] == [189, 31, 21]


def test_a_landing_pattern_without_a_place_is_refused_by_it() -> None:
    assert "mission.items[0].landCoordinate" in refusal(document(PATTERN | {"landCoordinate": [1]}))
    assert "mission.items[0].version" in refusal(document(PATTERN | {"version": 3}))
