"""Plan files as ground stations write them, ours and other projects': each is read, or refused with one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autopilot.mission.plan import Plan, PlanError, format_plan, parse_plan
from autopilot.mission.storage import pack_item
from autopilot.mission.validate import check_item
from tests.fakes.recorded import PLANS, plan_files
from tests.fakes.written_plans import format_fence_text, format_rally_text, format_waypoints

FILES = plan_files()
REFUSED = {
    "refused-structure-scan.plan": ("mission.items[1]", "StructureScan"),
    "refused-survey-version.plan": ("mission.items[1].version", "9"),
    "refused-mission-version.plan": ("mission.version", "7"),
    "mavsdk--test_plans--qgroundcontrol_sample_with_structured_scan.plan": ("mission.items[1]", "StructureScan"),
    "mavsdk--test_plans--qgroundcontrol_sample_with_survey_wrong_version.plan": ("mission.items[1].version", "9"),
    "mavsdk--test_plans--qgroundcontrol_sample_wrong_mission_version.plan": ("mission.version", "7"),
}

good_files = pytest.mark.parametrize(
    "path", [path for path in FILES if path.name not in REFUSED], ids=lambda path: str(path.name)
)


def content(plan: Plan) -> list[list[tuple[int, bytes]]]:
    """Everything that is flown, comparable although parameters may be NaN."""
    return [[(item.seq, pack_item(item)) for item in items] for items in (plan.items, plan.fence, plan.rally)]


def read(path: Path) -> Plan:
    return parse_plan(path.read_bytes(), path.name)


@good_files
def test_file_is_read(path: Path) -> None:
    """Something is in it, and the mission is numbered from 1."""
    plan = read(path)
    assert plan.items or plan.fence or plan.rally
    assert [item.seq for item in plan.items] == list(range(1, len(plan.items) + 1))


@good_files
def test_every_line_of_a_waypoint_file_is_an_item(path: Path) -> None:
    """No line is lost: home and items are as many as the lines with 12 fields, and simple items as many as in JSON."""
    text = path.read_text(encoding="utf-8-sig")
    plan = read(path)
    rows = [line.split() for line in text.splitlines() if len(line.split()) == 12 and not line.startswith("#")]
    if rows:
        items = len(plan.items) + len(plan.fence) + len(plan.rally)
        assert len(rows) - items == (1 if int(float(rows[0][3])) == 16 else 0)
    elif text.lstrip().startswith("{"):
        assert len(plan.items) == text.count('"SimpleItem"')


@good_files
def test_what_is_read_and_written_again_is_the_same(path: Path) -> None:
    """In the file's own kind, and missions in both kinds."""
    plan = read(path)
    if plan.items:
        again = parse_plan(format_waypoints(plan.items, plan.home))
        assert (content(again)[0], again.home) == (content(plan)[0], plan.home)
    json_again = parse_plan(format_plan(plan), "x.plan")
    assert content(json_again)[0] == content(plan)[0]
    assert (json_again.home, json_again.cruise_speed, json_again.hover_speed) == (
        plan.home,
        plan.cruise_speed,
        plan.hover_speed,
    )
    if plan.fence:
        again = parse_plan(format_waypoints(plan.fence))
        assert content(again)[1] == content(plan)[1]
        if all(item.command in (5000, 5001) for item in plan.fence) and any(i.command == 5000 for i in plan.fence):
            assert content(parse_plan(format_fence_text(plan.fence)))[1] == content(plan)[1]
    if plan.rally:
        assert content(parse_plan(format_rally_text(plan.rally)))[2] == content(plan)[2]


@good_files
def test_items_survive_the_checks_of_an_upload(path: Path) -> None:
    """What people fly is accepted item by item, planes' and boats' missions too."""
    plan = read(path)
    count = len(plan.items) + 1
    complaints = [(item.seq, verdict.text) for item in plan.items if not (verdict := check_item(item, 0, count)).ok]
    complaints += [(item.seq, verdict.text) for item in plan.fence if not (verdict := check_item(item, 1, 99)).ok]
    complaints += [(item.seq, verdict.text) for item in plan.rally if not (verdict := check_item(item, 2, 99)).ok]
    assert complaints == []


@pytest.mark.parametrize("path", [path for path in FILES if path.name in REFUSED], ids=lambda path: str(path.name))
def test_file_is_refused_with_one_line(path: Path) -> None:
    """Wrong versions and items that hold only geometry: place and reason in one line."""
    words = REFUSED[path.name]
    with pytest.raises(PlanError) as caught:
        read(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(words[0] + ": expected ") and words[1] in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_a_file_cut_anywhere_is_read_or_refused_with_one_line(path: Path) -> None:
    """Truncated at 40 places: never another exception."""
    data = path.read_bytes()
    for part in range(40):
        try:
            parse_plan(data[: len(data) * part // 40], path.name)
        except PlanError as error:
            assert "\n" not in str(error) and ": expected " in str(error)


def test_survey_is_taken_from_its_stored_items() -> None:
    """The camera item, then the survey's 8 items in place."""
    plan = read(PLANS / "copter-survey.plan")
    assert [item.command for item in plan.items] == [530, 206, *[16] * 6, 206]
    assert plan.firmware_type == 12


def test_plan_without_home_line_keeps_its_first_item() -> None:
    """A file that begins with a takeoff at seq 0: it is item 1, and home is unknown."""
    plan = read(PLANS / "copter-no-home-line.txt")
    assert plan.home is None
    assert [item.command for item in plan.items] == [22, 16, 16, 20]
    assert plan.items[0] == replace(plan.items[0], seq=1, x=50.49861, y=9.94803, z=15.0)


def test_large_mission_jumps_to_the_items_it_names() -> None:
    """Comments between the lines do not shift the jumps."""
    plan = read(PLANS / "large-with-comments-and-jumps.txt")
    assert len(plan.items) == 525
    assert [item.param1 for item in plan.items if item.command == 177] == [10.0, 30.0, 50.0, 70.0, 90.0, 110.0]


def test_ours_hold_each_feature_by_themselves() -> None:
    """A clone that stands alone reads missions, both kinds of fences, rally points, and every way to end a line."""
    ours = [path for path in FILES if path.parent == PLANS]
    plans = [read(path) for path in ours if path.name not in REFUSED]
    assert len([plan for plan in plans if plan.items]) > 40
    assert len([plan for plan in plans if plan.fence]) >= 6 and len([plan for plan in plans if plan.rally]) >= 3
    assert {item.frame for plan in plans for item in plan.items} >= {0, 3, 10}
    data = [path.read_bytes() for path in ours]
    assert any(b"\r\n" in text for text in data) and any(text.startswith(b"\xef\xbb\xbf") for text in data)
    assert any(not text.endswith(b"\n") for text in data)
