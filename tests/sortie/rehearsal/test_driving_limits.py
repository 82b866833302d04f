"""Rehearsals drive a rover and a boat within the limits that the simulated ones have."""

from __future__ import annotations

import pytest

from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint
from autopilot.rehearsal.driving import DriveFlight
from autopilot.rehearsal.field import FlyingField
from sitl.vehicles.simulated import SimulatedMachine
from sortie import Session
from sortie.config.values import DEFAULT_HOME

OWN = {L.P_LINES, L.P_WHEELBASE}  # no wind pushes it off its lines, and it turns without wheels or rudder
WITHOUT_LIMITS = {"ATC_STR_RAT_MAX": 0.0, "ATC_STR_ACC_MAX": 0.0, "TURN_RADIUS": 0.1, "ATC_TURN_MAX_G": 0.02}
OTHERS = {
    "WP_ACCEL": 0.5,
    "ATC_DECEL_MAX": 0.7,
    "WP_JERK": 2.0,
    "ATC_STR_ANG_P": 3.0,
    "ATC_BRAKE": 0.0,
    "LOIT_TYPE": 1.0,
}


@pytest.mark.parametrize("params", [{}, WITHOUT_LIMITS, OTHERS, {"WP_ACCEL": 0.0, "ATC_ACCEL_MAX": 0.0}])
@pytest.mark.parametrize("kind", ["rover", "boat"])
def test_limits_are_those_of_the_simulated_vehicle(kind: str, params: dict[str, float]) -> None:
    """Each setting that a rehearsal has is the machine's, to 1 %."""
    with Session(f"sim:{kind}", params=params) as session:
        facts = session.service.autopilot.facts
        assert isinstance(facts.vehicle, SimulatedMachine)
        machine = facts.vehicle.rows().settings[0]
        driven = DriveFlight(FlyingField(facts.vehicle_class, facts.parameters, GeoPoint(*DEFAULT_HOME[:3])))._p
    wrong = {
        at: (value, float(machine[at]))
        for at, value in enumerate(driven)
        if value != 0.0 and at not in OWN and value != pytest.approx(machine[at], rel=0.01)
    }
    assert not wrong
