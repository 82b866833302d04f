"""ArduPilot's personality: the tables of the kind (`VehicleClass.failsafes`, `texts`) and its parameters decide."""

from __future__ import annotations

from autopilot.context.personality import FailsafeCause, FailsafeRules, Personality
from autopilot.mav import LandedState, ModeFlag, Severity, SystemState
from autopilot.modes.outputs import Gripper
from autopilot.safety.driving_failsafes import DrivingFailsafes
from autopilot.safety.failsafe_actions import SafetyContext, battery_action
from autopilot.safety.flying_failsafes import FlyingFailsafes
from autopilot.safety.losses import Losses
from autopilot.safety.termination import AdvancedFailsafe
from autopilot.safety.wing_failsafes import WingFailsafes
from autopilot.vehicles.mode_table import ModeKind
from autopilot.vehicles.vehicle_class import FailsafeAction

# plain ints, because they are read at every heartbeat
_GUIDED, _MANUAL = int(ModeFlag.GUIDED_ENABLED), int(ModeFlag.MANUAL_INPUT_ENABLED)
_FOLLOWS_M = 0.5  # update_home of ArduPlane, and of ArduRover with this DISTANCE_HOME_MINCHANGE; ArduCopter has none
_FLOWN = _MANUAL | int(ModeFlag.STABILIZE_ENABLED)


class ArduPilotPersonality(Personality):
    """ArduPilot's personality; see `Personality`. `losses`: losses that the failsafes have found; `advanced`: ends a
    plane's flight (ArduPlane's handle_battery_failsafe)."""

    def __init__(self, context: SafetyContext, losses: Losses, gripper: Gripper, advanced: AdvancedFailsafe) -> None:
        kind = context.facts.vehicle_class
        self.texts = kind.texts
        self.failsafes: FailsafeRules
        if kind.flies and not kind.has_stall_speed:
            self.failsafes = FlyingFailsafes(context, losses, gripper)
        else:
            self.failsafes = (WingFailsafes if kind.flies else DrivingFailsafes)(context)
        self._context, self._losses, self._advanced = context, losses, advanced
        self.home_follows_m = None if kind.hovers else _FOLLOWS_M
        self.seeks_new_home = kind.has_stall_speed
        self._facts, self._modes = context.facts, context.modes

    def refuses_mission(self, *, takes_off: bool) -> str | None:
        return None if takes_off else "the mission does not begin with a takeoff"

    def battery_failed(self, *, critical: bool, now_ms: int) -> None:
        action = battery_action(self._context, self._losses, critical=critical)
        if action is FailsafeAction.TERMINATE and self._facts.vehicle_class.has_stall_speed:
            self._advanced.battery_failed(critical=critical)
        elif action is not None:
            self.failsafes.fail(FailsafeCause.BATTERY, action, now_ms)

    def estimator_recovered(self, now_ms: int) -> None:
        self._context.announcer.say(Severity.CRITICAL, self.texts.estimator_cleared)

    def fence_breached(self, now_ms: int) -> None:
        """Do nothing: FENCE_ACTION acts."""

    def transition_limit_s(self, airspeed: float) -> float:
        return self._facts.param("Q_TRANS_FAIL")

    def mode_flags(self) -> int:
        """Bits of what flies are constant, but for GUIDED. SIMPLE of a ground vehicle is not flown by hand there."""
        spec, kind = self._modes.spec, self._facts.vehicle_class
        flags = _GUIDED if kind.navigates(spec) else 0
        if kind.flies:
            return flags | _FLOWN
        by_hand = spec.pilot and spec.flown is not ModeKind.POINTED
        return flags | (_MANUAL if by_hand or self._facts.param("STICK_MIXING") != 0.0 else 0)

    def system_state(self) -> SystemState:
        """STANDBY on the ground; of rovers and boats in HOLD."""
        at_rest = self._facts.vehicle_class.modes.at_rest
        rests = self._facts.landed if at_rest is None else self._modes.number == at_rest
        return SystemState.STANDBY if rests else SystemState.ACTIVE

    def landed_as(self) -> int | None:
        return None if self._facts.vehicle_class.flies else LandedState.UNDEFINED

    def shown_modes(self) -> tuple[int, int]:
        return self._modes.number, self._modes.intended
