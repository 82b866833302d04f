"""The two timers of the loop (seed 000, 3). Times are ms of vehicle time; both are plain state."""

from __future__ import annotations

from msgspec import Struct

from depot.settings import DEATH_FACTOR, HeartbeatSettings


class DeathTimer(Struct):
    """T_DEATH = 1.5 x T_SORTIE, from the launch command to a confirmed dock."""

    due_ms: int | None = None

    def start(self, launch_ms: int, t_sortie_s: float) -> None:
        self.due_ms = launch_ms + round(DEATH_FACTOR * t_sortie_s * 1000.0)

    def stop(self) -> None:
        """Docked, or frozen by retirement."""
        self.due_ms = None

    def expired(self, now_ms: int) -> bool:
        return self.due_ms is not None and now_ms >= self.due_ms


class HeartbeatTimer(Struct):
    """Counts missed beats. A beat that has not come within its grace is asked for, `polls` times; when that is not
    answered either, it was missed. So a lossy link, which loses single packets, is told from a lost skimmer."""

    due_ms: int | None = None
    misses: int = 0
    polled: int = 0

    def start(self, now_ms: int, settings: HeartbeatSettings) -> None:
        """A beat came (or the first is expected)."""
        self.misses = 0
        self._expect(now_ms, settings)

    def stop(self) -> None:
        """Nobody is expected to beat: docked, or frozen by retirement."""
        self.due_ms = None
        self.misses = self.polled = 0

    def wait(self, now_ms: int, opens_ms: int, settings: HeartbeatSettings) -> None:
        """At its deadline, with the comms window closed until `opens_ms`: the beat is expected then."""
        if self.due_ms is not None and now_ms >= self.due_ms:
            self.due_ms = opens_ms + max(round(settings.grace_s * 1000.0), 1)

    def check(self, now_ms: int, settings: HeartbeatSettings) -> bool:
        """At its deadline: count a miss, or True = ask for the beat now."""
        if self.due_ms is None or now_ms < self.due_ms:
            return False
        if self.polled < settings.polls:
            self.polled += 1
            self.due_ms = now_ms + round(settings.poll_s * 1000.0)
            return True
        self.misses += 1
        self._expect(now_ms - round((settings.grace_s + settings.polls * settings.poll_s) * 1000.0), settings)
        return False

    def _expect(self, beat_ms: int, settings: HeartbeatSettings) -> None:
        self.polled = 0
        self.due_ms = beat_ms + round((settings.period_s + settings.grace_s) * 1000.0)
