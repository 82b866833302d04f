"""Sensor readings of a box's copter for ABORT_SENSORS and the power watches (seed 000, 4.3), and its surveyed lines.

All readings come from the vehicle's report (`autopilot.interface.report`), which the simulator fills, or a flight
controller by SYS_STATUS, EKF_STATUS_REPORT, GPS_RAW_INT, ATTITUDE and BATTERY_STATUS. Durations are in vehicle time.

A survey line leads from each waypoint to the next, and from the last to where the pattern repeats. A photo counts if it
was taken over one of the lines; a hovering copter takes none.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import degrees
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, distance, distance_to_line, height_above_home, to_local
from autopilot.interface.mathematics import acos, cos, hypot
from autopilot.mav import Cmd, EkfFlag, Sensor
from autopilot.mission.items import MissionItem
from depot.settings import BoxSettings

_INERTIAL = Sensor.GYRO | Sensor.ACCEL
_OUTSIDE = Sensor.MAG | Sensor.ABSOLUTE_PRESSURE | Sensor.GPS
NOWHERE_M: Final = 1e5
"""Distance that stands for an unknown position, m."""
LASTS_MS: Final = 1000
"""Time for which a sensor must be silent to count as failed, ms."""
_LEAN_DEG, _FALLEN_DEG = 50.0, 75.0
"""Lean angles, degrees, between which attitude control falls from 1 to 0. ArduPilot leans a copter by 45 degrees at
most (ANGLE_MAX 30); beyond 75 degrees the lift no longer carries it."""
_SPIN_DPS: Final = 400.0
"""Rate of a spin after the loss of a motor, deg/s; it is above ATC_RATE_Y_MAX."""
_NORMAL_S: Final = 10.0
"""Time constant of the mean power, s."""


def lean_and_rate(vector: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Lean angle, degrees, and rate of turn about any axis, degrees/s."""
    level = cos(float(vector[report.ROLL])) * cos(float(vector[report.PITCH]))
    rates = (float(vector[report.P + axis]) for axis in range(3))
    return degrees(acos(min(max(level, -1.0), 1.0))), degrees(hypot(*rates))


class SkimmerSenses(Struct):
    """Readings of the copter by their names in `depot.readings.SkimmerReading`."""

    imu_ok: bool = True
    abort_sensors_ok: bool = True
    drift_m: float = 0.0
    attitude: float = 1.0
    thruster_fwd: float = 1.0
    current_ratio: float = 1.0
    battery_ok: bool = True
    attitude_error_deg: float = 0.0
    rate_dps: float = 0.0
    current_spikes: int = 0
    deep_discharges: int = 0


