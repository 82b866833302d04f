"""Buses hold one entry, the latest; those at control rate are windows onto the vehicle's report."""

from __future__ import annotations

import numpy as np

from autopilot import report
from autopilot.flight.bus import REPORT_BUSES, Bus, report_buses
from autopilot.vehicle import VehicleState


def test_a_reader_sees_the_newest_value() -> None:
    """Never a backlog."""
    bus = Bus(0)
    for value in (1, 2, 3):
        bus.publish(value)
    assert (bus.latest, bus.latest) == (3, 3)


def test_the_buses_of_the_vehicle_follow_its_report() -> None:
    """Each of them shows its own figures, as they are now."""
    vector = np.arange(float(report.SIZE))
    buses = report_buses(VehicleState(vector))
    assert set(buses) == {
        "sensor", "state", "position_target", "thrust", "attitude_setpoint", "rate_setpoint", "torque", "battery",
    }  # fmt: skip
    for name, fields in REPORT_BUSES.items():
        assert buses[name].latest == tuple(map(float, fields))
    vector[report.WANT_P] = 0.5
    assert buses["rate_setpoint"].latest[0] == 0.5
