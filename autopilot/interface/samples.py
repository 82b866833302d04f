"""Samples of a simulated body's sensors for an external firmware, and that firmware's answer."""

from __future__ import annotations

from collections.abc import Sequence

from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass


@dataclass(frozen=True, slots=True)
class BodyMotion:
    """Motion of a body, or of a receiver's fix: `velocity` NED, m/s."""

    place: GeoPoint
    velocity: Sequence[float]


@dataclass(frozen=True, slots=True)
class Fix(BodyMotion):
    """Report of a GPS receiver. `kind`: GPS_FIX_TYPE."""

    kind: int
    satellites: int
    utc_us: int


@dataclass(frozen=True, slots=True)
class TrueMotion(BodyMotion):
    """True motion of a body, with its attitude (quaternion) and rates, rad/s."""

    attitude: Sequence[float]
    rates: Sequence[float]


@dataclass(frozen=True, slots=True)
class SensorSample:
    """Sample of all sensors at a time since power-on, body axes. `force`: specific force, m/s2; `rates`: rad/s;
    `field`: gauss; `pressure_pa` at `height_m` AMSL; `impact_pa`: pitot tube; `range_m`: to the ground; `pulses`:
    channels of the radio receiver, us. None: the sensor has no new sample."""

    time_us: int
    force: Sequence[float]
    rates: Sequence[float]
    field: Sequence[float] | None
    pressure_pa: float | None
    impact_pa: float | None
    height_m: float
    temperature_c: float
    fix: Fix | None
    truth: TrueMotion
    range_m: float | None = None
    pulses: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class ActuatorControls:
    """Controls from a firmware: motors 0 to 1, surfaces -1 to 1. `lockstep`: it waits for the next sample."""

    outputs: Sequence[float]
    lockstep: bool
