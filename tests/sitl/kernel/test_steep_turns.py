"""Long flights in steep turns: what the estimator sees of heading and place there."""

from __future__ import annotations

import numpy as np

from autopilot.interface import report as R
from autopilot.interface.targets import Circle
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
