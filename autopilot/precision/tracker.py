"""Estimator of a landing target's position, from looks at it.

A look gives a direction, and a distance if its sensor measures it; otherwise the height above ground replaces it. The
target is kept as a place and a velocity in the vehicle's own frame, north and east, so that an error of the vehicle's
position does not disturb the landing. A target is found, lost, or out of range as in ArduPilot's AC_PrecLand (4.6),
with its times, limits and texts. With PLND_EST_TYPE 0 the last look is used unfiltered. With 1 a Kalman filter with
constant velocity is used. It is valid after 2 s of looks. It rejects looks that are three standard deviations off,
unless three come in a row. So with two pads in sight it stays with the one nearer to the middle of the first look.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from math import radians
from typing import Final

from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface import report
from autopilot.interface.angles import turned
from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import cos, dist, hypot, sin, whole_power
from autopilot.interface.records import dataclass
from autopilot.mav import Severity

INIT_MS: Final = 2000
INIT_GAP_MS: Final = 500
TIMEOUT_MS: Final = 2000
FORGOTTEN_MS: Final = 180_000
FORGOTTEN_M: Final = 30.0
_GATE: Final = 3.0
_OUTLIERS: Final = 3
_MOVING_TARGET: Final = 1  # PLND_OPTIONS bit 0
_DRIFT, _AGILE = 0.05, 1.0
"""Standard deviations of the target's acceleration, m/s2: a fixed target (drift of the vehicle's estimate), a moving
one."""
_CM: Final = 0.01


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a target. `direction` to it: forward, right, down, of any length, in axes of the `body`, or else level
    with its heading. `distance_m` to it; 0: unknown."""

    direction: Ned
    body: bool = True
    distance_m: float = 0.0


class PadSight(Enum):
    """States of sight of the target."""

    FOUND = "in sight"
    OUT_OF_RANGE = "not in sight, nor expected at this height"
    LOST = "was in sight lately"
    NEVER = "has not been in sight, or long ago and far away"


@dataclass(slots=True)
class PadAxis:
    """A place and its velocity along one axis (m, m/s), with their covariance."""

    place: float
    speed: float
    pp: float
    ps: float
    ss: float

    def predict(self, seconds: float, accel: float) -> None:
        """Predict for `seconds`, with accelerations of size `accel`, m/s2."""
        q = accel * accel
        self.place += seconds * self.speed
        self.pp += seconds * (2.0 * self.ps + seconds * (self.ss + 0.25 * q * seconds * seconds))
        self.ps += seconds * (self.ss + 0.5 * q * seconds * seconds)
        self.ss += q * seconds * seconds

    def surprise(self, place: float, variance: float) -> float:
        """Squared distance of a look from the estimate, in variances."""
        return (place - self.place) * (place - self.place) / (self.pp + variance)

    def fuse(self, place: float, variance: float) -> None:
        gain_p, gain_s = self.pp / (self.pp + variance), self.ps / (self.pp + variance)
        off = place - self.place
        self.place += gain_p * off
        self.speed += gain_s * off
        self.ss -= gain_s * self.ps
        self.pp, self.ps = (1.0 - gain_p) * self.pp, (1.0 - gain_p) * self.ps


