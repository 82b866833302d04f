"""Errors by name, each noticed by the test named with it: those that an audit of the tests had found unnoticed, and,
with `row`, those that belong to a sentence of the specification, noticed by a test that its row names."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.mutation.judge import Case, judge, preload
from scripts.specification_page import seeds

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
    row: str = (
        ""  # "000 4.5 Phase 5: HEARTBEAT continues.": seed, section, and the words that docs/specification.md quotes
    )

    def case(self, root: Path) -> Case:
        """What is judged. The old text must stand in the file once, or the row is about code that is gone; and the file
        is a module, since no other is read with its error."""
        if not self.file.endswith(".py"):
            raise SystemExit(f"{self.name}: {self.file} is no module")
        text = (root / self.file).read_text()
        if text.count(self.old) != 1 or self.old == self.new:
            raise SystemExit(f"{self.name}: its old text stands {text.count(self.old)} times in {self.file}")
        return Case(self.name, self.file, text.replace(self.old, self.new), (self.test,))


def rows(table: Path) -> list[NamedMutant]:
    """All rows of a table."""
    return [NamedMutant(**row) for row in tomllib.loads(table.read_text())["mutant"]]


def misplaced(named: Sequence[NamedMutant]) -> list[str]:
    """Mutants of a sentence that no table has, or whose test its row does not name."""
    shown = {f"{seed.name} {row.section}: {row.asks}": row.tests for seed in seeds() for row in seed.rows}
    found = []
    for each in named:
        if each.row and each.row not in shown:
            found.append(f"{each.name}: no row says {each.row}")
        elif each.row and each.test.partition("[")[0] not in shown[each.row]:
            found.append(f"{each.name}: its row does not name {each.test}")
    return found


def chosen_rows(words: Sequence[str]) -> list[NamedMutant]:
    """Those whose name or sentence holds one of the words; `--rows`: of the specification, without it: of the audit;
    `--all`: both."""
    plain = [word for word in words if not word.startswith("--")]
    kinds = {True} if "--rows" in words else {True, False} if "--all" in words else {False}
    found = [row for row in rows(TABLE) if bool(row.row) in kinds]
    return [row for row in found if not plain or any(word in f"{row.name} {row.row}" for word in plain)]


def main(words: Sequence[str]) -> int:
    """Judges the chosen rows, and once the code without any error, which has to pass. That
    the other tests pass on it the suite itself shows."""
    preload()
    chosen = chosen_rows(words)
    if not chosen:
        raise SystemExit(f"no mutant is called {' '.join(words)}")
    first = chosen[0]
    sound = Case(SOUND, first.file, (ROOT / first.file).read_text(), (first.test,), 300)
    wrong = len(misplaced(chosen))
    print("".join(f"{line}\n" for line in misplaced(chosen)), end="", file=sys.stderr)
    for each in judge(ROOT, [sound, *(row.case(ROOT) for row in chosen)], 1):
        print(f"{each.verdict.value:8} {each.seconds:4.1f} s  {each.case.name}: {each.case.tests[0]}", flush=True)
        if each.verdict.noticed != (each.case.name != SOUND):
            wrong += 1
            print(each.output)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
