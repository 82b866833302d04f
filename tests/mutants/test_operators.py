"""The errors that `scripts/test --mutants` puts into the code: their kinds, their names, what is compared."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event

import pytest

from scripts.mutation import judge
from scripts.mutation.__main__ import complaints
from scripts.mutation.coverage_map import CoverageMap
from scripts.mutation.judge import Case, Judged, Verdict, verdict_of
from scripts.mutation.operators import Mutant, enums_of, mutants_of

SOURCE = '''"""A module."""

from enum import Enum


class Colour(Enum):
    RED = 1
    BLUE = 2


def mix(a: int, b: int = 3) -> Colour:
    """Says what comes of it: 1 + 1 in a docstring is no code."""
    if a < b and not a == 4:
        raise ValueError(f"{a + b} is wrong")
    a += 1
    return Colour.RED


def is_red(colour: Colour) -> bool:
    print("é", min(1, 2))
    return bool(colour)
'''


@pytest.fixture
def mutants(tmp_path: Path) -> list[Mutant]:
    """Of the module above."""
    path = tmp_path / "colours.py"
    path.write_text(SOURCE)
    return mutants_of(tmp_path, [path], enums_of([path]))


def test_every_kind_of_error_is_made(mutants: list[Mutant]) -> None:
    """Once for each place where it can stand, and nothing in docstrings, texts and annotations."""
    assert [(mutant.symbol, mutant.old, mutant.new) for mutant in mutants] == [
        ("Colour", "1", "2"),
        ("Colour", "2", "3"),
        ("mix", "3", "4"),
        ("mix", "a < b and not a == 4", "(not (a < b and (not a == 4)))"),
        ("mix", "a < b and not a == 4", "(a < b or not a == 4)"),
        ("mix", "not a == 4", "(a == 4)"),
        ("mix", "a == 4", "(a != 4)"),
        ("mix", "4", "5"),
        ("mix", "a < b", "(a <= b)"),
        ("mix", 'raise ValueError(f"{a + b} is wrong")', "pass"),
        ("mix", "a += 1", "pass"),
        ("mix", "1", "2"),
        ("mix", "Colour.RED", "None"),
        ("mix", "Colour.RED", "Colour.BLUE"),
        ("is_red", 'print("é", min(1, 2))', "pass"),
        ("is_red", "min(1, 2)", "(max(1, 2))"),
        ("is_red", "2", "3"),
        ("is_red", "1", "2"),
        ("is_red", "bool(colour)", "(not (bool(colour)))"),
    ]


def test_each_is_python_and_differs_in_its_place_alone(mutants: list[Mutant]) -> None:
    """The text before and behind stays, also behind letters that take two bytes."""
    for mutant in mutants:
        text = mutant.applied(SOURCE)
        compile(text, mutant.path, "exec")
        assert text != SOURCE
        assert text.startswith(SOURCE[: mutant.start])
        assert text.endswith(SOURCE[mutant.end :])


def test_names_are_one_to_one_and_do_not_hang_on_line_numbers(mutants: list[Mutant], tmp_path: Path) -> None:
    """A line more at the top changes no name, and so neither the sample nor the list of survivors."""
    path = tmp_path / "colours.py"
    path.write_text(SOURCE.replace("from enum", "import os\n\nfrom enum"))
    names = [mutant.name for mutant in mutants]
    assert len(set(names)) == len(names)
    assert [mutant.name for mutant in mutants_of(tmp_path, [path], enums_of([path]))] == names


def test_what_runs_at_import_is_asked_of_whoever_uses_the_module(mutants: list[Mutant]) -> None:
    """A line in a function is asked of the tests that run it; a member of an enumeration of all of the module's."""
    covered = CoverageMap(
        {"t.py::far": 0.1, "t.py::slow": 2.0, "near.py::one": 1.0, "near.py::idle": 0.5},
        {"colours.py": {17: ["t.py::slow", "t.py::far", "near.py::one"], 21: ["t.py::far"]}},
        {"near.py": ["colours.py"]},
    )
    member, last = mutants[0], mutants[-1]
    assert member.at_import
    assert covered.tests_for(member) == ["near.py::idle", "near.py::one", "t.py::far", "t.py::slow"]
    assert not last.at_import
    assert covered.tests_for(last) == ["t.py::far"]


def test_a_survivor_must_be_listed_and_a_listed_one_must_survive() -> None:
    """And of those that were judged nine of ten must be killed."""

    def judged(name: str, verdict: Verdict) -> Judged:
        return Judged(Case(name, "a.py", "", ()), verdict, "", 0.0)

    killed = [judged(f"killed {number}", Verdict.KILLED) for number in range(18)]
    rows = [*killed, judged("slow", Verdict.TIMEOUT), judged("known", Verdict.SURVIVED)]
    names = {row.case.name for row in rows}
    assert complaints(rows, {"known": "why"}, names, False) == []
    assert complaints(rows, {}, names, False) == ["survived: known"]
    gone = complaints(rows, {"known": "why", "gone": "why"}, names, False)
    assert gone == ["listed as a survivor, but not one of the sample any more: gone"]
    better = complaints(rows, {"known": "why", "slow": "why"}, names, False)
    assert better == ["listed as a survivor, but timeout: slow"]
    few = complaints([killed[0], judged("new", Verdict.UNTESTED)], {}, names, True)
    assert few == ["not run by any test: new", "only 1 of 2 are killed"]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (0, Verdict.SURVIVED),
        (1, Verdict.KILLED),
        (2, Verdict.KILLED),  # an import that fails
        (5, Verdict.UNTESTED),
        (-signal.SIGXCPU, Verdict.TIMEOUT),
        (-signal.SIGKILL, Verdict.TIMEOUT),
        (-signal.SIGSEGV, Verdict.KILLED),
    ],
)
def test_verdicts_from_a_process_status(status: int, verdict: Verdict) -> None:
    """pytest's, or the number of a signal below zero."""
    assert verdict_of(status) is verdict


def test_a_trial_that_waits_for_ever_is_ended_and_the_others_are_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child for each; nobody asks again and again how they are."""
    tests = {"waits": lambda: Event().wait(), "fails": lambda: 1, "passes": lambda: 0}
    monkeypatch.setattr(judge, "run_tests", lambda root, case, scratch: tests[case.name]())
    monkeypatch.setattr(judge, "WALL_PER_CPU_S", 1)
    cases = [Case(name, "", "", ("t.py::one",), cpu_s=1 if name == "waits" else 200) for name in tests]
    found = {judged.case.name: judged.verdict for judged in judge.judge(tmp_path, cases, 2)}
    assert found == {"waits": Verdict.TIMEOUT, "fails": Verdict.KILLED, "passes": Verdict.SURVIVED}
