"""Meaning of a type_mask in SET_POSITION_TARGET_* and SET_ATTITUDE_TARGET, as in ArduPilot.

A group (position, velocity, acceleration) is ignored if any of its three bits is set. Some combinations are valid; for
all others (`None`) the vehicle stops, as in ArduPilot. Source: ArduPilot GCS_MAVLink_Copter.cpp and
GCS_MAVLink_Rover.cpp; bits from MAVLink's POSITION_TARGET_TYPEMASK and ATTITUDE_TARGET_TYPEMASK.
"""

from __future__ import annotations

from copy import copy
from math import isnan
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import AttitudeMask, PositionMask
from autopilot.mav.masks import IGNORE_ACCELERATION, IGNORE_BODY_RATES, IGNORE_POSITION, IGNORE_VELOCITY
from mavlink_bridge.routing.service import Message

_P, _A = PositionMask, AttitudeMask
_FLOATS: Final = {
    "x": _P.X_IGNORE, "y": _P.Y_IGNORE, "z": _P.Z_IGNORE, "alt": _P.Z_IGNORE,
    "vx": _P.VX_IGNORE, "vy": _P.VY_IGNORE, "vz": _P.VZ_IGNORE,
    "afx": _P.AX_IGNORE, "afy": _P.AY_IGNORE, "afz": _P.AZ_IGNORE,
    "yaw": _P.YAW_IGNORE, "yaw_rate": _P.YAW_RATE_IGNORE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TargetParts:
    position: bool
    velocity: bool
    acceleration: bool
    yaw: bool
    yaw_rate: bool


def position_parts(mask: int, *, driven: bool = False) -> TargetParts | None:
    """Parts that `mask` enables, or None for an invalid combination.

    A vehicle that flies accepts position; velocity; acceleration; position and velocity; the last three with
    acceleration; each with yaw and yaw rate. `driven`: a ground vehicle or boat rejects acceleration; yaw or yaw rate
    alone turns it on the spot.
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
    if mask & _P.FORCE_SET and parts.acceleration:  # force instead of acceleration: not supported
        return None
    if parts.position and parts.acceleration and not parts.velocity:
        return None
    return parts if parts.position or parts.velocity or parts.acceleration else None


def without_nan(message: Message) -> Message:
    """Return a position target whose mask ignores what is NaN, as in PX4 (mavlink_receiver.cpp)."""
    ignored = 0
    for name, bit in _FLOATS.items():
        if isnan(getattr(message, name, 0.0)):
            ignored |= bit
    if not ignored:
        return message
    target = copy(message)
    target.type_mask |= ignored
    return target


def asks_height_alone(mask: int) -> bool:
    """True when a position target has a height and no place."""
    return mask & IGNORE_POSITION == _P.X_IGNORE | _P.Y_IGNORE


def _can_be_driven(parts: TargetParts) -> bool:
    if parts.acceleration:
        return False
    if parts.position:
        return True
    return (parts.velocity or parts.yaw or parts.yaw_rate) and not (parts.yaw and parts.yaw_rate)


@dataclass(frozen=True, slots=True)
class AttitudeParts:
    """Valid parts of an attitude target. Without angles and rates the body rates are 0."""

    angles: bool
    rates: bool
    thrust: bool = True


def attitude_parts(mask: int, *, on_wings: bool = False) -> AttitudeParts | None:
    """Parts that `mask` enables. None without thrust, or with only some of the body rates. `on_wings`: angles alone are
    enough, and rates beside them do not count (ArduPlane GCS_MAVLink_Plane.cpp)."""
    ignored = mask & IGNORE_BODY_RATES
    if on_wings and not mask & _A.ATTITUDE_IGNORE:
        return AttitudeParts(angles=True, rates=False, thrust=not mask & _A.THROTTLE_IGNORE)
    if mask & _A.THROTTLE_IGNORE or ignored not in (0, IGNORE_BODY_RATES):
        return None
    return AttitudeParts(angles=not mask & _A.ATTITUDE_IGNORE, rates=not ignored)
