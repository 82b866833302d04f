"""Terrain from a ground station: what is needed is asked for, what comes is used, and what is known is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autopilot.context.events import StatusText
from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, to_global, to_local
from autopilot.mav import Capability, Cmd, Frame
from autopilot.mission.items import MissionItem
from sortie import Session, mavlink
from sortie.api.link import SessionLink
from tests.fakes.terrain import HOME, hills, map_of, write_geotiff

GRIDS = 56
QUICK = {"FM_COUNTDOWN": 0.0}


def hill(place: GeoPoint) -> float:
    """The station's ground: a slope of 1 in 10 to the north."""
    north, _, _ = to_local(HOME, place.lat, place.lon, 0.0)
    return 584.0 + 0.1 * north


class Station:
    """A ground station that answers TERRAIN_REQUEST from a formula, as Mission Planner and MAVProxy do from SRTM."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.link: SessionLink = session.connect()
        self.requests: list[Any] = []
        self.silent = False

    def serve(self, seconds: float) -> None:
        """So long, a look each quarter of a second."""
        for _ in range(int(4 * seconds)):
            self.session.run_for(0.25)
            for request in self.link.messages("TERRAIN_REQUEST"):
                self.requests.append(request)
                if not self.silent:
                    self.answer(request)

    def answer(self, request: Any, *, spacing: int | None = None) -> None:
        """All grids that were asked for."""
        corner = GeoPoint(request.lat / 1e7, request.lon / 1e7)
        for grid in range(GRIDS):
            if not request.mask >> grid & 1:
                continue
            heights = []
            for post in range(16):
                north = (grid // 8 * 4 + post // 4) * request.grid_spacing
                east = (grid % 8 * 4 + post % 4) * request.grid_spacing
                heights.append(round(hill(to_global(corner, (float(north), float(east), 0.0)))))
            self.link.send(
                mavlink.MAVLink_terrain_data_message(
                    request.lat, request.lon, spacing or request.grid_spacing, grid, heights
                )
            )

    def report(self, north: float) -> Any:
        """TERRAIN_REPORT of a place north of home."""
        place = to_global(HOME, (north, 0.0, 0.0))
        lat, lon = round(place.lat * 1e7), round(place.lon * 1e7)
        self.link.messages()
        self.link.send(mavlink.MAVLink_terrain_check_message(lat, lon))
        return self.link.receive("TERRAIN_REPORT", 5.0, lambda m: m.lat == lat)


@pytest.fixture
def station() -> Iterator[Station]:
    with Session(params=QUICK) as session:
        yield Station(session)


def wp(north: float, z: float, frame: Frame = Frame.GLOBAL_TERRAIN_ALT) -> MissionItem:
    place = to_global(HOME, (north, 0.0, 0.0))
    return MissionItem(Cmd.NAV_WAYPOINT, frame, x=place.lat, y=place.lon, z=z)


def test_nothing_is_asked_before_somebody_needs_it(station: Station) -> None:
    """And nothing is told: a vehicle that counts from home has no terrain."""
    station.serve(10.0)
    assert not station.requests
    assert not station.link.messages("TERRAIN_REPORT")


@pytest.mark.parametrize(("enabled", "told"), [(1.0, Capability.TERRAIN), (0.0, 0)])
def test_a_vehicle_with_terrain_can_do_terrain(tmp_path: Path, enabled: float, told: int) -> None:
    """AUTOPILOT_VERSION (docs/reference/ground-stations.md, 1.2)."""
    file = write_geotiff(tmp_path / "ground.tif", map_of(hills))
    with Session(home=HOME, terrain=file, params={"TERRAIN_ENABLE": enabled}) as session:
        link = session.connect()
        link.send(mavlink.MAVLink_command_long_message(1, 1, Cmd.REQUEST_MESSAGE, 0, 148, *[0] * 6))
        assert link.receive("AUTOPILOT_VERSION").capabilities & Capability.TERRAIN == told


def test_a_range_finder_has_the_ground_told_that_is_not_known() -> None:
    """As ArduPilot: spacing 0, with the terrain asked for."""
    with Session(params=QUICK | {"RNGFND1_TYPE": 100}) as session:
        station = Station(session)
        assert station.link.receive("TERRAIN_REPORT", 20.0).spacing == 0
        assert station.link.receive("TERRAIN_REQUEST", 5.0).grid_spacing == 100


def test_a_vehicle_that_nobody_is_on_is_not_woken_to_tell_of_the_ground() -> None:
    with Session(params=QUICK | {"RNGFND1_TYPE": 100}) as session:
        session.run_for(20.0)
        due_ms = session.service.next_link_deadline_ms()
        assert due_ms is None or due_ms > session.service.now_ms + 2_000
        assert Station(session).link.receive("TERRAIN_REPORT", 1.5).spacing == 0


def test_a_block_is_asked_for_until_it_is_whole(station: Station) -> None:
    """Every two seconds, only for the grids that are missing; its corner and grids are AP_Terrain's."""
    station.silent = True
    assert station.report(0.0).spacing == 0
    station.serve(5.0)
    assert len(station.requests) == 3
    first = station.requests[0]
    assert (first.grid_spacing, first.mask) == (100, (1 << GRIDS) - 1)
    corner = GeoPoint(first.lat / 1e7, first.lon / 1e7)
    north, east, _ = to_local(GeoPoint(-36.0, 149.0), corner.lat, corner.lon, 0.0)
    assert north / 2400.0 == pytest.approx(round(north / 2400.0), abs=1e-3)
    assert east / 2800.0 == pytest.approx(round(east / 2800.0), abs=1e-3)
    first.mask &= ~(1 << 55)
    station.answer(first)
    station.requests.clear()
    station.serve(2.5)
    assert station.requests[-1].mask == 1 << 55
    station.answer(station.requests[-1])
    station.requests.clear()
    station.serve(6.0)
    assert not station.requests


