"""The program `sortie` with a home of its own: in this process, or as one for tests of what only a process shows."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.fakes.patience import PATIENCE_S


def environment(folder: Path) -> dict[str, str]:
    """No setting of this machine counts; state and logs go below `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SORTIE_")}
    return kept | {"XDG_STATE_HOME": str(folder / "xdg"), "HOME": str(folder)}


def let_children_hang_up() -> None:
    """Start processes from now on with SIGHUP as a terminal's programs have it. Below `nohup` it is ignored, which a
    process inherits, and Sortie keeps to: it would serve on after a SIGHUP. A handler is not inherited, and this one
    keeps the tests themselves from ending by it."""
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda number, frame: None)


def begin(folder: Path, *arguments: str, stdin: str | None = "") -> subprocess.Popen[str]:
    """Start `sortie` with these arguments, in `folder`; stdout and stderr are pipes. `stdin`: all that it will read;
    None: a pipe that stays open and silent."""
    command = [sys.executable, "-m", "sortie", *arguments]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(folder),
        cwd=folder,
    )
    if stdin is not None and process.stdin is not None:
        process.stdin.write(stdin)
        process.stdin.close()
        process.stdin = None
    return process


def wait_for(process: subprocess.Popen[str], text: str) -> str:
    """Read stderr up to the line with `text`, and return that line; the process must not end before."""
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if text in line:
            return line
    raise AssertionError(f"ended with {process.wait()} before {text!r}: {''.join(seen)}")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `sortie` to its end with a home of its own, in this process: a start takes longer than most commands."""
    from sortie.commands.cli import run as command_line  # here: the tests' conftest.py needs none of the product

    out, err = StringIO(), StringIO()
    with (
        chdir(folder),
        patch.dict(os.environ, environment(folder), clear=True),
        patch("sys.stdin", StringIO()),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            status: object = command_line(arguments)
        except SystemExit as end:
            status = end.code
    assert isinstance(status, int), status
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


def run_apart(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `sortie` to its end in a process of its own: for what must not depend on the process."""
    process = begin(folder, *arguments)
    try:
        out, err = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def resident_kb(pid: int) -> int:
    """Memory of a process, KiB."""
    (line,) = re.findall(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(line)


def last_line(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The JSON object that `--json` prints as the last line on stdout."""
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found
