"""Landing of a plane on a glide slope, its go-around, and what it tells.

With RNGFND_LANDING the kernel has the height over the place from the range finder (`autopilot.control.plane_landing`).
Here the slope is laid anew if that height jumps, or the landing is aborted once if the new slope is too steep. Sources:
ArduPilot libraries/AP_Landing/AP_Landing.cpp, AP_Landing_Slope.cpp; ArduPlane/altitude.cpp.
"""

from __future__ import annotations

from math import degrees, radians
from typing import Final

from autopilot.control.plane_landing import slope_of
from autopilot.interface import report
from autopilot.interface.geo import Ned
from autopilot.interface.layout import STAGE_APPROACH, STAGE_FLARE, STAGE_LANDING, TICK_MS
from autopilot.interface.mathematics import atan2, cos, hypot
from autopilot.interface.targets import Idle, Land, TakeOff, Yaw, YawMode
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Severity
from autopilot.modes.maneuver import Maneuver
from autopilot.modes.mode import VehicleContext
from autopilot.modes.wings import WingTakeoff

_LOOK_MS: Final = 200
_FULL_THROTTLE: Final = 0.9  # of the stick
_ABORT_PITCH_DEG: Final = 10.0  # pitch of a go-around in a flight without a takeoff
_ABORT_M: Final = 30.0  # height above home of a go-around in a flight without a takeoff


