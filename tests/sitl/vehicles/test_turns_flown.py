"""LOITER_TURNS of a copter beside ArduCopter 4.7-dev in its SITL: the same mission, texts at the same times."""

from __future__ import annotations

from itertools import pairwise

import pytest

from autopilot.context.events import StatusText
from autopilot.interface.geo import to_global
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from sortie import Session
from tests.fakes.copter_flight import HOME


def _item(command: Cmd, north: float, east: float, param1: float = 0.0, param3: float = 0.0) -> MissionItem:
    place = to_global(HOME, (north, east, 0.0))
    return MissionItem(command, 3, x=place.lat, y=place.lon, z=15.0, param1=param1, param3=param3)


def test_each_turn_is_announced_when_it_begins_after_a_stop_at_the_edge() -> None:
    """ArduCopter takes 8.5 s to the edge and stops there, then 22.6 s and 21.8 s; ours counts by its place."""
    items = [
        _item(Cmd.NAV_TAKEOFF, 0.0, 0.0),
        _item(Cmd.NAV_LOITER_TURNS, 30.0, 0.0, 2.0, 15.0),
        _item(Cmd.NAV_WAYPOINT, 30.0, 60.0),
    ]
    with Session("sim:copter", home=HOME) as session:
        session.upload(items)
        session.start()
        session.run_until(lambda s: s.state.mission.item == 3, timeout_s=120.0)
        said = [(entry.event.text, entry.time_s) for entry in session.events if isinstance(entry.event, StatusText)]
        words = ("Mission: 2 ", "starting circle", "Mission: 3 ")
        told = [(text, time_s) for text, time_s in said if any(word in text for word in words)]
        assert [text for text, _ in told[1:-1]] == [f"Mission: starting circle {n}/2" for n in (1, 2)]
        assert [b - a for (_, a), (_, b) in pairwise(told)] == pytest.approx([8.5, 22.2, 22.2], abs=1.0)
