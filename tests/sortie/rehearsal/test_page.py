"""The page of a rehearsal: it opens without a network, and every finding leads to its item."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd, Frame
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from sortie import rehearse
from sortie.commands.cli import run
from sortie.rehearsal.page import MOST_TRACKS, rehearsal_page
from sortie.reports import chart_map
from tests.fakes.terrain import map_of, ramp, write_geotiff

HOME = GeoPoint(47.0, 8.0, 400.0)
SQUARE = Path(__file__).parents[3] / "examples" / "square.waypoints"


class Read(HTMLParser):
    """What a browser would see: elements with their attributes, ids, links, text of rows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: dict[str, str] = {}
        self._row: str | None = None
        self.drawings: dict[str, list[tuple[str, dict[str, str | None]]]] = {}
        self._drawing: str | None = None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.elements.append((tag, values))
        if tag == "tbody":
            self._row = values.get("id")
        if tag == "svg":
            self._drawing = values["aria-label"]
            self.drawings[str(self._drawing)] = []
        elif self._drawing is not None:
            self.drawings[self._drawing].append((tag, values))

    def handle_endtag(self, tag: str) -> None:
        if tag == "svg":
            self._drawing = None
        if tag in ("table", "section"):
            self._row = None

    def handle_data(self, data: str) -> None:
        if self._row is not None:
            self.rows[self._row] = self.rows.get(self._row, "") + data

    def all(self, attribute: str) -> list[str]:
        return [str(values[attribute]) for _, values in self.elements if attribute in values]

    def lines(self, drawing: str, kind: str) -> list[list[tuple[float, float]]]:
        """Points of all lines of a class."""
        return [
            [(float(x), float(y)) for x, y in (pair.split(",") for pair in str(values["points"]).split())]
            for tag, values in self.drawings[drawing]
            if tag in ("polyline", "polygon") and values.get("class") == kind
        ]


def place(north: float, east: float) -> dict[str, float]:
    there = to_global(HOME, (north, east, 0.0))
    return {"x": there.lat, "y": there.lon}


def wp(north: float, east: float, z: float = 20.0, frame: Frame = Frame.GLOBAL_RELATIVE_ALT) -> MissionItem:
    return MissionItem(Cmd.NAV_WAYPOINT, frame, z=z, **place(north, east))


def plan_of(*items: MissionItem) -> Plan:
    fence = (MissionItem(Cmd.NAV_FENCE_CIRCLE_INCLUSION, param1=150.0, x=HOME.lat, y=HOME.lon),)
    rally = (MissionItem(Cmd.NAV_RALLY_POINT, z=20.0, **place(0.0, 400.0)),)
    return Plan(HOME, tuple(replace(one, seq=seq) for seq, one in enumerate(items, 1)), fence, rally)


UP, BACK = MissionItem(Cmd.NAV_TAKEOFF, z=20.0), MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)
BAD = plan_of(UP, wp(100, 0), wp(200, 0), wp(0, 50), BACK)
FENCED = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 4.0}
MAP, HEIGHTS, BATTERY = "Map: plan, fence, photos, flown tracks", "Height over ground", "Battery by item"


@pytest.fixture(scope="module")
def still() -> Read:
    """Of a plan with errors, not flown."""
    return Read(rehearsal_page(rehearse(BAD, params=FENCED), "bad.plan"))


@pytest.fixture(scope="module")
def flown() -> Read:
    """Of the square, flown in wind."""
    return Read(rehearsal_page(rehearse(SQUARE, flights=5, wind=(4.0, 6.0, None), battery_wh=30.0), "square"))


def test_every_finding_leads_to_the_row_of_its_item(still: Read) -> None:
    """And stands there; so does a rally point's."""
    targets = {one.removeprefix("#") for one in still.all("href")}
    assert targets == {"item-3", "item-4", "rally-0"}
    assert targets < set(still.all("id"))
    assert "leaves the fence by 50.0 m" in still.rows["item-3"]
    assert "lies 250 m outside the fence" in still.rows["rally-0"]
    assert "fence" not in still.rows["item-2"]


def test_what_was_found_has_the_width_of_the_table(still: Read) -> None:
    """Below its item: beside columns of figures a sentence would be a column of words."""
    told = [values["colspan"] for tag, values in still.elements if tag == "td" and "colspan" in values]
    assert told == ["6", "6", "2"]  # two items, a rally point


def test_nothing_comes_from_a_network(still: Read, flown: Read) -> None:
    """No element that loads anything, no address but places on the page."""
    for page in (still, flown):
        assert not {tag for tag, _ in page.elements} & {"link", "img", "iframe", "object", "embed", "video", "audio"}
        assert not page.all("src") + page.all("srcset") + page.all("xlink:href")
        assert all(one.startswith("#") for one in page.all("href"))
    text = rehearsal_page(rehearse(BAD), "bad.plan")
    assert not re.search(r"(https?:)?//\w|src=|@import|url\(", text)


