"""`scripts/test --mutants [PACKAGE ...]`: a sample of mutants is judged, and compared with the listed survivors.

`scripts/test --mutants --rows [WORD ...]`: the mutants of the specification's rows (tests/mutants/audit.toml), each
against the test that its row names."""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from scripts.mutation import audit
from scripts.mutation.coverage_map import CoverageMap, coverage_map
from scripts.mutation.judge import Case, Judged, judge, preload
from scripts.mutation.operators import Mutant, enums_of, mutants_of

ROOT = Path(__file__).parents[2]
SURVIVORS = ROOT / "tests" / "mutants" / "survivors.toml"
LOOP_TESTS = "tests/sortie/loop/test_loop_[alprs]*.py"  # those in one process: nothing can be put into another one
PACKAGES = {  # each with the tests that may notice an error in it: folders and patterns
    "autopilot/mission": ("tests/autopilot/mission", "tests/autopilot/modes", "tests/mavlink_bridge/services/mission"),
    "autopilot/flight": ("tests/autopilot/flight", "tests/mavlink_bridge/services/test_flight_service.py"),
    "autopilot/safety": ("tests/autopilot/safety", "tests/autopilot/core", "tests/autopilot/modes"),
    "depot/decisions": ("tests/depot", LOOP_TESTS),
    "depot/skimmer": ("tests/depot", LOOP_TESTS),
    "mavlink_bridge/services/mission": ("tests/mavlink_bridge/services/mission", "tests/mavlink_bridge/clients"),
    "mavlink_bridge/services/parameters": (
        "tests/mavlink_bridge/services/test_*parameter*.py",
        "tests/mavlink_bridge/services/test_sets*.py",
    ),
}
COUNT, SEED = 300, 1
KILLED_AT_LEAST = 0.9
TESTS_S = 20.0  # processor seconds of tests that a mutant is shown, nearest first, as they took when the map was made
TABLE_TESTS_S = 30.0  # of one that is in a table, an enumeration or a default


def modules_of(packages: Sequence[str]) -> list[Path]:
    """The modules of some packages, or one module."""
    found = []
    for package in packages:
        path = ROOT / package.replace(".", "/")
        module = path.with_suffix(".py")
        if not path.is_dir() and not module.is_file():
            raise SystemExit(f"There is no package {package}; known are {', '.join(PACKAGES)}")
        found += sorted(path.rglob("*.py")) if path.is_dir() else [module]
    return [path for path in found if path.name != "__init__.py"]


def sample(packages: Sequence[str], count: int, seed: int) -> list[Mutant]:
    """`count` mutants of the packages, the same ones as long as their lines are the same."""
    sources = [path for folder in ("autopilot", "depot", "mavlink_bridge") for path in (ROOT / folder).rglob("*.py")]
    mutants = mutants_of(ROOT, modules_of(packages), enums_of(sources))
    return sorted(mutants, key=lambda mutant: mutant.rank(seed))[:count]


def coverage_of(packages: Sequence[str]) -> CoverageMap:
    """Which tests run the lines of some packages."""
    tests: set[str] = set()
    for package in packages:
        inside = [folders for name, folders in PACKAGES.items() if f"{package}/".startswith(f"{name}/")]
        tests.update(*(inside or PACKAGES.values()))
    paths = [path.relative_to(ROOT).as_posix() for path in modules_of(list(PACKAGES))]
    return coverage_map(ROOT, paths, sorted(tests))


def affordable(mutant: Mutant, covered: CoverageMap) -> tuple[str, ...]:
    """The first of its tests, as many as their time allows; at least one. Nobody knows who reads a line of a table."""
    chosen: list[str] = []
    spent = 0.0
    for test in covered.tests_for(mutant):
        spent += covered.seconds.get(test, 0.0)
        if chosen and spent > (TABLE_TESTS_S if mutant.at_import else TESTS_S):
            break
        chosen.append(test)
    return tuple(chosen)


def complaints(judged: Sequence[Judged], listed: dict[str, str], known: set[str], partial: bool) -> list[str]:
    """What is not as the list of survivors says."""
    found = []
    for each in judged:
        if not each.verdict.noticed and each.case.name not in listed:
            found.append(f"{each.verdict.value}: {each.case.name}")
        elif each.verdict.noticed and each.case.name in listed:
            found.append(f"listed as a survivor, but {each.verdict.value}: {each.case.name}")
    sampled = {each.case.name for each in judged}
    gone = [name for name in listed if name not in known or (not partial and name not in sampled)]
    found += [f"listed as a survivor, but not one of the sample any more: {name}" for name in gone]
    noticed = sum(each.verdict.noticed for each in judged)
    if judged and noticed < KILLED_AT_LEAST * len(judged):
        found.append(f"only {noticed} of {len(judged)} are killed")
    return found


def arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/test --mutants", description=__doc__)
    parser.add_argument("packages", nargs="*", default=list(PACKAGES), metavar="PACKAGE")
    parser.add_argument("--count", type=int, default=COUNT, help=f"size of the sample (default {COUNT})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"which sample (default {SEED})")
    parser.add_argument("--match", default="", help="only mutants with this text in their name")
    parser.add_argument("--why", action="store_true", help="shows what the tests of each survivor said")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    if "--rows" in words:
        return audit.main(words)
    chosen = arguments(words)
    preload()
    covered = coverage_of(chosen.packages)
    mutants = [mutant for mutant in sample(chosen.packages, chosen.count, chosen.seed) if chosen.match in mutant.name]
    texts = {path: (ROOT / path).read_text() for path in {mutant.path for mutant in mutants}}
    cases = [
        Case(mutant.name, mutant.path, mutant.applied(texts[mutant.path]), affordable(mutant, covered))
        for mutant in mutants
    ]
    judged = []
    for each in judge(ROOT, cases, int(os.environ.get("SORTIE_TEST_WORKERS", "2"))):
        judged.append(each)
        print(
            f"{each.verdict.value:10} {each.seconds:5.1f} s {len(each.case.tests):4} tests  {each.case.name}",
            flush=True,
        )
        if chosen.why and not each.verdict.noticed:
            print(each.output)
    listed = {row["name"]: row["reason"] for row in tomllib.loads(SURVIVORS.read_text()).get("survivor", [])}
    partial = (chosen.packages, chosen.count, chosen.seed, chosen.match) != (list(PACKAGES), COUNT, SEED, "")
    known = {mutant.name for mutant in sample(list(PACKAGES), 10**9, SEED)}
    wrong = complaints(judged, listed, known, partial)
    noticed = sum(each.verdict.noticed for each in judged)
    print(f"{noticed} of {len(judged)} mutants killed ({noticed / max(len(judged), 1):.1%}), seed {chosen.seed}")
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
