"""What photos of a plan show: where they are taken, footprints, overlap, gaps of a survey; calculated and flown."""

from __future__ import annotations

import json
from math import pi
from pathlib import Path

import numpy as np
import pytest

from autopilot.context.events import CameraTriggered, Event
from autopilot.interface.footprint import Lens
from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan, parse_plan
from autopilot.rehearsal.findings import FindingSeverity
from autopilot.rehearsal.photos import find_gap
from sortie import Session, rehearse
from sortie.commands.cli import run
from sortie.rehearsal.rehearsal import Rehearsal

HOME = GeoPoint(47.0, 8.0, 400.0)
CAMERA = {"SensorWidth": 6.0, "SensorHeight": 4.0, "FocalLength": 5.0, "Landscape": True, "FrontalOverlap": 70,
          "SideOverlap": 60, "MinTriggerInterval": 0.5, "CameraName": "a camera", "version": 1}  # fmt: skip
"""At 50 m it shows 40 m along and 60 m across."""


def place(north: float, east: float) -> list[float]:
    there = to_global(HOME, (north, east, 0.0))
    return [there.lat, there.lon]


def simple(command: Cmd, number: int, params: list[float], frame: int = 3) -> dict[str, object]:
    return {
        "type": "SimpleItem",
        "command": int(command),
        "doJumpId": number,
        "frame": frame,
        "autoContinue": True,
        "params": params,
    }


def survey(
    every_m: float = 12.0,
    apart_m: float = 24.0,
    lines: int = 4,
    camera: dict[str, object] | None = None,
    height: float = 50.0,
    long_m: float = 120.0,
) -> Plan:
    """A takeoff, a survey whose lines go north and south, and the way home, as QGroundControl writes it."""
    number, items = 2, []
    for line in range(lines):
        ends = (0.0, long_m) if line % 2 == 0 else (long_m, 0.0)
        for end, trigger in zip(ends, (every_m, 0.0), strict=True):
            items.append(simple(Cmd.NAV_WAYPOINT, number, [0, 0, 0, 0, *place(end, line * apart_m), height]))
            items.append(simple(Cmd.DO_SET_CAM_TRIGG_DIST, number + 1, [trigger, 0, 1, 0, 0, 0, 0], 2))
            number += 2
    wide = (lines - 1) * apart_m
    complex_ = {
        "type": "ComplexItem",
        "complexItemType": "survey",
        "version": 5,
        "polygon": [place(0, 0), place(long_m, 0), place(long_m, wide), place(0, wide)],
        "TransectStyleComplexItem": {"Items": items, "CameraCalc": CAMERA if camera is None else camera},
    }
    takeoff = simple(Cmd.NAV_TAKEOFF, 1, [0, 0, 0, 0, HOME.lat, HOME.lon, height])
    back = simple(Cmd.NAV_RETURN_TO_LAUNCH, number, [0, 0, 0, 0, 0, 0, 0], 2)
    mission = {"version": 2, "plannedHomePosition": [HOME.lat, HOME.lon, HOME.alt], "items": [takeoff, complex_, back]}
    return parse_plan(json.dumps({"fileType": "Plan", "version": 1, "mission": mission}))


def rules(found: Rehearsal) -> dict[str, list[int | None]]:
    told: dict[str, list[int | None]] = {}
    for one in found.findings:
        told.setdefault(one.rule.name, []).append(one.item)
    return told


def test_a_plan_keeps_what_it_says_of_its_surveys() -> None:
    """Items, area, camera, overlaps."""
    (one,) = survey().surveys
    assert (one.first, one.last, len(one.area)) == (2, 17, 4)
    assert one.lens == Lens(6.0, 4.0, 5.0)
    assert (one.along, one.beside, one.least_s) == (0.7, 0.6, 0.5)


@pytest.mark.parametrize("camera", [{}, {"SensorWidth": "wide"}, {"SensorWidth": 0, "SensorHeight": 1}])
def test_a_camera_that_is_not_noted_is_told_not_refused(camera: dict[str, object]) -> None:
    """As a note: a go all the same."""
    found = rehearse(survey(camera=camera))
    assert found.go
    assert rules(found) == {"photo-unknown": [4]}
    assert found.findings[0].rule.severity is FindingSeverity.NOTE
    assert found.photos is not None
    assert found.photos.covers_m is None


def test_a_good_survey_is_covered_and_overlaps() -> None:
    """As its geometry says, with nothing found."""
    found = rehearse(survey())
    assert rules(found) == {}
    assert found.photos is not None
    assert found.photos.covers_m == pytest.approx((40.0, 60.0))
    assert found.photos.along == pytest.approx(0.7, abs=1e-6)
    assert found.photos.beside == pytest.approx(0.6, abs=1e-3)
    assert [gap for _, gap in found.photos.gaps] == [None]
    assert len(found.photos.taken) == 4 * 11


