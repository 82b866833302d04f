"""QGroundControl's Remote ID page, its map of other aircraft and its vehicle behind a satellite, by its own rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import Any

import pytest

from autopilot.mav import Cmd, Result
from mavlink_bridge.links.radio.profiles import PROFILES
from mavlink_bridge.wire.codec import dialect as m
from sortie.api.link import SessionLink
from sortie.api.session import Session
from sortie.config.fittings import fitted
from tests.fakes.qgc_indicators import Light, LinksOfAVehicle, RemoteIdPage, SatelliteVehicle, TrafficMap
from tests.fakes.station_plan import HOME

STEP_S = 0.1
ANYBODY = [0] * 20
IDENTIFIED = {name: float(value) for name, value in (text.split("=") for text in fitted(("remote-id",)))}
QUICK_SATELLITE = replace(PROFILES["satellite"], latency_ms=0.0, jitter_ms=0.0, air=PROFILES["usb"].air)
"""The satellite's rules, without its ten seconds."""
SKY = """
[[aircraft]]
callsign = "N123AB"
icao = 0xA12345
emitter = "light"
at = [900, 0, 160]
track_deg = 270
speed_mps = 40
start_s = 20
for_s = 40

[[aircraft]]
callsign = "HELI1"
icao = 0xA00002
emitter = "rotorcraft"
knots = [[0, 500, 500, 80], [400, 500, 500, 880]]
"""


class Station:
    """QGroundControl's sending of a remote identification: what it has, once a second, while it hears a transmitter."""

    def __init__(self, session: Session, page: RemoteIdPage) -> None:
        self.session, self.page, self.link = session, page, session.connect()
        self._sent_s = 0.0

    def wait(self, seconds: float) -> list[Any]:
        """What came in that time."""
        came: list[Any] = []
        for _ in range(round(seconds / STEP_S)):
            self.session.run_for(STEP_S)
            now_s = self.session.time_s
            for message in self.link.messages():
                self.page.heard(message, now_s)
                came.append(message)
            if self.page.talks(now_s) and now_s - self._sent_s >= 1.0:
                self._sent_s = now_s
                self._send()
        return came

    def _send(self) -> None:
        lat, lon = (-353632610, 1491652299) if self.page.place else (0, 0)
        self.link.send(
            m.MAVLink_open_drone_id_system_message(1, 1, ANYBODY, 1, 1, lat, lon, 1, 0, -1000, -1000, 1, 2, 584, 1)
        )
        if self.page.emergency:
            self.link.send(m.MAVLink_open_drone_id_self_id_message(1, 1, ANYBODY, 1, b"Pilot lost control"))
        if self.page.operator:
            self.link.send(m.MAVLink_open_drone_id_operator_id_message(1, 1, ANYBODY, 0, b"FIN87astrdge12k8"))

    @property
    def light(self) -> Light:
        return self.page.light(self.session.time_s)


@pytest.fixture
def session() -> Iterator[Session]:
    with Session(home=HOME, params=IDENTIFIED) as session:
        session.run_for(20.0)
        yield session


def test_the_remote_id_page_ends_green(session: Session) -> None:
    """Red until the station has told where its operator is, then green on all five lights, as long as a flight goes."""
    station = Station(session, RemoteIdPage(place=False))
    station.wait(3.0)
    assert station.page.talks(session.time_s) and station.page.error == "zero OP_LOC " and station.light is Light.RED
    station.page.place = True
    station.wait(3.0)
    assert station.light is Light.GREEN and station.page.identified
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(10.0)
    for _ in range(60):
        station.wait(1.0)
        assert station.light is Light.GREEN
    station.page.emergency = True
    told = [one for one in station.wait(5.0) if one.get_type() == "OPEN_DRONE_ID_SELF_ID"][-1]
    assert (told.description_type, told.description) == (1, "Pilot lost control") and station.light is Light.RED


def test_the_page_is_yellow_for_what_the_station_lacks_and_red_without_a_transmitter(session: Session) -> None:
    """An operator's id that Europe asks for; with DID_MAVPORT -1 nobody says an arm status, and it sends nothing."""
    station = Station(session, RemoteIdPage(operator=False))
    station.wait(3.0)
    assert station.light is Light.YELLOW
    with Session(home=HOME, params=IDENTIFIED | {"DID_MAVPORT": -1.0}) as alone:
        other = Station(alone, RemoteIdPage())
        other.wait(5.0)
        assert not other.page.talks(alone.time_s) and other.light is Light.RED


