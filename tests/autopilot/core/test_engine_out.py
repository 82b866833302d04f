"""A plane whose engine has given out: ArduPlane notices nothing, so it glides in the mode that it is in, and RTL, asked
for by a person or a failsafe, takes it into the mission's landing (RTL_AUTOLAND) as far as its height reaches."""

from __future__ import annotations

from math import degrees

import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import to_global
from autopilot.mav import Cmd
from sortie import MissionItem, Session
from sortie.api.testing.stand_in import HOME

RELATIVE = 3
LANDS = [
    (Cmd.NAV_TAKEOFF, 0.0, 0.0, 60.0),
    (Cmd.NAV_WAYPOINT, 500.0, 0.0, 200.0),
    (Cmd.NAV_WAYPOINT, 500.0, 500.0, 220.0),
    (Cmd.NAV_WAYPOINT, -350.0, 500.0, 220.0),
    (Cmd.DO_LAND_START, 0.0, 0.0, 0.0),
    (Cmd.NAV_WAYPOINT, -350.0, 0.0, 60.0),
    (Cmd.NAV_LAND, 0.0, 0.0, 0.0),
]


def item(command: int, north: float, east: float, up: float) -> MissionItem:
    place = to_global(HOME, (north, east, 0.0))
    return MissionItem(command, RELATIVE, x=place.lat, y=place.lon, z=up)


@pytest.mark.parametrize("asks", ["a person", "a battery"])
def test_without_its_engine_it_glides_into_the_landing_that_is_in_reach(asks: str) -> None:
    """220 m high and 520 m away: onto the line, softly, never near its stall, and disarmed."""
    params = {"RTL_AUTOLAND": 2.0, "BATT_FS_LOW_ACT": 2.0}
    with Session("sim:plane", home=HOME, params=params) as session:
        session.upload([item(*row) for row in LANDS])
        session.start()
        vehicle = session.autopilot.vehicle
        session.run_until(lambda _: vehicle.state.report[R.TRUE_N] < -150.0, timeout_s=200.0)
        session.inject("motor1.loss")
        session.run_for(2.0)
        if asks == "a person":
            session.set_mode("RTL")
        else:
            session.set_param("BATT_LOW_MAH", session.param("BATT_CAPACITY"))
        least = 90.0
        while session.state.armed and session.time_s < 300.0:
            session.run_for(0.5)
            seen = vehicle.state.report
            least = min(least, degrees(seen[R.STALL_MARGIN])) if seen[R.TRUE_CONTACT] == 0.0 else least
        seen = vehicle.state.report
        assert not session.state.armed and session.state.mode == "AUTO"
        assert abs(seen[R.TRUE_N]) < 80.0 and abs(seen[R.TRUE_E]) < 10.0, seen[R.TRUE_N : R.TRUE_E + 1]
        assert seen[R.TOUCHDOWN_SPEED] < 2.0 and least > 10.0
