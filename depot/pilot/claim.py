"""Control of the copter: by the skimmer, or by another party (a pilot, a ground station, a failsafe, a restart).

It is commanded only while nobody else has it; AUTO from a ground station gives it back (`docs/sortie-loop.md`).
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
    """See the module."""

    def launched(self) -> None:
        """Note that its skimmer has launched it."""

    def commanded(self) -> None:
        """Note that it took a command of its skimmer."""

    def look(self) -> None:
        """Find out who controls it in the air now."""

    def other(self) -> str:
        """Name of another party that controls it in the air; empty: none."""


class ModeClaim:
    """Claim on an autopilot that is ours: it flies the mode that it was last told to fly, or somebody else has it.
    Implements `Claim`."""

    def __init__(self, autopilot: Autopilot) -> None:
        self._autopilot = autopilot
        self._ours: int | None = None  # the mode; None: between launch and the first AUTO
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
    """Claim on a flight controller, which knows whether it follows us. Implements `Claim`; `now_ms`: vehicle time."""

    def __init__(self, autopilot: Autopilot, vehicle: FlightController, now_ms: Callable[[], int]) -> None:
        self._autopilot = autopilot
        self._vehicle = vehicle
        self._now_ms = now_ms
        self._restarts = vehicle.link.restarts
        self._held = False
        self._asked: tuple[int, int] | None = None  # when a person asked for it, in which mode it was
        self._ours = False  # since it was launched, or since a person has asked for it

    def launched(self) -> None:
        self._held = False
        self._restarts = self._vehicle.link.restarts

    def commanded(self) -> None:
        """The controller tells."""

    def look(self) -> None:
        """Do nothing: this claim asks the controller whenever it is read."""

    def other(self) -> str:
        if not self._vehicle.commanded:
            if self._asks():
                return ""
            if self._vehicle.link.restarts > self._restarts:
                return RESTARTED
            return f"in {self._autopilot.modes.spec.name}, by others" if self._ours else FOUND
        self._ours, self._asked = True, None
        if self._autopilot.modes.mode is self._autopilot.auto:
            self._held = False
        return HELD if self._held else ""

    def hold_here(self) -> None:
        """Hold by a person's order: no more commands until a person asks for them."""
        self._held = True

    def let_go(self) -> None:
        """A person asks for it. A refusal is not the last word: it is asked again for a while."""
        self._held = False
        self._asked = self._now_ms(), self._vehicle.flight_mode

    def _asks(self) -> bool:
        """True when a person gave it back a moment ago and no other mode has been chosen since."""
        if self._asked is None:
            return False
        asked_ms, mode = self._asked
        return self._now_ms() < asked_ms + ASK_FOR_MS and self._vehicle.flight_mode == mode
