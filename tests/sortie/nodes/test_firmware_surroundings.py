"""Surroundings of a firmware that flies in our world: other aircraft and obstacles are told to it on its link, and an
obstacle is as hard for it as for ours."""

from __future__ import annotations

from math import sin
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import ardupilotmega

from autopilot.context.events import StatusText
from sitl.ardupilot.lockstep import SerialLine
from sitl.world.obstacles import Obstacles, Prism
from sortie import Session
from tests.stand_in.json_firmware import build

ROOF = Prism("roof", ((-5.0, -5.0), (5.0, -5.0), (5.0, 5.0), (-5.0, 5.0)), 4.0, 5.0)
AIRCRAFT = '[[aircraft]]\ncallsign = "N123AB"\nat = [3000, 0, 30]\ntrack_deg = 180\nspeed_mps = 50\n'


@pytest.fixture
def traffic(tmp_path: Path) -> Path:
    path = tmp_path / "sky.toml"
    path.write_text(AIRCRAFT)
    return path


def test_it_is_told_of_both_on_its_link(tmp_path: Path, traffic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Aircraft each second, obstacles ten times a second; its parameters say that it listens, unless a person has said
    otherwise."""
    written = bytearray()
    monkeypatch.setattr(SerialLine, "write", lambda line, data: written.extend(data))
    house = Prism("house", ((10.0, -5.0), (20.0, -5.0), (20.0, 5.0), (10.0, 5.0)), -1.0, 8.0)
    with Session(
        f"ardupilot:copter={build(tmp_path)},world=ours",
        traffic=traffic,
        obstacles=Obstacles([house]),
        params={"PRX1_TYPE": 0.0, "SIM_PRX_MAX": 30.0},
        log_dir=tmp_path,
    ) as session:
        session.run_for(3.1)
    heard = ardupilotmega.MAVLink(None).parse_buffer(bytes(written))
    aircraft = [message for message in heard if message.get_type() == "ADSB_VEHICLE"]
    looks = [message for message in heard if message.get_type() == "OBSTACLE_DISTANCE"]
    assert [message.callsign for message in aircraft] == ["N123AB"] * 3
    assert len(looks) == 31 and looks[0].max_distance == 3000
    assert looks[0].distances[0] == pytest.approx(1000, abs=20)
    defaults = (tmp_path / "ardupilot" / "defaults.parm").read_text().split("\n")
    assert "ADSB_TYPE 1" in defaults and "PRX1_TYPE 0" in defaults and not any("SIM_PRX" in row for row in defaults)


def test_the_wind_that_blows_on_its_body_may_change(tmp_path: Path) -> None:
    """It is the world's: the firmware, which has parameters of these names, is not told."""
    wind = {"SIM_WIND_SPD": 5.0, "SIM_WIND_DIR": 270.0}
    vehicle = f"ardupilot:copter={build(tmp_path)},world=ours"
    with Session(vehicle, params=wind | {"EK3_ALT_M_NSE": 1.5}, log_dir=tmp_path) as session:
        session.run_for(1.0)
        assert session.truth.wind == pytest.approx((0.0, 0.25 * 5.0), abs=0.01)  # it stands, in a quarter of it
        session.set_param("SIM_WIND_SPD", 9.0)
        session.set_param("SIM_WIND_DIR", 180.0)
        session.run_for(1.0)
        assert session.truth.wind == pytest.approx((0.25 * 9.0, 0.0), abs=0.02)
    assert (tmp_path / "ardupilot" / "defaults.parm").read_text() == "EK3_ALT_M_NSE 1.5\n"


def test_it_is_told_of_a_pad_that_its_body_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By angles off the middle of a picture that looks straight down, right and back; the copter climbs over its
    home."""
    written = bytearray()
    monkeypatch.setattr(SerialLine, "write", lambda line, data: written.extend(data))
    monkeypatch.setenv("SORTIE_STAND_IN", "climb")
    pad = {"SIM_PLD_ENABLE": 1.0, "SIM_PLD_N": 0.3, "SIM_PLD_E": 0.6}
    with Session(f"ardupilot:copter={build(tmp_path)},world=ours", params=pad) as session:
        session.run_until(lambda flown: -flown.truth.position[2] > 4.0, 8.0)
    heard = ardupilotmega.MAVLink(None).parse_buffer(bytes(written))
    seen = [message for message in heard if message.get_type() == "LANDING_TARGET"]
    assert len(seen) > 3 and {(message.frame, message.position_valid) for message in seen} == {(12, 0)}
    last = seen[-1]
    assert last.distance * sin(last.angle_x) == pytest.approx(0.6, abs=0.15)
    assert last.distance * sin(last.angle_y) == pytest.approx(-0.3, abs=0.15)


def test_what_it_hits_has_a_name_and_it_falls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTIE_STAND_IN", "climb")
    with Session(f"ardupilot:copter={build(tmp_path)},world=ours", obstacles=Obstacles([ROOF])) as session:
        session.run_until(lambda flown: -flown.truth.position[2] > 3.0, 5.0)
        session.run_for(4.0)
        texts = [event.text for event in session.events_of(StatusText)]
        assert any(text.startswith("Hit roof at -35.36") for text in texts), texts
        assert -session.truth.position[2] < 0.5, "no motor of it turns any more"
