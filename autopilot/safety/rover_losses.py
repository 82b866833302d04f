"""What a rover does when its ground station or its sticks are lost (ArduPilot Rover/failsafe.cpp).

A loss acts, by FS_ACTION, once it has lasted FS_TIMEOUT. A rover that drives home or stands in HOLD does already what
it should (HOLD: unless bit 0 of FS_OPTIONS is set): the loss then waits, and acts when another mode is entered. When
one loss has acted, another one changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from autopilot.cockpit import Cockpit
from autopilot.modes.manager import ModeChoice
from autopilot.modes.table import RoverMode
from autopilot.outcome import Severity
from autopilot.reasons import ArmingMethod
from autopilot.safety.escape import CAUSES, ROVER_ACTION, Escape, action_name, escape

_CONTINUE_IN_AUTO: Final = 2  # FS_GCS_ENABLE, FS_THR_ENABLE
_ALSO_IN_HOLD: Final = 1  # FS_OPTIONS


@dataclass(frozen=True, slots=True)
class _Loss:
    setting: int
    acts_ms: int


class RoverLosses:
    """The losses of one rover, by name ("GCS", "Radio"). `disarm(method)` stops the motor whatever happens."""

    def __init__(self, cockpit: Cockpit, modes: ModeChoice, disarm: Callable[[ArmingMethod], None]) -> None:
        self._cockpit = cockpit
        self._modes = modes
        self._disarm = disarm
        self._losses: dict[str, _Loss] = {}
        self.acted = False

    def lose(self, name: str, setting: int, acts_ms: int) -> None:
        """`setting`: of FS_GCS_ENABLE or FS_THR_ENABLE; `acts_ms`: vehicle time at which it has lasted long enough."""
        self._losses.setdefault(name, _Loss(setting, acts_ms))

    def find(self, name: str) -> None:
        """It is heard again."""
        if self._losses.pop(name, None) is not None and self.acted and not self._losses:
            self.acted = False
            self._cockpit.say(Severity.INFO, f"{name} Failsafe Cleared")

    def armed(self) -> None:
        """What is lost is judged anew in a new drive."""
        self.acted = False

    @property
    def deadline_ms(self) -> int | None:
        """When `update` must run, vehicle time; may have passed."""
        if self.acted or not self._losses or self._safe:
            return None
        return min(loss.acts_ms for loss in self._losses.values())

    @property
    def _safe(self) -> bool:
        number = self._modes.number
        if number == RoverMode.HOLD:
            return not int(self._cockpit.param("FS_OPTIONS")) & _ALSO_IN_HOLD
        return number == RoverMode.RTL

    def update(self, now_ms: int) -> None:
        due = self.deadline_ms
        if due is None or now_ms < due:
            return
        name = min(self._losses, key=lambda one: self._losses[one].acts_ms)
        self.acted = True
        goes_on = self._losses[name].setting == _CONTINUE_IN_AUTO and self._modes.number == RoverMode.AUTO
        self._cockpit.say(Severity.WARNING, f"{name} Failsafe{'' if goes_on else self._action()}")
        if goes_on:
            self._cockpit.say(Severity.WARNING, "Failsafe - Continuing Auto Mode")
        elif self._cockpit.armed:
            self._escape(name, now_ms)

    def _way(self) -> Escape:
        return ROVER_ACTION.get(int(self._cockpit.param("FS_ACTION", 2.0)), Escape.NONE)

    def _action(self) -> str:
        """What follows, for people; nothing follows while disarmed."""
        if not self._cockpit.armed:
            return ""
        way = self._way()
        return " - Disarming" if way is Escape.TERMINATE else f" - {action_name(way, rover=True)}"

    def _escape(self, name: str, now_ms: int) -> None:
        way = self._way()
        if way is Escape.TERMINATE:
            self._disarm(CAUSES[name].method)
        else:
            escape(self._cockpit, self._modes, way, CAUSES[name].reason, now_ms)
