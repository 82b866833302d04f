"""A controller whose body is simulated here: faults, and the truth about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from autopilot.interface import report as R
from autopilot.interface.vehicle import VehicleState
from autopilot.vehicles import kinds
from mavlink_bridge.firmware.ardupilot import ArduPilot
from mavlink_bridge.flight_controller.controller import FlightController


class Body:
    """Has a fault of its own, and one that the controller is told of."""

    def names(self) -> Sequence[str]:
        return ("motor1.loss", "gps.loss")

    def inject(self, name: str, value: float | None, *, active: bool) -> Mapping[str, float] | None:
        told = {"motor1.loss": {}, "gps.loss": {"SIM_GPS1_ENABLE": 0.0 if active else 1.0}}
        return told.get(name)

    def fill_truth(self, state: VehicleState) -> None:
        state.report[R.TRUE_N] = 12.0

    def set_parameter(self, name: str, value: float) -> None:
        raise AssertionError(f"nobody sets {name} here")


def controller(body: Body | None) -> FlightController:
    return FlightController(ArduPilot(kinds.COPTER), 1, 4, body=body)


def parameters_sent(vehicle: FlightController) -> list[tuple[str, float]]:
    sent = [outgoing.message for outgoing in vehicle.take_outgoing()]
    return [(message.param_id, message.param_value) for message in sent if message.get_type() == "PARAM_SET"]


@pytest.mark.parametrize(("active", "value"), [(True, 0.0), (False, 1.0)])
def test_the_controller_is_told_of_what_fails_inside_it(active: bool, value: float) -> None:
    vehicle = controller(Body())
    assert vehicle.inject_fault("gps.loss", None, active=active)
    assert parameters_sent(vehicle) == [("SIM_GPS1_ENABLE", value)]


def test_it_is_not_told_of_what_fails_on_its_body() -> None:
    vehicle = controller(Body())
    assert vehicle.inject_fault("motor1.loss", None, active=True)
    assert parameters_sent(vehicle) == []


def test_a_fault_that_there_is_not() -> None:
    assert not controller(Body()).inject_fault("gps.stuck", None, active=True)
    assert not controller(None).inject_fault("gps.loss", None, active=True)
    assert controller(None).fault_names() == ()


def test_the_truth_is_in_its_report() -> None:
    vehicle = controller(Body())
    vehicle.advance(20)
    assert vehicle.state.report[R.TRUE_N] == 12.0


def test_its_stations_are_lost_to_it() -> None:
    vehicle = controller(Body())
    assert vehicle.hears_stations and "gcs.loss" in vehicle.fault_names()
    assert vehicle.inject_fault("gcs.loss", None, active=True) and not vehicle.hears_stations
    assert vehicle.inject_fault("gcs.loss", None, active=False) and vehicle.hears_stations
