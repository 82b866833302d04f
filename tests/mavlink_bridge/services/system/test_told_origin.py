"""An origin that is told from outside: DO_SET_GLOBAL_ORIGIN and SET_GPS_GLOBAL_ORIGIN, where the vehicle has none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autopilot.mav import Cmd, Result
from sortie import Session, mavlink
from sortie.api.link import SessionLink

LAT, LON, ALT = -233_223_320, 1_234_567_800, 23.67


@pytest.fixture
def link() -> Iterator[SessionLink]:
    """A station of a copter without a receiver."""
    with Session(params={"SIM_GPS1_ENABLE": 0, "GPS1_TYPE": 0}) as session:
        session.run_for(5.0)
        yield session.connect()


def told(link: SessionLink, lat: int, lon: int, alt: float) -> int:
    """Answer to DO_SET_GLOBAL_ORIGIN."""
    link.send(mavlink.MAVLink_command_int_message(1, 1, 0, Cmd.DO_SET_GLOBAL_ORIGIN, 0, 0, 0, 0, 0, 0, lat, lon, alt))
    return int(link.receive("COMMAND_ACK", 5.0).result)


def origin(link: SessionLink) -> tuple[int, int, int]:
    ask = mavlink.MAVLink_command_long_message(1, 1, Cmd.REQUEST_MESSAGE, 0, 49, 0, 0, 0, 0, 0, 0)
    link.send(ask)
    answer = link.receive("GPS_GLOBAL_ORIGIN", 5.0)
    return answer.latitude, answer.longitude, answer.altitude


@pytest.mark.parametrize(("lat", "lon"), [(0, 0), (0, 2_140_000_000)])
def test_what_is_no_place_is_denied(link: SessionLink, lat: int, lon: int) -> None:
    assert told(link, lat, lon, 0.0) == Result.DENIED


def test_it_is_told_again_and_set_once(link: SessionLink) -> None:
    assert told(link, LAT, LON, ALT) == Result.ACCEPTED
    assert origin(link) == (LAT, LON, 23_670)
    assert told(link, LAT + 10, LON, ALT) == Result.FAILED
    assert origin(link) == (LAT, LON, 23_670)


def test_the_message_sets_it_too_and_is_answered(link: SessionLink) -> None:
    link.send(mavlink.MAVLink_set_gps_global_origin_message(1, LAT, LON, 23_670))
    answer = link.receive("GPS_GLOBAL_ORIGIN", 5.0)
    assert (answer.latitude, answer.longitude, answer.altitude) == (LAT, LON, 23_670)


def test_where_the_vehicle_knows_its_own_it_stays() -> None:
    with Session() as session:
        session.wait_armable()
        link = session.connect()
        before = origin(link)
        assert told(link, LAT, LON, ALT) == Result.FAILED
        assert origin(link) == before
