"""What the failsafes of a vehicle on the ground or on water do (ArduPilot Rover/failsafe.cpp, crash_check.cpp).

A loss of ground station or sticks acts, by FS_ACTION, once it has lasted FS_TIMEOUT. What drives home or stands in HOLD
does already what it should (HOLD: unless bit 0 of FS_OPTIONS is set): the loss then waits, and acts when another mode
is entered. When one loss has acted, another one changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from autopilot.cockpit import Cockpit
from autopilot.modes.manager import ModeChoice
from autopilot.outcome import Severity
from autopilot.reasons import ArmingMethod, ModeReason
from autopilot.safety.escape import CAUSES, action_name, escape
from autopilot.vehicles.vehicle_class import Escape

_CONTINUE_IN_AUTO: Final = 2  # FS_GCS_ENABLE, FS_THR_ENABLE
_ALSO_IN_HOLD: Final = 1  # FS_OPTIONS


@dataclass(frozen=True, slots=True)
class _Loss:
    setting: int
    acts_ms: int


class DrivingFailsafes:
    """The rules of a vehicle without a height. Losses by name ("GCS", "Radio")."""

    def __init__(self, cockpit: Cockpit, modes: ModeChoice, disarm: Callable[[ArmingMethod], None]) -> None:
        self._cockpit = cockpit
        self._modes = modes
        self._disarm = disarm
        self._losses: dict[str, _Loss] = {}
        self._acted = False
        self._numbers = cockpit.vehicle_class.modes
        self._tables = cockpit.vehicle_class.failsafes

    # --- losses ---------------------------------------------------------------------------------------------------
    @property
    def acted(self) -> bool:
        """One of them has led to something."""
        return self._acted

    def ground_station_silent(self, setting: int, now_ms: int) -> None:
        self._losses.setdefault("GCS", _Loss(setting, now_ms))
        self.update(now_ms)

    def sticks_silent(self, setting: int, now_ms: int) -> None:
        acts_ms = now_ms + int(1000.0 * self._cockpit.param("FS_TIMEOUT", 0.0))
        self._losses.setdefault("Radio", _Loss(setting, acts_ms))

    def found(self, name: str) -> None:
        if self._losses.pop(name, None) is not None and self._acted and not self._losses:
            self._acted = False
            self._cockpit.say(Severity.INFO, f"{name} Failsafe Cleared")

    def armed(self) -> None:
        """What is lost is judged anew in a new drive."""
        self._acted = False

    @property
    def deadline_ms(self) -> int | None:
        """When `update` must run, vehicle time; may have passed."""
        if self._acted or not self._losses or self._safe:
            return None
        return min(loss.acts_ms for loss in self._losses.values())

    @property
    def _safe(self) -> bool:
        if self._modes.number == self._numbers.at_rest:
            return not int(self._cockpit.param("FS_OPTIONS")) & _ALSO_IN_HOLD
        return self._modes.number == self._numbers.rtl

    def update(self, now_ms: int) -> None:
        due = self.deadline_ms
        if due is None or now_ms < due:
            return
        name = min(self._losses, key=lambda one: self._losses[one].acts_ms)
        self._acted = True
        goes_on = self._losses[name].setting == _CONTINUE_IN_AUTO and self._modes.number in self._numbers.autos
        self._cockpit.say(Severity.WARNING, f"{name} Failsafe{'' if goes_on else self._action()}")
        if goes_on:
            self._cockpit.say(Severity.WARNING, "Failsafe - Continuing Auto Mode")
        elif self._cockpit.armed:
            self._escape(name, now_ms)

    def _way(self) -> Escape:
        return self._tables.radio.get(int(self._cockpit.param("FS_ACTION", 2.0)), Escape.NONE)

    def _action(self) -> str:
        """What follows, for people; nothing follows while disarmed."""
        if not self._cockpit.armed:
            return ""
        way = self._way()
        return " - Disarming" if way is Escape.TERMINATE else f" - {action_name(self._cockpit.vehicle_class, way)}"

    def _escape(self, name: str, now_ms: int) -> None:
        way = self._way()
        if way is Escape.TERMINATE:
            self._disarm(CAUSES[name].method)
        else:
            escape(self._cockpit, self._modes, way, CAUSES[name].reason, now_ms)

    # --- other failures -------------------------------------------------------------------------------------------
    def position_lost(self, *, lost: bool) -> None:
        """ArduRover does not speak of it."""

    def crashed(self, check: int, now_ms: int) -> None:
        """FS_CRASH_CHECK: 1 hold, 2 hold and disarm."""
        self._cockpit.say(Severity.EMERGENCY, "Crash: Going to HOLD")
        self._modes.set(self._numbers.stop, now_ms, ModeReason.CRASH_FAILSAFE)
        if check != 1:
            self._disarm(ArmingMethod.CRASH)

    def estimator_failed(self, now_ms: int) -> None:
        """In a mode that needs a position. FS_EKF_ACTION: 0 nothing, 1 hold, 2 say so."""
        action = int(self._cockpit.param("FS_EKF_ACTION", 1.0))
        if action == 0 or not self._modes.spec.position:
            return
        if action == 1:
            self._modes.set(self._numbers.stop, now_ms, ModeReason.EKF_FAILSAFE)
        self._cockpit.say(Severity.CRITICAL, "EKF failsafe")

    def fail(self, name: str, way: Escape, now_ms: int) -> None:
        """Stop driving, or drive home. The battery has already said what is the matter."""
        if way is Escape.NONE:
            return
        if name != "Battery":
            action = action_name(self._cockpit.vehicle_class, way)
            self._cockpit.say(Severity.WARNING, f"{name} Failsafe - {action}")
        if self._cockpit.armed and way is Escape.TERMINATE:
            self._disarm(CAUSES[name].method)
        elif self._cockpit.armed:
            escape(self._cockpit, self._modes, way, CAUSES[name].reason, now_ms, failsafe=True)
