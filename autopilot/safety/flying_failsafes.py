"""Failsafes of a flying vehicle (ArduPilot ArduCopter/events.cpp, ekf_check.cpp, crash_check.cpp).

On the ground its motors stop, unless a mission waits there and an option lets it continue. A landing that has begun
continues if the battery or an option requires it. If no action is possible, it lands.
"""

from __future__ import annotations

from math import degrees
from typing import Final

from autopilot.context.events import ErrorLogged
from autopilot.context.personality import FailsafeCause, FailsafeRules
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface import report
from autopilot.interface.angles import lean_error
from autopilot.interface.layout import GRAVITY
from autopilot.interface.mathematics import hypot
from autopilot.interface.reasons import ArmingMethod, ErrorSubsystem, ModeReason
from autopilot.mav import GripperAction, Severity
from autopilot.modes.outputs import Gripper
from autopilot.safety.failsafe_actions import CAUSES, SafetyContext, enter_mode
from autopilot.safety.losses import Losses
from autopilot.vehicles.mode_table import ModeKind
from autopilot.vehicles.vehicle_class import FailsafeAction

_ANGLE_LIMIT: Final = 30.0  # deg; CRASH_CHECK_ANGLE_DEVIATION_DEG
_ACCEL_LIMIT: Final = 3.0  # m/s2; CRASH_CHECK_ACCEL_MAX


def crash_text(facts: VehicleFacts) -> str:
    """Text of a crash, with the actual and demanded lean if that caused the detection."""
    r = facts.vehicle.state.report
    error = degrees(lean_error(r))
    if not error > _ANGLE_LIMIT:
        return "Crash: Disarming"
    felt = hypot(*(float(r[report.ACCEL_X + axis]) for axis in range(3)))
    accel = abs(felt - GRAVITY)
    return f"Crash: Disarming: AngErr={error:.0f}>{_ANGLE_LIMIT:.0f}, Accel={accel:.1f}<{_ACCEL_LIMIT:.1f}"


_AUTO_ON_RC_LOSS, _AUTO_ON_GCS_LOSS, _GUIDED_ON_RC_LOSS = 1, 2, 4  # FS_OPTIONS bits
_GO_ON_LANDING, _PILOT_ON_GCS_LOSS, _RELEASE = 8, 16, 32
_NO_THRUST_CHECK, _RELEASE_ON_THRUST_LOSS, _MOTORS = 1, 4, 4  # FLIGHT_OPTIONS bits; number of motors
_ALT_HOLD, _EVEN_WITHOUT_NEED = 2, 3  # FS_EKF_ACTION
_GLITCH: Final = 2  # LogErrorCode
_PILOTS: Final = frozenset({ModeKind.POSITION, ModeKind.STOP})
"""Modes that control the position, but are a pilot's (LOITER, POSHOLD, BRAKE; ArduCopter/mode.h, is_autopilot)."""


