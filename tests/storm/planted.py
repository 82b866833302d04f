"""Errors put into the product one at a time, to see that storms find them: rows of planted.toml, each in a forked
process whose module has the error in it. `python -m tests.storm.planted [WORD ...]`."""

from __future__ import annotations

import os
import resource
import sys
import time
import tomllib
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from scripts.mutation.judge import MutatedModule, preload

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("planted.toml")
CPU_S = 25
FIRST = (11, 3, 6, 9, 16, 17, 20)
"""Seeds that see much; then any."""
NOT_FOUND, FOUND = 0, 7


@dataclass(frozen=True)
class Planted:
    """A row: the old text stands once in the file. `source`: which finding, or what of the history, tells of its like.
    `missed`: why storms do not find it, where they do not."""

    name: str
    file: str
    old: str
    new: str
    source: str
    missed: str = ""

    def text(self) -> str:
        """The file with the error. ValueError when the old text does not stand once."""
        whole = (ROOT / self.file).read_text(encoding="utf-8")
        if whole.count(self.old) != 1 or self.old == self.new:
            raise ValueError(f"{self.name}: its old text stands {whole.count(self.old)} times in {self.file}")
        return whole.replace(self.old, self.new)


def rows() -> list[Planted]:
    """All of the table."""
    return [Planted(**row) for row in tomllib.loads(TABLE.read_text(encoding="utf-8"))["planted"]]


def search(row: Planted, cpu_s: float) -> int:
    """Within this process: seeds until one breaks, or the processor time is used up."""
    sys.meta_path.insert(0, MutatedModule(ROOT, row.file, row.text()))
    from tests.storm.swarm import draw
    from tests.storm.world import run

    began_s = time.process_time()
    for seed in chain(FIRST, count(100)):
        if time.process_time() - began_s > cpu_s:
            break
        try:
            broken = run(draw(seed, vehicles=1)).broken
        except Exception as error:  # noqa: BLE001 - an error that ends the whole program is found too
            broken = f"{type(error).__name__}: {error}"
        if broken is not None:
            print(f"found   {time.process_time() - began_s:5.1f} s  seed {seed:3}  {row.name}: {broken}", flush=True)
            return FOUND
    print(f"MISSED  {time.process_time() - began_s:5.1f} s            {row.name} {row.missed}", flush=True)
    return NOT_FOUND


def main(words: list[str]) -> int:
    """The chosen rows; 1 when one is not found and nothing says why."""
    chosen = [row for row in rows() if not words or any(word in row.name for word in words)]
    found, wrong = 0, 0
    preload()
    for row in chosen:
        row.text()
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_S * 2, CPU_S * 2 + 5))
            status = 1
            try:
                status = search(row, CPU_S)
                sys.stdout.flush()
            finally:
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status not in (FOUND, NOT_FOUND):
            print(f"found   it ends the process ({status})  {row.name}", flush=True)
        found += status != NOT_FOUND
        wrong += status == NOT_FOUND and not row.missed
    print(f"{found} of {len(chosen)} found")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
