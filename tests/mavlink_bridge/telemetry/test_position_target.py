"""POSITION_TARGET_GLOBAL_INT is told while there is a place to go to, and no longer."""

from __future__ import annotations

import pytest

from autopilot.interface.geo import GeoPoint, to_global
from sortie import MissionItem, Session, events

HOME = GeoPoint(47.3769, 8.5417, 408.0)
NAME = "POSITION_TARGET_GLOBAL_INT"


@pytest.mark.parametrize(("behaviour", "told"), [(0, False), (1, True)])
def test_a_rover_that_has_stopped_at_the_end_of_its_mission_goes_nowhere(behaviour: int, told: bool) -> None:
    """ArduRover's EndMissionBehavior: with MIS_DONE_BEHAVE 0 it holds, with 1 it keeps the place."""
    place = to_global(HOME, (8.0, 0.0, 0.0))
    with Session("sim:rover", home=(HOME, 0.0), params={"MIS_DONE_BEHAVE": behaviour}) as session:
        station = session.connect()
        session.upload([MissionItem(16, 3, x=place.lat, y=place.lon)])
        session.start()
        session.run_until(events.MissionComplete)
        assert NAME in {message.get_type() for message in station.messages()}
        session.run_for(1.0)
        station.messages()
        session.run_for(3.0)
        assert bool(station.messages(NAME)) == told
