"""Frames of ArduCopter that simulated bodies can have: place and direction of rotation of each motor.

Angles are from AP_MotorsMatrix.cpp (`setup_quad_matrix`, `setup_hexa_matrix`, `setup_octa_matrix`), motor 1 first. The
body is our own copter's Iris for every frame: the same mass, inertia, rotor distance, and the same rotor area and
thrust in total. The Iris's quad X is not square and is kept.
"""

from __future__ import annotations

from math import degrees, radians
from typing import Final

from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.interface.records import dataclass
from sitl.vehicles.airframe import ARM_X, ARM_Y, TORQUE_RATIO

_CCW, _CW = 1.0, -1.0
_OUT: Final = hypot(ARM_X, ARM_Y)
_IRIS: Final = degrees(atan2(ARM_Y, ARM_X))
"""Angle of the front right rotor, deg."""


@dataclass(frozen=True, slots=True)
class RotorFrame:
    """A frame. `motors`: angle of each from the nose to the right, deg, and 1 if it turns left, -1 if right."""

    name: str
    motors: tuple[tuple[float, float], ...]

    def places(self) -> list[tuple[float, float, float]]:
        """Place of each motor, m ahead and to the right, and its torque per thrust, m."""
        ways = [(radians(angle), turns) for angle, turns in self.motors]
        return [(_OUT * cos(angle), _OUT * sin(angle), turns * TORQUE_RATIO) for angle, turns in ways]


#: By FRAME_CLASS and FRAME_TYPE.
FRAMES: Final[dict[tuple[int, int], RotorFrame]] = {
    (1, 0): RotorFrame("quad +", ((90.0, _CCW), (-90.0, _CCW), (0.0, _CW), (180.0, _CW))),
    (1, 1): RotorFrame("quad X", ((_IRIS, _CCW), (_IRIS - 180.0, _CCW), (-_IRIS, _CW), (180.0 - _IRIS, _CW))),
    (2, 0): RotorFrame(
        "hexa +", ((0.0, _CW), (180.0, _CCW), (-120.0, _CW), (60.0, _CCW), (-60.0, _CCW), (120.0, _CW)),
    ),
    (2, 1): RotorFrame(
        "hexa X", ((90.0, _CW), (-90.0, _CCW), (-30.0, _CW), (150.0, _CCW), (30.0, _CCW), (-150.0, _CW)),
    ),
    (3, 0): RotorFrame(
        "octa +",
        (
            (0.0, _CW), (180.0, _CW), (45.0, _CCW), (135.0, _CCW),
            (-45.0, _CCW), (-135.0, _CCW), (-90.0, _CW), (90.0, _CW),
        ),
    ),
    (3, 1): RotorFrame(
        "octa X",
        (
            (22.5, _CW), (-157.5, _CW), (67.5, _CCW), (157.5, _CCW),
            (-22.5, _CCW), (-112.5, _CCW), (-67.5, _CW), (112.5, _CW),
        ),
    ),
}  # fmt: skip
