"""Recorded traffic: raw messages of transponders, and one line for what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from sortie import Session
from sortie.config.errors import UserError
from sortie.config.traffic import read_traffic
from sortie.config.transponders import parse_transponders
from tests.fakes.mode_s import BEGIN, FEET, HOME, callsign, heard, position


def test_the_encoder_writes_what_the_standards_example_has() -> None:
    """Both messages of the book."""
    assert position(0x40621D, 52.25720, 3.91937, 38_000.0, odd=0) == "8D40621D58C382D690C8AC2863A7"
    assert callsign(0x4840D6, "KLM1023") == "8D4840D6202CC371C32CE0576098"


def test_an_aircraft_is_flown_as_it_was_heard(tmp_path: Path) -> None:
    pytest.importorskip("pyModeS", reason="raw messages need sortie[adsb]")
    file = tmp_path / "raw.csv"
    file.write_text(heard())
    (aircraft,) = read_traffic(file).sky(HOME).aircraft
    assert (aircraft.number, aircraft.callsign) == (0x7C4771, "QFA12")
    place, velocity = aircraft.at(20.0) or ((0.0,) * 3, (0.0,) * 3)
    assert place[:2] == pytest.approx((100.0, 200.0), abs=10.0)
    assert place[2] == pytest.approx(584.0 - 0.3048 * FEET, abs=8.0)
    assert velocity[0] == pytest.approx(80.0, abs=12.0)
    with Session(home=HOME, traffic=file) as session:
        station = session.connect()
        session.run_for(15.0)
        assert {message.ICAO_address for message in station.messages("ADSB_VEHICLE")} == {0x7C4771}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{BEGIN},{callsign(0x7C4771, 'A')}\n", "expected positions of an aircraft in the air"),
        (f"{BEGIN},{callsign(0x7C4771, 'A')}\n1,8D", "line 2: expected a time and a message"),
        (f"{BEGIN},{callsign(0x7C4771, 'A')}\nx,{callsign(0x7C4771, 'A')}", "line 2: expected a time and a message"),
        (f"{BEGIN},{callsign(0x7C4771, 'A')}\n1,{callsign(0x7C4771, 'A')}", "line 2: expected no time before"),
    ],
)
def test_what_is_no_recording_of_messages_ends_in_one_line(text: str, told: str) -> None:
    pytest.importorskip("pyModeS", reason="raw messages need sortie[adsb]")
    with pytest.raises(UserError) as caught:
        parse_transponders(text, "--traffic raw.csv")
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_without_the_library_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sortie.config.transponders.find_spec", lambda name: None)
    file = tmp_path / "raw.csv"
    file.write_text(heard())
    with pytest.raises(UserError, match=r"sortie-mavlink\[adsb\]"):
        read_traffic(file)
