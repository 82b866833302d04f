"""Guards of the lifecycle table, read from the vehicle."""

from __future__ import annotations

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.flight import flags
from autopilot.interface import report
from autopilot.interface.layout import ON_GROUND
from autopilot.interface.mathematics import hypot
from autopilot.mission.storage import MissionStorage
from autopilot.modes.auto import AutoMode
from autopilot.modes.guided import GuidedMode
from autopilot.modes.manager import ModeChoice
from autopilot.safety.arming import Arming

MISSION, HOVER = 0, 1
"""FM_PROFILE."""
HOVER_HEIGHT = 5.0  # m above home
_STILL = 0.3  # m/s


class VehicleGuardFacts:
    """Implements `autopilot.flight.lifecycle.GuardFacts`."""

    def __init__(
        self,
        facts: VehicleFacts,
        reader: flags.Flags,
        modes: ModeChoice,
        auto: AutoMode,
        guided: GuidedMode,
        mission: MissionStorage,
        arming: Arming,
    ) -> None:
        self._facts = facts
        self._flags = reader
        self._modes = modes
        self._auto = auto
        self._guided = guided
        self._mission = mission
        self._arming = arming
        self.begun_by_go = False
        self.profile = MISSION

    @property
    def in_command(self) -> bool:
        mode = self._modes.mode
        return mode is (self._guided if self.profile == HOVER else self._auto)

    @property
    def armed(self) -> bool:
        return self._facts.armed

    @property
    def airborne(self) -> bool:
        return bool(self._flags.read() & flags.AIRBORNE)

    @property
    def resting(self) -> bool:
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
        return self._facts.vehicle_class.flies and not self.airborne

    @property
    def waits_to_stop(self) -> bool:
        return self.landed and (not self.begun_by_go or self._modes.mode.next_deadline_ms() is not None)

    @property
    def critical_is_ours(self) -> bool:
        return int(self._facts.param("BATT_FS_CRT_ACT")) == 0

    @property
    def motors_run_on(self) -> bool:
        return self._arming.runs_on

    @property
    def refusal(self) -> str | None:
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
        if not self._mission.total():
            return "no mission"
        if not self._facts.personality.takes_mission:
            return "the mission was rejected"
        return None if self._auto.takes_off_first else "the mission does not begin with a takeoff"
