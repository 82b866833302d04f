"""The program `sortie` as a process of its own, forked from one that has its modules loaded.

It starts in 0.1 s of processor time instead of 0.6. For signals, kills, sockets, clients. What a new interpreter does
shows with `tests.fakes.program.begin`.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from subprocess import TimeoutExpired
from threading import Thread
from typing import TextIO

from tests.fakes.program import environment

_COMMANDS = (
    "aerialist", "campaign", "conform", "convert", "demo", "flash", "fly", "loop", "param", "radio", "rehearse",
    "replay", "report", "reproduce", "serve", "status", "web",
)  # fmt: skip
_FORKS = multiprocessing.get_context("forkserver")


class WarmProgram:
    """A started program, with what is used here of `subprocess.Popen[str]`."""

    def __init__(
        self, folder: Path, arguments: Sequence[str], variables: dict[str, str], stdin: str | None, output: Path | None
    ) -> None:
        pipes = [_FORKS.Pipe(duplex=False) for _ in range(3 if output is None else 1)]
        heard, ours = [pipes[0][0]], [pipes[0][1]]
        for reader, writer in pipes[1:]:
            heard.append(writer)
            ours.append(reader)
        _FORKS.set_forkserver_preload([f"sortie.commands.{name}" for name in _COMMANDS])
        self._process = _FORKS.Process(target=_run, args=(str(folder), variables, tuple(arguments), heard, output))
        self._process.start()
        for connection in heard:
            connection.close()
        self.stdin: TextIO | None = _opened(ours[0], "w")
        self._outputs = [_opened(end, "r") for end in ours[1:]]
        if stdin is not None:
            self.stdin.write(stdin)
            self.stdin.close()
            self.stdin = None
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def stdout(self) -> TextIO:
        return self._outputs[0]

    @property
    def stderr(self) -> TextIO:
        return self._outputs[1]

    @property
    def returncode(self) -> int | None:
        """Its exit status, or the signal's number below zero."""
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self.returncode is None:
            raise TimeoutExpired("sortie", timeout or 0.0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """All that it still writes, until its end."""
        said = ["", ""]

        def read(number: int, file: TextIO) -> None:
            said[number] = file.read()
            file.close()

        if self.stdin is not None:
            self.stdin.close()
        readers = [Thread(target=read, args=each, daemon=True) for each in enumerate(self._outputs)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(timeout)
        self.wait(timeout)
        return said[0], said[1]


def begin_warm(folder: Path, *arguments: str, stdin: str | None = "") -> WarmProgram:
    """Start `sortie` as `tests.fakes.program.begin` does."""
    return WarmProgram(folder, arguments, environment(folder), stdin, None)


def begin_writing(output: Path, arguments: Sequence[str], variables: dict[str, str]) -> WarmProgram:
    """Start `sortie` here; all that it says goes to a file."""
    return WarmProgram(Path.cwd(), arguments, variables, "", output)


def _opened(end: Connection, mode: str) -> TextIO:
    descriptor = os.dup(end.fileno())
    end.close()
    return os.fdopen(descriptor, mode, encoding="utf-8")


def _run(
    folder: str, variables: dict[str, str], arguments: tuple[str, ...], heard: list[Connection], output: Path | None
) -> None:
    """In the new process: become `python -m sortie` in `folder`."""
    for number, connection in enumerate(heard):
        os.dup2(connection.fileno(), number)
        connection.close()
    if output is not None:
        written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(written, 1)
        os.dup2(written, 2)
    sys.stdin, sys.stdout = os.fdopen(0, encoding="utf-8", closefd=False), os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    import sortie.__main__ as program

    sys.argv = [program.__file__, *arguments]
    sys.orig_argv = [sys.executable, "-m", "sortie", *arguments]  # which a reboot executes
    program.main()
