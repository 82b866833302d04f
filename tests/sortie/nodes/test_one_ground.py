"""One ground for all: physics, range finder, messages and rehearsal agree within 0.1 m, wherever they are asked."""

from __future__ import annotations

from math import cos
from pathlib import Path

import numpy as np
import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import METRES_PER_DEGREE, GeoPoint, to_global
from autopilot.parameters.parameters import Parameters
from autopilot.rehearsal.way import FlyingField
from autopilot.vehicles.kinds import vehicle_class
from sortie import Session, mavlink
from sortie.reading.terrain import read_ground
from tests.fakes.terrain import HOME, hills, map_of, ramp, write_geotiff, write_srtm

AGREE_M = 0.1


@pytest.mark.parametrize("form", ["geotiff", "srtm"])
def test_all_say_the_same_height(tmp_path: Path, form: str) -> None:
    """Over hills, flying, at many places: the ground that it would touch, that the finder sees, that TERRAIN_REPORT
    tells, that a rehearsal counts from."""
    if form == "srtm":
        file = write_srtm(tmp_path, -36, 149, hills)
    else:
        file = write_geotiff(tmp_path / "ground.tif", map_of(hills))
    params = {"RNGFND1_TYPE": 100.0, "RNGFND1_MAX_CM": 15000.0}
    with Session(terrain=file, params=params) as session:
        home = session.stood[0]
        field = FlyingField(
            vehicle_class("copter"),
            Parameters(vehicle_class("copter").parameters),
            home,
            ground=read_ground(file, [HOME]),
        )
        station = session.connect()
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(100.0)
        session.run_until(lambda s: s.state.height > 99.0, 90.0)
        goal = to_global(home, (300.0, 250.0, -100.0))
        session.goto(goal.lat, goal.lon, 100.0)
        r = session.autopilot.vehicle.state.report
        for _ in range(20):
            session.run_for(2.0)
            true = GeoPoint(float(r[R.TRUE_LAT]), float(r[R.TRUE_LON]), float(r[R.TRUE_ALT]))
            physics = float(r[R.TRUE_GROUND])
            upright = cos(r[R.TRUE_ROLL]) * cos(r[R.TRUE_PITCH])
            assert true.alt - float(r[R.RANGE_FINDER]) * upright == pytest.approx(physics, abs=AGREE_M)
            station.send(mavlink.MAVLink_terrain_check_message(round(true.lat * 1e7), round(true.lon * 1e7)))
            told = station.receive("TERRAIN_REPORT", 5.0, lambda m, lat=true.lat: m.lat == round(lat * 1e7))
            assert told.spacing == 100
            assert told.terrain_height == pytest.approx(physics, abs=AGREE_M)
            north = (true.lat - home.lat) * METRES_PER_DEGREE
            east = float(r[R.TRUE_E])
            rehearsed = home.alt + float(field.heights(np.array([north]), np.array([east]))[0])
            assert rehearsed == pytest.approx(physics, abs=AGREE_M)
            assert field.ground_amsl(north, east) == pytest.approx(physics, abs=AGREE_M)


def test_the_range_finder_is_told_while_it_sees(tmp_path: Path) -> None:
    """DISTANCE_SENSOR: downwards, in centimetres, with its limits; nothing while it stands, and nothing without one."""
    file = write_geotiff(tmp_path / "ground.tif", map_of(hills))
    for params, told in (({"RNGFND1_TYPE": 100.0, "RNGFND1_MAX_CM": 4000.0}, True), ({}, False)):
        with Session(terrain=file, params=params) as session:
            station = session.connect()
            session.wait_armable()
            assert not station.messages("DISTANCE_SENSOR")
            session.set_mode("GUIDED")
            session.arm()
            session.takeoff(20.0)
            session.run_until(lambda s: s.state.height > 19.0, 60.0)
            seen = station.messages("DISTANCE_SENSOR")
            assert bool(seen) == told
            for one in seen:
                assert (one.min_distance, one.max_distance, one.orientation) == (20, 4000, 25)
            if told:
                r = session.autopilot.vehicle.state.report
                assert seen[-1].current_distance == pytest.approx(100.0 * (r[R.TRUE_ALT] - r[R.TRUE_GROUND]), abs=100.0)


def test_a_planes_range_finder_is_told(tmp_path: Path) -> None:
    """RANGEFINDER of a plane, with ArduPilot's names of its range; it measures along its leaning axis."""
    file = write_geotiff(tmp_path / "ground.tif", map_of(ramp(0.0)))
    params = {"RNGFND1_TYPE": 1.0, "RNGFND1_MIN": 0.0, "RNGFND1_MAX": 90.0, "TKOFF_ALT": 50.0}
    with Session("sim:plane", terrain=file, params=params) as session:
        station = session.connect()
        session.wait_armable()
        session.set_mode("TAKEOFF")
        session.arm()
        session.run_for(60.0)
        r = session.autopilot.vehicle.state.report
        upright = cos(float(r[R.ROLL])) * cos(float(r[R.PITCH]))
        away = station.messages("RANGEFINDER")[-1].distance
        assert away == pytest.approx((r[R.TRUE_ALT] - r[R.TRUE_GROUND]) / upright, abs=1.0)
        assert 45.0 < away < 80.0
