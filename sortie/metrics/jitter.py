"""Jitter of the runtime, its lateness to what was due: seconds of the wall, summed up."""

from __future__ import annotations

from autopilot.interface.records import dataclass


@dataclass(slots=True)
class Jitter:
    """`count` turns came `total_s` late in all, `worst_s` at most; `recent_s` is the worst since `take_recent`."""

    count: int = 0
    total_s: float = 0.0
    worst_s: float = 0.0
    recent_s: float = 0.0

    def note(self, late_s: float) -> None:
        """A turn that was due came so much later."""
        self.count += 1
        self.total_s += late_s
        if late_s > self.recent_s:
            self.recent_s = late_s
            self.worst_s = max(self.worst_s, late_s)

    def take_recent(self) -> float:
        """The worst since the last call."""
        recent, self.recent_s = self.recent_s, 0.0
        return recent
