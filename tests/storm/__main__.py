"""`scripts/storm`: one seed with its story, or seeds for some hours."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from tests.storm import branches
from tests.storm.branches import Branches
from tests.storm.real import in_a_namespace, outside, run_outside
from tests.storm.shrink import shrink, write_test
from tests.storm.steer import AnyVerdict, Steering, plan_of, run_any

ROOT = Path(__file__).parents[2]
TOLD = 60
"""Lines of a story."""


def tell(verdict: AnyVerdict) -> None:
    """The story, the invariant last."""
    print("\n".join(list(verdict.story.lines)[-TOLD:]))
    hours = verdict.vehicle_s / 3600
    print(f"seed {verdict.plan.seed}: {verdict.plan.summary}; {hours:.2f} vehicle hours, digest {verdict.story.digest}")
    if verdict.broken is not None:
        print(f"BROKEN {verdict.broken}")


def real(seeds: range, minutes: float | None, vehicles: int | None) -> int:
    """Seeds around real processes, told one by one: another run is not the same to the millisecond, so that none is
    made smaller."""
    in_a_namespace(["-m", "tests.storm", *sys.argv[1:]])
    figures, broken = Figures(), []
    for seed in seeds:
        verdict: AnyVerdict = run_outside(outside(seed, minutes, vehicles))
        figures.add(verdict)
        if verdict.broken is not None:
            broken.append(seed)
        if verdict.broken is not None or len(seeds) == 1:
            tell(verdict)
    hours = figures.vehicle_s / 3600
    print(f"{figures.seeds} seeds, {hours:.2f} vehicle hours, {figures.deaths} deaths; broken: {broken or 'none'}")
    return 1 if broken else 0


def one(seed: int, minutes: float | None, vehicles: int | None, *, smaller: bool) -> int:
    """Run a seed; where it breaks an invariant, make it smaller and write a test of it."""
    verdict: AnyVerdict = run_any(plan_of(seed, minutes=minutes, vehicles=vehicles))
    if verdict.broken is not None and smaller:
        verdict = shrink(verdict, run_any, say=lambda text: print(text, file=sys.stderr))
        print(f"written: {write_test(verdict, ROOT / 'tests' / 'storm')}", file=sys.stderr)
    tell(verdict)
    return 0 if verdict.broken is None else 1


@dataclass
class Figures:
    """Of storms in a row."""

    seeds: int = 0
    vehicle_s: float = 0.0
    flown_s: float = 0.0
    steps: int = 0
    bursts: int = 0
    deaths: int = 0

    def add(self, verdict: AnyVerdict) -> None:
        self.seeds += 1
        self.vehicle_s += verdict.vehicle_s
        self.flown_s += verdict.flown_s
        self.steps += verdict.steps
        self.bursts += verdict.story.frames
        self.deaths += verdict.story.deaths

    def text(self, used_s: float) -> str:
        """For a person: a night has ten hours on two cores."""
        years = 2 * self.vehicle_s / used_s * 10 / 8766
        return (
            f"{self.seeds} seeds, {self.vehicle_s / 3600:.1f} vehicle hours ({self.flown_s / 3600:.1f} with motors "
            f"running), {self.deaths} deaths, {self.steps} events and {self.bursts} bursts on links in {used_s:.0f} s "
            f"of cpu: {self.vehicle_s / used_s:.0f} times real time, {years:.2f} vehicle years in a night"
        )


def many(first: int, hours: float, minutes: float | None, vehicles: int | None) -> int:
    """Seeds in a row for `hours` of processor; figures at the end. 1 when any of them broke an invariant."""
    began_s = time.process_time()
    if branches.WITHOUT:
        print(branches.WITHOUT)
    figures, steering, counted, broken = Figures(), Steering(first), Branches(), []
    while (used_s := time.process_time() - began_s) < hours * 3600.0:
        seed = steering.next_seed()
        verdict = run_any(plan_of(seed, minutes=minutes, vehicles=vehicles))
        figures.add(verdict)
        counted.tell(verdict.story)
        fresh = steering.learn(seed, verdict.story)
        if verdict.broken is not None:
            broken.append(seed)
            print(f"seed {seed}: {verdict.broken}", flush=True)
        elif fresh:
            print(f"{used_s:6.0f} s  seed {seed}: {fresh} new of {len(steering.seen)}", flush=True)
    print(f"{figures.text(used_s)}; {len(steering.seen)} rows, pairs and branches seen; broken: {broken or 'none'}")
    return 1 if broken else 0


def main() -> int:
    """Arguments as `scripts/storm` has them."""
    parser = argparse.ArgumentParser(prog="scripts/storm", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, help="without it a new one")
    parser.add_argument("--hours", type=float, help="seeds from SEED on, for so long")
    parser.add_argument("--minutes", type=float, help="of each storm; else drawn")
    parser.add_argument("--vehicles", type=int, help="else drawn, 1 to 20")
    parser.add_argument("--as-it-is", action="store_true", help="a broken seed is not made smaller")
    parser.add_argument("--real", action="store_true", help="around real processes, on sockets")
    parser.add_argument("--seeds", type=int, default=1, help="with --real: so many in a row")
    given = parser.parse_args()
    seed = SystemRandom().randrange(1 << 31) if given.seed is None else given.seed
    if given.real:
        return real(range(seed, seed + given.seeds), given.minutes, given.vehicles)
    if given.hours is not None:
        return many(seed, given.hours, given.minutes, given.vehicles)
    return one(seed, given.minutes, given.vehicles, smaller=not given.as_it_is)


if __name__ == "__main__":
    sys.exit(main())
