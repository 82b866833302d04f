"""Records of sorties: what the JSON object and the report show."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from depot.decisions.track import Track
from depot.messages import Status
from depot.names import Abort, Phase, SkimmerMode, SortieOutcome

MARGINS = ("time_s", "fuel_kg", "fuel_need_kg", "power_wh", "power_need_wh", "spine_k", "store_kg", "expected_kg")
"""Fields of a status that are kept for the margins of a report."""
_MARGINS_A_SORTIE = 100


class SortieRecord(Struct):
    """Record of a sortie as the depot knows it. Times are ms since the loop began; a phase without end is the
    present one."""

    number: int
    t_sortie_s: float
    t_death_s: float
    outcome: SortieOutcome | None = None
    abort: Abort = Abort.NONE
    trigger: str | None = None
    phases: list[tuple[int, int, int | None]] = field(default_factory=list)
    modes: list[tuple[SkimmerMode, int]] = field(default_factory=list)
    harvested_kg: float = 0.0
    delivered_kg: float = 0.0
    track: Track = field(default_factory=Track)
    margins: list[tuple[float, ...]] = field(default_factory=list)

    def enter(self, phase: Phase, now_ms: int) -> None:
        """The next phase begins where the last one ends."""
        self.leave(now_ms)
        self.phases.append((int(phase), now_ms, None))

    def leave(self, now_ms: int) -> None:
        """The present phase ends."""
        if self.phases and self.phases[-1][2] is None:
            phase, start_ms, _ = self.phases[-1]
            self.phases[-1] = (phase, start_ms, now_ms)

    def see_mode(self, mode: SkimmerMode, now_ms: int) -> None:
        """The skimmer's mode, as told."""
        if not self.modes or self.modes[-1][0] is not mode:
            self.modes.append((mode, now_ms))

    def see_margins(self, status: Status, now_ms: int) -> None:
        """Fuel, power and heat as told, now and then."""
        now_s = now_ms / 1000.0
        if not self.margins or now_s - self.margins[-1][0] >= self.t_sortie_s / _MARGINS_A_SORTIE:
            values = (round(float(getattr(status, name)), 2) for name in MARGINS[1:])
            self.margins.append((round(now_s, 3), *values))

    def raise_abort(self, abort: Abort, trigger: str) -> bool:
        """A path of higher precedence takes over; False when the present one stands."""
        if abort <= self.abort:
            return False
        self.abort = abort
        if abort is not Abort.ABORT_2B or self.trigger is None:
            self.trigger = trigger
        return True

    def track_rows(self) -> list[dict[str, float]]:
        """The way it flew, as reports give it."""
        return [
            {"time_s": time_ms / 1000.0, "lat": round(lat, 7), "lon": round(lon, 7), "alt_m": round(alt_m, 2)}
            for time_ms, lat, lon, alt_m in self.track.whole()
        ]

    def report(self) -> dict[str, Any]:
        """Return the record as `sortie loop --json` gives it."""
        return {
            "number": self.number,
            "outcome": self.outcome,
            "abort": self.abort.label,
            "trigger": self.trigger,
            "phases": [
                {
                    "phase": phase,
                    "name": Phase(phase).title,
                    "start_s": start / 1000.0,
                    "end_s": None if end is None else end / 1000.0,
                }
                for phase, start, end in self.phases
            ],
            "modes": [{"mode": mode.value, "start_s": start / 1000.0} for mode, start in self.modes],
            "t_sortie_s": self.t_sortie_s,
            "t_death_s": self.t_death_s,
            "harvested_kg": round(self.harvested_kg, 3),
            "delivered_kg": round(self.delivered_kg, 3),
        }
