"""A vehicle among other aircraft, from the file to the landing: alone and in a fleet."""

from __future__ import annotations

from math import dist
from pathlib import Path

import pytest

from autopilot.context.events import ModeChanged
from autopilot.mission.items import MissionItem
from sortie import Session

HEAD_ON = """
[[aircraft]]
callsign = "N123AB"
emitter = "light"
at = [3000, 0, 30]
track_deg = 180
speed_mps = 50
start_s = 20
for_s = 180
"""
PLAN = [MissionItem(22, 3, z=30.0), MissionItem(93, 3, param1=80.0), MissionItem(20)]


def closest_m(session: Session) -> float:
    """The closest that any aircraft came, until it is disarmed."""
    receiver = session.service.vehicle.receiver
    best = 1e9
    session.start()
    while session.autopilot.facts.armed and session.time_s < 400.0:
        session.run_for(0.5)
        here, _ = receiver.place()
        best = min([best, *(dist(here, at) for _, at, _ in receiver.sky.present(session.time_s))])
    return best


@pytest.mark.parametrize(("action", "at_least_m"), [(1, 0.0), (2, 60.0), (3, 60.0)])
def test_it_is_seen_avoided_and_the_vehicle_lands(tmp_path: Path, action: int, at_least_m: float) -> None:
    """One that comes head-on at the vehicle's height: a client sees it; what is only told comes as near as it comes."""
    path = tmp_path / "head-on.toml"
    path.write_text(HEAD_ON)
    params = {"AVD_ENABLE": 1, "AVD_F_ACTION": action, "AVD_F_RCVRY": 1}
    with Session(traffic=path, params=params) as session:
        station = session.connect()
        session.upload(PLAN)
        best = closest_m(session)
        assert not session.autopilot.facts.armed
        assert best > at_least_m if at_least_m else best < 20.0
        modes = [entry.event.number for entry in session.events if isinstance(entry.event, ModeChanged)]
        assert (19 in modes) is (action > 1)
        assert {message.callsign for message in station.messages("ADSB_VEHICLE")} == {"N123AB"}
