"""Delays of the runtime's turns, s of real time."""

from __future__ import annotations

from autopilot.interface.records import dataclass


@dataclass(slots=True)
class Jitter:
    """`count` late turns with `total_s` in sum and `worst_s` at most; `recent_s`: the worst since `take_recent`."""

    count: int = 0
    total_s: float = 0.0
    worst_s: float = 0.0
    recent_s: float = 0.0

    def note(self, late_s: float) -> None:
        self.count += 1
        self.total_s += late_s
        if late_s > self.recent_s:
            self.recent_s = late_s
            self.worst_s = max(self.worst_s, late_s)

    def take_recent(self) -> float:
        """Return the worst delay since the last call, s."""
        recent, self.recent_s = self.recent_s, 0.0
        return recent
