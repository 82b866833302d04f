"""A SITL as a child of the service: one process, in a directory of its own below the log directory.

It always ends with the service: by SIGTERM and then SIGKILL in `stop`, and by the kernel's parent-death signal (Linux)
if the service is killed.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import SystemRandom
from typing import IO, Any, Final

from sitl.processors import keep_to

_PR_SET_PDEATHSIG: Final = 1
_GRACE_S: Final = 3.0
_LAST_LINES: Final = 5
_OUTPUT: Final = "output.log"
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
_PORTS: Final = range(20_000, 32_768)
_TRIES: Final = 100
_RANDOM: Final = SystemRandom()  # not seeded: processes that were forked would choose the same
START_UNIX_S: Final = 1_767_225_600
"""Clock of a firmware at power-on in our simulator, 2026-01-01, so that a flight is the same on any day."""


class SitlError(Exception):
    """SITL cannot start, or (`ended`) has ended by itself. The text is one line for the user."""

    def __init__(self, message: str, *, ended: bool = False) -> None:
        super().__init__(message)
        self.ended = ended


def find_program(title: str, program: str, given: str, variable: str, advice: str) -> Path:
    """Find the binary `program` of `title`: on the command line (`given`, possibly its folder), in the environment's
    `variable`, or on the search path. SitlError with `advice` if there is none or it cannot run."""
    name = given or os.environ.get(variable, "")
    if name:
        path, there = Path(name), False
        with suppress(RuntimeError, OSError):  # ~bob without a bob; a name that no file can have
            path = path.expanduser()
            path = path / program if path.is_dir() else path
            there = path.is_file()
        if not there:
            raise SitlError(f"{title}: there is no {path}; {advice}")
        if not os.access(path, os.X_OK):
            raise SitlError(f"{title}: {path} cannot be executed; {advice}")
        return path.resolve()
    found = shutil.which(program)
    if found is not None:
        return Path(found)
    raise SitlError(f"{title}: no {program} found; {advice}")


class SitlChild:
    """The running process of `title`. `address`: where Sortie reaches it; `processor`: the only processor that it may
    use."""

    def __init__(
        self,
        title: str,
        arguments: list[str],
        address: str,
        folder: Path,
        *,
        environment: Mapping[str, str] | None = None,
        processor: int | None = None,
    ) -> None:
        self.address = address
        self.processor = processor
        self._title = title
        self._folder = folder
        self._stopping = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._output: IO[bytes] = (folder / _OUTPUT).open("wb")
        except OSError as error:
            raise SitlError(f"{title}: {folder}: {error.strerror}") from error
        try:
            self._process = subprocess.Popen(
                arguments,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                **_apart(processor),
            )
        except OSError as error:
            self._output.close()
            raise SitlError(f"{title}: {arguments[0]}: {error.strerror}") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Exit status of the child, below 0 for a signal; None while it runs."""
        return self._process.poll()

    def check(self) -> None:
        """Raise SitlError with its last lines if it has ended by itself."""
        if self._stopping or self.status is None:
            return
        raise SitlError(f"{self._title} ended ({_how(self.status)}): {self._last_lines()}", ended=True)

    def _last_lines(self) -> str:
        text = _COLOURS.sub("", (self._folder / _OUTPUT).read_text(errors="replace"))
        lines = [line.strip() for line in reversed(text.splitlines()) if line.strip()]
        last = tuple(dict.fromkeys(lines))[:_LAST_LINES]  # ArduPilot reports several times which defaults it has read
        return " | ".join(reversed(last)) or "it printed nothing"

    def stop(self, meanwhile: Callable[[], object] | None = None) -> None:
        """End the process by SIGTERM, and by SIGKILL after 3 s. `meanwhile` is called until it has ended, for a program
        that must be answered before it notices SIGTERM. A second call does nothing."""
        self._stopping = True
        if self.status is None:
            self._process.terminate()
            until_s = time.monotonic() + _GRACE_S
            while meanwhile is not None and self.status is None and time.monotonic() < until_s:
                meanwhile()
            try:
                self._process.wait(max(until_s - time.monotonic(), 0.0))
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._output.close()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Find a free port of 127.0.0.1 that no socket gets by itself meanwhile: one below the range from which systems
    choose (32768 in Linux, 49152 elsewhere). ArduPilot's simulator socket once got the number that was meant for its
    radio input, which then received its sensors. SitlError if none is free."""
    for _ in range(_TRIES):
        port = _RANDOM.choice(_PORTS)
        with socket.socket(socket.AF_INET, kind) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise SitlError(f"no port of 127.0.0.1 is free between {_PORTS.start} and {_PORTS.stop}")


def _how(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def _apart(processor: int | None) -> dict[str, Any]:
    """Options that start the child in its own process group, so that Ctrl-C at the terminal reaches the service first.
    On Linux it also asks the kernel for SIGKILL when its parent ends."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"preexec_fn": _prepared(os.getpid(), processor)}


_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(parent: int) -> None:
    """Ask the kernel (Linux) for SIGKILL of this process when its parent ends; at once if it has ended already."""
    if sys.platform == "linux" and _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def _prepared(parent: int, processor: int | None) -> Callable[[], None]:
    def prepare() -> None:
        if sys.platform == "win32":
            return
        os.setpgid(0, 0)
        end_with_parent(parent)
        if processor is not None:
            keep_to(processor)

    return prepare
