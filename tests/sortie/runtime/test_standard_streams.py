"""What the program is started with: a disk without room below its output, a reader that goes, closed streams."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.patience import PATIENCE_S
from tests.fakes.program import environment

PLAN = Path(__file__).parents[3] / "examples" / "square.waypoints"
FLY = ("fly", str(PLAN), "--speedup", "0", "--link", "tcpin:127.0.0.1:0")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no /dev/full, no sh")


def shell(folder: Path, streams: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`sortie` with these redirections of a shell."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {streams}', "sh", sys.executable, "-m", "sortie", *arguments],
        capture_output=True,
        text=True,
        env=environment(folder),
        cwd=folder,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize("command", [FLY, ("--version",), ("rehearse", str(PLAN)), ("serve", "--help")], ids=str)
def test_an_answer_that_cannot_be_written_is_said(tmp_path: Path, command: tuple[str, ...]) -> None:
    """In one line, and with status 1: nothing else tells a script that its file has no answer."""
    done = shell(tmp_path, ">/dev/full", *command)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "sortie: stdout: No space left on device"
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take UTF-8 only")
@pytest.mark.parametrize(("folder", "encoding"), [(b"n\xff", "utf-8"), ("gr\u00fcn".encode(), "ascii")])
def test_a_name_that_stdout_cannot_say_is_escaped(tmp_path: Path, folder: bytes, encoding: str) -> None:
    """The flight ended with a traceback in place of its result."""
    name = os.fsdecode(folder)
    command = [sys.executable, "-m", "sortie", *FLY, "--state-dir", name]
    done = subprocess.run(
        command,
        capture_output=True,
        env={**environment(tmp_path), "PYTHONIOENCODING": encoding},
        cwd=tmp_path,
        timeout=PATIENCE_S,
        check=False,
    )
    escaped = name.encode(encoding, "backslashreplace")
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert done.stdout.startswith(b"completed: ") and done.stdout.rstrip().endswith(escaped + b"/logs/flights/0001")


def test_a_vehicle_flies_on_when_nobody_can_be_told(tmp_path: Path) -> None:
    """`2>vehicle.log` on a full disk."""
    done = shell(tmp_path, "2>/dev/full", *FLY)
    assert done.returncode == 0
    assert done.stdout.startswith("completed: ")


def test_a_reader_that_has_gone_ends_it_quietly(tmp_path: Path) -> None:
    """`sortie ... | head`: status 1 and no word."""
    read = "import sys; sys.stdin.readline()"
    program = f"""
import subprocess, sys
reader = subprocess.Popen([sys.executable, "-c", {read!r}], stdin=subprocess.PIPE)
reader.stdin.write(b"x\\n"); reader.stdin.flush(); reader.wait()
sys.exit(subprocess.call([sys.executable, "-m", "sortie", "conform", "--list"], stdout=reader.stdin))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment(tmp_path),
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_files(tmp_path: Path, streams: str) -> None:
    """The number of a closed stream is not given to a log, and what is told does not come on stdout."""
    done = shell(tmp_path, streams, *FLY)
    assert done.returncode == 0
    assert done.stdout.startswith("completed: ") if ">&-" not in streams.split() else not done.stdout
    assert len(done.stdout.splitlines()) <= 1