class GlideSlope(Maneuver):
    """Land at `place` (NED m) on a slope from `approach` (None: from here); the motor stops after LAND_DISARMDELAY, and
    the speeds are those of the parameters again (AP_Landing_Slope.cpp, type_slope_verify_land).
    `abort`: NED d and pitch (rad) of a go-around's climb."""

    def __init__(self, context: VehicleContext, place: Ned, approach: Ned | None, abort: tuple[float, float]) -> None:
        super().__init__(context)
        self._place = place
        self._approach = approach
        self._abort = abort
        self._aborting = False
        self._stage = float(STAGE_LANDING)
        self._first_deg: float | None = None  # the slope when its range finder first saw the ground
        self._laid_by = 0.0  # error of the height by which the slope was laid, m
        self.goes_around = False
        """True after the climb of an aborted landing: the mission decides where it continues."""

    @property
    def is_landing(self) -> bool:
        return not self._aborting

    def start(self, now_ms: int) -> None:
        here = self.facts.vehicle.state.position
        self._approach = self._approach or here
        if self.facts.landed:  # its landing event is past
            self.helm.fly(Idle())
            self.deadline_ms = now_ms + TICK_MS
        else:
            self.announcer.step(f"Landing approach start at {self.facts.height:.1f}m")
            error = self.facts.landing_off
            self._place, self._approach = _lower(self._place, error), _lower(self._approach, error)
            self.helm.fly(Land(self._place[:2], approach=self._approach, down=self._place[2]))
            self.deadline_ms = now_ms + _LOOK_MS

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self._aborting:
            self.goes_around = self.goes_around or self.helm.arrived
        elif events & VehicleEvent.LANDED:
            for name in ("MIN_GROUNDSPEED", "TRIM_THROTTLE"):  # what DO_CHANGE_SPEED has set ends
                self.helm.vehicle.set_parameter(name, self.facts.param(name))
            delay_s = self.facts.param("LAND_DISARMDELAY")
            self.deadline_ms = now_ms + int(1000.0 * delay_s) if delay_s > 0.0 else None
        elif self.deadline_ms is not None and now_ms >= self.deadline_ms:
            self.done = self.facts.landed
            self.deadline_ms = None if self.done else now_ms + _LOOK_MS
            self._tell()

    def _tell(self) -> None:
        """Announce how it comes down: its slope, the flare, and where it stands at the end."""
        vector, down = self.facts.vehicle.state.report, self.facts.vehicle.state.position[2]
        off, speed = self.facts.metres_to(self._place), vector[report.GROUND_SPEED]
        stage, self._stage = self._stage, vector[report.STAGE]
        if self.done:
            self.announcer.step(f"Distance from LAND point={off:.2f}m")
        elif self._stage == STAGE_APPROACH != stage:
            self.announcer.step(f"Landing glide slope {self._slope_deg(speed):.1f} degrees")
        elif self._stage == STAGE_FLARE != stage:
            height, sink = self._place[2] - down - (self._error() or 0.0), vector[report.VD]
            self.announcer.step(f"Flare {height:.1f}m sink={sink:.2f} speed={speed:.1f} dist={off:.1f}")
        error = self._error()
        if error is not None and self._first_deg is None:
            self._first_deg = self._slope_deg(speed)
            self.announcer.step(f"Rangefinder engaged at {self._place[2] - down - error:.2f}m")
        if error is not None and self._stage == STAGE_APPROACH:
            self._lay_anew(error, speed)

    def _error(self) -> float | None:
        """Height over the place less that by the range finder, m (ArduPlane's correction); None: it sees nothing."""
        vector, place = self.facts.vehicle.state.report, self.facts.vehicle.state.position
        seen = float(vector[report.RANGE_FINDER])
        if seen <= 0.0 or self.facts.param("RNGFND_LANDING") == 0.0:
            return None
        return self._place[2] - place[2] - seen * cos(vector[report.ROLL]) * cos(vector[report.PITCH])

    def _lay_anew(self, error: float, speed: float) -> None:
        """Lay the slope from here to the place after a jump of the height, or abort: too high, it would dive."""
        least, most = self.facts.param("LAND_SLOPE_RCALC"), self.facts.param("LAND_ABORT_DEG")
        if self._approach is None or not 0.0 < least <= abs(abs(self._laid_by) - abs(error)):
            return
        self._laid_by = error
        down, (to_n, to_e, ground) = self.facts.vehicle.state.position[2], self._place
        length, left = hypot(self._approach[0] - to_n, self._approach[1] - to_e), self.facts.metres_to(self._place)
        self._approach = (*self._approach[:2], ground - (ground - down - error) * length / max(left, 1.0))
        steeper = self._slope_deg(speed) - (self._first_deg or 0.0)
        if error < 0.0 < most < steeper and self.facts.landing_off == 0.0:
            self.facts.landing_off = error
            self.announcer.step(f"Landing slope too steep, aborting ({error:.0f}m {steeper:.1f}deg)")
            self.go_around()
        else:
            self.helm.fly(Land(self._place[:2], approach=self._approach, down=ground))

    def _slope_deg(self, ground_speed: float) -> float:
        (north, east, top), param = self._approach or self._place, self.facts.param
        length = max(hypot(self._place[0] - north, self._place[1] - east), 1.0)
        flare = param("LAND_FLARE_SEC"), param("LAND_FLARE_ALT"), 0.01 * param("LAND_FLARE_AIM")
        drop, sink = self._place[2] - top, param("TECS_LAND_SINK")
        return degrees(atan2(slope_of(drop, length, ground_speed, *flare, sink), 1.0))

    def obey_throttle(self) -> None:
        """Abort it while the throttle is up (LAND_ABORT_THR; ArduPlane's update_flight_stage)."""
        allowed = int(self.facts.param("LAND_ABORT_THR")) and self.facts.armed and not self.facts.landed
        if allowed and not self._aborting and self.helm.sticks.throttle >= _FULL_THROTTLE:
            self.announcer.step("Landing aborted via throttle")
            self.go_around()

    def go_around(self, height_m: float = 0.0) -> bool:
        """Climb along the approach, to `height_m` above home if that is above 0; False on the ground or during a
        go-around."""
        if self._aborting or self.facts.landed or self._approach is None:
            return False
        self._aborting = True
        self.deadline_ms = None
        north, east = self._place[0] - self._approach[0], self._place[1] - self._approach[1]
        (down, pitch), home = self._abort, self.facts.home_ned[2]
        if height_m > 0.0:
            down = home - height_m
        self.announcer.say(Severity.NOTICE, f"Landing aborted, climbing to {home - down:.0f}m")
        self.helm.fly(TakeOff(down, Yaw(YawMode.ANGLE, angle=atan2(east, north)), pitch))
        return True


def _lower(place: Ned, error: float) -> Ned:
    """Place, by a height that is wrong by `error` m."""
    return place[0], place[1], place[2] - error


def abort_climb(context: VehicleContext, height_m: float, climbed: WingTakeoff | None) -> tuple[float, float]:
    """NED d and pitch (rad) of a go-around's climb: `height_m` above home, or as high and steep as the flight's
    takeoff, or a default takeoff."""
    home = context.facts.home_ned[2]
    down, pitch = (home - _ABORT_M, radians(_ABORT_PITCH_DEG)) if climbed is None else (climbed.down, climbed.pitch)
    return (home - height_m, pitch) if height_m > 0.0 else (down, pitch)
