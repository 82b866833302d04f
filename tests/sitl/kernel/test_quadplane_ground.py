"""A quadplane on its skids, by a pilot's throttle of the wings: its pusher turns, and with help it takes off."""

from __future__ import annotations

import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import Pilot, PilotKind, Sticks
from autopilot.mav import VtolState
from sitl.kernel import layout as M
from tests.sitl.kernel.test_quadplane_flight import QuadplaneFlight

BY_HAND = [PilotKind.MANUAL, PilotKind.STABILIZE, PilotKind.TRAINING, PilotKind.ACRO, PilotKind.FBWA]


def armed(kind: PilotKind, **parameters: float) -> QuadplaneFlight:
    flight = QuadplaneFlight(parameters)
    assert flight.vehicle.arm().ok
    flight.vehicle.set_target(Pilot(kind))
    return flight


@pytest.mark.parametrize("kind", BY_HAND)
def test_a_raised_throttle_turns_its_pusher(kind: PilotKind) -> None:
    """It stood still, with a stick at any height."""
    flight = armed(kind, Q_ASSIST_SPEED=0.0)
    flight.vehicle.set_sticks(Sticks(throttle=0.0))
    flight.fly(3.0)
    assert flight.now(R.THROTTLE) == 0.0
    flight.vehicle.set_sticks(Sticks(throttle=0.6))
    flight.fly(4.0)
    assert flight.now(R.SERVO_1 + 2) == pytest.approx(1600.0)
    assert flight.vehicle._s[M.S_M1] < 0.01, "its lift motors stand"
    flight.vehicle.set_sticks(Sticks(throttle=0.0))
    flight.fly(3.0)
    assert flight.now(R.SERVO_1 + 2) == 1000.0 and flight.vehicle.state.landed
    assert flight.vehicle.disarm().ok


def test_it_takes_off_by_hand_with_the_help_of_its_lift_motors() -> None:
    """Q_ASSIST_SPEED: they lift it off its skids, and then the wings carry."""
    flight = armed(PilotKind.FBWA, Q_ASSIST_SPEED=18.0)
    flight.vehicle.set_sticks(Sticks(pitch=-0.5, throttle=1.0))
    flight.fly(15.0)
    assert -flight.now(R.DOWN) > 15.0 and flight.now(R.VTOL_STATE) == VtolState.FW
    assert flight.seen(R.SERVO_1 + 4).max() > 1200.0


def test_a_pilot_may_leave_a_takeoff_on_the_ground() -> None:
    """From QHOVER to FBWA with the throttle down: all motors stand."""
    flight = armed(PilotKind.ALT_HOLD)
    flight.vehicle.set_sticks(Sticks(throttle=0.7))
    flight.fly(0.4)
    flight.vehicle.set_sticks(Sticks(throttle=0.0))
    flight.vehicle.set_target(Pilot(PilotKind.FBWA))
    flight.fly(3.0)
    assert flight.now(R.THROTTLE) == 0.0 and flight.vehicle._s[M.S_M1] < 0.1