def test_ids_are_said_once(still: Read) -> None:
    """So that a link leads to one place."""
    assert len(still.all("id")) == len(set(still.all("id")))


def test_the_map_has_plan_fence_rally_and_flown_ribbons(still: Read, flown: Read) -> None:
    """All on the sheet; a ribbon passes the corners of the plan; items with errors are marked."""
    assert len([one for tag, one in still.drawings[MAP] if tag == "circle" and one["class"] == "keep"]) == 1
    assert [one["class"] for tag, one in still.drawings[MAP] if tag == "circle" and "bad" in str(one["class"])]
    ribbons = flown.lines(MAP, "ribbon")
    assert len(ribbons) == 5 <= MOST_TRACKS
    (way,) = flown.lines(MAP, "plan")
    assert all(0 <= x <= chart_map.WIDTH and 0 <= y <= chart_map.HEIGHT for line in (*ribbons, way) for x, y in line)
    for corner in way:
        assert min(np.hypot(x - corner[0], y - corner[1]) for x, y in ribbons[0]) < 0.15 * chart_map.HEIGHT


def test_heights_are_planned_and_flown(flown: Read) -> None:
    """The band's middle keeps to the plan, but for climbs."""
    (way,), (middle,) = flown.lines(HEIGHTS, "plan"), flown.lines(HEIGHTS, "middle")
    assert len(flown.lines(HEIGHTS, "spread")) == 1
    climbed = way[1][1]
    assert sum(abs(y - climbed) < 3.0 for _, y in middle) > 0.8 * len(middle)


def test_the_ground_is_that_of_the_terrain(tmp_path: Path) -> None:
    """On a ramp it rises along the way; a leg above the ground rises with it."""
    file = write_geotiff(tmp_path / "ground.tif", map_of(ramp(0.1, HOME, 500.0), HOME))
    plan = plan_of(UP, wp(0, 10), wp(200, 10, 20.0, Frame.GLOBAL_TERRAIN_ALT), wp(300, 10, 60.0))
    page = Read(rehearsal_page(rehearse(plan, terrain=file), "ramp"))
    (ground,), (way,) = page.lines(HEIGHTS, "ground"), page.lines(HEIGHTS, "plan")
    inside = ground[1:-1]
    assert inside[0][1] - inside[-1][1] > 20.0
    assert len(way) > 100  # it follows every step of the ground
    assert way[4][1] - way[100][1] > 10.0
    assert "20.0 m" in page.rows["item-3"]


def test_the_battery_is_a_band_by_item(still: Read, flown: Read) -> None:
    """It falls; a plan that was not flown has a line of still air."""
    (spread,), (middle,) = flown.lines(BATTERY, "spread"), flown.lines(BATTERY, "middle")
    assert len(spread) == 2 * len(middle) == 2 * 6
    assert [y for _, y in middle] == sorted(y for _, y in middle)
    upper, lower = spread[:6], spread[:5:-1]
    assert all(high[1] <= low[1] for high, low in zip(upper, lower, strict=True))
    assert len(still.lines(BATTERY, "plan")) == 1


def test_the_table_has_arrival_times(flown: Read) -> None:
    """In still air and flown, rising from item to item."""
    times = [
        int(re.search(r"(\d+) s(\d+) / (\d+) / (\d+) s", flown.rows[f"item-{seq}"]).group(3)) for seq in range(1, 7)
    ]  # type: ignore[union-attr]
    assert times == sorted(times)


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Into the folder, named as the plan; a folder that cannot be is told before anything is flown."""
    assert run(["rehearse", str(SQUARE), "--report", str(tmp_path / "pages")]) == 0
    assert "GO" in (tmp_path / "pages" / "rehearsal-square.html").read_text(encoding="utf-8")
    capsys.readouterr()
    (tmp_path / "file").write_text("")
    assert run(["rehearse", str(SQUARE), "--report", str(tmp_path / "file")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_plan_of_nothing_to_fly_has_a_page_too() -> None:
    """Charts without a way are left out."""
    page = Read(rehearsal_page(rehearse(Plan(HOME, (MissionItem(Cmd.DO_SET_SERVO, param1=9.0, seq=1),))), "<nothing>"))
    assert list(page.drawings) == [MAP]
    rover = Read(rehearsal_page(rehearse(BAD, vehicle="sim:rover"), "drives"))
    assert list(rover.drawings) == [MAP]
