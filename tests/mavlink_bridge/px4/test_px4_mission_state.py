"""MISSION_CURRENT of a vehicle that speaks as a PX4 (mavlink_mission.cpp, `update_mission_state`)."""

from __future__ import annotations

import pytest

from autopilot.mav import WireMissionState
from sortie import MissionItem
from sortie.api.testing.stand_in import HOME
from tests.fakes.px4_station import HOLD, LAND, MISSION, RETURN, TAKEOFF, Station

_S = WireMissionState
_TAKEOFF = MissionItem(22, 6, x=HOME.lat, y=HOME.lon, z=6.0)
_CORNER = MissionItem(16, 6, x=HOME.lat + 0.0002, y=HOME.lon, z=6.0)


def shown(station: Station) -> tuple[int, int]:
    station.run(1.5)
    current = station.of("MISSION_CURRENT")[-1]
    return current.mission_state, current.mission_mode


def test_a_mission_is_paused_in_another_mode_and_goes_on(station: Station) -> None:
    """It was ACTIVE in Hold, and ACTIVE in mode Mission before its climb was over only by AUTO."""
    assert shown(station) == (_S.NO_MISSION, 2)
    station.upload((_TAKEOFF, _CORNER, MissionItem(16, 6, x=HOME.lat, y=HOME.lon, z=6.0)))
    assert shown(station) == (_S.NOT_STARTED, 2)
    assert station.command(300, 0.0) == 0
    assert shown(station) == (_S.ACTIVE, 1)
    station.until(lambda: station.of("MISSION_CURRENT")[-1].seq == 1, 40.0)
    for mode, state in ((HOLD, (_S.PAUSED, 2)), (MISSION, (_S.ACTIVE, 1)), (RETURN, (_S.PAUSED, 2))):
        assert station.set_mode(mode) == 0 and shown(station) == state
    assert station.set_mode(MISSION) == 0
    station.until(lambda: station.mode == HOLD, 60.0)
    assert shown(station) == (_S.COMPLETE, 2)


@pytest.mark.parametrize("mode", [TAKEOFF, LAND])
def test_takeoff_and_land_count_as_flying_the_mission(station: Station, mode: tuple[int, int]) -> None:
    """A quirk that stations of a PX4 see."""
    assert station.set_mode(mode) == 0 and shown(station) == (_S.NO_MISSION, 1)
    station.upload((_TAKEOFF, _CORNER))
    assert shown(station) == (_S.ACTIVE, 1)


def test_a_mission_whose_last_item_returns_is_not_complete(station: Station) -> None:
    """The item changes the mode, and nothing follows."""
    station.upload((_TAKEOFF, _CORNER, MissionItem(20, 2)))
    assert station.command(300, 0.0) == 0
    station.until(lambda: station.mode == RETURN, 60.0)
    assert shown(station) == (_S.PAUSED, 2)
    station.until(lambda: not station.armed, 120.0)
    assert shown(station)[0] in (_S.PAUSED, _S.ACTIVE)  # in Mission again, after the flight