class Tracker:
    """Tracker of a landing target; see the module. Times are vehicle time, ms."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer) -> None:
        self._facts = facts
        self._announcer = announcer
        self._axes: tuple[PadAxis, PadAxis] | None = None
        self._axes_ms = self._begun_ms = self._looked_ms = 0
        self._acquired = False
        self._outliers = 0
        self.sight = PadSight.NEVER
        self.below_m = 0.0
        """Distance of the target below the vehicle at the last look, m."""
        self.last_target: Ned = (0.0, 0.0, 0.0)
        self.last_vehicle: Ned = (0.0, 0.0, 0.0)
        """Positions of target and vehicle when it was last in sight, m; both at the vehicle's height."""
        self.last_ms = 0

    # --- looks ----------------------------------------------------------------------------------------------------
    def see(self, looks: Sequence[Look], now_ms: int) -> None:
        """Take a sensor's looks: each target in its sight, the nearest to its middle first."""
        for look in looks:
            place = self._place(look)
            if place is not None:
                self._take(place, now_ms)

    def _place(self, look: Look) -> tuple[float, float] | None:
        """North and east of a target, m; None for an unusable look."""
        forward, right, down = turned(look.direction, radians(self._facts.param("PLND_YAW_ALIGN") * _CM))
        size = hypot(forward, right, down)
        if not size > 0.0 or down <= 0.0:
            return None
        r = self._facts.vehicle.state.report
        roll, pitch = (float(r[report.ROLL]), float(r[report.PITCH])) if look.body else (0.0, 0.0)
        level = _level((forward / size, right / size, down / size), roll, pitch)
        if look.distance_m > 0.0:
            along = look.distance_m
        elif level[2] > 0.0 and (height := self._facts.clearance) > 0.0:
            along = height / level[2]
        else:
            return None
        x, y, z = (self._facts.param(f"PLND_CAM_POS_{axis}") for axis in "XYZ")
        camera = _level((x, y, z), roll, pitch)
        self.below_m = along * level[2] + camera[2]
        ahead = along * level[0] + camera[0] + self._facts.param("PLND_LAND_OFS_X") * _CM
        aside = along * level[1] + camera[1] + self._facts.param("PLND_LAND_OFS_Y") * _CM
        north, east = turned((ahead, aside, 0.0), self._facts.vehicle.state.yaw)[:2]
        here, moved = self._facts.vehicle.state.position, self._facts.vehicle.state.velocity
        lag = self._facts.param("PLND_LAG", 0.0)
        return here[0] - lag * moved[0] + north, here[1] - lag * moved[1] + east

    def _take(self, place: tuple[float, float], now_ms: int) -> None:
        r = self._facts.vehicle.state.report
        turning = hypot(float(r[report.P]), float(r[report.P + 1]), float(r[report.P + 2]))
        variance = whole_power(abs(self.below_m) * (0.01 + 0.01 * turning) + 0.02, 2)
        filtered = int(self._facts.param("PLND_EST_TYPE", 1.0)) == 1
        if self._axes is None or not filtered:
            if self._axes is None:
                self._announcer.say(Severity.INFO, "PrecLand: Target Found")
                self._begun_ms = now_ms
            speed_variance = 1.0 if self._moves else 0.01
            self._axes = (
                PadAxis(place[0], 0.0, variance, 0.0, speed_variance),
                PadAxis(place[1], 0.0, variance, 0.0, speed_variance),
            )
            self._axes_ms = self._looked_ms = now_ms
            self._acquired = self._acquired or not filtered
            return
        self._predict(now_ms)
        worst = max(axis.surprise(value, variance) for axis, value in zip(self._axes, place, strict=True))
        if worst >= _GATE * _GATE and self._outliers < _OUTLIERS:
            self._outliers += 1
            return
        self._outliers = 0
        self._looked_ms = now_ms
        for axis, value in zip(self._axes, place, strict=True):
            axis.fuse(value, variance)

    @property
    def _moves(self) -> bool:
        return self._facts.option("PLND_OPTIONS", _MOVING_TARGET)

    def _predict(self, now_ms: int) -> None:
        if self._axes is not None and now_ms > self._axes_ms:
            for axis in self._axes:
                axis.predict(0.001 * (now_ms - self._axes_ms), _AGILE if self._moves else _DRIFT)
            self._axes_ms = now_ms

    # --- time -----------------------------------------------------------------------------------------------------
    def look_round(self, now_ms: int) -> None:
        self._predict(now_ms)
        self._believe(now_ms)
        if self._acquired and self._axes is not None:
            self.sight = PadSight.FOUND
            here = self._facts.vehicle.state.position
            self.last_target = (self._axes[0].place, self._axes[1].place, here[2])
            self.last_vehicle, self.last_ms = here, now_ms
        elif not self._expected():
            self.sight = PadSight.OUT_OF_RANGE
        elif self.sight in (PadSight.FOUND, PadSight.LOST) and not self._forgotten(now_ms):
            self.sight = PadSight.LOST
        else:
            self.sight = PadSight.NEVER

    def _believe(self, now_ms: int) -> None:
        if self._axes is None:
            return
        quiet_ms = now_ms - self._looked_ms
        if self._acquired:
            if quiet_ms > TIMEOUT_MS:
                self._announcer.say(Severity.CRITICAL, "PrecLand: Target Lost")
                self._axes, self._acquired = None, False
        elif quiet_ms > INIT_GAP_MS:
            self._announcer.say(Severity.CRITICAL, "PrecLand: Init Failed")
            self._axes = None
        elif now_ms - self._begun_ms > INIT_MS:
            self._announcer.say(Severity.INFO, "PrecLand: Init Complete")
            self._acquired = True

    def _expected(self) -> bool:
        """True between PLND_ALT_MIN and PLND_ALT_MAX, where the target should be in sight; 0: no limit."""
        low, high = self._facts.param("PLND_ALT_MIN"), self._facts.param("PLND_ALT_MAX")
        height = self._facts.clearance
        return (low == 0.0 or height >= low) and (high == 0.0 or height <= high)

    def _forgotten(self, now_ms: int) -> bool:
        here = self._facts.vehicle.state.position[:2]
        distance_m = max(dist(here, self.last_target[:2]), dist(here, self.last_vehicle[:2]))
        return now_ms - self.last_ms > FORGOTTEN_MS or distance_m > FORGOTTEN_M

    def forget(self) -> None:
        """Forget the target of an earlier landing."""
        if not self._acquired:
            self.sight = PadSight.NEVER

    @property
    def velocity(self) -> tuple[float, float]:
        """Velocity of a moving target, north and east, m/s; 0 for a fixed target."""
        if self._axes is None or not self._moves:
            return 0.0, 0.0
        return self._axes[0].speed, self._axes[1].speed


def _level(v: Ned, roll: float, pitch: float) -> Ned:
    """Rotate from body axes to axes that are level with the heading."""
    x, y, z = v
    sr, cr, sp, cp = sin(roll), cos(roll), sin(pitch), cos(pitch)
    down = sr * y + cr * z
    return cp * x + sp * down, cr * y - sr * z, -sp * x + cp * down
