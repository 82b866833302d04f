"""HIGH_LATENCY2: one message that says all, by request and in an interval, as the others of that instant say it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from autopilot.mav import Cmd, HighLatencyFailure, Result, Sensor
from mavlink_bridge.links.radio.profiles import PROFILES
from mavlink_bridge.services.telemetry.facts import failures
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.codec import id_of
from sortie import Session
from tests.fakes.ordered import command as ask
from tests.fakes.station_plan import HOME

HIGH_LATENCY2 = id_of("HIGH_LATENCY2")
QUICK_SATELLITE = replace(PROFILES["satellite"], latency_ms=0.0, jitter_ms=0.0, air=PROFILES["usb"].air)
"""The satellite's rules, without its ten seconds."""


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """In GUIDED, on its way to 40 m."""
    with Session(home=HOME) as session:
        session.run_for(30.0)
        link = session.connect()
        assert ask(link, Cmd.DO_SET_MODE, 1, 4) == Result.ACCEPTED
        assert ask(link, Cmd.COMPONENT_ARM_DISARM, 1) == Result.ACCEPTED
        assert ask(link, Cmd.NAV_TAKEOFF, 0, 0, 0, 0, 0, 0, 40) == Result.ACCEPTED
        session.run_for(9.0)
        yield session


def test_it_says_what_the_streams_say(session: Session) -> None:
    """In its own small units."""
    link = session.connect()
    assert ask(link, Cmd.REQUEST_MESSAGE, HIGH_LATENCY2) == Result.ACCEPTED
    told = link.receive("HIGH_LATENCY2")
    place = link.receive("GLOBAL_POSITION_INT", where=lambda place: place.time_boot_ms >= told.timestamp)
    hud, status = link.receive("VFR_HUD"), link.receive("SYS_STATUS")
    assert (told.type, told.autopilot, told.custom_mode) == (2, 3, 4)
    assert told.latitude == pytest.approx(place.lat, abs=50) and told.longitude == pytest.approx(place.lon, abs=50)
    assert told.altitude == pytest.approx(hud.alt, abs=3.0) and told.target_altitude > told.altitude
    assert told.climb_rate == pytest.approx(hud.climb * 10.0, abs=5.0) and told.climb_rate > 10
    assert told.heading == pytest.approx(hud.heading / 2.0, abs=2.0)
    assert told.throttle == pytest.approx(hud.throttle, abs=5.0)
    assert told.battery == status.battery_remaining
    assert told.failure_flags == 0


def test_it_comes_in_an_interval(session: Session) -> None:
    """Every five seconds, to the link that asked."""
    link, other = session.connect(), session.connect()
    assert ask(link, Cmd.SET_MESSAGE_INTERVAL, HIGH_LATENCY2, 5_000_000) == Result.ACCEPTED
    link.messages(), other.messages()
    session.run_for(20.1)
    assert len(link.messages("HIGH_LATENCY2")) == 4
    assert not other.messages("HIGH_LATENCY2")


def test_sensors_that_fail_are_its_failures() -> None:
    """By the bits of SYS_STATUS."""
    assert failures(0) == 0
    assert failures(Sensor.GPS | Sensor.BATTERY) == HighLatencyFailure.GPS | HighLatencyFailure.BATTERY
    assert failures(Sensor.AHRS | Sensor.MAG) == HighLatencyFailure.ESTIMATOR | HighLatencyFailure.MAG


def test_a_satellite_link_carries_nothing_else(session: Session) -> None:
    """Silent until it is switched on, by whatever link; then one message each 5 s, and answers to what comes there."""
    cable, satellite = session.connect(), session.connect(radio=QUICK_SATELLITE)
    session.run_for(6.0)
    assert not satellite.messages()
    assert ask(cable, Cmd.CONTROL_HIGH_LATENCY, 2) == Result.FAILED
    assert ask(cable, Cmd.CONTROL_HIGH_LATENCY, 1) == Result.ACCEPTED
    assert "High Latency enabled" in [text.text for text in cable.messages("STATUSTEXT")]
    session.run_for(20.1)
    assert [message.get_type() for message in satellite.messages()] == ["HIGH_LATENCY2"] * 4
    assert ask(satellite, Cmd.SET_MESSAGE_INTERVAL, id_of("ATTITUDE"), 100_000) == Result.ACCEPTED
    assert ask(satellite, Cmd.DO_SET_MODE, 1, 5) == Result.ACCEPTED, "HEARTBEAT of a new mode goes to the others alone"
    session.run_for(5.0)
    assert {message.get_type() for message in satellite.messages()} == {"HIGH_LATENCY2"}
    assert cable.messages("HEARTBEAT") and not cable.messages("HIGH_LATENCY2")
    assert ask(cable, Cmd.CONTROL_HIGH_LATENCY, 0) == Result.ACCEPTED
    satellite.messages()
    session.run_for(11.0)
    assert not satellite.messages()


def test_what_others_say_is_not_forwarded_to_it(session: Session) -> None:
    """Another system's HEARTBEAT goes to the cable, and not to the satellite, where a station was heard too."""
    cable, other, satellite = session.connect(), session.connect(system=9), session.connect(radio=QUICK_SATELLITE)
    assert ask(cable, Cmd.CONTROL_HIGH_LATENCY, 1) == Result.ACCEPTED
    assert ask(satellite, Cmd.DO_SET_MODE, 1, 4) == Result.ACCEPTED
    other.send(m.MAVLink_heartbeat_message(2, 8, 0, 0, 4, 3))
    session.run_for(5.1)
    assert [beat for beat in cable.messages("HEARTBEAT") if beat.get_srcSystem() == 9]
    assert {message.get_type() for message in satellite.messages()} == {"HIGH_LATENCY2"}