class Sensing:
    """Reader of one vehicle's report; keeps times, means and counts between readings."""

    def __init__(self, vector: npt.NDArray[np.float64], box: BoxSettings) -> None:
        self._r = vector
        self._box = box
        self._since: dict[str, int] = {}
        self._booted = False
        self._mean_w = 0.0
        self._power_ms: int | None = None
        self._spiking = self._deep = False
        self._spikes = self._discharges = 0

    def look(self, now_ms: int, *, away: bool) -> SkimmerSenses:
        """Read the report. `away`: it has left its dock and not landed; on the ground motors and current are not
        judged."""
        flags, healthy = int(self._r[report.EKF_FLAGS]), int(self._r[report.SENSORS_HEALTHY])
        present = int(self._r[report.SENSORS_PRESENT])
        found = bool(flags & EkfFlag.POS_HORIZ_ABS) and not flags & EkfFlag.CONST_POS_MODE
        self._booted = self._booted or found  # before the first position its own pre-arm checks keep it in its dock
        if not self._booted or not flags:  # a controller that has just restarted reports no flags either
            return SkimmerSenses()
        failed = present & ~healthy
        inertial = bool(failed & _INERTIAL) or not flags & EkfFlag.ATTITUDE
        blind = bool(failed & _OUTSIDE) or not flags & EkfFlag.POS_VERT_ABS or not found
        stopped = away and self._r[report.ARMED] == 0.0
        senses = SkimmerSenses(
            imu_ok=not inertial,
            abort_sensors_ok=not self._lasts("sensors", blind, now_ms),
            drift_m=self._drift_m(found, now_ms),
            battery_ok=not self._lasts("battery", bool(failed & Sensor.BATTERY) or self._empty(), now_ms),
        )
        self._feel_attitude(senses, away=away)
        # motors that were cut because the attitude is unknown have not failed
        senses.thruster_fwd = 0.0 if stopped and senses.imu_ok and self._lasts("motors", stopped, now_ms, 200) else 1.0
        self._feel_power(senses, now_ms, away=away)
        return senses

    def _lasts(self, what: str, holds: bool, now_ms: int, for_ms: int = LASTS_MS) -> bool:
        if not holds:
            self._since.pop(what, None)
            return False
        return now_ms - self._since.setdefault(what, now_ms) >= for_ms

    # --- position ---------------------------------------------------------------------------------------------------
    def _drift_m(self, found: bool, now_ms: int) -> float:
        """Distance between the estimate and the receiver's position, m. The estimator weighs both, so a jump of one
        shows."""
        r = self._r
        if self._lasts("position", not found, now_ms):
            return NOWHERE_M
        if r[report.GPS_FIX] < 3.0 or not found:
            return 0.0
        fix, estimate = (
            GeoPoint(float(r[lat]), float(r[lon]))
            for lat, lon in ((report.GPS_LAT, report.GPS_LON), (report.LAT, report.LON))
        )
        age_s = self._box.gps_age_s  # age of the fix
        return float(max(distance(fix, estimate) - age_s * r[report.GROUND_SPEED], 0.0))

    # --- attitude ---------------------------------------------------------------------------------------------------
    def _feel_attitude(self, senses: SkimmerSenses, *, away: bool) -> None:
        r = self._r
        lean_deg, senses.rate_dps = lean_and_rate(r)
        senses.attitude_error_deg = lean_deg
        if away and r[report.ARMED] != 0.0:
            upright = 1.0 - (lean_deg - _LEAN_DEG) / (_FALLEN_DEG - _LEAN_DEG)
            senses.attitude = min(max(upright, 0.0), 1.0) if senses.rate_dps < _SPIN_DPS else 0.0

    # --- battery ----------------------------------------------------------------------------------------------------
    def _empty(self) -> bool:
        """True if the voltage at rest is that of an empty battery, whatever the counted charge."""
        return bool(0.0 < self._r[report.BATT_V_REST] < self._box.empty_v)

    def _feel_power(self, senses: SkimmerSenses, now_ms: int, *, away: bool) -> None:
        r, box = self._r, self._box
        watts = float(r[report.BATT_V] * r[report.BATT_A])
        spiking, deep = bool(r[report.BATT_A] > box.spike_a), bool(r[report.BATT_FRACTION] < box.deep_soc)
        self._spikes += int(spiking and not self._spiking)
        self._discharges += int(deep and not self._deep)
        self._spiking, self._deep = spiking, deep
        senses.current_spikes, senses.deep_discharges = self._spikes, self._discharges
        if not away:
            self._power_ms = None
            return
        if self._power_ms is None:
            self._mean_w = box.flight_w
        else:
            share = min((now_ms - self._power_ms) / 1000.0 / _NORMAL_S, 1.0)
            self._mean_w += share * (watts - self._mean_w)
        self._power_ms = now_ms
        senses.current_ratio = self._mean_w / box.flight_w


Spot = tuple[float, float, float]
"""Metres north and east of the pad, and above it."""


def survey_lines(items: Sequence[MissionItem], home: GeoPoint) -> list[tuple[Spot, Spot]]:
    """Lines that a mission flies with its camera on, from DO_SET_CAM_TRIGG_DIST to the jump that repeats the
    pattern."""
    points: list[tuple[int, Spot]] = []
    start: int | None = None
    lines: list[tuple[Spot, Spot]] = []
    for item in items:
        if item.command == Cmd.NAV_WAYPOINT:
            north, east, _ = to_local(home, item.x, item.y, home.alt)
            points.append((item.seq, (north, east, height_above_home(item.frame, item.z, home))))
        elif item.command == Cmd.DO_SET_CAM_TRIGG_DIST:
            start = max(len(points) - 1, 0)
        elif item.command == Cmd.DO_JUMP and start is not None and points:
            again = next((spot for at, spot in points if at >= item.param1), None)
            lines += [] if again is None else [(points[-1][1], again)]
    return [] if start is None else [*pairwise((spot for _, spot in points[start:])), *lines]


def over_a_line(place: Spot, lines: Sequence[tuple[Spot, Spot]], off_m: float) -> bool:
    """True if `place` is within `off_m` metres of one of the lines."""
    return any(distance_to_line(place, begin, end) <= off_m for begin, end in lines)
