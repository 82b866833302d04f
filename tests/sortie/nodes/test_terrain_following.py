"""Circles of planes above the ground (TERRAIN_FOLLOW): LOITER, RTL, GUIDED, LOITER_ALT_QLAND."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import to_global
from autopilot.mav import Cmd, Frame, Result
from autopilot.vehicles.mode_table import PlaneMode, TerrainFollow
from sortie import Session, mavlink
from tests.fakes.terrain import HOME, Ground, map_of, ramp, write_geotiff

Make = Callable[..., Session]
WIDE = {"WP_LOITER_RAD": 300.0, "TKOFF_ALT": 100.0, "FM_COUNTDOWN": 0.0}
SLOPE = ramp(0.1)
"""30 m lower and higher at the edges of a circle of 300 m."""


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Make]:
    """Makes a session of a vehicle on a ground, and ends it."""
    made: list[Session] = []

    def make(ground: Ground, vehicle: str = "sim:plane", **params: float) -> Session:
        file = write_geotiff(tmp_path / "ground.tif", map_of(ground, half_deg=0.03))
        made.append(Session(vehicle, terrain=file, params={**WIDE, **params}))
        return made[-1]

    yield make
    for session in made:
        session.close()


def over(session: Session) -> float:
    """True metres above the true ground."""
    r = session.autopilot.vehicle.state.report
    return float(r[R.TRUE_ALT] - r[R.TRUE_GROUND])


def heights(session: Session, seconds: int) -> tuple[list[float], list[float]]:
    """Heights above the ground and above sea level, each second."""
    above, sea = [], []
    for _ in range(seconds):
        session.run_for(1.0)
        above.append(over(session))
        sea.append(float(session.autopilot.vehicle.state.report[R.TRUE_ALT]))
    return above, sea


def up(session: Session) -> Session:
    """After a takeoff to TKOFF_ALT."""
    session.wait_armable()
    session.set_mode("TAKEOFF")
    session.arm()
    session.run_until(lambda s: s.autopilot.facts.height > 95.0, 60.0)
    return session


@pytest.mark.parametrize(
    ("bits", "follows"),
    [(0, False), (TerrainFollow.ALL_MODES, True), (TerrainFollow.LOITER, True), (TerrainFollow.RTL, False)],
)
def test_loiter_keeps_its_height_above_the_ground(on: Make, bits: int, follows: bool) -> None:
    """Of its centre; in the modes whose bit is set."""
    session = up(on(SLOPE, TERRAIN_FOLLOW=float(bits)))
    session.set_mode("LOITER")
    session.run_for(30.0)
    above, sea = heights(session, 150)
    assert (max(above) - min(above) < 25.0) is follows, "its height comes some seconds late, on 2 m/s"
    assert (max(sea) - min(sea) > 50.0) is follows


@pytest.mark.parametrize("bits", [0, TerrainFollow.RTL])
def test_the_way_home_is_flown_above_the_ground(on: Make, bits: int) -> None:
    """Down a slope: RTL_ALTITUDE above the ground of home is 100 m, also where home is far below."""
    session = up(on(SLOPE, TERRAIN_FOLLOW=float(bits), RTL_ALTITUDE=100.0))
    place = to_global(HOME, (1500.0, 0.0, 0.0))
    session.set_mode("GUIDED")
    session.goto(place.lat, place.lon, 300.0)
    session.run_until(lambda s: s.autopilot.vehicle.state.position[0] > 1300.0, 240.0)
    session.set_mode("RTL")
    session.run_for(20.0)
    above, _ = heights(session, 60)
    lowest = min(above)
    assert (lowest > 85.0) is bool(bits), lowest


@pytest.mark.parametrize("named", [True, False])
def test_a_place_of_guided_above_the_ground_is_circled_above_it(on: Make, named: bool) -> None:
    """As a frame says it, whatever TERRAIN_FOLLOW has."""
    session = up(on(SLOPE))
    session.set_mode("GUIDED")
    place = to_global(HOME, (600.0, 0.0, 0.0))
    ground = session.autopilot.facts.ground_at(place.lat, place.lon)
    assert ground is not None
    there = replace(place, alt=ground + 100.0)
    session.autopilot.commands.reposition(there, session.service.now_ms, over_ground=100.0 if named else None)
    session.run_for(60.0)
    above, _ = heights(session, 150)
    assert (max(above) - min(above) < 25.0) is named
    assert not named or 85.0 < min(above) < max(above) < 125.0


def test_a_place_over_unknown_ground_is_taken_by_wings(on: Make) -> None:
    """They follow the ground on their way to it; a copter has to know it (ArduCopter's wp_nav)."""
    session = up(on(SLOPE))
    session.set_mode("GUIDED")
    place, link = to_global(HOME, (9000.0, 0.0, 0.0)), session.connect()
    assert session.autopilot.facts.ground_at(place.lat, place.lon) is None
    words = (Cmd.DO_REPOSITION, 0, 0, -1, 0, 0, 0, round(place.lat * 1e7), round(place.lon * 1e7), 100.0)
    link.send(mavlink.MAVLink_command_int_message(1, 1, Frame.GLOBAL_TERRAIN_ALT_INT, *words))
    session.run_for(40.0)
    assert [ack.result for ack in link.messages("COMMAND_ACK")] == [Result.ACCEPTED]
    above, _ = heights(session, 20)
    assert 85.0 < min(above) < max(above) < 115.0


def test_a_commanded_altitude_is_flown_where_the_ground_was_followed(on: Make) -> None:
    """DO_CHANGE_ALTITUDE above home in LOITER: level from then on; above the ground: following it."""
    session = up(on(SLOPE, TERRAIN_FOLLOW=float(TerrainFollow.LOITER)))
    session.set_mode("LOITER")
    session.run_for(10.0)
    for frame, follows in ((Frame.GLOBAL_RELATIVE_ALT, False), (Frame.GLOBAL_TERRAIN_ALT, True)):
        assert session.autopilot.commands.guided_altitude(frame, 150.0).ok
        session.run_for(60.0)
        above, sea = heights(session, 100)
        assert (max(sea) - min(sea) > 50.0) is follows
        told = above if follows else [height - session.autopilot.facts.home.alt for height in sea]
        assert 130.0 < min(told) < max(told) < 170.0


def test_loiter_alt_qland_goes_down_to_a_height_above_the_ground(on: Make) -> None:
    """Up the slope, where Q_RTL_ALT above home is inside the hill."""
    params = {"TERRAIN_FOLLOW": float(TerrainFollow.QLAND), "Q_RTL_ALT": 20.0, "WP_LOITER_RAD": 80.0}
    session = on(SLOPE, "sim:quadplane", **params)
    session.wait_armable()
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(30.0)
    session.run_until(lambda s: s.autopilot.facts.height > 28.0, 60.0)
    place = to_global(HOME, (600.0, 0.0, 0.0))
    session.goto(place.lat, place.lon, 120.0)
    session.run_until(lambda s: s.autopilot.vehicle.state.position[0] > 500.0, 120.0)
    session.set_mode("LOITER_ALT_QLAND")
    session.run_until(lambda s: s.autopilot.modes.number == PlaneMode.QLAND, 240.0)
    assert 10.0 < over(session) < 35.0


def test_terrain_that_is_not_known_is_followed_by_nobody(on: Make) -> None:
    """TERRAIN_ENABLE 0: the vehicle says so before it arms, and flies level."""
    session = on(SLOPE, TERRAIN_FOLLOW=1.0, TERRAIN_ENABLE=0.0)
    session.run_for(30.0)
    assert "terrain disabled" in [reason.text for reason in session.autopilot.prearm.reasons()]
    session.set_param("ARMING_CHECK", 8.0)
    up(session).set_mode("LOITER")
    session.run_for(30.0)
    _, sea = heights(session, 100)
    assert max(sea) - min(sea) < 10.0
