"""Processes that work for a command."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from sortie.runtime.workers import in_processes

TERMINAL = {signal.SIGINT, signal.SIGHUP} if sys.platform != "win32" else set()


def deaf_to(_: int) -> tuple[int, set[int]]:
    """This process, and what it never hears."""
    return os.getpid(), set(signal.pthread_sigmask(signal.SIG_BLOCK, ()))


@pytest.mark.skipif(sys.platform == "win32", reason="no signals of threads")
def test_ctrl_c_is_for_the_command_and_not_for_its_workers() -> None:
    """From their first moment on: `rehearse --flights` ended in the traceback of an interpreter that was starting."""
    there = in_processes(deaf_to, [0, 1], 2)
    assert all(process != os.getpid() and deaf >= TERMINAL for process, deaf in there)
    assert not TERMINAL & deaf_to(0)[1]
