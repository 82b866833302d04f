"""The errors that the audit had found unnoticed are noticed now, each by the test that is named with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.mutation.audit import ROOT, TABLE, NamedMutant, chosen_rows, misplaced, rows
from tests.storm import planted


def test_every_mutant_of_the_audit_is_killed_by_its_test() -> None:
    """And a sound module passes in the same way. One process forks for each row, so that libraries load once."""
    command = [sys.executable, "-m", "scripts.mutation.audit"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("killed") >= len(chosen_rows([]))


@pytest.mark.long
def test_every_mutant_of_the_specification_is_killed_by_the_test_of_its_row() -> None:
    """As `scripts/test --mutants --rows` judges them."""
    command = [sys.executable, "-m", "scripts.mutation", "--rows"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_mutant_of_the_specification_stands_in_its_row() -> None:
    """Its old text is there once, its sentence is quoted, and its test is one that shows the sentence."""
    named = [row for row in rows(TABLE) if row.row]
    assert len(named) >= 102
    assert misplaced(named) == []
    assert all(row.case(ROOT) for row in named)
    gone = NamedMutant("gone", named[0].file, "a", "b", named[0].test, "000 1.1: nobody says so")
    other = NamedMutant("other", named[0].file, "a", "b", "tests/docs/test_links.py::test_other", named[0].row)
    assert len(misplaced([gone, other])) == 2


def test_names_are_said_once() -> None:
    """A row is found by its name."""
    names = [row.name for row in rows(TABLE)]
    assert len(names) == len(set(names))


def test_no_error_is_an_unknown_name(tmp_path: Path) -> None:
    """Neither of the audit nor of the storms: any test notices a NameError, also where nothing checks the sentence."""
    texts = [row.case(ROOT).source for row in rows(TABLE)] + [row.text() for row in planted.rows()]
    for number, text in enumerate(texts):
        (tmp_path / f"error_{number}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select=F821", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
