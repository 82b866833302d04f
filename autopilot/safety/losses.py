"""Losses of a ground station or of a pilot's sticks."""

from __future__ import annotations

from autopilot.interface.records import dataclass, field
from autopilot.vehicles.vehicle_class import FailsafeAction


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
    """Present losses. `battery_action`: action of a failing battery in this flight. `throttle_down_ms`: vehicle time
    since which a pilot holds the throttle at its low end, or held it when the sticks were lost; None: does not."""

    ground_station: Watchdog = field(default_factory=Watchdog)
    sticks: Watchdog = field(default_factory=Watchdog)
    battery_action: FailsafeAction | None = None
    throttle_down_ms: int | None = None
