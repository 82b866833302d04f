"""A signal ends the program wherever it comes: in code that imports run, exceptions are dropped or become others."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.patience import PATIENCE_S

IN_A_CALLBACK = """
import weakref
class Thing: pass
thing = Thing()
kept = weakref.ref(thing, lambda _: signal.raise_signal({number}))
del thing
"""
IN_A_FINALIZER = """
class Thing:
    def __del__(self): signal.raise_signal({number})
Thing()
"""
IN_A_CLASS = """
class Field:
    def __set_name__(self, owner, name): signal.raise_signal({number})
class Thing:
    field = Field()
"""
IN_THE_HOOK = (
    """
from sortie.runtime import signals
whole = signals._send_again
def twice():
    signals._send_again = whole
    signal.raise_signal({number})
    whole()
signals._send_again = twice
"""
    + IN_A_FINALIZER
)
SWALLOWED = """
try:
    signal.raise_signal({number})
except BaseException:
    pass
import os
from sortie.runtime.signals import Signals
turns = Signals()
_, wakeup = os.pipe()
os.set_blocking(wakeup, False)
turns.install(wakeup)
if turns.number is not None:
    raise SystemExit(turns.exit_status)
"""
"""Cleared by C code on the way to a runtime, which is to end at its first turn."""
GOES_ON = """
import threading
print("goes on", flush=True)
threading.Event().wait({patience_s})
"""
PLACES = {
    "callback": IN_A_CALLBACK,
    "finalizer": IN_A_FINALIZER,
    "class": IN_A_CLASS,
    "hook": IN_THE_HOOK,
    "swallowed": SWALLOWED,
}
signals = pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["SIGTERM", "Ctrl-C"]
)


def ended(code: str, number: signal.Signals) -> subprocess.CompletedProcess[str]:
    """`sortie` whose command `go` is this code."""
    body = (code + GOES_ON).format(number=int(number), patience_s=PATIENCE_S)
    program = f"""
import signal, sys
import sortie.commands.manager as manager
def go(given):
    exec(compile({body!r}, "planted", "exec"), {{"signal": signal}})
    return 7
manager.go = go
sys.argv = ["sortie", "go"]
from sortie.__main__ import main
main()
"""
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


@signals
@pytest.mark.parametrize("place", PLACES)
def test_what_is_lost_is_raised_again(place: str, number: signal.Signals, status: int) -> None:
    """Dropped by the interpreter, or turned into a RuntimeError; nothing is said about it."""
    done = ended(PLACES[place], number)
    assert (done.returncode, done.stderr) == (status, "")


def test_other_lost_exceptions_are_told() -> None:
    """As without us."""
    code = "class Thing:\n    def __del__(self): raise ValueError('planted')\nThing()\n" + IN_A_CLASS
    done = ended(code, signal.SIGTERM)
    assert done.returncode == 0
    assert "ValueError: planted" in done.stderr


def test_an_error_without_a_signal_stays_one() -> None:
    """With its traceback."""
    done = ended("raise RuntimeError('planted')\n", signal.SIGTERM)
    assert done.returncode == 1
    assert "RuntimeError: planted" in done.stderr


@signals
def test_nothing_is_raised_while_modules_are_imported(tmp_path: Path, number: signal.Signals, status: int) -> None:
    """A signal in an import's own callback ends the program there."""
    program = f"""
import sys, signal
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "sortie.commands.manager":
            try:
                signal.raise_signal({int(number)})
            except BaseException:
                print("raised", flush=True)
sys.meta_path.insert(0, Finder())
sys.argv = ["sortie", "go"]
from sortie.__main__ import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd=tmp_path
    )
    assert (done.returncode, done.stdout, done.stderr) == (status, "", "")
