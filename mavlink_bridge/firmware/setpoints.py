"""Setpoint messages to a controller: SET_POSITION_TARGET_GLOBAL_INT, _LOCAL_NED and SET_ATTITUDE_TARGET.

Only type masks that ArduPilot accepts are sent (docs/reference/real-vehicles.md, 2).
"""

from __future__ import annotations

from typing import Final

from autopilot.control.attitude import from_euler
from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.records import dataclass
from autopilot.interface.targets import Attitude
from autopilot.mav import Frame, PositionMask
from autopilot.mav.masks import IGNORE_ACCELERATION, IGNORE_BODY_RATES, IGNORE_POSITION, IGNORE_VELOCITY
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import boot_ms, dialect

_BOTH: Final = IGNORE_ACCELERATION | PositionMask.YAW_IGNORE | PositionMask.YAW_RATE_IGNORE
_POSITION: Final = _BOTH | IGNORE_VELOCITY
_VELOCITY: Final = _BOTH | IGNORE_POSITION
_ZERO: Final = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Facing:
    """Heading of a target: an angle (rad from north), a rate (rad/s), or neither, which leaves it to the controller."""

    angle: float | None = None
    rate: float | None = None

    def mask(self, base: int) -> int:
        """Type mask `base`, which ignores both, without the bits of the given values."""
        if self.angle is not None:
            base &= ~PositionMask.YAW_IGNORE
        if self.rate is not None:
            base &= ~PositionMask.YAW_RATE_IGNORE
        return base


def global_target(
    ids: tuple[int, int], now_ms: int, place: GeoPoint, nose: Facing, velocity: Ned | None = None
) -> Message:
    """Setpoint of a position (altitude AMSL), passed at `velocity` NED m/s if given."""
    mask = nose.mask(_POSITION if velocity is None else _BOTH)
    return dialect.MAVLink_set_position_target_global_int_message(
        boot_ms(now_ms),
        *ids,
        Frame.GLOBAL_INT,
        mask,
        round(place.lat * 1e7),
        round(place.lon * 1e7),
        place.alt,
        *(velocity or _ZERO),
        *_ZERO,
        nose.angle or 0.0,
        nose.rate or 0.0,
    )


def velocity_target(ids: tuple[int, int], now_ms: int, velocity: Ned, nose: Facing) -> Message:
    """Setpoint of a velocity, NED m/s."""
    return dialect.MAVLink_set_position_target_local_ned_message(
        boot_ms(now_ms),
        *ids,
        Frame.LOCAL_NED,
        nose.mask(_VELOCITY),
        *_ZERO,
        *velocity,
        *_ZERO,
        nose.angle or 0.0,
        nose.rate or 0.0,
    )


def attitude_target(ids: tuple[int, int], now_ms: int, target: Attitude) -> Message:
    """Setpoint of an attitude with the climb rate as thrust (0.5 holds the height; 0 and 1 are 5 m/s down and up), or
    thrust."""
    thrust = 0.5 + 0.1 * target.climb if target.thrust_is_climb else target.thrust
    q = [*from_euler(target.roll, target.pitch, target.yaw)]
    mask = 0 if target.use_yaw_rate else IGNORE_BODY_RATES
    return dialect.MAVLink_set_attitude_target_message(
        boot_ms(now_ms), *ids, mask, q, 0.0, 0.0, target.yaw_rate, min(max(thrust, 0.0), 1.0)
    )
