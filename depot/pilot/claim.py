"""Control of the copter: by the skimmer, or by another party (a pilot, a ground station, a failsafe, a restart).

The skimmer commands it only while no other party has control. AUTO from a ground station returns the control
(`docs/sortie-loop.md`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from autopilot.core.autopilot import Autopilot

if TYPE_CHECKING:
    from mavlink_bridge.flight_controller.controller import FlightController

HELD: Final = "a person has stopped it: it holds"
FOUND: Final = "found in the air, and nobody has asked for it"
RESTARTED: Final = "its flight controller has restarted"
ASK_FOR_MS: Final = 10_000


class Claim(Protocol):
    """Knowledge of who controls the copter."""

    def launched(self) -> None:
        """Note that the skimmer has launched it."""

    def commanded(self) -> None:
        """Note that it accepted a command of the skimmer."""

    def look(self) -> None:
        """Find out who controls it in the air now."""

    def other(self) -> str:
        """Party that controls it in the air instead of the skimmer; empty: none."""


class ModeClaim:
    """`Claim` on Sortie's own autopilot: another party has it if it flies a mode that the skimmer did not command."""

    def __init__(self, autopilot: Autopilot) -> None:
        self._autopilot = autopilot
        self._ours: int | None = None  # mode number; None: between launch and the first AUTO
        self._other = ""

    def launched(self) -> None:
        self._ours, self._other = None, ""

    def commanded(self) -> None:
        self._ours, self._other = self._autopilot.modes.number, ""

    def look(self) -> None:
        number, auto = self._autopilot.modes.number, self._autopilot.facts.vehicle_class.modes.auto
        if number == auto and (self._ours in (None, auto) or self._other):  # given back, or our own
            self._ours, self._other = auto, ""
        elif self._ours is not None:
            self._other = "" if number == self._ours else f"in {self._autopilot.modes.spec.name}, by others"

    def other(self) -> str:
        return self._other


class ControllerClaim:
    """`Claim` on a flight controller, which reports whether it follows Sortie. `now_ms`: vehicle time."""

    def __init__(self, autopilot: Autopilot, vehicle: FlightController, now_ms: Callable[[], int]) -> None:
        self._autopilot = autopilot
        self._vehicle = vehicle
        self._now_ms = now_ms
        self._restarts = vehicle.link.restarts
        self._stopped = False
        self._returned: tuple[int, int] | None = None  # time and mode when a person returned the control
        self._ours = False  # the skimmer has launched it, or a person has returned it

    def launched(self) -> None:
        self._stopped = False
        self._restarts = self._vehicle.link.restarts

    def commanded(self) -> None:
        """Do nothing: the controller reports it."""

    def look(self) -> None:
        """Do nothing: `other` asks the controller."""

    def other(self) -> str:
        if not self._vehicle.commanded:
            if self._asks():
                return ""
            if self._vehicle.link.restarts > self._restarts:
                return RESTARTED
            return f"in {self._autopilot.modes.spec.name}, by others" if self._ours else FOUND
        self._ours, self._returned = True, None
        if self._autopilot.modes.mode is self._autopilot.auto:
            self._stopped = False
        return HELD if self._stopped else ""

    def hold_here(self) -> None:
        """Hold because a person ordered it; no more commands until a person returns the control."""
        self._stopped = True

    def let_go(self) -> None:
        """Take the control that a person returns. If the controller refuses, it is asked again for `ASK_FOR_MS`."""
        self._stopped = False
        self._returned = self._now_ms(), self._vehicle.flight_mode

    def _asks(self) -> bool:
        """True if a person returned the control less than `ASK_FOR_MS` ago and has not changed the mode since."""
        if self._returned is None:
            return False
        returned_ms, mode = self._returned
        return self._now_ms() < returned_ms + ASK_FOR_MS and self._vehicle.flight_mode == mode
