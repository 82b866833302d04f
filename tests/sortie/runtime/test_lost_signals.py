"""A signal ends the program wherever it comes: in code that imports run, exceptions are dropped or become others."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sortie.runtime.signals import HANGUP, end_at_once
from tests.fakes.patience import PATIENCE_S
from tests.fakes.program import let_children_hang_up

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


@signals
def test_nothing_is_raised_while_something_is_closed(number: signal.Signals, status: int) -> None:
    """A second Ctrl-C, while a campaign ends its workers; what comes afterwards acts again."""
    code = """
from sortie.runtime.signals import undisturbed
with undisturbed():
    signal.raise_signal({number})
    print("closed", flush=True)
signal.raise_signal({number})
"""
    done = ended(code, number)
    assert (done.returncode, done.stdout, done.stderr) == (status, "closed\n", "")


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


@pytest.fixture
def nohup() -> Iterator[None]:
    """Ignore SIGHUP, as `nohup` does for what it starts."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("nohup")
def test_under_nohup_a_hangup_ends_nothing() -> None:
    """The program goes on to its own end; one that the tests start hears it, although they run under nohup."""
    hung_up = "signal.raise_signal(signal.SIGHUP)\nraise SystemExit(7)\n"
    assert ended(hung_up, signal.SIGHUP).returncode == 7
    let_children_hang_up()
    assert ended(hung_up, signal.SIGHUP).returncode == 0


def test_when_sigterm_is_caught_all_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A SIGHUP that was sent as soon as SIGTERM was caught ended the program by the signal itself."""
    taken: list[int] = []
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr("sortie.runtime.signals._hangs_up", lambda: True)
    monkeypatch.setattr("sortie.runtime.signals._Program.terminals", ())
    monkeypatch.setattr(signal, "signal", lambda number, handler: taken.append(number))
    end_at_once()
    assert set(taken) == {signal.SIGTERM, signal.SIGINT, HANGUP} and taken[-1] == signal.SIGTERM
