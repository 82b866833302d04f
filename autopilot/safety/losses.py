"""Losses of a ground station or of a pilot's sticks."""

from __future__ import annotations

from typing import Final

from autopilot.interface.records import dataclass, field
from autopilot.vehicles.mode_table import ModeKind
from autopilot.vehicles.vehicle_class import FailsafeAction

_DIRECT: Final = frozenset({ModeKind.STABILIZE, ModeKind.TRAINED_RATES})
_ZERO_MS: Final = 400
"""Time for which the throttle must be down (ArduCopter/system.cpp, set_throttle_zero_flag), ms."""


class Watchdog:
    """Timer of a silence. `deadline_ms` is on the clock of its caller; None while nothing is expected."""

    def __init__(self) -> None:
        self.deadline_ms: int | None = None
        self.lost = False

    def heard(self, now_ms: int, timeout_s: float) -> bool:
        """Note that the party was heard. True if this ends a loss."""
        self.deadline_ms = now_ms + int(timeout_s * 1000.0)
        was_lost, self.lost = self.lost, False
        return was_lost

    def forget(self) -> bool:
        """Expect nothing from now on. True if this ends a loss."""
        self.deadline_ms = None
        was_lost, self.lost = self.lost, False
        return was_lost

    def lose(self, *, counts: bool) -> None:
        """Note a loss, by silence or by another sign; it has happened, so the timer stops. `counts`: a failsafe is
        enabled for it."""
        self.deadline_ms = None
        self.lost = counts

    def is_due(self, now_ms: int) -> bool:
        """True once, when the silence has lasted too long."""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return False
        self.deadline_ms = None
        self.lost = True
        return True


@dataclass(slots=True)
class Losses:
    """Present losses. `comms`: of the ground station, for the advanced failsafe. `battery_action`: action of a failing
    battery in this flight. `throttle_down_ms`: vehicle time since which a pilot holds the throttle at its low end, or
    held it when the sticks were lost; None: does not."""

    ground_station: Watchdog = field(default_factory=Watchdog)
    sticks: Watchdog = field(default_factory=Watchdog)
    comms: Watchdog = field(default_factory=Watchdog)
    battery_action: FailsafeAction | None = None
    throttle_down_ms: int | None = None

    def switched_off(self, flown: ModeKind | None, now_ms: int) -> bool:
        """True while the pilot has closed the throttle in a mode in which it is direct: a copter counts as switched off
        then, in the air too (ArduCopter/events.cpp, should_disarm_on_failsafe; fence.cpp)."""
        since_ms = self.throttle_down_ms
        return since_ms is not None and now_ms - since_ms > _ZERO_MS and flown in _DIRECT
