"""Interface to a gimbal: demands, and the direction in which it points. `sitl.vehicles.gimbal` replaces the
hardware."""

from __future__ import annotations

from enum import Enum
from math import pi
from typing import Protocol, runtime_checkable

from autopilot.interface import report
from autopilot.interface.records import dataclass
from autopilot.interface.vehicle import KnownVehicle
from autopilot.mount.rotation import Angles, Quaternion, about, attitude, times


class Posture(Enum):
    POINTING = "pointing"
    NEUTRAL = "neutral"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class Demand:
    """Demand of angles or rates. Roll and pitch are against the horizon; yaw is against north if `locked`, else against
    the vehicle's nose. Rad, rad/s. Without angles and rates the posture decides."""

    angles: Angles | None = None
    rates: Angles | None = None
    locked: bool = False
    posture: Posture = Posture.POINTING


@dataclass(frozen=True, slots=True)
class GimbalLimits:
    """Lowest and highest angle of each joint, rad; `endless`: yaw has no limits."""

    roll: tuple[float, float]
    pitch: tuple[float, float]
    yaw: tuple[float, float]

    @property
    def endless(self) -> bool:
        return self.yaw[0] <= -pi and self.yaw[1] >= pi

    @property
    def pans(self) -> bool:
        """True if the gimbal turns sideways; otherwise the vehicle's nose must turn."""
        return self.yaw[1] > self.yaw[0]


@dataclass(frozen=True, slots=True)
class Pointing:
    """Direction of a gimbal at an instant. `earth`: from the camera's axes (x along the optical axis, y right, z down
    in the picture) to north, east, down. `joints`: against the vehicle's body. `rates` of roll, pitch and yaw, yaw
    against north if `locked`. `heading`, `turn_rate`: the vehicle's, rad, rad/s. `errors`: `mav.GimbalError`."""

    earth: Quaternion
    joints: Angles
    rates: Angles
    heading: float
    turn_rate: float
    locked: bool
    posture: Posture
    errors: int

    @property
    def forward(self) -> Quaternion:
        """Like `earth`, but against the vehicle's heading instead of north."""
        return times(about(2, -self.heading), self.earth)


class Gimbal(Protocol):
    """Hardware that turns a camera."""

    def limits(self) -> GimbalLimits: ...

    def demand(self, demand: Demand) -> None:
        """Follow this demand from now on."""

    def pointing(self) -> Pointing:
        """Present direction. Reading it changes nothing."""


@runtime_checkable
class HasGimbal(Protocol):
    @property
    def gimbal(self) -> Gimbal: ...


def vehicle_attitude(vehicle: KnownVehicle) -> Quaternion:
    """Attitude of the vehicle: the truth for a simulated vehicle, the report for a real one."""
    r = vehicle.state.report
    first = report.TRUE_ROLL if r[report.TRUE_ROLL] == r[report.TRUE_ROLL] else report.ROLL
    return attitude(float(r[first]), float(r[first + 1]), float(r[first + 2]))


def optical_axis(vehicle: KnownVehicle, gimbal: Gimbal | None, fixed_pitch_rad: float = -pi / 2.0) -> Quaternion:
    """Attitude of the vehicle's camera now: from the camera's axes to north, east, down (`Pointing.earth`). Without a
    gimbal it is fixed to the body at this pitch; the default looks straight down, with the nose at the top of the
    picture."""
    if gimbal is not None:
        return gimbal.pointing().earth
    return times(vehicle_attitude(vehicle), about(1, fixed_pitch_rad))
