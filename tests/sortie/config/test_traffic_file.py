"""--traffic FILE: what it may say, and one sentence for what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.interface.geo import GeoPoint, to_global
from sortie.config.errors import UserError
from sortie.config.traffic import parse_traffic, read_traffic
from tests.fakes.examples import examples

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
PAGE = Path(__file__).parents[3] / "docs" / "traffic.md"
AIRCRAFT = "[[aircraft]]\nat = [0, 0, 50]\n"


def test_the_example_of_the_page_flies() -> None:
    """Straight, and from knot to knot."""
    said = PAGE.read_text("utf-8").partition("```toml\n")[2].partition("```")[0]
    traffic = parse_traffic(said, "page")
    assert traffic.encounters is not None
    assert traffic.receiver.pressure
    light, helicopter = traffic.sky(HOME).aircraft
    assert (light.number, light.callsign, light.emitter) == (0xA12345, "N123AB", 1)
    assert light.at(19.0) is None
    at, velocity = light.at(30.0) or ((0.0,) * 3, (0.0,) * 3)
    assert at == pytest.approx((2500.0, 0.0, -60.0))
    assert velocity == pytest.approx((-50.0, 0.0, 0.0))
    at, velocity = helicopter.at(75.0) or ((0.0,) * 3, (0.0,) * 3)
    assert at == pytest.approx((250.0, -650.0, -100.0))
    assert helicopter.at(90.0) is not None
    assert helicopter.at(90.1) is None


def test_a_place_is_degrees_and_metres_above_the_sea() -> None:
    place = to_global(HOME, (100.0, 200.0, -60.0))
    said = f"[[aircraft]]\nplace = [{place.lat!r}, {place.lon!r}, {place.alt!r}]\n"
    (aircraft,) = parse_traffic(said, "x").sky(HOME).aircraft
    assert aircraft.knots[0][1] == pytest.approx((100.0, 200.0, -60.0), abs=1e-3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[aircraft", "x: "),
        ("[[aircaft]]\n", "x: unknown table 'aircaft'; did you mean aircraft?"),
        ("[[aircraft]]\nspeed = 3\n", "x: aircraft: unknown key 'speed'"),
        ("[[aircraft]]\n", "x: aircraft 1: expected one of at, place and knots, found none"),
        (AIRCRAFT + "place = [0.0, 0.0, 0.0]\n", "found at and place"),
        (AIRCRAFT + "speed_mps = 1e9\n", "aircraft[0].speed_mps: expected a number <= 1000.0"),
        (AIRCRAFT + "speed_mps = nan\n", "aircraft[0].speed_mps"),
        (AIRCRAFT + "icao = 16777216\n", "aircraft[0].icao"),
        (AIRCRAFT + 'emitter = "lght"\n', "emitter: 'lght' is none of"),
        (AIRCRAFT + 'callsign = "TOOLONGNAME"\n', "aircraft[0].callsign"),
        ("[[aircraft]]\nplace = [95, 0, 0]\n", "place: expected a latitude from -90 to 90"),
        ("[[aircraft]]\nknots = [[0, 0, 0, 0]]\n", "knots"),
        ("[[aircraft]]\nknots = [[5, 0, 0, 0], [5, 1, 0, 0]]\n", "knots: expected times that rise"),
        ("[receiver]\ndropout = 2\n", "receiver.dropout"),
        ('[receiver]\naltitude = "radar"\n', "receiver.altitude: 'radar' is neither geometric nor pressure"),
        ("[encounters]\nspeed_mps = [50, 40]\n", "encounters: speed_mps: expected [from, to], found 50 above 40"),
        ("aircraft = 3\n", "aircraft"),
        ("receiver = []\n", "receiver"),
    ],
)
def test_one_sentence_says_what_is_wrong(text: str, told: str) -> None:
    with pytest.raises(UserError) as error:
        parse_traffic(text, "x")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x00", b"[receiver"])
def test_a_file_that_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.toml"
    path.write_bytes(content)
    for what in (path, tmp_path, tmp_path / "missing"):
        with pytest.raises(UserError):
            read_traffic(what)


@settings(max_examples=examples(60))
@given(st.text(alphabet='[]{}="aircftnkoseg_1.-,\n \0é', max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_traffic(text, "x").sky(HOME)
    except UserError as error:
        assert "\n" not in str(error)