class FlyingFailsafes(FailsafeRules):
    """Failsafe rules of a copter. A loss acts at once, and continues in the next flight."""

    deadline_ms: int | None = None  # asked in every pass

    def __init__(self, context: SafetyContext, losses: Losses, gripper: Gripper) -> None:
        self._context, self._lost, self._gripper = context, losses, gripper
        self._facts, self._announcer, self._modes = context.facts, context.announcer, context.modes
        self._tables = context.facts.vehicle_class.failsafes

    def in_force(self, *, failing: bool) -> bool:
        """True while there is a loss, or battery or estimator have failed."""
        return self._lost.ground_station.lost or self._lost.sticks.lost or failing

    def position_lost(self, *, lost: bool) -> None:
        """Announce a lost or recovered fix."""
        if self._facts.armed:
            self._announcer.say(Severity.CRITICAL, "GPS Glitch or Compass error" if lost else "Glitch cleared")
            self._announcer.announce(ErrorLogged(ErrorSubsystem.GPS, _GLITCH if lost else 0))

    def thrust_lost(self, now_ms: int) -> None:
        """Announce it, with the motor that works hardest; FLIGHT_OPTIONS may disable this, or release the load."""
        options = int(self._facts.param("FLIGHT_OPTIONS"))
        if options & _NO_THRUST_CHECK:
            return
        pulses = self._facts.vehicle.state.report[report.SERVO_1 : report.SERVO_1 + _MOTORS].tolist()
        motor = pulses.index(max(pulses)) + 1
        self._announcer.say(Severity.EMERGENCY, f"Potential Thrust Loss ({motor})")
        self._announcer.announce(ErrorLogged(ErrorSubsystem.THRUST_LOSS_CHECK, 1))
        if options & _RELEASE_ON_THRUST_LOSS and self._gripper.fitted:
            self._gripper.order(GripperAction.RELEASE, now_ms)

    def crashed(self, check: int, now_ms: int) -> None:
        """Stop the motors; FS_CRASH_CHECK is not 0."""
        self._announcer.say(Severity.EMERGENCY, crash_text(self._facts))
        self._context.disarm(ArmingMethod.CRASH)

    def estimator_failed(self, now_ms: int) -> None:
        number = self._mode_without_position()
        if number is None:
            self._announcer.say(Severity.CRITICAL, "EKF Failsafe")
        elif enter_mode(self._modes, number, ModeReason.EKF_FAILSAFE, now_ms):
            self._announcer.say(Severity.CRITICAL, f"EKF Failsafe: changed to {self._modes.spec.title} Mode")

    def _mode_without_position(self) -> int | None:
        """Mode that works without a position; None: the present mode does, or no action is required. Landings of RTL
        and AUTO need a position."""
        action = int(self._facts.param("FS_EKF_ACTION", 1.0))
        modes = self._facts.vehicle_class.modes
        needed = self._modes.spec.position or action == _EVEN_WITHOUT_NEED
        if action == 0 or self._modes.number == modes.land or not needed:
            return None
        return modes.height_hold if action == _ALT_HOLD and not self._lost.sticks.lost else modes.land

    def ground_station_silent(self, setting: int, now_ms: int) -> None:
        options = int(self._facts.param("FS_OPTIONS", 16.0))
        go_on = ""
        if options & _AUTO_ON_GCS_LOSS and self._in_auto():
            go_on = "Continuing Auto Mode"
        elif options & _PILOT_ON_GCS_LOSS and (not self._modes.spec.autopilot or self._modes.spec.flown in _PILOTS):
            go_on = "Continuing Pilot Control"
        self.fail(
            FailsafeCause.GROUND_STATION, self._tables.ground_station.get(setting, FailsafeAction.RTL), now_ms, go_on
        )

    def sticks_silent(self, setting: int, now_ms: int) -> None:
        options = int(self._facts.param("FS_OPTIONS", 16.0))
        go_on = ""
        if options & _AUTO_ON_RC_LOSS and self._in_auto():
            go_on = "Continuing Auto"
        elif options & _GUIDED_ON_RC_LOSS and self._modes.mode.takes_targets:
            go_on = "Continuing Guided Mode"
        self.fail(FailsafeCause.RADIO, self._tables.radio.get(setting, self._tables.radio_otherwise), now_ms, go_on)

    def found(self, cause: FailsafeCause) -> None:
        """Announce that a lost party is heard again."""
        self._announcer.say(Severity.WARNING, f"{cause.value} Failsafe Cleared")

    def fail(self, cause: FailsafeCause, action: FailsafeAction, now_ms: int, go_on: str = "") -> None:
        """Announce and act. `go_on`: text if an option lets it continue as it is, which on the ground a begun mission
        does that waits (ArduCopter/events.cpp, should_disarm_on_failsafe)."""
        waits = go_on and self._in_auto() and self._modes.mode.holds_arming
        if cause is FailsafeCause.GROUND_STATION and not self._facts.armed:
            self._context.announce(cause.value)
        elif self._lost.switched_off(self._modes.spec.flown, now_ms) or (self._facts.landed and not waits):
            self._context.announce(cause.value, "Disarming")
            if self._facts.armed:
                self._context.disarm(CAUSES[cause].method)
        elif self._lands_on(cause, action):
            self._context.take(FailsafeAction.LAND, CAUSES[cause].reason, now_ms, failsafe=True)
            self._release(now_ms)
        elif go_on:
            self._context.announce(cause.value, go_on)
        elif action is FailsafeAction.TERMINATE:
            self._context.announce(cause.value, "Terminating")
            self._context.disarm(CAUSES[cause].method)
            self._release(now_ms)
        else:
            self._context.announce(cause.value, self._context.name_of(action))
            self._context.take(action, CAUSES[cause].reason, now_ms, failsafe=True)
            if action is not FailsafeAction.NONE:
                self._release(now_ms)

    def _release(self, now_ms: int) -> None:
        """Release the load, if FS_OPTIONS requires it for failsafes in the air."""
        if self._gripper.fitted and self._facts.option("FS_OPTIONS", _RELEASE, 16.0):
            self._gripper.order(GripperAction.RELEASE, now_ms)

    def _in_auto(self) -> bool:
        """True in AUTO, but not on a landing sequence (AUTO_RTL), which no option continues."""
        return self._modes.number == self._facts.vehicle_class.modes.auto

    def _lands_on(self, cause: FailsafeCause, action: FailsafeAction) -> bool:
        """True if a landing continues, because the battery requires it, or by an option (with a text)."""
        if not self._modes.mode.is_landing:
            return False
        if cause is not FailsafeCause.BATTERY and self._lost.battery_action in (
            FailsafeAction.LAND,
            FailsafeAction.TERMINATE,
        ):
            self._context.announce(f"{cause.value} + {FailsafeCause.BATTERY.value}", "Continuing Landing")
            return True
        if self._facts.option("FS_OPTIONS", _GO_ON_LANDING, 16.0) and action is not FailsafeAction.NONE:
            self._context.announce(cause.value, "Continuing Landing")
            return True
        return False