def test_the_map_shows_other_aircraft_whole_until_two_minutes_after_their_last_report(tmp_path: Path) -> None:
    """Place, height, course, speed, climb and callsign, of the receiver's own and of none that is not there."""
    sky = tmp_path / "sky.toml"
    sky.write_text(SKY)
    with Session(home=HOME, traffic=sky) as session:
        link, drawn = session.connect(), TrafficMap()

        def look(seconds: float) -> dict[str, Any]:
            for _ in range(round(seconds)):
                session.run_for(1.0)
                for message in link.messages():
                    drawn.heard(message, session.time_s)
            return {one.callsign: one for one in drawn.shown(session.time_s).values()}

        assert set(look(15.0)) == {"HELI1"}
        seen = look(15.0)
        light, climbs = seen["N123AB"], seen["HELI1"]
        assert (light.heading, light.speed) == pytest.approx((270.0, 40.0), abs=0.1)
        assert light.alt == pytest.approx(584.0 + 160.0, abs=2.0) and light.climb == pytest.approx(0.0, abs=0.1)
        assert climbs.climb == pytest.approx(2.0, abs=0.1) and not isnan(climbs.alt)
        assert set(look(140.0)) == {"N123AB", "HELI1"}
        assert set(look(30.0)) == {"HELI1"}


@pytest.mark.parametrize("firmware", ["ardupilot", "px4"])
def test_a_vehicle_behind_a_satellite(firmware: str) -> None:
    """The cable is cut, the satellite switched on by the satellite, and what is shown is how it flies; a cable again
    switches it off."""
    with Session(home=HOME, firmware=firmware) as session:
        session.wait_armable()
        cable, satellite = session.connect(), session.connect(radio=QUICK_SATELLITE)
        links, shown = LinksOfAVehicle(), SatelliteVehicle()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(30.0)
        _watch(session, 5.0, links, {"cable": cable, "satellite": satellite}, shown.heard)
        assert links.primary == "cable" and not links.orders and shown.armed is None
        beat = cable.receive("HEARTBEAT")
        cable.close()
        _watch(session, 20.0, links, {"satellite": satellite}, shown.heard)
        assert links.primary == "satellite" and links.orders == [("satellite", 1)]
        state = session.state
        assert shown.armed and shown.mode == (beat.custom_mode >> 16 if firmware == "px4" else beat.custom_mode)
        assert shown.height == pytest.approx(584.0 + state.height, abs=6.0) and 90 < (shown.battery or 0) < 100
        assert shown.place == pytest.approx((state.place.lat, state.place.lon), abs=1e-5)
        assert shown.hdop < 3.0 and shown.ground_speed < 1.0
        cable = session.connect()
        _watch(session, 5.0, links, {"cable": cable, "satellite": satellite}, shown.heard)
        assert links.primary == "cable" and links.orders[1:] == [("satellite", 0)]
        satellite.messages()
        session.run_for(11.0)
        assert not satellite.messages()
        if firmware == "ardupilot":  # of any other QGroundControl takes it as armed
            cable.send(m.MAVLink_command_long_message(1, 1, Cmd.COMPONENT_ARM_DISARM, 0, 0, 21196, 0, 0, 0, 0, 0))
            cable.send(m.MAVLink_command_long_message(1, 1, Cmd.REQUEST_MESSAGE, 0, 235, 0, 0, 0, 0, 0, 0))
            shown.heard(cable.receive("HIGH_LATENCY2"))
            assert shown.armed is False and shown.mode == beat.custom_mode


def _watch(
    session: Session,
    seconds: float,
    links: LinksOfAVehicle,
    heard: dict[str, SessionLink],
    shown: Callable[[Any], None],
) -> None:
    """Let time pass, and send what the station orders; each order must be accepted."""
    for _ in range(round(seconds / STEP_S)):
        session.run_for(STEP_S)
        before = len(links.orders)
        for name, link in heard.items():
            for message in link.messages():
                links.heard(name, session.time_s)
                if message.get_type() == "HIGH_LATENCY2":
                    shown(message)
        links.look(session.time_s)
        for _, on in links.orders[before:]:
            order = m.MAVLink_command_long_message(1, 1, Cmd.CONTROL_HIGH_LATENCY, 0, on, 0, 0, 0, 0, 0, 0)
            heard["satellite"].send(order)
            if not on:  # which is silent at once: sent again, by the link that it has now
                heard[links.primary].send(order)
            assert heard[links.primary].receive("COMMAND_ACK").result == Result.ACCEPTED
