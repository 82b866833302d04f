"""Signals of every command, in one place: SIGTERM and SIGHUP (a closed terminal) end with status 0, Ctrl-C with 130.

From the start (`end_at_once`) each of them ends the program: at once while modules are being imported, and as an
exception after the command has begun (`work_begins`). A runtime that must end in order takes them over
(`Signals.install`): then they are recorded and end its turns.

An exception that is raised at an arbitrary point may be lost. CPython 3.11 turns an exception into a RuntimeError while
a class is being made, and drops it in a weak reference's callback (each import has one). So nothing is raised during
imports, a dropped exception is raised again, and the exit status is that of the signal, whatever happened to the
exception.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

if sys.platform == "win32":
    HANGUP: Final = signal.SIGBREAK  # Ctrl-Break as well
else:
    HANGUP: Final = signal.SIGHUP
STATUS: Final = {int(signal.SIGTERM): 0, int(HANGUP): 0, int(signal.SIGINT): 130}
"""Exit status of a program by the signal that ended it."""
LOADER: Final = "sortie-load"
"""Name of the loading thread. The program ends without waiting for it."""
_AGAIN_S: Final = 0.02


class Interrupted(KeyboardInterrupt):
    """Ctrl-C as a class of its own. When a plain KeyboardInterrupt passes through an `exec` of text (as in each
    imported dataclass), CPython ends the process by the signal itself, although the exception was caught."""


class _Program:
    """State of this process: the signal that ends it, whether its command has begun, whether a lost exception is being
    reported, whether something is being closed."""

    heard: int | None = None
    terminals: tuple[int, ...] = ()
    working = False
    dropping = False
    closing = False


def end_at_once() -> None:
    """Make SIGTERM and Ctrl-C end the program until a runtime takes over: at once, and after `work_begins` by
    SystemExit(0) and `Interrupted`."""
    sys.unraisablehook = _dropped
    if _hangs_up():
        _Program.terminals = tuple(descriptor for descriptor in (1, 2) if os.isatty(descriptor))
        signal.signal(HANGUP, _end)
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _end)  # last: a supervisor that sees it caught may send any of them


def work_begins() -> None:
    """Turn signals into exceptions from now on: all modules are imported, and what the command opens must be closed."""
    _Program.working = True


@contextmanager
def undisturbed() -> Iterator[None]:
    """Only record signals in this context, in which something is closed in order. The exit status is still theirs."""
    _Program.closing = True
    try:
        yield
    finally:
        _Program.closing = False


def heard_status() -> int | None:
    """Return the exit status of the signal that ends the program; None without a signal."""
    return None if _Program.heard is None else STATUS[_Program.heard]


def leave_to_parent() -> None:
    """Ignore Ctrl-C and hangup in a worker process; they reach the parent process too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(HANGUP, signal.SIG_IGN)


@contextmanager
def kept_from_workers() -> Iterator[None]:
    """Block Ctrl-C and hangup for threads and processes that start in this context, and for their children. A terminal
    sends both to workers too, even while their interpreter starts."""
    if sys.platform == "win32":  # no signals of threads: see `leave_to_parent`
        yield
        return
    from multiprocessing import resource_tracker  # here: most commands need none

    resource_tracker.ensure_running()  # its start would unblock them in the thread that starts a worker
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, HANGUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, HANGUP})


def _hangs_up() -> bool:
    """Check whether a closed terminal ends this program; not under nohup."""
    return signal.getsignal(HANGUP) is not signal.SIG_IGN


def _forget_terminal(number: int) -> None:
    """Redirect terminal output to the null device after a hangup, so that no write error disturbs the end."""
    if number == HANGUP and _Program.terminals:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in _Program.terminals:
            os.dup2(nowhere, descriptor)
        os.close(nowhere)
        _Program.terminals = ()


def _interrupt(number: int, frame: FrameType | None) -> None:
    if _hear(number):
        raise Interrupted


def _end(number: int, frame: FrameType | None) -> None:
    if _hear(number):
        sys.exit(0)


def _hear(number: int) -> bool:
    """Record a signal and return whether its exception may be raised here."""
    _Program.heard = number
    _forget_terminal(number)
    if not _Program.working:
        os._exit(STATUS[number])  # nothing has been opened or said
    if _Program.dropping:
        _send_again()
        return False
    return not _Program.closing


def _dropped(lost: sys.UnraisableHookArgs) -> None:
    """Handle an exception that the interpreter dropped. An exception of ours is raised again elsewhere."""
    _Program.dropping = True
    if _Program.heard is not None and isinstance(lost.exc_value, (SystemExit, Interrupted)):
        _send_again()
    else:
        sys.__unraisablehook__(lost)
    _Program.dropping = False


def _send_again() -> None:
    threading.Thread(target=_send, daemon=True).start()


def _send() -> None:
    time.sleep(_AGAIN_S)  # what the interpreter was doing is over by then, or it comes once more
    main = threading.main_thread().ident
    if _Program.heard is None or main is None:
        return
    if sys.platform == "win32":
        _thread.interrupt_main(signal.Signals(_Program.heard))
    else:
        signal.pthread_kill(main, _Program.heard)


class Signals:
    """Signals received. `number` is the signal that ends the runtime."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._first_interrupt: Callable[[], bool] | None = None
        self.running = False
        """True while a signal is only recorded: turns look at `number`. Before that it ends the program at once."""
        self._interrupted = False
        self._replaced: dict[int, Any] = {}

    def install(self, wake_fd: int, first_interrupt: Callable[[], bool] | None = None) -> None:
        """From now on they are noted here, and a byte is written to `wake_fd`. `first_interrupt` is asked at the first
        Ctrl-C: True says that it has made a vehicle safe, and only the second one ends anything."""
        self._first_interrupt = first_interrupt
        if signal.getsignal(signal.SIGTERM) is _end:
            self.number = _Program.heard  # its exception was lost: C code clears errors that it meets
        signal.set_wakeup_fd(wake_fd, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, *([HANGUP] if _hangs_up() else [])):
            self._replaced[number] = signal.signal(number, self._note)

    def silence(self) -> None:
        """`wake_fd` is about to be closed; further signals are only noted."""
        if self._replaced:
            signal.set_wakeup_fd(-1)

    def remove(self) -> None:
        """Restore the former handlers."""
        while self._replaced:
            signal.signal(*self._replaced.popitem())

    @contextmanager
    def postponed(self) -> Iterator[None]:
        """Postpone the end of the program by a signal to the end of this context. A native library that calls Python
        (a logger, say) meets an exception that is raised there and turns it into another (SystemError)."""
        before, self.running = self.running, True
        try:
            yield
        finally:
            self.running = before
        if self.number is not None and not before:
            raise SystemExit(self.exit_status)

    def act(self) -> None:
        """Between two turns: let the first Ctrl-C do what it is to do."""
        if self._interrupted and self._first_interrupt is not None:
            holds, self._first_interrupt = self._first_interrupt(), None
            if not holds:
                self.number = signal.SIGINT

    @property
    def exit_status(self) -> int | None:
        """Exit status for the signal that ended the runtime: 0 SIGTERM or SIGHUP, 130 Ctrl-C; None without one."""
        return None if self.number is None else STATUS[self.number]

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and self.running and self._first_interrupt is not None and not self._interrupted:
            self._interrupted = True  # acted on between two turns, not in the middle of a pass
            return
        self.number = _Program.heard = number
        _forget_terminal(number)
        if not self.running:
            raise SystemExit(self.exit_status)
