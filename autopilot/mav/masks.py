"""Groups of bits that the type masks of targets ignore together: a position, a velocity, an acceleration, rates."""

from __future__ import annotations

from typing import Final

from autopilot.mav.fields import AttitudeMask, PositionMask

IGNORE_POSITION: Final = PositionMask.X_IGNORE | PositionMask.Y_IGNORE | PositionMask.Z_IGNORE
IGNORE_VELOCITY: Final = PositionMask.VX_IGNORE | PositionMask.VY_IGNORE | PositionMask.VZ_IGNORE
IGNORE_ACCELERATION: Final = PositionMask.AX_IGNORE | PositionMask.AY_IGNORE | PositionMask.AZ_IGNORE
IGNORE_BODY_RATES: Final = (
    AttitudeMask.BODY_ROLL_RATE_IGNORE | AttitudeMask.BODY_PITCH_RATE_IGNORE | AttitudeMask.BODY_YAW_RATE_IGNORE
)
