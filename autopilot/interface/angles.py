"""Angles within half a turn, and vectors turned about the vertical."""

from __future__ import annotations

from math import pi

from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import cos, sin


def wrap_pi(angle: float) -> float:
    """Wrap an angle to -pi .. pi, rad."""
    return (angle + pi) % (2.0 * pi) - pi


def turned(vector: Ned, angle: float) -> Ned:
    """Turn a vector about the vertical by `angle` rad, clockwise from above."""
    c, s = cos(angle), sin(angle)
    return c * vector[0] - s * vector[1], s * vector[0] + c * vector[1], vector[2]
