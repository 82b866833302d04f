"""Drives beside those of a real ArduRover (tests/data/ardurover-drives.json): the place at each second since arming, of
a mission with six corners, and of one that is left for RTL on the way."""

from __future__ import annotations

import json
from math import hypot
from pathlib import Path
from typing import Any

import pytest

from autopilot.mav import Cmd, Frame
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from sortie import Session

RECORDED: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "ardurover-drives.json").read_text())
DRIVES: list[dict[str, Any]] = RECORDED["drives"]
AS_THEIRS = {"SIM_DRIVE_LINES": 0.0, "SIM_GPS_NOISE": 0.0, "ATC_SPEED_P": 0.1, "WP_RADIUS": RECORDED["radius_m"]}


def apart(drive: dict[str, Any], **params: float) -> list[float]:
    """Distance, m, from the recorded place at each second."""
    lat, lon, yaw = RECORDED["home"]
    items = [MissionItem(Cmd.NAV_WAYPOINT, Frame.GLOBAL_RELATIVE_ALT, x=x, y=y) for x, y in drive["items"]]
    wanted = {**AS_THEIRS, "WP_SPEED": drive["speed_mps"], **params}
    with Session("sim:rover", home=f"{lat},{lon},0,{yaw}", params=wanted) as session:
        session.upload(Plan(home=None, items=tuple(items)))
        session.wait_armable()
        session.set_mode("AUTO")
        session.arm()
        begin_s, far = session.time_s, []
        for second, (north, east) in enumerate(drive["track"]):
            if drive["rtl_s"] is not None and second - 1 < drive["rtl_s"] <= second:
                session.run_for(begin_s + drive["rtl_s"] - session.time_s)
                session.set_mode("RTL")
            session.run_for(max(begin_s + second - session.time_s, 0.0))
            place = session.state.position
            far.append(hypot(place[0] - north, place[1] - east))
    return far


@pytest.mark.parametrize("drive", DRIVES, ids=[drive["name"] for drive in DRIVES])
def test_a_drive_is_that_of_ardurover(drive: dict[str, Any]) -> None:
    """The criterion of docs/reproduce.md."""
    assert max(apart(drive)) < 5.0


def test_by_the_lines_it_comes_out_of_turns_elsewhere() -> None:
    """Which is what ours does when nobody asks for another."""
    assert max(apart(DRIVES[1], SIM_DRIVE_LINES=1.0)) > 7.5
