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

from tests.fakes.extras import needs
from tests.fakes.patience import PATIENCE_S

needs("jit", "numba")

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


def run(code: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, with a cache of its own."""
    script = folder / "script.py"
    script.write_text(code)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=PATIENCE_S,
        check=False,
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


OTHER_VERSION = """
import sys
from autopilot.control.jit import compile_entry
from autopilot.interface.marks import jit
exec(compile("def factor(): return " + sys.argv[1], "helper", "exec"))
factor = jit(factor)

def times(x):
    return factor() * x

print(compile_entry("float64(float64)", times, "sources of " + sys.argv[1])(3.0))
"""


def test_two_versions_with_one_cache_each_fly_their_own(tmp_path: Path) -> None:
    """numba knows a function again by its own file, not by its helpers: the fingerprint of all sources decides."""
    assert [run(OTHER_VERSION, tmp_path, factor).stdout for factor in ("2.0", "5.0")] == ["6.0\n", "15.0\n"]


ALIKE = """
import numpy as np
from autopilot.control.arrays import OVER_ARRAY
from autopilot.control.jit import compile_entry
from autopilot.control.library import LibraryError, open_library
from autopilot.control.kernels import fingerprint
random = np.random.default_rng(1)
x, y = (random.normal(scale=scale, size=2000) for scale in (3.0, 0.5))
ways = {"python": OVER_ARRAY.plain(), "jit": compile_entry(OVER_ARRAY.signature, OVER_ARRAY.plain(), fingerprint())}
try:
    ways["library"] = open_library(fingerprint()).function(OVER_ARRAY.name, OVER_ARRAY.signature)
except LibraryError:
    pass
for which in range(4):
    outs = {name: np.empty_like(x) for name in ways}
    for name, way in ways.items():
        way(which, x, y, outs[name])
    print(len({out.tobytes() for out in outs.values()}), np.unique(outs["jit"]).size > 500)
"""


def test_numba_the_library_and_plain_python_come_to_the_same_bytes(tmp_path: Path) -> None:
    """Of the mathematics, which is what compilers differ in; whole flights are compared in `test_library` (long)."""
    assert run(ALIKE, tmp_path).stdout.splitlines() == ["1 True"] * 4
