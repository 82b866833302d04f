"""Recorded traffic: what is read of OpenSky's state vectors, and one line for what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from autopilot.interface.geo import GeoPoint, to_global
from sortie import Session
from sortie.config.errors import UserError
from sortie.config.state_vectors import parse_state_vectors
from sortie.config.traffic import read_traffic

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
HEAD = (
    "time,icao24,lat,lon,velocity,heading,vertrate,callsign,onground,alert,spi,squawk,baroaltitude,geoaltitude,"
    "lastposupdate,lastcontact"
)
BEGIN = 1_700_000_000


def row(second: float, north: float, *, icao: str = "7c4771", ground: bool = False, updated: float = -1.0) -> str:
    place = to_global(HOME, (north, 200.0, -300.0))
    told = second if updated < 0.0 else updated
    return (
        f"{BEGIN + second},{icao},{place.lat:.7f},{place.lon:.7f},50,0,0,QFA12  ,{ground},False,False,3001,850.0,"
        f"{place.alt:.2f},{BEGIN + told},{BEGIN + second}"
    )


def states(*rows: str) -> str:
    return "\n".join((HEAD, *rows)) + "\n"


def test_a_track_is_flown_from_position_to_position(tmp_path: Path) -> None:
    file = tmp_path / "states.csv"
    file.write_text(states(row(0, 0.0), row(10, 500.0), row(20, 1500.0)))
    (aircraft,) = read_traffic(file).sky(HOME).aircraft
    assert (aircraft.number, aircraft.callsign, aircraft.squawk) == (0x7C4771, "QFA12", 3001)
    place, velocity = aircraft.at(15.0) or ((0.0,) * 3, (0.0,) * 3)
    assert place == pytest.approx((1000.0, 200.0, -300.0), abs=0.1)
    assert velocity == pytest.approx((100.0, 0.0, 0.0), abs=0.1)
    assert aircraft.at(20.1) is None


def test_stale_positions_gaps_and_the_ground() -> None:
    """A position told again counts once; behind a gap there is another track; what stands is left out."""
    said = states(
        row(0, 0.0),
        row(10, 0.0, updated=0),
        row(20, 1000.0),
        row(200, 5000.0),
        row(210, 5500.0),
        row(5, 0.0, icao="abcdef", ground=True),
        row(7, 9.0, icao="123456"),
        row(30, 0.0).replace("850.0", "")[:60],
    )
    first, second = parse_state_vectors(said, "x")
    assert [point[0] for point in first.points] == [0.0, 20.0]
    assert [point[0] for point in second.points] == [200.0, 210.0]


def test_the_vehicle_hears_it(tmp_path: Path) -> None:
    file = tmp_path / "states.csv"
    file.write_text(states(*(row(second, 3000.0 - 40.0 * second) for second in range(0, 60, 5))))
    with Session(home=HOME, traffic=file) as session:
        station = session.connect()
        session.run_for(30.0)
        (*_, told) = [message for message in station.messages() if message.get_type() == "ADSB_VEHICLE"]
        assert (told.ICAO_address, told.callsign) == (0x7C4771, "QFA12")
        assert told.hor_velocity == pytest.approx(4000, abs=5)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "column time"),
        ("time,icao24,lat,lon\n", "column geoaltitude or baroaltitude"),
        (states(), "expected positions of an aircraft in the air"),
        (states(row(0, 0.0)), "two positions within 60 s"),
        (states(row(0, 0.0).replace("7c4771", "zzz")), "line 2: icao24: expected six hexadecimal digits, found 'zzz'"),
        (states(row(0, 0.0).replace("-35.", "-95.")), "line 2: expected a position on earth"),
        (states(row(0, 0.0).replace("-35.", "x")), "line 2: lat: expected a number"),
        (HEAD + '\n"' + "a" * 200_000, "expected"),
    ],
)
def test_what_is_no_recording_ends_in_one_line(text: str, told: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_state_vectors(text, "--traffic states.csv")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
