"""What is said of a crash (ArduCopter/crash_check.cpp)."""

from __future__ import annotations

from math import acos, cos, degrees, hypot, sin
from typing import Final

from autopilot import report
from autopilot.control.layout import GRAVITY
from autopilot.vehicle_context import VehicleFacts

_ANGLE_LIMIT: Final = 30.0  # deg; CRASH_CHECK_ANGLE_DEVIATION_DEG
_ACCEL_LIMIT: Final = 3.0  # m/s2; CRASH_CHECK_ACCEL_MAX


def crash_text(facts: VehicleFacts) -> str:
    """With a copter's lean against the one demanded, when that is what told the crash."""
    r = facts.vehicle.state.report
    roll, pitch = float(r[report.ROLL]), float(r[report.PITCH])
    want_roll, want_pitch = float(r[report.NAV_ROLL]), float(r[report.NAV_PITCH])
    # between the two vertical axes, whatever the heading
    shared = sin(pitch) * cos(roll) * sin(want_pitch) * cos(want_roll) + sin(roll) * sin(want_roll)
    shared += cos(pitch) * cos(roll) * cos(want_pitch) * cos(want_roll)
    error = degrees(acos(min(max(shared, -1.0), 1.0)))
    if not error > _ANGLE_LIMIT:
        return "Crash: Disarming"
    felt = hypot(*(float(r[report.ACCEL_X + axis]) for axis in range(3)))
    accel = abs(felt - GRAVITY)
    return f"Crash: Disarming: AngErr={error:.0f}>{_ANGLE_LIMIT:.0f}, Accel={accel:.1f}<{_ACCEL_LIMIT:.1f}"
