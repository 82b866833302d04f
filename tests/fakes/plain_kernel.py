"""The kernel's functions as plain Python, without numba's compiler."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.fakes.patience import PATIENCE_S


def printed_by(script: str) -> str:
    """What a script prints that flies so, without a warning."""
    plain = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", script],
        env={**os.environ, "SORTIE_KERNEL": "python"},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    return plain.stdout.strip()
