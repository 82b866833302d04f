"""Long flights and drives in steep turns: what the estimator sees of heading and place there."""

from __future__ import annotations

from math import degrees

import numpy as np

from autopilot.interface import report as R
from autopilot.interface.targets import Circle
from sortie import Session
from tests.fakes.plane_flight import PlaneFlight


def test_heading_and_tilt_do_not_lead_each_other_astray() -> None:
    """Twenty minutes of circles in a wind with which the steepest part of each is flown to the north. An error of the
    heading looked like one of the tilt there, and the compass followed the tilt."""
    flight = PlaneFlight({"SIM_WIND_SPD": 8.0, "SIM_WIND_DIR": 200.0}).airborne(60.0)
    flight.forget()
    flight.vehicle.set_target(Circle((0.0, 0.0, -60.0), 60.0))
    flight.fly(1200.0)
    turned = np.degrees(flight.seen(R.YAW) - flight.seen(R.TRUE_YAW))
    assert np.abs((turned + 180.0) % 360.0 - 180.0).max() < 4.0
    aside = np.hypot(flight.seen(R.NORTH) - flight.seen(R.TRUE_N), flight.seen(R.EAST) - flight.seen(R.TRUE_E))
    assert aside.max() < 2.0


def test_a_boat_in_tight_circles_keeps_its_heading() -> None:
    """Circles of 3 m at 3 m/s turn as steeply as a plane's: after an hour it no longer knew where it was."""
    with Session("sim:boat", params={"CIRC_RADIUS": 3.0, "CIRC_SPEED": 3.0}) as session:
        session.wait_armable()
        session.set_mode("CIRCLE")
        session.arm()
        session.run_for(4200.0)
        turned = degrees(session.state.attitude[2] - session.truth.attitude[2])
        assert session.state.mode == "CIRCLE"
        assert abs((turned + 180.0) % 360.0 - 180.0) < 4.0
