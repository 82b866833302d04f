"""Ctrl-C while the library is compiled, which is what a first start of `scripts/run` waits for."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.fakes.patience import PATIENCE_S

COMPILES = """
import runpy, sys, types, time
def make(*_):
    print("compiles", flush=True)
    time.sleep(600)
sys.modules["sortie.kernels.make"] = types.SimpleNamespace(make=make)
sys.argv = ["kernels"]
runpy.run_module("sortie.kernels", run_name="__main__")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script waits for it")
def test_ctrl_c_ends_it_by_the_signal_and_without_a_word() -> None:
    """A script would go on after a tool that has ended by itself; a traceback says nothing to who pressed Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMPILES], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "compiles\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (-signal.SIGINT, "")
