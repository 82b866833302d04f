"""ArduPilot's personality: the tables of the kind (`VehicleClass.failsafes`, `texts`) and its parameters decide."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from autopilot.context.personality import FailsafeRules
from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface.reasons import ArmingMethod
from autopilot.mav import StandardMode
from autopilot.modes.manager import ModeChoice
from autopilot.modes.outputs import Gripper
from autopilot.safety.driving_failsafes import DrivingFailsafes
from autopilot.safety.flying_failsafes import FlyingFailsafes
from autopilot.safety.losses import Losses
from autopilot.safety.wing_failsafes import WingFailsafes


class ArduPilotPersonality:
    """See `Personality`. `disarm(method)` stops the motors; `losses`: those that the failsafes have found."""

    asks_for_gimbal = False
    own_fence_action = False
    keeps_upright = False
    lands_in_place = False

    def __init__(
        self,
        facts: VehicleFacts,
        announcer: Announcer,
        modes: ModeChoice,
        disarm: Callable[[ArmingMethod], None],
        losses: Losses,
        gripper: Gripper,
    ) -> None:
        kind = facts.vehicle_class
        self.texts = kind.texts
        self.failsafes: FailsafeRules
        if kind.flies and not kind.has_stall_speed:
            self.failsafes = FlyingFailsafes(facts, announcer, modes, disarm, losses, gripper)
        else:
            rules = WingFailsafes if kind.flies else DrivingFailsafes
            self.failsafes = rules(facts, announcer, modes, disarm, losses)
        self._modes = modes

    def fence_breached(self, now_ms: int) -> None:
        """FENCE_ACTION acts."""

    def landed_delay_s(self) -> float | None:
        return None

    def landing_strictness(self) -> int | None:
        return None

    def highest_speed_mps(self) -> float:
        return inf

    def shown_modes(self) -> tuple[int, int]:
        return self._modes.number, self._modes.intended

    def standard_mode(self, custom_mode: int) -> int:
        """ArduPilot lists all of its modes as NON_STANDARD."""
        return StandardMode.NON_STANDARD