def test_a_missing_line_is_a_gap_at_its_neighbour() -> None:
    """As wide as what the photos of the lines beside it leave: 140 m less 60 m; the way to item 6 leads through it."""
    found = rehearse(survey(apart_m=140.0, lines=2))
    assert rules(found)["photo-gap"] == [6]
    assert found.photos is not None
    (_, gap) = found.photos.gaps[0]
    assert gap is not None
    assert gap.wide_m == pytest.approx(80.0, abs=2.0)
    assert gap.share == pytest.approx(80.0 / 140.0, abs=0.02)


def test_less_overlap_than_was_asked_for_is_found_at_the_line() -> None:
    """Along: at each line; beside: at the second of two."""
    assert rules(rehearse(survey(every_m=20.0))) == {"photo-overlap": [4, 8, 12, 16]}
    assert rules(rehearse(survey(apart_m=36.0))) == {"photo-overlap": [8, 12, 16]}


def test_photos_that_do_not_touch_are_found_without_a_survey_too() -> None:
    """By the vehicle's own camera."""
    places = [to_global(HOME, (north, 0.0, 0.0)) for north in (0.0, 300.0)]
    items = (
        MissionItem(Cmd.NAV_TAKEOFF, z=20.0, seq=1),
        MissionItem(Cmd.DO_SET_CAM_TRIGG_DIST, param1=50.0, seq=2),
        MissionItem(Cmd.NAV_WAYPOINT, x=places[1].lat, y=places[1].lon, z=20.0, seq=3),
        MissionItem(Cmd.DO_SET_CAM_TRIGG_DIST, seq=4),
        MissionItem(Cmd.NAV_RETURN_TO_LAUNCH, seq=5),
    )
    camera = {"CAM1_TYPE": 6.0, "SIM_CAM_SENS_W": 6.0, "SIM_CAM_SENS_H": 4.0, "SIM_CAM_FOCAL": 5.0}
    assert rules(rehearse(Plan(HOME, items))) == {"photo-unknown": [3]}
    assert rules(rehearse(Plan(HOME, items), params=camera)) == {"photo-apart": [3]}
    assert rules(rehearse(Plan(HOME, items), params={**camera, "SIM_CAM_FOCAL": 1.0})) == {}


def test_a_camera_that_is_too_slow_is_found() -> None:
    """12 m at 10 m/s are 1.2 s."""
    assert "photo-fast" not in rules(rehearse(survey()))
    slow = {**CAMERA, "MinTriggerInterval": 2.0}
    assert rules(rehearse(survey(camera=slow))) == {"photo-fast": [4, 8, 12, 16]}


def test_pictures_by_time_and_single_ones_count() -> None:
    """IMAGE_START_CAPTURE every 2 s for five, then one; DO_DIGICAM_CONTROL one."""
    there = to_global(HOME, (200.0, 0.0, 0.0))
    camera = {"CAM1_TYPE": 6.0}
    for command, params, count in (
        (Cmd.IMAGE_START_CAPTURE, {"param2": 2.0, "param3": 5.0}, 5),
        (Cmd.IMAGE_START_CAPTURE, {"param3": 1.0}, 1),
        (Cmd.DO_DIGICAM_CONTROL, {"x": 1.0}, 1),
        (Cmd.DO_DIGICAM_CONTROL, {}, 0),
    ):
        items = (
            MissionItem(Cmd.NAV_TAKEOFF, z=20.0, seq=1),
            MissionItem(command, seq=2, **params),  # type: ignore[arg-type]
            MissionItem(Cmd.NAV_WAYPOINT, x=there.lat, y=there.lon, z=20.0, seq=3),
            MissionItem(Cmd.NAV_RETURN_TO_LAUNCH, seq=4),
        )
        photos = rehearse(Plan(HOME, items), params=camera).photos
        assert (0 if photos is None else len(photos.taken)) == count, command.name


@pytest.mark.parametrize(("every_m", "per_line"), [(12.0, 11), (50.0, 4)])
def test_photos_are_as_many_as_are_flown(every_m: float, per_line: int) -> None:
    """A ground station switches the trigger off with a photo (param3), of which each line had one less; where the
    trigger is as far just then, it is one photo."""
    plan, taken = survey(every_m), list[Event]()
    with Session(home=HOME, params={"FM_COUNTDOWN": 0}) as session:
        session.upload(plan)
        session.service.observers.append(lambda events, _: taken.extend(events))
        session.start()
        session.run_until(lambda s: not s.state.armed, 600.0, 1.0)
    photos = rehearse(plan).photos
    assert photos is not None and len(photos.taken) == 4 * per_line
    assert sum(isinstance(event, CameraTriggered) for event in taken) == 4 * per_line


