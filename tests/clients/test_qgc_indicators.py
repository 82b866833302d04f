"""QGroundControl's Remote ID page and its map of other aircraft, by its own rules."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import Any

import pytest

from mavlink_bridge.wire.codec import dialect as m
from sortie.api.session import Session
from sortie.config.fittings import fitted
from tests.fakes.qgc_indicators import Light, RemoteIdPage, TrafficMap
from tests.fakes.station_plan import HOME

STEP_S = 0.1
ANYBODY = [0] * 20
IDENTIFIED = {name: float(value) for name, value in (text.split("=") for text in fitted(("remote-id",)))}
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
