"""Parameters in ArduPilot's names and units reach the kernel."""

from __future__ import annotations

import numpy as np
import pytest

from autopilot.control import layout as L
from autopilot.parameters import Parameters
from autopilot.vehicle import Leg, VehicleEvent
from sitl.airframe import default_settings, initial_state
from sitl.settings import SCALED, SPECIAL, apply_parameter
from tests.fakes.copter_flight import HOME, CopterFlight

#: 4.7's names, which the table understands as aliases.
NEWER = {"SIM_GPS1_ENABLE"}


def test_every_name_exists_in_the_parameter_table() -> None:
    """No parameter is obeyed that nobody can set."""
    assert (set(SCALED) | set(SPECIAL)) - set(Parameters("copter").names()) == NEWER


def test_the_tables_defaults_leave_the_airframe_as_it_is() -> None:
    """All pushed at start: gains, speeds and limits stay those that fit, but for what a default deliberately says."""
    parameters = Parameters("copter")
    plain = default_settings(HOME)
    pushed = plain.copy()
    state, _ = initial_state(0.0, 1)
    values: dict[str, float] = {}
    for name in parameters.names():
        values[name] = parameters[name]
        apply_parameter(pushed, state, values, name, values[name])
    deliberate = {L.LOW_V, L.CAPACITY, L.STICK_DN}
    changed = {int(i) for i in np.nonzero(~np.isclose(plain, pushed, rtol=0.01, atol=1e-5))[0]}
    assert changed <= deliberate


def test_centimetres_become_metres() -> None:
    """WPNAV_SPEED 400 cm/s is flown as 4 m/s, at once."""
    flight = CopterFlight()
    flight.take_off()
    flight.copter.set_target(Leg((300.0, 0.0, -20.0)))
    flight.run(10.0)
    flight.copter.set_parameter("WPNAV_SPEED", 400.0)
    flight.run(5.0)
    assert flight.copter.state.ground_speed == pytest.approx(4.0, abs=0.4)


def test_names_the_copter_does_not_use_are_ignored() -> None:
    """Whatever the core pushes."""
    flight = CopterFlight()
    flight.copter.set_parameter("NO_SUCH_NAME", 3.0)
    assert flight.run(10.0, VehicleEvent.ESTIMATOR_OK)
