"""A plane whose engine has given out: ArduPlane notices nothing, so it glides in the mode that it is in, and RTL, asked
for by a person or a failsafe, takes it into the mission's landing (RTL_AUTOLAND) as far as its height reaches."""

from __future__ import annotations

from math import degrees, hypot

import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import to_global
from autopilot.mav import Cmd
from sortie import MissionItem, Plan, Session
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


# --- a rally point and no landing -------------------------------------------------------------------------------------
RALLY = (-200.0, 300.0, 80.0)


def goes_round_the_rally_point(session: Session) -> None:
    """Until it has gone round it for 40 s (a turn takes 25), at its height."""
    session.upload(Plan(items=tuple(item(*row) for row in LANDS[:4]), rally=(item(Cmd.NAV_RALLY_POINT, *RALLY),)))
    session.start()
    seen = session.autopilot.vehicle.state.report
    session.run_until(lambda _: seen[R.TRUE_N] < -150.0, timeout_s=200.0)
    session.set_mode("RTL")
    session.run_until(lambda _: abs(-seen[R.TRUE_D] - RALLY[2]) < 2.0, timeout_s=200.0)
    for _ in range(40):
        session.run_for(1.0)
        away = hypot(seen[R.TRUE_N] - RALLY[0], seen[R.TRUE_E] - RALLY[1])
        assert 70.0 < away < 105.0 and abs(-seen[R.TRUE_D] - RALLY[2]) < 8.0, (away, seen[R.TRUE_D])


def test_rtl_goes_round_a_rally_point_and_down_there_without_its_engine() -> None:
    """Round it at its height. Without its engine it glides down, never near its stall, and touches the ground in its
    turn: there is no flare, and it stays armed in RTL, as ArduPlane's RTL never lands."""
    with Session("sim:plane", home=HOME) as session:
        goes_round_the_rally_point(session)
        session.inject("motor1.loss")
        seen, least = session.autopilot.vehicle.state.report, 90.0
        while seen[R.TRUE_CONTACT] == 0.0 and session.time_s < 600.0:
            session.run_for(0.5)
            least = min(least, degrees(seen[R.STALL_MARGIN])) if seen[R.TRUE_CONTACT] == 0.0 else least
        bank = degrees(seen[R.TRUE_ROLL])
        session.run_for(30.0)
        assert seen[R.TOUCHDOWN_SPEED] == pytest.approx(1.8, abs=0.3) and bank == pytest.approx(9.0, abs=3.0)
        away = hypot(seen[R.TRUE_N] - RALLY[0], seen[R.TRUE_E] - RALLY[1])
        assert away < 120.0 and least > 5.0, (away, least)
        assert session.state.armed and session.state.mode == "RTL" and session.state.landed
