"""--obstacles FILE: TOML of shapes, GeoJSON of buildings, and one sentence for what is neither."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.interface.geo import GeoPoint, to_global
from sortie.api.fleet import Fleet
from sortie.api.session import Session
from sortie.config.errors import UserError
from sortie.config.obstacles import parse_obstacles, read_obstacles
from tests.fakes.examples import examples

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
PAGE = Path(__file__).parents[3] / "docs" / "traffic.md"


def test_the_example_of_the_page_stands() -> None:
    """Each shape where it was put."""
    said = PAGE.read_text("utf-8").split("```toml\n")[2].partition("```")[0]
    town = parse_obstacles(said, "page", HOME)
    assert [shape.name for shape in town.shapes] == ["house", "mast", "wall 1", "wall 1", "wire 1"]
    assert town.nearest((30.0, 0.0, -3.0))[0] == pytest.approx(5.0)
    assert town.nearest((-20.0, 15.0, -3.0))[0] < 0.0


def building(**properties: object) -> str:
    corners = [to_global(HOME, (n, e, 0.0)) for n, e in ((10, -5), (10, 5), (30, 5), (30, -5), (10, -5))]
    ring = [[corner.lon, corner.lat] for corner in corners]
    feature = {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


@pytest.mark.parametrize(
    ("properties", "high"),
    [({}, 6.0), ({"building:levels": 4}, 12.0), ({"height": "9.5 m"}, 9.5), ({"height": 20}, 20.0)],
)
def test_buildings_have_heights(properties: dict[str, object], high: float) -> None:
    """As OpenStreetMap has them."""
    town = parse_obstacles(building(**properties), "x", HOME, geojson=True)
    assert town.nearest((20.0, 0.0, -high - 3.0))[0] == pytest.approx(3.0, abs=0.01)
    assert town.nearest((0.0, 0.0, -1.0))[0] == pytest.approx(10.0, abs=0.01)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[bx]]\n", "unknown table 'bx'; did you mean box?"),
        ("[[box]]\n", "box 1: expected at = [NORTH, EAST] in m, or place = [LAT, LON]"),
        ("[[box]]\nat = [0, 0]\nheigth = 3\n", "unknown key 'heigth'; did you mean height?"),
        ("[[box]]\nat = [0, 0]\nsize = [0, 1]\n", "size"),
        ("[[cylinder]]\nplace = [99, 0]\n", "place: expected a latitude"),
        ("[[wall]]\npath = [[0, 0]]\n", "path"),
        ("[[wire]]\npath = [[0, 0, nan], [1, 1, 1]]\n", "path"),
        ("box = 1\n", "box"),
        ("[[box\n", "x: "),
    ],
)
def test_one_sentence_says_what_is_wrong(text: str, told: str) -> None:
    with pytest.raises(UserError) as error:
        parse_obstacles(text, "x", HOME)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"features": [1]}', '{"features": [{"geometry": {"type": "Polygon", "coordinates": [[[1]]]}}]}',
     building(height="tall"), building(height=-1), building(height=True), "[" * 100_000],
)  # fmt: skip
def test_what_is_no_geojson_is_refused(text: str) -> None:
    with pytest.raises(UserError) as error:
        parse_obstacles(text, "x", HOME, geojson=True)
    assert "\n" not in str(error.value)


def test_a_figure_that_is_none_is_told() -> None:
    with pytest.raises(UserError, match=r"box\[1\]\.at\[0\]: .*, found nan"):
        parse_obstacles("[[box]]\nat = [1, 2]\n[[box]]\nat = [nan, 2]", "x", HOME)


def test_who_stands_inside_is_told_before_the_flight(tmp_path: Path) -> None:
    """It would hit that at arming, and wait on the ground for its battery to end."""
    file = tmp_path / "here.toml"
    file.write_text('[[box]]\nname = "shed"\nat = [0, 0]\n[[wire]]\npath = [[0, -9, 5], [0, 9, 5]]')
    with pytest.raises(UserError, match="obstacles: the vehicle stands inside shed; move that, or its home"):
        Session(obstacles=file)
    with pytest.raises(UserError, match="vehicle 2 stands inside house"):
        file.write_text('[[box]]\nname = "house"\nat = [0, 25]')
        Fleet(2, formation="line", spacing=25.0, obstacles=file)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "blank.toml").write_text(" \n")
    for what in (tmp_path / "t.toml", tmp_path / "blank.toml", tmp_path, tmp_path / "missing"):
        with pytest.raises(UserError):
            read_obstacles(what, HOME)


@settings(max_examples=examples(60))
@given(st.text(alphabet='[]{}="boxwalirecyndpth_1.-,\n \0:é', max_size=80), st.booleans())
def test_any_text_is_read_or_refused(text: str, geojson: bool) -> None:
    try:
        parse_obstacles(text, "x", HOME, geojson=geojson)
    except UserError as error:
        assert "\n" not in str(error)
