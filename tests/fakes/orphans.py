"""Processes that a killed parent has started: they end with it, by the kernel's parent-death signal."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from tests.fakes.patience import PATIENCE_S


def runs(pid: int) -> bool:
    """True while the process is there; a zombie, which nobody has waited for, has ended."""
    try:
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False


def await_ends(pids: Sequence[int]) -> None:
    """Wait until none of them runs; AssertionError when one does not end."""
    end_s = time.monotonic() + PATIENCE_S
    while any(runs(pid) for pid in pids):
        assert time.monotonic() < end_s, "an orphan is left"
        time.sleep(0.01)
