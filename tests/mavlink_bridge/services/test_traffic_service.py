"""ADSB_VEHICLE, COLLISION and GLOBAL_POSITION_INT of others: heard, passed on and told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.interface.traffic import Contact
from autopilot.mav import Cmd, CollisionThreat
from mavlink_bridge.services.traffic import adsb_message, contact_of
from mavlink_bridge.wire.codec import dialect, id_of
from sortie import Fleet, Session
from sortie.config.fittings import fitted
from tests.fakes.examples import examples
from tests.fakes.terrain import ramp, write_srtm

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
PLACE = GeoPoint(-35.36, 149.17, 650.0)
VALID = 15


def report(**fields: Any) -> Any:
    """An ADSB_VEHICLE that says all that is needed."""
    said = {
        "ICAO_address": 0xABCDEF,
        "lat": -353_600_000,
        "lon": 1_491_700_000,
        "altitude_type": 1,
        "altitude": 650_000,
        "heading": 27_000,
        "hor_velocity": 5000,
        "ver_velocity": 200,
        "callsign": b"N123AB",
        "emitter_type": 1,
        "tslc": 0,
        "flags": VALID,
        "squawk": 1200,
    } | fields
    return dialect.MAVLink_adsb_vehicle_message(**said)


def test_a_report_is_understood() -> None:
    contact = contact_of(report(), 5000)
    assert contact is not None
    assert contact.place == PLACE
    assert contact.velocity == pytest.approx((0.0, -50.0, -2.0), abs=1e-6)
    assert (contact.number, contact.time_ms, contact.pressure) == (0xABCDEF, 5000, False)


@pytest.mark.parametrize(
    "fields",
    [
        {"lat": 0, "lon": 0}, {"ICAO_address": 0x1000000}, {"flags": 0}, {"flags": 4 + 8}, {"lat": 900_000_001},
        {"lon": -1_800_000_001},
    ],
)  # fmt: skip
def test_what_is_no_report_is_dropped(fields: dict[str, Any]) -> None:
    """No place, no valid one, an address of more than 24 bits."""
    assert contact_of(report(**fields), 0) is None


@settings(max_examples=examples(50))
@given(
    number=st.integers(1, 0xFFFFFF),
    lat=st.floats(1.0, 89.0),
    lon=st.floats(-179.0, 179.0),
    alt=st.floats(-400.0, 20_000.0),
    north=st.floats(-400.0, 400.0),
    east=st.floats(-400.0, 400.0),
    climb=st.floats(-100.0, 100.0),
)
def test_a_report_survives_the_wire(
    number: int, lat: float, lon: float, alt: float, north: float, east: float, climb: float
) -> None:
    """To its units: 1e-7 degrees, mm, cm/s, hundredths of a degree."""
    place = GeoPoint(lat, lon, alt)
    told = adsb_message(Contact(number, place, (north, east, -climb), 1000, callsign="ABC"), 3500)
    heard = contact_of(told, 4000)
    assert heard is not None
    assert heard.place.lat == pytest.approx(place.lat, abs=1e-7)
    assert heard.place.alt == pytest.approx(alt, abs=1e-3)
    assert heard.velocity == pytest.approx((north, east, -climb), abs=0.12)
    assert told.tslc == 2


def test_a_station_sees_what_was_heard_and_what_threatens() -> None:
    """With `--with traffic`: ADSB_VEHICLE from one link goes to the other, once a second; COLLISION with it."""
    fitting = {name: float(value) for name, value in (text.split("=") for text in fitted(("traffic",)))}
    with Session(home=HOME, params=fitting) as session:
        feeder, station = session.connect(), session.connect(system=254)
        session.run_for(5.0)
        for k in range(6):
            place = to_global(HOME, (900.0 - 50.0 * k, 0.0, -20.0))
            feeder.send(
                report(lat=round(place.lat * 1e7), lon=round(place.lon * 1e7), altitude=604_000, heading=18_000)
            )
            session.run_for(1.0)
        messages = station.messages()
        seen = [message for message in messages if message.get_type() == "ADSB_VEHICLE"]
        assert len(seen) == 7  # at once, and then each second
        assert (seen[-1].ICAO_address, seen[-1].callsign, seen[-1].hor_velocity) == (0xABCDEF, "N123AB", 5000)
        told = [message for message in messages if message.get_type() == "COLLISION"]
        assert {message.threat_level for message in told} == {CollisionThreat.HIGH}
        assert told[0].id == 0xABCDEF
        assert told[0].horizontal_minimum_delta == pytest.approx(0.0, abs=2.0)


def test_nothing_is_taken_without_adsb_type() -> None:
    with Session(home=HOME) as session:
        link = session.connect()
        session.run_for(3.0)
        link.send(report())
        session.run_for(3.0)
        assert not session.autopilot.traffic.contacts
        assert not link.messages("ADSB_VEHICLE")


def test_each_of_a_fleet_tells_a_traffic_service_where_it_is() -> None:
    """UTM_GLOBAL_POSITION by request and in an interval, each with its own identity and place; another vehicle that
    avoids takes it as a report; without an ask nothing is told."""
    with Fleet(3, home=HOME, spacing=30.0) as fleet, Session(home=HOME, params={"AVD_ENABLE": 1}) as listener:
        fleet.run_for(20.0)
        stations, feeder = [vehicle.connect() for vehicle in fleet], listener.connect(system=2, component=1)
        assert not any(station.messages("UTM_GLOBAL_POSITION") for station in stations)
        for system, station in enumerate(stations, start=1):
            fields = (Cmd.SET_MESSAGE_INTERVAL, 0, id_of("UTM_GLOBAL_POSITION"), 500_000, 0, 0, 0, 0, 0)
            station.send(dialect.MAVLink_command_long_message(system, 1, *fields))
        fleet.run_for(4.0)
        messages = [message for station in stations for message in station.messages("UTM_GLOBAL_POSITION")]
        told = {message.get_srcSystem(): message for message in messages}
        assert sorted(told) == [1, 2, 3]
        assert len({bytes(message.uas_id) for message in told.values()}) == 3
        for system, message in told.items():
            place = fleet[system - 1].autopilot.facts.vehicle.state.place
            assert (message.lat / 1e7, message.lon / 1e7) == pytest.approx((place.lat, place.lon), abs=1e-6)
            assert (message.flight_state, message.flags) == (2, 0b1111110)
            assert (message.alt / 1e3, message.relative_alt / 1e3) == pytest.approx((place.alt, 0.0), abs=0.5)
            assert (message.h_acc, message.v_acc, message.vel_acc) == (500, 800, 20)  # as GPS_RAW_INT; 0: exact
        listener.wait_armable()
        feeder.send(told[2])
        listener.run_for(0.5)
        (contact,) = listener.autopilot.traffic.contacts.values()
        assert contact.number == 2


def test_a_traffic_service_is_told_the_height_above_ground(tmp_path: Path) -> None:
    """UTM_GLOBAL_POSITION.relative_alt over ground that falls to the north; it was the height above home."""
    with Session(home=HOME, terrain=write_srtm(tmp_path, -36, 149, ramp(-0.1))) as session:
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(20.0)
        session.run_for(15.0)
        session.goto(HOME.lat + 0.002, HOME.lon, 20.0)
        session.run_for(60.0)
        link = session.connect()
        request = (Cmd.REQUEST_MESSAGE, 0, id_of("UTM_GLOBAL_POSITION"), 0, 0, 0, 0, 0, 0)
        link.send(dialect.MAVLink_command_long_message(1, 1, *request))
        told = link.receive("UTM_GLOBAL_POSITION")
        assert told.relative_alt / 1e3 == pytest.approx(42.0, abs=2.0)


def test_another_vehicle_tells_where_it_is() -> None:
    """GLOBAL_POSITION_INT of another system counts with AVD_ENABLE, as in ArduPilot."""
    with Session(home=HOME, params={"AVD_ENABLE": 1}) as session:
        other = session.connect(system=7, component=1)
        session.run_for(5.0)
        place = to_global(HOME, (80.0, 0.0, -20.0))
        other.send(
            dialect.MAVLink_global_position_int_message(
                0, round(place.lat * 1e7), round(place.lon * 1e7), 604_000, 20_000, 0, 0, 0, 0
            )
        )
        session.run_for(0.5)
        assert [message.id for message in other.messages("COLLISION")] == [7]


def test_a_companion_that_tells_where_its_own_vehicle_is_is_no_other() -> None:
    """Neither one to avoid (AP_Avoidance.cpp, "we do not obstruct ourselves") nor one to follow (AP_Follow.cpp)."""
    with Session(home=HOME, params={"AVD_ENABLE": 1, "FOLL_ENABLE": 1}) as session:
        companion = session.connect(system=1, component=191)
        session.run_for(5.0)
        companion.send(
            dialect.MAVLink_global_position_int_message(
                0, round(HOME.lat * 1e7) + 500, round(HOME.lon * 1e7), 604_000, 20_000, 0, 0, 0, 0
            )
        )
        session.run_for(0.5)
        assert not session.autopilot.traffic.contacts
        assert session.autopilot.lead.heard_ms is None


@pytest.mark.parametrize(("lat", "lon"), [(0, 0), (900_000_001, 0), (-353_632_610, 1_800_000_001)])
def test_another_vehicle_is_somewhere_on_earth(lat: int, lon: int) -> None:
    """What says no place, or none that there is, becomes no other aircraft."""
    with Session(home=HOME, params={"AVD_ENABLE": 1}) as session:
        other = session.connect(system=7, component=1)
        session.run_for(5.0)
        other.send(dialect.MAVLink_global_position_int_message(0, lat, lon, 604_000, 20_000, 0, 0, 0, 0))
        assert not session.autopilot.traffic.contacts
