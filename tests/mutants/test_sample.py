"""300 seeded mutants of the decisions: nine of ten are killed, and the rest is listed with its reasons."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scripts.mutation.__main__ import ROOT


@pytest.mark.long
def test_nine_of_ten_mutants_are_killed_and_the_others_are_listed() -> None:
    """`scripts/test --mutants`, as a person runs it."""
    command = [sys.executable, "-m", "scripts.mutation"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr
