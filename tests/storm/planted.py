"""Errors put into the product one at a time, to see that storms find them: rows of planted.toml, each in a forked
process whose module has the error in it. `python -m tests.storm.planted [--anew] [--shrink] [WORD ...]`.

`seed` of a row is one that finds it, and is tried first; `--anew` looks without. `--shrink` makes the storm that found
it smaller, writes its test to a folder, and runs that with the error and without.
"""

from __future__ import annotations

import argparse
import os
import resource
import runpy
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from scripts.mutation.judge import MutatedModule, preload

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("planted.toml")
CPU_S = 25
MINUTES, MOST_VEHICLES = 3.0, 3
"""Of storms that are looked through (`scripts/storm SEED --minutes 3`): twenty vehicles take as long as ten storms, and
a night as long as five."""
NOT_FOUND, FOUND = 0, 7
SEED = "seed"


@dataclass(frozen=True)
class Planted:
    """A row: the old text stands once in the file. `source`: which finding, or what of the history, tells of its like.
    `missed`: why storms do not find it, where they do not."""

    name: str
    file: str
    old: str
    new: str
    source: str
    seed: int | None = None
    missed: str = ""

    def text(self) -> str:
        """The file with the error. ValueError when the old text does not stand once."""
        whole = (ROOT / self.file).read_text(encoding="utf-8")
        if whole.count(self.old) != 1 or self.old == self.new:
            raise ValueError(f"{self.name}: its old text stands {whole.count(self.old)} times in {self.file}")
        return whole.replace(self.old, self.new)

    def plant(self) -> None:
        """Into this process, before the module is imported."""
        sys.meta_path.insert(0, MutatedModule(ROOT, self.file, self.text()))


def rows() -> list[Planted]:
    """All of the table."""
    return [Planted(**row) for row in tomllib.loads(TABLE.read_text(encoding="utf-8"))["planted"]]


def _seeds(row: Planted, *, anew: bool) -> Iterator[int]:
    known = () if row.seed is None or anew else (row.seed,)
    return chain(known, count(1))


def search(row: Planted, cpu_s: float, folder: Path, *, anew: bool, smaller: bool) -> int:
    """Within this process: seeds until one breaks, or the processor time is used up. `folder`: for that seed, and with
    `smaller` for its test."""
    row.plant()
    from tests.storm.shrink import shrink, write_test
    from tests.storm.steer import run_any
    from tests.storm.swarm import draw

    began_s, tried = time.process_time(), 0
    for seed in _seeds(row, anew=anew):
        if time.process_time() - began_s > cpu_s:
            break
        plan = draw(seed, minutes=MINUTES)
        if len(plan.vehicles) > MOST_VEHICLES or any(fault.what == "night" for fault in plan.faults):
            continue
        tried += 1
        (folder / SEED).write_text(str(seed))
        try:
            verdict = run_any(plan)
        except Exception as error:  # noqa: BLE001 - an error that ends the whole program is found too
            print(f"found   {time.process_time() - began_s:5.1f} s  seed {seed:3}  {row.name}: {error!r}", flush=True)
            return FOUND
        if verdict.broken is not None:
            used_s = time.process_time() - began_s
            print(f"found   {used_s:5.1f} s  seed {seed:3}  {row.name}: {verdict.broken}", flush=True)
            if smaller:
                smallest = shrink(verdict, run_any)
                print("\n".join(list(smallest.story.lines)[-12:]))
                print(f"written {write_test(smallest, folder)}", flush=True)
            return FOUND
    print(f"MISSED  {time.process_time() - began_s:5.1f} s  {tried} seeds  {row.name} {row.missed}", flush=True)
    return NOT_FOUND


def _forked(act: Callable[[], int], cpu_s: int) -> int:
    """The status of `act` in a process of its own; below 0: it was ended."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 5))
        status = 1
        try:
            status = act()
            sys.stdout.flush()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _without(folder: Path) -> int:
    """Run the seed that was tried last as the product is; 0 when it holds."""
    from tests.storm.steer import run_any
    from tests.storm.swarm import draw

    return int(run_any(draw(int((folder / SEED).read_text()), minutes=MINUTES)).broken is not None)


def _test_of(row: Planted, folder: Path, *, planted: bool) -> int:
    """Run the test that was written; 0 when it passes."""
    if planted:
        row.plant()
    (path,) = folder.glob("test_*.py")
    module = runpy.run_path(str(path))
    try:
        module[path.stem]()
    except Exception:  # noqa: BLE001 - an error may end the program in any way
        return 1
    return 0


def judge(row: Planted, cpu_s: int, *, anew: bool, smaller: bool) -> bool:
    """Is it found, by a seed that holds without it? With `smaller` also: does its test fail with it, and pass
    without?"""
    with tempfile.TemporaryDirectory(prefix="planted-") as name:
        folder = Path(name)
        status = _forked(lambda: search(row, cpu_s, folder, anew=anew, smaller=smaller), 4 * cpu_s + 60)
        if status < 0:
            print(f"found   it ends the process ({status})  {row.name}", flush=True)
        if status != NOT_FOUND and _forked(lambda: _without(folder), 60) != 0:
            print(f"WRONG   the seed breaks without the error as well  {row.name}", flush=True)
            return False
        if smaller and list(folder.glob("test_*.py")):
            fails = _forked(lambda: _test_of(row, folder, planted=True), 60) != 0
            passes = _forked(lambda: _test_of(row, folder, planted=False), 60) == 0
            print(f"its test {'fails' if fails else 'PASSES'} with it, {'passes' if passes else 'FAILS'} without")
            return fails and passes
    return status == FOUND or status < 0


def main() -> int:
    """The chosen rows; 1 when one is not found and nothing says why."""
    parser = argparse.ArgumentParser(prog="python -m tests.storm.planted", description=__doc__)
    parser.add_argument("words", nargs="*", help="of names of rows; without them all")
    parser.add_argument("--anew", action="store_true", help="the seeds of the rows are not tried first")
    parser.add_argument("--shrink", action="store_true", help="make what was found smaller, and judge its test")
    parser.add_argument("--seconds", type=int, default=CPU_S, help="of processor for each")
    given = parser.parse_args()
    chosen = [row for row in rows() if not given.words or any(word in row.name for word in given.words)]
    found, wrong = 0, 0
    preload()
    for row in chosen:
        row.text()
        good = judge(row, given.seconds, anew=given.anew, smaller=given.shrink)
        found += good
        wrong += not good and not row.missed
    print(f"{found} of {len(chosen)} found")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
