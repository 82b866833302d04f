"""Records of sorties, as the JSON output and the report show them."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta, Struct, field

from depot.decisions.track import Track
from depot.messages import Status
from depot.names import Abort, Phase, SkimmerMode, SortieOutcome

MARGINS = ("time_s", "fuel_kg", "fuel_need_kg", "power_wh", "power_need_wh", "spine_k", "store_kg", "expected_kg")
"""Fields of a status that are kept for the report's page of margins."""
_MARGINS_A_SORTIE = 100


class PhaseReport(TypedDict):
    phase: Phase
    name: str
    start_s: float
    end_s: float


class ModeReport(TypedDict):
    """Mode of the skimmer and when it began."""

    mode: SkimmerMode
    start_s: float


class SortieReport(TypedDict):
    """Ended sortie as `sortie loop --json` gives it."""

    number: int
    outcome: str
    abort: str | None
    trigger: str | None
    phases: Annotated[list[PhaseReport], Meta(min_length=1)]
    modes: list[ModeReport]
    t_sortie_s: float
    t_death_s: float
    harvested_kg: float
    delivered_kg: float


class TrackRow(TypedDict):
    """Position of a track, for reports."""

    time_s: float
    lat: float
    lon: float
    alt_m: float


class SortieRecord(Struct):
    """Record of one sortie as the depot knows it. Times are ms since the loop began; the present phase has no end."""

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
        """Begin a phase and end the one before."""
        self.leave(now_ms)
        self.phases.append((int(phase), now_ms, None))

    def leave(self, now_ms: int) -> None:
        if self.phases and self.phases[-1][2] is None:
            phase, start_ms, _ = self.phases[-1]
            self.phases[-1] = (phase, start_ms, now_ms)

    def see_mode(self, mode: SkimmerMode, now_ms: int) -> None:
        """Note the skimmer's mode if it has changed."""
        if not self.modes or self.modes[-1][0] is not mode:
            self.modes.append((mode, now_ms))

    def see_margins(self, status: Status, now_ms: int) -> None:
        """Keep fuel, power and heat of a status, at most 100 times in a sortie."""
        now_s = now_ms / 1000.0
        if not self.margins or now_s - self.margins[-1][0] >= self.t_sortie_s / _MARGINS_A_SORTIE:
            values = (round(float(getattr(status, name)), 2) for name in MARGINS[1:])
            self.margins.append((round(now_s, 3), *values))

    def raise_abort(self, abort: Abort, trigger: str) -> None:
        """Take over an abort of higher precedence, with its trigger."""
        if abort > self.abort:
            self.abort, self.trigger = abort, trigger

    def track_rows(self) -> list[TrackRow]:
        """Track that was flown, for reports."""
        return [
            {"time_s": time_ms / 1000.0, "lat": round(lat, 7), "lon": round(lon, 7), "alt_m": round(alt_m, 2)}
            for time_ms, lat, lon, alt_m in self.track.whole()
        ]

    def report(self) -> SortieReport:
        return {
            "number": self.number,
            "outcome": str(self.outcome),
            "abort": self.abort.label,
            "trigger": self.trigger,
            "phases": [
                {"phase": Phase(phase), "name": Phase(phase).title, "start_s": start / 1000.0, "end_s": end / 1000.0}
                for phase, start, end in self.phases
                if end is not None
            ],
            "modes": [{"mode": mode, "start_s": start / 1000.0} for mode, start in self.modes],
            "t_sortie_s": self.t_sortie_s,
            "t_death_s": self.t_death_s,
            "harvested_kg": round(self.harvested_kg, 3),
            "delivered_kg": round(self.delivered_kg, 3),
        }
