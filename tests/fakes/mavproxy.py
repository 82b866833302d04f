"""The real MAVProxy as a process: what a person types goes in, what it prints is read and waited for."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.patience import PATIENCE_S

_END_S = 5.0  # by then it writes to a pipe that nobody reads, and would wait for that
SCRIPT = Path(sys.executable).parent / "mavproxy.py"


class Mavproxy:
    """One session. `output` is all that it has printed; `expect` looks only at what `expect` has not consumed."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.output = ""
        self._read = 0

    def type(self, line: str) -> None:
        """Enter a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def expect(self, pattern: str, wait_s: float = PATIENCE_S) -> re.Match[str]:
        """Read on until the pattern (a regular expression) is printed; returns the match."""
        found = self._look(pattern, wait_s)
        assert found, f"MAVProxy never printed {pattern!r}:\n{self.output}"
        return found

    def _look(self, pattern: str, wait_s: float) -> re.Match[str] | None:
        end_s = time.monotonic() + wait_s
        while True:
            found = re.compile(pattern).search(self.output, self._read)
            if found:
                self._read = found.end()
                return found
            left_s = end_s - time.monotonic()
            if left_s <= 0.0 or not self._read_some(left_s):
                return None

    def ask(self, line: str, pattern: str, wait_s: float = PATIENCE_S) -> re.Match[str]:
        """Enter a command and wait for what it must print."""
        self.type(line)
        return self.expect(pattern, wait_s)

    def load_module(self, name: str) -> None:
        """Load one of its modules. Skip the test where OpenCV, which some need, lacks its system packages (libGL)."""
        loaded = self.ask(f"module load {name}", r"Loaded module \S+|Failed to load module: ([^\r\n]*)")
        if missing := re.search(r"lib\S+\.so\S*: cannot open shared object", loaded.group(1) or ""):
            pytest.skip(f"MAVProxy's module {name} needs a system package: {missing.group()}")
        assert loaded.group(1) is None, self.output

    def ask_until(self, line: str, pattern: str, wait_s: float = PATIENCE_S) -> re.Match[str]:
        """Enter a command again and again until it prints the pattern: for what MAVProxy does in the background."""
        end_s = time.monotonic() + wait_s
        while time.monotonic() < end_s:
            self.type(line)
            found = self._look(pattern, 0.5)
            if found:
                return found
        raise AssertionError(f"MAVProxy never answered {line!r} by {pattern!r}:\n{self.output}")

    def _read_some(self, wait_s: float) -> bool:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        if not select.select([descriptor], [], [], wait_s)[0]:
            return False
        data = os.read(descriptor, 65536)
        self.output += data.decode(errors="replace")
        return bool(data)


@contextmanager
def mavproxy(url: str, folder: Path, *arguments: str) -> Iterator[Mavproxy]:
    """Start MAVProxy on a link, wait until it has home and all parameters; end it as Ctrl-D does. It asks for streams
    of 1 Hz: at a multiple of real time its usual 4 Hz are most of its work."""
    command = [
        sys.executable,
        str(SCRIPT),
        "--master",
        url,
        "--state-basedir",
        str(folder),
        "--logfile",
        str(folder / "mav.tlog"),
        "--streamrate",
        "1",
        *arguments,
    ]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "PYTHONUNBUFFERED": "1"},
    )
    try:
        session = Mavproxy(process)
        session.expect(r"Received \d+ parameters")
        yield session
    finally:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
