"""Meaning of a type_mask of SET_POSITION_TARGET_* and SET_ATTITUDE_TARGET, as ArduPilot reads it.

A group (position, velocity, acceleration) counts as ignored as soon as one of its three bits is set. Only some
combinations mean something; for all others ArduPilot stops the vehicle, and so do we (`None`).
Source: ArduPilot GCS_MAVLink_Copter.cpp and GCS_MAVLink_Rover.cpp; bits from MAVLink's POSITION_TARGET_TYPEMASK and
ATTITUDE_TARGET_TYPEMASK.
"""

from __future__ import annotations

from autopilot.interface.records import dataclass
from autopilot.mav import AttitudeMask, PositionMask
from autopilot.mav.masks import IGNORE_ACCELERATION, IGNORE_BODY_RATES, IGNORE_POSITION, IGNORE_VELOCITY

_P, _A = PositionMask, AttitudeMask


@dataclass(frozen=True, slots=True)
class TargetParts:
    """Parts of a position target that count."""

    position: bool
    velocity: bool
    acceleration: bool
    yaw: bool
    yaw_rate: bool


def position_parts(mask: int, *, driven: bool = False) -> TargetParts | None:
    """The parts that `mask` asks for, or None when it asks for nothing that can be flown.

    Flown: position; velocity; acceleration; position and velocity; the last three with acceleration; each with yaw and
    yaw rate. Driven: with an acceleration it takes nothing; yaw or yaw rate alone turns on the spot.
    """
    parts = TargetParts(
        position=not mask & IGNORE_POSITION,
        velocity=not mask & IGNORE_VELOCITY,
        acceleration=not mask & IGNORE_ACCELERATION,
        yaw=not mask & _P.YAW_IGNORE,
        yaw_rate=not mask & _P.YAW_RATE_IGNORE,
    )
    if driven:
        return parts if _can_be_driven(parts) else None
    if mask & _P.FORCE_SET and parts.acceleration:  # accelerations as forces: not supported
        return None
    if parts.position and parts.acceleration and not parts.velocity:
        return None
    return parts if parts.position or parts.velocity or parts.acceleration else None


def asks_acceleration(mask: int) -> bool:
    """True when the acceleration of a position target is given."""
    return not mask & IGNORE_ACCELERATION


def _can_be_driven(parts: TargetParts) -> bool:
    if parts.acceleration:
        return False
    if parts.position:
        return True
    return (parts.velocity or parts.yaw or parts.yaw_rate) and not (parts.yaw and parts.yaw_rate)


@dataclass(frozen=True, slots=True)
class AttitudeParts:
    """Parts of an attitude target that count. Thrust always does."""

    rates: bool


def attitude_parts(mask: int) -> AttitudeParts | None:
    """The parts that `mask` asks for; None without thrust, without an attitude (rates alone are not flown here), or
    with only some of the body rates."""
    rates = mask & IGNORE_BODY_RATES
    if mask & (_A.THROTTLE_IGNORE | _A.ATTITUDE_IGNORE) or rates not in (0, IGNORE_BODY_RATES):
        return None
    return AttitudeParts(rates=rates == 0)
