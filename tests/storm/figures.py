"""Figures of storms in a row, and their rows of the ledger (`tests/nights.py`)."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from msgspec import structs

from tests import nights
from tests.storm.steer import AnyVerdict


@dataclass
class Figures:
    """`clean_s`, `clean_seeds`: vehicle time and storms since the last that broke an invariant. `commit`: of the
    beginning."""

    seeds: int = 0
    vehicle_s: float = 0.0
    flown_s: float = 0.0
    steps: int = 0
    bursts: int = 0
    deaths: int = 0
    broken: list[int] = field(default_factory=list)
    clean_s: float = 0.0
    clean_seeds: int = 0
    commit: str = field(default_factory=nights.commit)

    @classmethod
    def of(cls, verdict: AnyVerdict) -> Figures:
        """Of one storm."""
        found = cls(1, verdict.vehicle_s, verdict.flown_s, verdict.steps, verdict.story.frames, verdict.story.deaths)
        if verdict.broken is None:
            found.clean_s, found.clean_seeds = verdict.vehicle_s, 1
        else:
            found.broken.append(verdict.plan.seed)
        return found

    def add(self, later: Figures) -> None:
        """And of what came behind."""
        self.seeds += later.seeds
        self.vehicle_s += later.vehicle_s
        self.flown_s += later.flown_s
        self.steps += later.steps
        self.bursts += later.bursts
        self.deaths += later.deaths
        self.broken += later.broken
        self.clean_s = later.clean_s + (0.0 if later.broken else self.clean_s)
        self.clean_seeds = later.clean_seeds + (0 if later.broken else self.clean_seeds)

    def text(self, used_s: float) -> str:
        """For a person: a night has ten hours on two cores."""
        years = 2 * self.vehicle_s / used_s * 10 / 8766
        return (
            f"{self.seeds} seeds, {self.vehicle_s / 3600:.1f} vehicle hours ({self.flown_s / 3600:.1f} with motors "
            f"running), {self.deaths} deaths, {self.steps} events and {self.bursts} bursts on links in {used_s:.0f} s "
            f"of cpu: {self.vehicle_s / used_s:.0f} times real time, {years:.2f} vehicle years in a night; "
            f"broken: {self.broken or 'none'}"
        )

    def _storms(self, first: int) -> dict[str, Any]:
        """Fields of storms from the seed `first` on, all by this process and its children."""
        return structs.asdict(
            nights.Storms(
                date=nights.today(),
                commit=self.commit,
                core_hours=round(nights.core_hours(), 4),
                first=first,
                seeds=self.seeds,
                vehicle_hours=round(self.vehicle_s / 3600, 2),
                deaths=self.deaths,
                broken=self.broken,
            )
        )

    def row(self, first: int) -> nights.StormRun:
        """Row of storms in virtual time from the seed `first` on."""
        flown_hours, clean_hours = round(self.flown_s / 3600, 2), round(self.clean_s / 3600, 2)
        return nights.StormRun(
            **self._storms(first), flown_hours=flown_hours, events=self.steps, clean_hours=clean_hours
        )

    def row_of_real(self, first: int) -> nights.RealRun:
        """Row of storms around real processes from the seed `first` on."""
        return nights.RealRun(**self._storms(first), clean_seeds=self.clean_seeds)


class Ending:
    """Ctrl-C or SIGTERM ends a row of storms behind those that run, so that its figures are told; a second one ends it
    at once."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number: int, _: FrameType | None) -> None:
        self.asked = True
        signal.signal(number, signal.SIG_DFL)