def test_the_next_block_is_asked_for_as_soon_as_one_is_whole(station: Station) -> None:
    """A way over ten blocks is known in some seconds, not after two for each: a mission that begins at once would
    come to ground that is not known yet."""
    for north in range(10):
        place = to_global(HOME, (2_400.0 * north, 0.0, 0.0))
        station.session.autopilot.facts.altitude(Frame.GLOBAL_TERRAIN_ALT, 0.0, place.lat, place.lon)
    station.serve(5.0)
    assert len(station.requests) == 10
    assert station.report(0.0).pending == 0


def test_what_has_come_is_known(station: Station) -> None:
    """Between the posts, to the metre in which they come; with the vehicle's own height over it."""
    station.report(0.0)
    station.serve(3.0)
    for north in (-220.0, 0.0, 130.0, 377.0):
        told = station.report(north)
        assert told.spacing == 100
        assert told.terrain_height == pytest.approx(584.0 + 0.1 * north, abs=0.6)
        assert told.current_height == pytest.approx(0.0, abs=1.0)
    assert (told.pending, told.loaded) == (0, GRIDS)
    station.link.messages()
    station.serve(3.0)


def test_who_waits_for_a_second_is_told_of_the_ground(station: Station) -> None:
    """Whenever the wait begins: a message each second just misses some (ArduPilot's test DO_REPOSITION)."""
    station.report(0.0)
    station.serve(3.0)
    station.link.messages()
    for _ in range(20):
        station.session.run_for(0.8)
        assert station.link.messages("TERRAIN_REPORT")


def test_data_that_nobody_wants_is_dropped(station: Station) -> None:
    """Another place, another spacing, a grid that no block has."""
    station.silent = True
    station.report(0.0)
    station.serve(1.0)
    request = station.requests[0]
    station.answer(request, spacing=30)
    for lat, grid in ((request.lat + 1, 0), (request.lat, 56), (request.lat, 255)):
        station.link.send(mavlink.MAVLink_terrain_data_message(lat, request.lon, 100, grid, [7] * 16))
    told = station.report(0.0)
    assert (told.spacing, told.loaded) == (0, 0)


def test_a_check_of_no_place_is_not_answered(station: Station) -> None:
    """Latitudes end at the poles."""
    station.link.send(mavlink.MAVLink_terrain_check_message(910_000_000, 0))
    station.session.run_for(1.0)
    assert not station.link.messages("TERRAIN_REPORT")


def test_a_mission_above_the_ground_gets_its_terrain_and_follows_it(station: Station) -> None:
    """Asked for at the upload; flown over the station's ground, which the world of this vehicle has not."""
    session = station.session
    session.wait_armable()
    items = [
        MissionItem(Cmd.NAV_TAKEOFF, Frame.GLOBAL_TERRAIN_ALT, z=20.0),
        wp(300.0, 20.0),
        MissionItem(Cmd.NAV_RETURN_TO_LAUNCH),
    ]
    session.autopilot.facts.altitude(Frame.GLOBAL_TERRAIN_ALT, 0.0, HOME.lat, HOME.lon)
    station.serve(4.0)
    session.upload(items)
    session.go()
    for _ in range(240):
        station.serve(0.5)
        if session.autopilot.sequencer.current_nav_index() == 3:
            break
    height = session.autopilot.facts.height_over_ground
    assert height == pytest.approx(20.0, abs=2.5)
    r = session.autopilot.vehicle.state.report
    assert r[R.ALT] == pytest.approx(584.0 + 30.0 + 20.0, abs=3.0)
    assert not any("Terrain data missing" in event.text for event in session.events_of(StatusText))


def test_the_terrain_of_another_spacing_is_forgotten(station: Station) -> None:
    """TERRAIN_SPACING: blocks of 100 m are no blocks of 50 m."""
    station.report(0.0)
    station.serve(3.0)
    assert station.report(0.0).spacing == 100
    station.session.set_param("TERRAIN_SPACING", 50.0)
    told = station.report(0.0)
    assert (told.spacing, told.loaded) == (0, 0)
    station.serve(3.0)
    assert station.requests[-1].grid_spacing == 50
    assert station.report(0.0).spacing == 50


def test_terrain_that_is_off_is_neither_asked_for_nor_told(station: Station) -> None:
    """TERRAIN_ENABLE 0."""
    station.session.set_param("TERRAIN_ENABLE", 0.0)
    assert station.report(0.0).spacing == 0
    station.serve(5.0)
    assert not station.requests
