"""Wind of a log by lean and drag: what a copter that stays in place must lean for."""

from __future__ import annotations

from dataclasses import fields, replace
from math import cos, pi, sin, sqrt

import numpy as np
import pytest

from autopilot.interface.layout import GRAVITY
from sitl.vehicles import airframe
from sortie.incident.signals import FoundFault
from sortie.incident.weather import Array, _undisturbed, measured
from sortie.reading.trace import STEP_S, FlightTrace

FIRST, SECOND = airframe.ROTOR_DRAG, airframe.body_drag(airframe.DRAG_AREA)
GUST_S, CALM_S = 60.0, 75.0


def lean_for(air: float, accel: float = 0.0) -> float:
    """Lean, rad, at which gravity's part across the rotors' axis accelerates against what the air takes."""
    low, high = -0.5 * pi, 0.5 * pi
    for _ in range(50):
        lean = 0.5 * (low + high)
        taken = (FIRST * sqrt(cos(lean)) + SECOND * abs(air)) * air * cos(lean)
        low, high = (lean, high) if GRAVITY * sin(lean) < taken + accel * cos(lean) else (low, lean)
    return low


def there_and_back(time: Array, begin_s: float, half_s: float) -> Array:
    """Speed of a way to one side and back, m/s."""
    phase = 2.0 * pi * (time - begin_s) / half_s
    away = np.where(time < begin_s + half_s, 3.0, -3.0) * (1.0 - np.cos(phase))
    return np.where((time >= begin_s) & (time < begin_s + 2.0 * half_s), away, 0.0)


def flown(gust: float) -> FlightTrace:
    """Two minutes: east and back in calm air, held in place by a gust from the north for 15 s, then north and back."""
    time = np.arange(0.0, 120.0, STEP_S)
    east, north = there_and_back(time, 0.0, 28.0), there_and_back(time, 80.0, 20.0)
    air = north + np.where((time >= GUST_S) & (time < CALM_S), gust, 0.0)
    roll = [lean_for(*row) for row in zip(east, np.gradient(east, STEP_S), strict=True)]
    pitch = [-lean_for(*row) for row in zip(air, np.gradient(north, STEP_S), strict=True)]
    made = {item.name: np.full(len(time), np.nan) for item in fields(FlightTrace)[1:]}
    made |= {"time_s": time, "north_mps": north, "east_mps": east, "down_mps": 0.0 * time, "yaw_rad": 0.0 * time}
    made |= {"roll_rad": np.array(roll), "pitch_rad": np.array(pitch), "height_m": 20.0 + 0.0 * time}
    return FlightTrace("made", **made)


def test_a_gust_is_found_with_its_strength_and_times() -> None:
    _, gusts = measured(flown(12.0), (), "copter")
    most = max(gusts, key=lambda row: row.speed)
    assert most.speed == pytest.approx(12.0, abs=1.0)
    assert min(most.from_deg, 360.0 - most.from_deg) < 5.0
    blows = [row.at_s for row in gusts if row.speed > 6.0]
    assert (blows[0], blows[-1]) == (pytest.approx(GUST_S, abs=2.0), pytest.approx(CALM_S, abs=2.0))
    assert gusts[-1].speed < 1.0
    ends = [row.at_s for row in gusts[1:]] + [gusts[-1].at_s]
    blown = sum(row.speed * (end_s - row.at_s) for row, end_s in zip(gusts, ends, strict=True))
    middle = sum(0.5 * row.speed * (end_s**2 - row.at_s**2) for row, end_s in zip(gusts, ends, strict=True)) / blown
    assert middle == pytest.approx((GUST_S + CALM_S) / 2.0, abs=0.2)  # held until the next, it blows when it blew


def test_wind_that_does_not_change_is_no_gust() -> None:
    assert measured(flown(0.0), (), "copter")[1] == []


def test_what_a_fault_spoils_is_not_measured() -> None:
    """Velocities without GPS, currents of a weak motor, volts of a battery that sags; a height's jump is taken out."""
    trace = replace(flown(0.0), amps=np.full(600, 9.0), volts=np.full(600, 12.0))
    faults = (
        FoundFault("gps.loss", 20.0, 30.0, ""),
        FoundFault("motor1.loss", 50.0, None, "", 0.25),
        FoundFault("battery.low", 60.0, None, "", 1.5),
        FoundFault("baro.wrong", 70.0, None, "", 12.0),
    )
    left = _undisturbed(trace, faults)
    assert np.isnan(left.north_mps[110]) and np.isfinite(left.north_mps[[90, 170]]).all()
    assert np.isnan(left.amps[260]) and np.isfinite(left.amps[240]) and np.isfinite(left.north_mps[260])
    assert np.isnan(left.volts[310]) and left.height_m[360] == pytest.approx(8.0)
