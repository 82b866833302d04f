"""ArduPilot's personality: the tables of the kind (`VehicleClass.failsafes`, `texts`) and its parameters decide."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from autopilot.context.personality import FailsafeCause, FailsafeRules
from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.targets import Circle
from autopilot.interface.traffic import Contact
from autopilot.mav import LandedState, ModeFlag, Severity, StandardMode, SystemState
from autopilot.mission.items import MissionItem
from autopilot.modes.outputs import Gripper
from autopilot.safety.driving_failsafes import DrivingFailsafes
from autopilot.safety.failsafe_actions import SafetyContext, battery_action
from autopilot.safety.flying_failsafes import FlyingFailsafes
from autopilot.safety.losses import Losses
from autopilot.safety.wing_failsafes import WingFailsafes

# plain ints, because they are read at every heartbeat
_GUIDED, _MANUAL = int(ModeFlag.GUIDED_ENABLED), int(ModeFlag.MANUAL_INPUT_ENABLED)
_FLOWN = _MANUAL | int(ModeFlag.STABILIZE_ENABLED)


class ArduPilotPersonality:
    """ArduPilot's personality; see `Personality`. `losses`: losses that the failsafes have found."""

    asks_for_gimbal = False
    own_fence_action = False
    approaches_anew = True
    turns_to_items = False
    keeps_home_of_items = False
    returns_in_auto = False
    keeps_upright = False
    lands_in_place = False
    climbs_to_return = False
    circles_level = False
    wings_need_fix = True
    holds_without_mission = False

    def __init__(self, context: SafetyContext, losses: Losses, gripper: Gripper) -> None:
        kind = context.facts.vehicle_class
        self.texts = kind.texts
        self.failsafes: FailsafeRules
        if kind.flies and not kind.has_stall_speed:
            self.failsafes = FlyingFailsafes(context, losses, gripper)
        else:
            self.failsafes = (WingFailsafes if kind.flies else DrivingFailsafes)(context)
        self._context, self._losses = context, losses
        self._facts, self._modes = context.facts, context.modes

    def refuses_mission(self, *, takes_off: bool) -> str | None:
        return None if takes_off else "the mission does not begin with a takeoff"

    def begin_mission(self, now_ms: int) -> None:
        """Do nothing: AUTO begins it."""

    def battery_failed(self, *, critical: bool, now_ms: int) -> None:
        action = battery_action(self._context, self._losses, critical=critical)
        if action is not None:
            self.failsafes.fail(FailsafeCause.BATTERY, action, now_ms)

    def estimator_recovered(self, now_ms: int) -> None:
        self._context.announcer.say(Severity.CRITICAL, self.texts.estimator_cleared)

    def fence_breached(self, now_ms: int) -> None:
        """Do nothing: FENCE_ACTION acts."""

    def aircraft_heard(self, contact: Contact) -> bool:
        """Do nothing: AVD_ parameters decide."""
        return False

    def preflight_delay_s(self) -> float | None:
        return None

    def landed_delay_s(self) -> float | None:
        return None

    def landing_strictness(self) -> int | None:
        return None

    def highest_speed_mps(self) -> float:
        return inf

    def transition_limit_s(self, airspeed: float) -> float:
        return self._facts.param("Q_TRANS_FAIL")

    def return_place(self) -> GeoPoint | None:
        return None

    def return_height(self, goal: Ned) -> float | None:
        return None

    def return_approach(self, goal: Ned) -> Circle | None:
        return None

    def return_path(self) -> Sequence[MissionItem]:
        """No items: with RTL_AUTOLAND the return flies the mission."""
        return ()

    def mode_flags(self) -> int:
        """Bits of what flies are constant, but for GUIDED."""
        spec = self._modes.spec
        flags = _GUIDED if spec.autopilot else 0
        if self._facts.vehicle_class.flies:
            return flags | _FLOWN
        return flags | (_MANUAL if spec.pilot else 0)

    def system_state(self) -> SystemState:
        """STANDBY on the ground; of rovers and boats in HOLD."""
        at_rest = self._facts.vehicle_class.modes.at_rest
        rests = self._facts.landed if at_rest is None else self._modes.number == at_rest
        return SystemState.STANDBY if rests else SystemState.ACTIVE

    def landed_as(self) -> int | None:
        return None if self._facts.vehicle_class.flies else LandedState.UNDEFINED

    def mission_shown(self) -> None:
        """Return None: the sequencer shows it."""

    def shown_modes(self) -> tuple[int, int]:
        return self._modes.number, self._modes.intended

    def standard_mode(self, custom_mode: int) -> int:
        """ArduPilot lists all of its modes as NON_STANDARD."""
        return StandardMode.NON_STANDARD
