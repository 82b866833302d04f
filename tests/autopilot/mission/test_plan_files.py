"""Real plan files, as ground stations and other projects wrote them: each is read, or refused with one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autopilot.mission.plan import (
    Plan,
    PlanError,
    format_fence_text,
    format_plan,
    format_rally_text,
    format_waypoints,
    parse_plan,
)
from autopilot.mission.storage import pack_item
from autopilot.mission.validate import check_item

FOLDER = Path(__file__).parents[3] / ".." / "shared" / "data" / "plans"
FILES = sorted(path for path in FOLDER.glob("*") if path.suffix != ".md") if FOLDER.is_dir() else []
REFUSED = {
    "mavsdk--test_plans--qgroundcontrol_sample_with_structured_scan.plan": ("mission.items[1]", "StructureScan"),
    "mavsdk--test_plans--qgroundcontrol_sample_with_survey_wrong_version.plan": ("mission.items[1].version", "9"),
    "mavsdk--test_plans--qgroundcontrol_sample_wrong_mission_version.plan": ("mission.version", "7"),
}

pytestmark = pytest.mark.skipif(not FILES, reason=f"no plan files at {FOLDER}")
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


@pytest.mark.parametrize(("name", "words"), REFUSED.items())
def test_file_is_refused_with_one_line(name: str, words: tuple[str, str]) -> None:
    """Wrong versions and items that hold only geometry: place and reason in one line."""
    with pytest.raises(PlanError) as caught:
        read(FOLDER / name)
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
    """The camera item, then the survey's 12 items in place."""
    plan = read(FOLDER / "mavsdk--test_plans--qgroundcontrol_sample_with_survey.plan")
    assert len(plan.items) == 13
    assert [item.command for item in plan.items[:3]] == [530, 16, 206]
    assert plan.firmware_type == 12


def test_plan_without_home_line_keeps_its_first_item() -> None:
    """MAVSDK's Mission Planner sample begins with a takeoff at seq 0: it is item 1, and home is unknown."""
    plan = read(FOLDER / "mavsdk--test_plans--mission_planner_sample.txt")
    assert plan.home is None
    assert [item.command for item in plan.items] == [22, 16, 16, 20]
    assert plan.items[0] == replace(plan.items[0], seq=1, x=47.3978101, y=8.5455380, z=15.0)


def test_large_mission_jumps_to_the_items_it_names() -> None:
    """Kingaroy: comments between the lines do not shift the jumps."""
    plan = read(FOLDER / "ardupilot--LargeMissions--Kingaroy-vlarge2.txt")
    assert len(plan.items) == 528
    assert [item.param1 for item in plan.items if item.command == 177][:5] == [22.0, 22.0, 24.0, 27.0, 4.0]
