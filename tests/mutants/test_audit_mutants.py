"""The errors that the audit had found unnoticed are noticed now, each by the test that is named with it."""

from __future__ import annotations

import subprocess
import sys

from scripts.mutation.audit import ROOT, TABLE, rows


def test_every_mutant_of_the_audit_is_killed_by_its_test() -> None:
    """And a sound module passes in the same way. One process forks for each row, so that libraries load once."""
    command = [sys.executable, "-m", "scripts.mutation.audit"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("killed") >= len(rows(TABLE))


def test_names_are_said_once() -> None:
    """A row is found by its name."""
    names = [row.name for row in rows(TABLE)]
    assert len(names) == len(set(names))
