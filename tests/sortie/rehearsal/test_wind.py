"""The wind of the day: one, or a profile from a file; what a file may have wrong."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from sortie import UserError
from sortie.config.wind import STILL, ProfileAxis, Wind, WindProfile, parse_wind, read_wind

GOOD = """# wind aloft
height_m,speed_mps,gust_mps,from_deg

0,2,3,350
100, 6, 9, 30
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "day.csv"


def test_between_two_rows_the_wind_changes_linearly(file: Path) -> None:
    """Its direction the shorter way round; outside of them it is theirs."""
    file.write_text(GOOD)
    profile = parse_wind(str(file))
    assert profile.along is ProfileAxis.HEIGHT
    assert profile.at(0.0, 50.0) == Wind(4.0, 6.0, 10.0)
    assert (profile.at(0.0, -5.0), profile.at(0.0, 500.0)) == (Wind(2.0, 3.0, 350.0), Wind(6.0, 9.0, 30.0))


def test_a_profile_goes_along_time_too(file: Path) -> None:
    """And needs neither gusts nor a direction."""
    file.write_text("time_s,speed_mps\n0,0\n600,6\n")
    profile = read_wind(file)
    assert profile.at(300.0, 1e3) == Wind(3.0, 3.0, None)


def test_words_are_one_wind() -> None:
    """MEAN,GUST[,DIR]."""
    assert parse_wind("4,7,270").at(9.0, 9.0) == Wind(4.0, 7.0, 270.0)
    assert parse_wind("0,0") == STILL == WindProfile.same(0.0, 0.0, None)


def test_a_flight_has_the_profile_as_a_whole_stronger_and_turned() -> None:
    """Its rows keep their proportions."""
    profile = WindProfile(((0.0, Wind(2.0, 4.0, 0.0)), (10.0, Wind(4.0, 8.0, 90.0))), ProfileAxis.TIME)
    (_, one), (_, other) = profile.drawn(Random(1)).rows
    assert other.mean_mps == pytest.approx(2.0 * one.mean_mps)
    assert other.gust_mps - other.mean_mps == pytest.approx(2.0 * (one.gust_mps - one.mean_mps))
    assert ((other.from_deg or 0.0) - (one.from_deg or 0.0)) % 360.0 == pytest.approx(90.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: expected a header"),
        ("# nothing\n", "line 1: expected a header"),
        ("speed_mps,time_s\n1,2\n", "line 1: expected time_s or height_m"),
        ("time_s,height_m,speed_mps\n", "line 1: expected time_s or height_m"),
        ("time_s,speed_mps,speed_mps\n", "line 1: expected time_s or height_m"),
        ("time_s,speed_mps\n", "line 1: expected 1 to"),
        ("time_s,speed_mps\n0,4\n\n0,5\n", "line 4: expected time_s above 0, that of the row before, found 0"),
        ("time_s,speed_mps\n0\n", "line 2: expected 2 values, found 1"),
        ("time_s,speed_mps\n0,fast\n", "line 2: expected speed_mps from 0 to 100, found fast"),
        ("time_s,speed_mps\n0,nan\n", "line 2: expected speed_mps from 0 to 100, found nan"),
        ("time_s,speed_mps\n0,-1\n", "line 2: expected speed_mps"),
        ("time_s,speed_mps\n0,\n", "found nothing"),
        ("height_m,speed_mps,gust_mps\n0,5,4\n", "line 2: expected gust_mps not below speed_mps, found 4"),
        pytest.param("time_s,speed_mps\n0," + "1" * 200_000, "line 2: field larger than field limit", id="cell"),
        pytest.param("time_s," + "s" * 200_000, "line 1: expected time_s or height_m", id="head"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(file: Path, text: str, told: str) -> None:
    """In one line that says what was expected there."""
    file.write_text(text)
    with pytest.raises(UserError) as error:
        read_wind(file)
    assert str(error.value).startswith(f"{file}: line ")
    assert told in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 2200, "its middle is left out"


def test_what_is_no_text_and_what_is_not_there(file: Path, tmp_path: Path) -> None:
    """A line for each."""
    file.write_bytes(b"\xff\xfe\x00")
    for wrong in (file, tmp_path / "gone.csv", tmp_path):
        with pytest.raises(UserError, match=wrong.name):
            read_wind(wrong)