def test_a_changed_distance_counts_from_the_last_photo() -> None:
    """As the trigger does that is on already: it counted from the item (AP_Camera_Backend.cpp)."""
    places = [to_global(HOME, (north, 0.0, 0.0)) for north in (70.0, 140.0)]
    ways = [MissionItem(Cmd.NAV_WAYPOINT, x=there.lat, y=there.lon, z=20.0) for there in places]
    triggers = [MissionItem(Cmd.DO_SET_CAM_TRIGG_DIST, param1=every_m) for every_m in (50.0, 40.0)]
    items = (MissionItem(Cmd.NAV_TAKEOFF, z=20.0), triggers[0], ways[0], triggers[1], ways[1])
    photos = rehearse(Plan(HOME, items)).photos
    assert photos is not None and [round(photo.place[0]) for photo in photos.taken] == [50, 90, 130]


def test_a_gap_is_as_wide_as_it_is() -> None:
    """Between two strips; of a corridor about a line."""
    area = np.array([(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)])
    strips = [np.array([(-1, low), (101, low), (101, high), (-1, high)], float) for low, high in ((-1, 40), (47, 101))]
    gap = find_gap(area, np.array(strips))
    assert gap is not None
    assert gap.wide_m == pytest.approx(7.0, abs=0.5)
    assert gap.share == pytest.approx(0.07, abs=0.003)
    assert gap.place[1] == pytest.approx(43.5, abs=0.5)
    assert find_gap(area, np.array([[(-1, -1), (101, -1), (101, 101), (-1, 101)]], float)) is None
    corridor = find_gap(np.array([(0.0, 0.0), (100.0, 0.0)]), np.array(strips[:1]), 20.0)
    assert corridor is not None
    assert 9.0 <= corridor.wide_m <= 12.0  # from -10 to -1 beside the line, and what is round about its ends


def test_flown_photos_cover_a_survey_or_leave_a_gap() -> None:
    """Calm and level a good one is covered; one whose photos just touch is not once the vehicle leans."""
    good = rehearse(survey(lines=2), flights=1)
    assert good.flown is not None
    assert [one.gaps for one in good.flown.flights] == [()]
    tight = {**CAMERA, "FrontalOverlap": 0, "SideOverlap": 0, "MinTriggerInterval": 0}
    bad = rehearse(survey(every_m=39.0, apart_m=58.0, lines=2, camera=tight), flights=2, wind=(8.0, 12.0, 270.0))
    assert "flown-gap" in rules(bad)
    assert set(rules(bad)["flown-gap"]) <= {4, 6, 8}


def test_the_command_tells_of_photos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a line, in JSON, and on the page's map."""
    file = tmp_path / "survey.plan"
    example = Path(__file__).parents[3] / "examples" / "survey.plan"
    file.write_text(
        example.read_text().replace(
            '"CameraName"', '"SensorWidth": 6, "SensorHeight": 4, "FocalLength": 5, "CameraName"'
        )
    )
    assert run(["rehearse", str(file), "--report", str(tmp_path)]) == 0
    assert "photos: " in capsys.readouterr().out
    assert run(["rehearse", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["photos"]
    assert told["covers_m"] == [24.0, 36.0]
    assert told["surveys"][0]["covered"] == 1.0
    assert (tmp_path / "rehearsal-survey.html").read_text().count('class="photo"') == told["count"]


def test_on_a_circle_photos_point_along_it() -> None:
    """Each heading is at a right angle to the radius."""
    there = to_global(HOME, (100.0, 0.0, 0.0))
    items = (
        MissionItem(Cmd.NAV_TAKEOFF, z=20.0, seq=1),
        MissionItem(Cmd.DO_SET_CAM_TRIGG_DIST, param1=10.0, seq=2),
        MissionItem(Cmd.NAV_LOITER_TURNS, param1=1.0, param3=40.0, x=there.lat, y=there.lon, z=20.0, seq=3),
        MissionItem(Cmd.DO_SET_CAM_TRIGG_DIST, seq=4),
        MissionItem(Cmd.NAV_RETURN_TO_LAUNCH, seq=5),
    )
    photos = rehearse(Plan(HOME, items), params={"CAM1_TYPE": 6.0}).photos
    assert photos is not None
    ring = [one for one in photos.taken if one.place[1] != 0.0]
    assert all(39.0 < np.hypot(one.place[0] - 100.0, one.place[1]) < 40.1 for one in ring)
    assert 20 <= len(ring) <= 27
    for one in ring[2:]:
        radial = np.arctan2(one.place[1], one.place[0] - 100.0)
        assert abs((one.yaw - radial - pi / 2.0 + pi) % (2.0 * pi) - pi) < 0.1
