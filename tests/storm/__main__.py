"""`scripts/storm`: one seed with its story, or seeds for some hours."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from random import SystemRandom

from tests.storm.shrink import shrink, write_test
from tests.storm.swarm import draw
from tests.storm.world import Verdict, run

ROOT = Path(__file__).parents[2]
TOLD = 60
"""Lines of a story."""


def tell(verdict: Verdict) -> None:
    """The story, the invariant last."""
    print("\n".join(list(verdict.story.lines)[-TOLD:]))
    plan = verdict.plan
    print(
        f"seed {plan.seed}: {len(plan.vehicles)} vehicles, {len(plan.stations)} stations, {len(plan.acts)} acts, "
        f"{len(plan.faults)} faults, {verdict.vehicle_s / 3600:.2f} vehicle hours, digest {verdict.story.digest}"
    )
    if verdict.broken is not None:
        print(f"BROKEN {verdict.broken}")


def one(seed: int, minutes: float | None, vehicles: int | None, *, smaller: bool) -> int:
    """Run a seed; where it breaks an invariant, make it smaller and write a test of it."""
    verdict = run(draw(seed, minutes=minutes, vehicles=vehicles))
    if verdict.broken is not None and smaller:
        verdict = shrink(verdict, say=lambda text: print(text, file=sys.stderr))
        print(f"written: {write_test(verdict, ROOT / 'tests' / 'storm')}", file=sys.stderr)
    tell(verdict)
    return 0 if verdict.broken is None else 1


def many(first: int, hours: float, vehicles: int | None) -> int:
    """Seeds in a row for `hours` of processor; figures at the end. 1 when any of them broke an invariant."""
    began_s, vehicle_s, frames, seeds = time.process_time(), 0.0, 0, 0
    seen: Counter[tuple[str, str, str]] = Counter()
    broken = []
    while time.process_time() - began_s < hours * 3600.0:
        verdict = run(draw(first + seeds, vehicles=vehicles))
        seeds += 1
        vehicle_s += verdict.vehicle_s
        frames += verdict.story.frames
        fresh = sum(key not in seen for key in verdict.story.seen)
        seen.update(verdict.story.seen)
        if verdict.broken is not None:
            broken.append(first + seeds - 1)
            print(f"seed {first + seeds - 1}: {verdict.broken}", flush=True)
        elif fresh:
            print(f"seed {first + seeds - 1}: {fresh} new of {len(seen)} pairs of state and fault", flush=True)
    used_s = time.process_time() - began_s
    nights = 2 * vehicle_s / used_s * 10 / 8766
    print(
        f"{seeds} seeds, {vehicle_s / 3600:.1f} vehicle hours, {frames} bursts on links in {used_s:.0f} s of cpu: "
        f"{vehicle_s / used_s:.0f} times real time, {nights:.2f} vehicle years in ten hours on two cores; "
        f"{len(seen)} pairs seen; broken: {broken or 'none'}"
    )
    return 1 if broken else 0


def main() -> int:
    """Arguments as `scripts/storm` has them."""
    parser = argparse.ArgumentParser(prog="scripts/storm", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, help="without it a new one")
    parser.add_argument("--hours", type=float, help="seeds from SEED on, for so long")
    parser.add_argument("--minutes", type=float, help="of each storm; else drawn")
    parser.add_argument("--vehicles", type=int, help="else drawn, 1 to 20")
    parser.add_argument("--as-it-is", action="store_true", help="a broken seed is not made smaller")
    given = parser.parse_args()
    seed = SystemRandom().randrange(1 << 31) if given.seed is None else given.seed
    if given.hours is not None:
        return many(seed, given.hours, given.vehicles)
    return one(seed, given.minutes, given.vehicles, smaller=not given.as_it_is)


if __name__ == "__main__":
    sys.exit(main())
