"""What the guards of the lifecycle table see of the vehicle now."""

from __future__ import annotations

from math import hypot

from autopilot import report
from autopilot.flight import flags
from autopilot.flight.flight_context import FlightContext

MISSION, HOVER = 0, 1
"""FM_PROFILE."""
HOVER_HEIGHT = 5.0  # m above home
_STILL = 0.3  # m/s


class VehicleGuardFacts:
    """Implements `autopilot.flight.lifecycle.GuardFacts`."""

    def __init__(self, context: FlightContext) -> None:
        self._context = context
        self._parts = context.parts
        self.begun_by_go = False
        self.profile = MISSION

    @property
    def in_command(self) -> bool:
        mode = self._parts.modes.mode
        return mode is (self._parts.guided if self.profile == HOVER else self._parts.auto)

    @property
    def armed(self) -> bool:
        return self._parts.context.armed

    @property
    def airborne(self) -> bool:
        return bool(self._context.flags.read() & flags.AIRBORNE)

    @property
    def resting(self) -> bool:
        vector = self._parts.context.vehicle.state.report
        speed = hypot(vector[report.VN], vector[report.VE], vector[report.VD])
        kind = self._parts.context.vehicle_class
        if kind.drifts:
            return bool(vector[report.THROTTLE] == 0.0)
        if not kind.has_height:
            return speed < _STILL
        return bool(vector[report.LANDED_STATE] == 1.0 or (vector[report.GROUND_CONTACT] == 1.0 and speed < _STILL))

    @property
    def critical_is_ours(self) -> bool:
        return int(self._context.param("BATT_FS_CRT_ACT")) == 0

    @property
    def refusal(self) -> str | None:
        if not self._parts.context.landed:
            return "the vehicle is not on the ground"
        profile = int(self._context.param("FM_PROFILE"))
        if profile == HOVER:
            kind = self._parts.context.vehicle_class
            if not kind.has_height:
                return f"FM_PROFILE 1 (hover) is not for a {kind.name}"
            return None if self._context.param("FM_DURATION") > 0.0 else "FM_PROFILE 1 (hover) needs FM_DURATION"
        if profile != MISSION:
            return f"FM_PROFILE {profile} is no profile"
        if not self._parts.plans.mission.total():
            return "no mission"
        return None if self._parts.auto.takes_off_first else "the mission does not begin with a takeoff"
