"""How steeply and how fast a plane comes down, by its parameters (AP_TECS, AP_Landing_Slope)."""

from __future__ import annotations

import numpy as np
import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Circle, Land, Leg
from autopilot.interface.vehicle import VehicleEvent
from tests.fakes.plane_flight import PlaneFlight

#: Against the wind of the approaches, m/s.
HEAD_WIND = {"SIM_WIND_SPD": 4.0, "SIM_WIND_DIR": 180.0}


def landed(approach_m: float = 650.0, height_m: float = 60.0, **parameters: float) -> PlaneFlight:
    """Down a slope to the south, to the end of its flare."""
    flight = PlaneFlight({"AIRSPEED_CRUISE": 22.0, "AIRSPEED_MIN": 10.0, **parameters}).airborne(height_m)
    flight.to(Leg((approach_m + 50.0, 0.0, -height_m), radius=50.0))
    flight.to(Leg((approach_m, 0.0, -height_m), radius=50.0))
    flight.vehicle.set_target(Land((-100.0, 0.0), approach=(approach_m, 0.0, -height_m)))
    flight.forget()
    flight.fly(120.0, VehicleEvent.LANDED)
    return flight


def airspeed_at(flight: PlaneFlight, low: float, high: float) -> float:
    """Mean airspeed between these heights, m/s."""
    height = -flight.seen(R.DOWN)
    return float(flight.seen(R.AIR_SPEED)[(height > low) & (height < high)].mean())


@pytest.mark.parametrize(
    ("parameters", "high", "low"),
    [
        ({}, 16.0, 16.0),
        ({"LAND_PF_ARSPD": 12.0, "LAND_PF_ALT": 18.0, "LAND_PF_SEC": 0.0}, 16.0, 12.0),
        ({"LAND_PF_ARSPD": 12.0, "LAND_PF_ALT": 0.0, "LAND_PF_SEC": 15.0}, 16.0, 13.5),
    ],
)
def test_it_slows_down_before_the_flare(parameters: dict[str, float], high: float, low: float) -> None:
    """LAND_PF_ARSPD, from LAND_PF_ALT or LAND_PF_SEC on."""
    flight = landed(**parameters)
    assert airspeed_at(flight, 22.0, 27.0) == pytest.approx(high, abs=0.8)
    assert airspeed_at(flight, 4.0, 8.0) == pytest.approx(low, abs=1.0)


@pytest.mark.parametrize(("share", "airspeed"), [(0.0, 16.0), (50.0, 18.0), (100.0, 20.0)])
def test_a_headwind_makes_the_approach_faster(share: float, airspeed: float) -> None:
    """LAND_WIND_COMP, %."""
    assert airspeed_at(landed(LAND_WIND_COMP=share, **HEAD_WIND), 15.0, 30.0) == pytest.approx(airspeed, abs=0.8)


@pytest.mark.parametrize(("most", "sink"), [(0.0, 4.8), (2.0, 2.6)])
def test_an_approach_sinks_no_faster_than_it_may(most: float, sink: float) -> None:
    """TECS_APPR_SMAX; 0: TECS_SINK_MAX."""
    flight = landed(350.0, 80.0, TECS_APPR_SMAX=most)
    high = -flight.seen(R.DOWN) > 40.0
    assert np.percentile(flight.seen(R.VD)[high], 90) == pytest.approx(sink, abs=0.3)


@pytest.mark.parametrize(("least", "pitch"), [(0.0, -20.0), (-3.0, -3.0)])
def test_a_descent_lowers_the_nose_no_farther_than_it_may(least: float, pitch: float) -> None:
    """TECS_PITCH_MIN; 0: PTCH_LIM_MIN_DEG."""
    flight = PlaneFlight({"TECS_PITCH_MIN": least, "TECS_SINK_MAX": 12.0}).airborne(200.0)
    flight.fly(10.0)
    flight.forget()
    flight.vehicle.set_target(Circle((300.0, 0.0, -60.0), 80.0))
    flight.fly(20.0)
    lowest = float(np.degrees(flight.seen(R.NAV_PITCH)).min())
    assert lowest == pytest.approx(pitch, abs=0.1) if least else lowest < -6.0
