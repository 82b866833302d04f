"""DO_REPOSITION in parts (navigator_main.cpp): what is not given is kept, and that is what the vehicle flies to.

QGroundControl's "Change Heading" and "Change Altitude" are such parts, and its "Pause" is a stop with a change of
altitude at once (PX4FirmwarePlugin.cc, `guidedModeChangeHeading`, `guidedModeChangeAltitude`).
"""

from __future__ import annotations

from math import hypot, nan, radians

import pytest

from mavlink_bridge.wire.codec import dialect
from sortie import Session
from tests.fakes.px4_station import HOLD, LOCAL_POSITION_NED, REPOSITION, SessionLine, Station

_NOT_GIVEN = 2**31 - 1
_ORBIT = 34


def _altitude(station: Station, height: float) -> float:
    """Above mean sea level, of a height above home."""
    return float(station.of("HOME_POSITION")[-1].altitude / 1e3 + height)


def _heading(station: Station) -> float:
    return float(station.of("GLOBAL_POSITION_INT")[-1].hdg / 100.0)


def _go(station: Station, north: float, height: float) -> None:
    place = station.beside_home(north, 0.0)
    assert station.command(REPOSITION, -1.0, 1.0, 0.0, nan, *place, _altitude(station, height)) == 0


@pytest.fixture
def hovering(station: Station) -> Station:
    station.fly_to(10.0)
    station.run(5.0)
    station.stream(LOCAL_POSITION_NED, 10.0)
    return station


@pytest.mark.parametrize("as_int", [False, True])
def test_a_heading_alone_turns_it_in_place(hovering: Station, as_int: bool) -> None:
    """The nose stayed as it was."""
    if as_int:
        hovering.link.send(
            dialect.MAVLink_command_int_message(
                1, 1, 0, REPOSITION, 0, 0, -1.0, 1.0, 0.0, radians(200.0), _NOT_GIVEN, _NOT_GIVEN, nan
            )
        )
    else:
        assert hovering.command(REPOSITION, -1.0, 1.0, 0.0, radians(200.0)) == 0
    hovering.run(8.0)
    assert hovering.mode == HOLD and abs(_heading(hovering) - 200.0) < 3.0
    assert hypot(*hovering.place[:2]) < 1.0 and abs(hovering.height - 10.0) < 0.6
    _go(hovering, 30.0, 10.0)
    hovering.run(4.0)
    assert abs((_heading(hovering) + 180.0) % 360.0 - 180.0) < 3.0, "along the way"


def test_a_height_alone_leaves_the_place_that_it_flies_to(hovering: Station) -> None:
    """It stopped where it was."""
    _go(hovering, 40.0, 10.0)
    hovering.run(3.0)
    assert hovering.command(REPOSITION, -1.0, 1.0, 0.0, nan, nan, nan, _altitude(hovering, 14.0)) == 0
    hovering.run(20.0)
    assert abs(hovering.place[0] - 40.0) < 1.0 and abs(hovering.height - 14.0) < 0.5


def test_a_place_alone_is_flown_to_at_the_present_height(hovering: Station) -> None:
    """It stopped, as without a place."""
    assert hovering.command(REPOSITION, -1.0, 1.0, 0.0, nan, *hovering.beside_home(20.0, 0.0)) == 0
    hovering.run(15.0)
    assert abs(hovering.place[0] - 20.0) < 1.0 and abs(hovering.height - 10.0) < 0.6


@pytest.mark.parametrize("change", [(REPOSITION, -1.0, 1.0, 0.0, nan, nan, nan), (186,)], ids=["reposition", "186"])
def test_a_pause_with_another_height_does_not_fly_back(hovering: Station, change: tuple[float, ...]) -> None:
    """It overshot by 5 m and flew back to where the height was asked for."""
    _go(hovering, 100.0, 10.0)
    hovering.run(5.0)
    assert hovering.command(REPOSITION, -1.0, 1.0) == 0
    number, *params = change
    assert hovering.command(int(number), *params, _altitude(hovering, 14.0)) == 0
    before = len(hovering.of("LOCAL_POSITION_NED"))
    hovering.run(10.0)
    north = [message.x for message in hovering.of("LOCAL_POSITION_NED")[before:]]
    assert max(north) - north[-1] < 0.5 and north[-1] - north[0] > 2.0
    assert abs(hovering.height - 14.0) < 0.5


def test_wings_keep_their_circle_at_another_height() -> None:
    """Its place, radius and direction; it circled where it was asked, with the usual radius."""
    with Session("sim:plane", firmware="px4", seed=3) as session:
        station = Station(SessionLine(session))
        station.until(lambda: station.armable)
        station.fly_to(60.0)
        place = station.beside_home(300.0, 0.0)
        assert station.command(_ORBIT, -130.0, nan, 0.0, nan, *place, _altitude(station, 60.0)) == 0
        station.run(60.0)
        assert station.command(REPOSITION, -1.0, 1.0, 0.0, nan, nan, nan, _altitude(station, 90.0)) == 0
        station.run(40.0)
        circle = station.of("ORBIT_EXECUTION_STATUS")[-1]
        assert circle.radius == -130.0 and abs(station.height - 90.0) < 5.0
        assert (circle.x * 1e-7, circle.y * 1e-7) == pytest.approx(place, abs=1e-5)
