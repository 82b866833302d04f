"""Angles within half a turn, and vectors turned about the vertical."""

from __future__ import annotations

from math import pi

from autopilot.interface import report
from autopilot.interface.geo import Ned
from autopilot.interface.layout import Row
from autopilot.interface.mathematics import acos, cos, sin


def wrap_pi(angle: float) -> float:
    """Wrap an angle to -pi .. pi, rad."""
    return (angle + pi) % (2.0 * pi) - pi


def turned(vector: Ned, angle: float) -> Ned:
    """Turn a vector about the vertical by `angle` rad, clockwise from above."""
    c, s = cos(angle), sin(angle)
    return c * vector[0] - s * vector[1], s * vector[0] + c * vector[1], vector[2]


def lean_error(vector: Row) -> float:
    """Angle between the vertical axis of a reported vehicle and the commanded one, rad; the heading does not count."""
    roll, pitch = float(vector[report.ROLL]), float(vector[report.PITCH])
    nav_roll, nav_pitch = float(vector[report.NAV_ROLL]), float(vector[report.NAV_PITCH])
    shared = sin(pitch) * cos(roll) * sin(nav_pitch) * cos(nav_roll) + sin(roll) * sin(nav_roll)
    shared += cos(pitch) * cos(roll) * cos(nav_pitch) * cos(nav_roll)
    return acos(min(max(shared, -1.0), 1.0))
