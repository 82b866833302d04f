"""Buses: one entry, the latest. A slow reader sees the newest value, never a backlog.

What flows at control rate (sensors, state, setpoints) lives in the compiled kernel; its bus is a window onto the
vehicle's report and costs nothing until somebody reads it. What actors publish themselves is kept here.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from autopilot import report
from autopilot.vehicle import VehicleState

T = TypeVar("T")


class Bus(Generic[T]):
    """Holds the latest value that was published."""

    def __init__(self, value: T) -> None:
        self._value = value

    def publish(self, value: T) -> None:
        self._value = value

    @property
    def latest(self) -> T:
        return self._value


class ReportBus:
    """Some values of the vehicle's report, as they are now. `fields`: indices in `autopilot.report`, SI units."""

    def __init__(self, state: VehicleState, fields: tuple[int, ...]) -> None:
        self._state = state
        self._fields = fields

    @property
    def latest(self) -> tuple[float, ...]:
        vector = self._state.report
        return tuple(float(vector[index]) for index in self._fields)


#: What each bus shows.
REPORT_BUSES: Final[dict[str, tuple[int, ...]]] = {
    "sensor": (
        report.GYRO_X,
        report.GYRO_Y,
        report.GYRO_Z,
        report.ACCEL_X,
        report.ACCEL_Y,
        report.ACCEL_Z,
        report.MAG_X,
        report.MAG_Y,
        report.MAG_Z,
        report.BARO_PRESSURE,
        report.GPS_LAT,
        report.GPS_LON,
        report.GPS_ALT,
    ),
    "state": (
        report.NORTH,
        report.EAST,
        report.DOWN,
        report.VN,
        report.VE,
        report.VD,
        report.ROLL,
        report.PITCH,
        report.YAW,
        report.P,
        report.Q,
        report.R,
    ),
    "position_target": (report.TARGET_N, report.TARGET_E, report.TARGET_D),
    "thrust": (report.THROTTLE,),
    "attitude_setpoint": (report.NAV_ROLL, report.NAV_PITCH, report.TARGET_YAW),
    "rate_setpoint": (report.WANT_P, report.WANT_Q, report.WANT_R),
    "torque": tuple(range(report.SERVO_1, report.SERVO_1 + 4)),
    "battery": (report.BATT_V, report.BATT_A, report.BATT_MAH, report.BATT_FRACTION),
}


def report_buses(state: VehicleState) -> dict[str, ReportBus]:
    """All windows onto one vehicle's report, by name."""
    return {name: ReportBus(state, fields) for name, fields in REPORT_BUSES.items()}
