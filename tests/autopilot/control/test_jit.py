"""Compiling: what goes wrong is said as what it is.

numba registers parts of itself when it compiles for the first time, and cannot do it twice: tried again after an error,
it says "duplicate registration" and nothing of what had happened.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.patience import PATIENCE_S

pytest.importorskip("numba")

CUT_SHORT = """
import sys
from autopilot.control.jit import compile_entry
count = 0

def cut(frame, event, argument):
    global count
    if frame.f_code.co_name == "decorator" and frame.f_code.co_filename.endswith("pythonapi.py"):
        count += 1
        if count == 2:
            sys.settrace(None)
            raise {error}("cut short")

def double(x):
    return 2.0 * x

sys.settrace(cut)
print(compile_entry("float64(float64)", double, "sources")(3.0))
"""
UNWRITABLE = """
from numba.core import caching

def full(*_):
    raise OSError(28, "No space left on device")

caching.IndexDataCacheFile.save = full
from autopilot.control.jit import compile_entry

def double(x):
    return 2.0 * x

print(compile_entry("float64(float64)", double, "sources")(3.0))
"""


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """In a process of its own, with a cache of its own."""
    script = folder / "script.py"
    script.write_text(code)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=environment, timeout=PATIENCE_S, check=False
    )


@pytest.mark.parametrize("error", ["OSError", "RuntimeError", "TimeoutError"])
def test_an_error_while_numba_takes_itself_in_is_what_is_said(error: str, tmp_path: Path) -> None:
    """And not that it could not be done twice."""
    ended = run(CUT_SHORT.format(error=error), tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == f"{error}: cut short"
    assert "duplicate registration" not in ended.stderr


def test_a_full_disk_is_no_error(tmp_path: Path) -> None:
    """It is compiled, and not kept."""
    ended = run(UNWRITABLE, tmp_path)
    assert (ended.stdout, ended.stderr) == ("6.0\n", "")
