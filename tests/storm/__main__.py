"""`scripts/storm`: one seed with its story, or seeds for some hours."""

from __future__ import annotations

import argparse
import gc
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from random import SystemRandom

from sortie.runtime.processes import GC_SELDOM
from tests import nights
from tests.storm import branches
from tests.storm.branches import Branches
from tests.storm.figures import Ending, Figures
from tests.storm.real import in_a_namespace, outside, run_outside
from tests.storm.shrink import shrink, write_test
from tests.storm.steer import AnyVerdict, Steering, plan_of, run_any

ROOT = Path(__file__).parents[2]
TOLD = 60
"""Lines of a story."""


def story(verdict: AnyVerdict) -> str:
    """What has happened, the invariant last."""
    lines = list(verdict.story.lines)[-TOLD:]
    hours = verdict.vehicle_s / 3600
    lines += [
        f"seed {verdict.plan.seed}: {verdict.plan.summary}; {hours:.2f} vehicle hours, digest {verdict.story.digest}"
    ]
    return "\n".join([*lines, *([] if verdict.broken is None else [f"BROKEN {verdict.broken}"])])


def real(seeds: range, minutes: float | None, vehicles: int | None, workers: int) -> int:
    """Seeds around real processes, told one by one: another run is not the same to the millisecond, so that none is
    made smaller."""
    in_a_namespace(["-m", "tests.storm", *sys.argv[1:]])
    figures, ending = Figures(), Ending()
    with ProcessPoolExecutor(workers, get_context("fork"), initializer=_leave_to_parent) as pool:
        storms = [pool.submit(_outside, seed, minutes, vehicles) for seed in seeds]
        for done in as_completed(storms):
            if done.cancelled():
                continue
            found, told = done.result()
            figures.add(found)
            if found.broken or len(seeds) == 1:
                print(told, flush=True)
            if ending.asked:
                for storm in storms:
                    storm.cancel()
    row = figures.row_of_real(seeds.start)
    print(figures.text(row.core_hours * 3600))
    nights.show(row)
    return 1 if figures.broken else 0


def _leave_to_parent() -> None:
    """What ends a row of storms is no matter of its workers. SIG_IGN would be passed on to their processes."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)


def _outside(seed: int, minutes: float | None, vehicles: int | None) -> tuple[Figures, str]:
    """A storm around real processes: its figures and its story."""
    verdict: AnyVerdict = run_outside(outside(seed, minutes, vehicles))
    return Figures.of(verdict), story(verdict)


def one(seed: int, minutes: float | None, vehicles: int | None, *, smaller: bool) -> int:
    """Run a seed; where it breaks an invariant, make it smaller and write a test of it."""
    verdict: AnyVerdict = run_any(plan_of(seed, minutes=minutes, vehicles=vehicles))
    if verdict.broken is not None and smaller:
        verdict = shrink(verdict, run_any, say=lambda text: print(text, file=sys.stderr))
        print(f"written: {write_test(verdict, ROOT / 'tests' / 'storm')}", file=sys.stderr)
    print(story(verdict))
    return 0 if verdict.broken is None else 1


def many(first: int, hours: float, minutes: float | None, vehicles: int | None) -> int:
    """Seeds in a row for `hours` of processor; figures at the end. 1 when any of them broke an invariant."""
    if branches.WITHOUT:
        print(branches.WITHOUT)
    gc.freeze()  # as the program does (`sortie.assembly.program`)
    gc.set_threshold(*GC_SELDOM)
    figures, steering, counted, ending = Figures(), Steering(first), Branches(), Ending()
    while nights.core_hours() < hours and not ending.asked:
        seed = steering.next_seed()
        verdict = run_any(plan_of(seed, minutes=minutes, vehicles=vehicles))
        figures.add(Figures.of(verdict))
        counted.tell(verdict.story)
        fresh = steering.learn(seed, verdict.story)
        gc.collect()  # a storm's processes are cycles; without it a night holds gigabytes of dead ones
        if verdict.broken is not None:
            print(f"seed {seed}: {verdict.broken}", flush=True)
        elif fresh:
            print(f"{time.process_time():6.0f} s  seed {seed}: {fresh} new of {len(steering.seen)}", flush=True)
    counted.end()
    row = figures.row(first)
    print(f"{len(steering.seen)} rows, pairs and branches seen; {figures.text(row.core_hours * 3600)}")
    nights.show(row)
    return 1 if figures.broken else 0


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
    parser.add_argument("--workers", type=int, default=1, help="with --real: so many side by side")
    given = parser.parse_args()
    seed = SystemRandom().randrange(1 << 31) if given.seed is None else given.seed
    if given.real:
        return real(range(seed, seed + given.seeds), given.minutes, given.vehicles, given.workers)
    if given.hours is not None:
        return many(seed, given.hours, given.minutes, given.vehicles)
    return one(seed, given.minutes, given.vehicles, smaller=not given.as_it_is)


if __name__ == "__main__":
    sys.exit(main())
