"""Errors that an audit of the tests had found unnoticed, by name: each of them is noticed by the test named with it."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.mutation.judge import Case, judge, preload

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "tests" / "mutants" / "audit.toml"
SOUND = "the code as it is"


@dataclass(frozen=True)
class NamedMutant:
    """One row of tests/mutants/audit.toml."""

    name: str
    file: str
    old: str
    new: str
    test: str

    def case(self, root: Path) -> Case:
        """What is judged. The old text must stand in the file once, or the row is about code that is gone."""
        text = (root / self.file).read_text()
        if text.count(self.old) != 1 or self.old == self.new:
            raise SystemExit(f"{self.name}: its old text stands {text.count(self.old)} times in {self.file}")
        return Case(self.name, self.file, text.replace(self.old, self.new), (self.test,))


def rows(table: Path) -> list[NamedMutant]:
    """All rows of a table."""
    return [NamedMutant(**row) for row in tomllib.loads(table.read_text())["mutant"]]


def main(words: Sequence[str]) -> int:
    """Judges every row (or those whose name holds a word), and once the code without any error, which has to pass. That
    the other tests pass on it the suite itself shows."""
    preload()
    chosen = [row for row in rows(TABLE) if not words or any(word in row.name for word in words)]
    first = chosen[0]
    sound = Case(SOUND, first.file, (ROOT / first.file).read_text(), (first.test,), 300)
    wrong = 0
    for each in judge(ROOT, [sound, *(row.case(ROOT) for row in chosen)], 1):
        print(f"{each.verdict.value:8} {each.seconds:4.1f} s  {each.case.name}: {each.case.tests[0]}", flush=True)
        if each.verdict.noticed != (each.case.name != SOUND):
            wrong += 1
            print(each.output)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
