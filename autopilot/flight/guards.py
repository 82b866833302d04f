"""Guards of the lifecycle table, read from the vehicle."""

from __future__ import annotations

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.flight import flags
from autopilot.interface import report
from autopilot.interface.layout import ON_GROUND
from autopilot.interface.mathematics import hypot

MISSION, HOVER = 0, 1
"""FM_PROFILE."""
HOVER_HEIGHT = 5.0  # m above home
_STILL = 0.3  # m/s


class GuardFacts:
    """`begun_by_go`: GO began this flight and no one has taken it over on the ground."""

    def __init__(self, parts: VehicleParts, reader: flags.Flags) -> None:
        self._parts, self._facts = parts, parts.facts
        self._flags = reader
        self.begun_by_go = False
        self.profile = MISSION

    @property
    def in_command(self) -> bool:
        """True while the vehicle is in the mode of the flight's profile."""
        mode = self._parts.modes.mode
        return mode is (self._parts.guided if self.profile == HOVER else self._parts.auto)

    @property
    def armed(self) -> bool:
        return self._facts.armed

    @property
    def airborne(self) -> bool:
        return bool(self._flags.read() & flags.AIRBORNE)

    @property
    def resting(self) -> bool:
        """True on the ground and still, whatever the landing detector says."""
        vector = self._facts.vehicle.state.report
        speed = hypot(vector[report.VN], vector[report.VE], vector[report.VD])
        kind = self._facts.vehicle_class
        if kind.drifts:
            return bool(vector[report.THROTTLE] == 0.0)
        if not kind.flies:
            return speed < _STILL
        return bool(
            vector[report.LANDED_STATE] == ON_GROUND or (vector[report.GROUND_CONTACT] == 1.0 and speed < _STILL)
        )

    @property
    def landed(self) -> bool:
        """True on the ground by the landing detector of a flying vehicle."""
        return self._facts.vehicle_class.flies and not self.airborne

    @property
    def waits_to_stop(self) -> bool:
        """True after landing while the motors run on for a time (LAND_DISARMDELAY), or until another stops them."""
        return self.landed and (not self.begun_by_go or self._parts.modes.mode.next_deadline_ms() is not None)

    @property
    def critical_is_ours(self) -> bool:
        """True if BATT_FS_CRT_ACT is 0, so that no failsafe acts on a critical battery."""
        return int(self._facts.param("BATT_FS_CRT_ACT")) == 0

    @property
    def waits_for_upload(self) -> bool:
        return self.profile == MISSION and self._parts.auto.waits_for_upload

    @property
    def motors_run_on(self) -> bool:
        """True after a landing, until the motors stop by themselves."""
        return self._parts.vehicle_arming.runs_on

    @property
    def refusal(self) -> str | None:
        """Reason to refuse GO, or None."""
        if not self._facts.landed:
            return "the vehicle is not on the ground"
        profile = int(self._facts.param("FM_PROFILE"))
        if profile == HOVER:
            kind = self._facts.vehicle_class
            if not kind.hovers:
                return f"FM_PROFILE 1 (hover) is not for a {kind.name}"
            return None if self._facts.param("FM_DURATION") > 0.0 else "FM_PROFILE 1 (hover) needs FM_DURATION"
        if profile != MISSION:
            return f"FM_PROFILE {profile} is no profile"
        if not self._parts.plans.mission.total():
            return "no mission"
        return self._facts.personality.refuses_mission(takes_off=self._parts.auto.takes_off_first)
