"""Runs the loop of `space` in virtual time and keeps what it did."""

from __future__ import annotations

from functools import cache
from typing import Any, Self

from msgspec.structs import replace

from depot.decision import Decision
from depot.settings import Profile
from sortie.loop.faults import parse_loop_fault
from sortie.loop.loop import CarrierMaker, LoopOrder, LoopSnapshot, SortieLoop, decode, encode
from sortie.loop.space import modelled_skimmer
from sortie.runtime.pacing import FOR_EVER_MS
from sortie.runtime.runtime import Runtime

PROFILE = Profile()
SHORT = replace(PROFILE, plan=replace(PROFILE.plan, harvest_s=0.1 * PROFILE.plan.harvest_s))
"""`space` with a tenth of its harvest: T_DEATH, to which some tests wait, comes after 2.6 days instead of 5.9."""


class LoopRecords:
    """What a loop has done. `sorties`: reports of those that have ended; `decisions`: all."""

    loop: SortieLoop
    runtime: Runtime

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.sorties: list[dict[str, Any]] = []

    def take(self) -> None:
        """What it has done since the last time."""
        self.decisions += self.loop.take_decisions()
        self.sorties += [record.report() for record in self.loop.take_closed()]

    @property
    def last(self) -> dict[str, Any]:
        """The sortie that ended last."""
        return self.sorties[-1]

    def names(self, party: str = "depot") -> list[str]:
        """Names of the decisions of a party, in order."""
        return [decision.name for decision in self.decisions if decision.party == party]

    def decision(self, name: str) -> Decision:
        """The first decision of that name."""
        return next(decision for decision in self.decisions if decision.name == name)


class LoopBench(LoopRecords):
    """`faults` as on the command line."""

    make: CarrierMaker = staticmethod(modelled_skimmer)

    @staticmethod
    def usual() -> Profile:
        """The profile that is run when none is given."""
        return PROFILE

    def __init__(
        self,
        *faults: str,
        total: int | None = 1,
        seed: int = 1,
        profile: Profile | None = None,
        snapshot: LoopSnapshot | None = None,
        confirm: bool = False,
    ) -> None:
        super().__init__()
        parsed = [parse_loop_fault(text) for text in faults]
        self.runtime = Runtime()
        order = LoopOrder(profile or self.usual(), seed, parsed, total, confirm, snapshot)
        self.loop = SortieLoop(order, self.runtime, self.make)
        self.steps = 0

    @classmethod
    def from_phase(cls, phase: int, *faults: str, total: int | None = 1) -> Self:
        """The first sortie as it is about to enter this phase, restarted there with faults of this phase or later. So
        the way there is flown once for all of them."""
        return cls(*faults, total=total, snapshot=decode(_before_phases(cls)[phase]) if phase > 1 else None)

    def step(self) -> None:
        """One event."""
        self.runtime.step(FOR_EVER_MS)
        self.steps += 1
        self.take()

    def run(self, limit: int = 20_000) -> LoopBench:
        """To the end of the loop; a loop that needs more than `limit` steps stalls."""
        self.take()
        while self.loop.ended_by is None:
            self.step()
            assert self.steps < limit, f"no end: phase {self.loop.depot.memory.phase.name}"
        return self

    def run_to(self, seconds: float) -> LoopBench:
        """To an instant of vehicle time, or to the end."""
        until = round(seconds * 1000.0)
        while self.loop.ended_by is None and self.loop.now_ms < until:
            self.runtime.step(self.runtime.now_ms + until - self.loop.now_ms)
            self.take()
        return self


@cache
def _before_phases(bench: type[LoopBench]) -> dict[int, bytes]:
    """Last state before each phase of a sortie without faults."""
    flown, states = bench(), {}
    while flown.loop.ended_by is None:
        states[flown.loop.depot.memory.phase + 1] = encode(flown.loop.snapshot())
        flown.step()
    return states


def phases(sortie: dict[str, Any]) -> list[int]:
    """The phases a sortie went through."""
    return [phase["phase"] for phase in sortie["phases"]]


def modes(sortie: dict[str, Any]) -> list[str]:
    """The modes it went through."""
    return [mode["mode"] for mode in sortie["modes"]]


def start_of(sortie: dict[str, Any], phase: int) -> float:
    """When a phase began, s."""
    return next(float(entry["start_s"]) for entry in sortie["phases"] if entry["phase"] == phase)
