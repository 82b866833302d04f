"""Every command ends on SIGTERM with status 0 and on Ctrl-C with 130, and without a traceback.

A controller that flies is held by the first Ctrl-C: `test_serial_controller.py` and `test_loop_with_a_controller.py`.
"""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sortie.commands.cli import COMMANDS
from tests.fakes.program import PATIENCE_S, begin, wait_for

LINK = ("--link", "tcpin:127.0.0.1:0")
PLAN = str(Path(__file__).parents[3] / "examples" / "square.waypoints")


@dataclass(frozen=True)
class Row:
    """A command, and how far it is let go before the signal: to a text that it says, else until it has connected to
    `SILENT`, else until it hears signals."""

    command: tuple[str, ...]
    until: str | None = None

    def __str__(self) -> str:
        return " ".join(self.command[:3] if self.until is None else (*self.command[:2], f"({self.until})"))


SILENT = "tcp:127.0.0.1:{port}"
"""A TCP port that takes the connection and says nothing: who connects there waits."""
TABLE = (
    Row(("serve", *LINK), "serving"),
    Row(("serve", "--vehicle", SILENT, *LINK)),
    Row(("demo", *LINK), "sortie: demo"),
    Row(("demo", "--once", *LINK), "sortie: demo"),
    Row(("demo", "--speedup", "20", *LINK), "Reached command #1"),
    Row(("fly", PLAN, *LINK), "sortie: flying"),
    Row(("loop", "--state-dir", "state"), "sortie 1 "),
    Row(("loop", "--state-dir", "state", "--profile", "drone-box", "--speedup", "1"), "profile drone-box"),
    Row(("loop", "--state-dir", "state", "--profile", "drone-box", "--vehicle", SILENT)),
    Row(("flash", "--simulate"), "simulated board"),
    Row(("flash", "firmware.bin", "--board-id", "9", "--port", "nowhere", "--yes")),
    Row(("go", "--connect", SILENT)),
    Row(("abort", "--connect", SILENT)),
    Row(("status", "--connect", SILENT)),
    Row(("param", "list", "--connect", SILENT)),
)


def test_no_command_is_left_out() -> None:
    """Whoever adds a command adds its row."""
    assert {row.command[0] for row in TABLE} == {name.split()[0] for name in COMMANDS}


def test_signals_are_taken_in_one_place() -> None:
    """Handlers of a command of its own would be the next ones that differ."""
    package = Path(__file__).parents[3] / "sortie"
    handlers = [path.name for path in package.rglob("*.py") if "signal.signal(" in path.read_text(encoding="utf-8")]
    assert handlers == ["signals.py"]


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """See `SILENT`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60.0)
        yield server


def start(folder: Path, row: Row, silent: socket.socket) -> subprocess.Popen[str]:
    """The command, as far as its row says."""
    (folder / "firmware.bin").write_bytes(bytes(4096))
    port = silent.getsockname()[1]
    process = begin(folder, *(word.format(port=port) for word in row.command))
    if row.until is not None:
        wait_for(process, row.until)
    elif SILENT in row.command:
        silent.accept()
    else:
        wait_until_caught(process.pid, signal.SIGTERM)
    return process


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["SIGTERM", "Ctrl-C"])
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_signal_ends_it(tmp_path: Path, silent: socket.socket, row: Row, number: signal.Signals, status: int) -> None:
    """Before a command's own statuses."""
    process = start(tmp_path, row, silent)
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == status, err
    assert "Traceback" not in err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_ends_a_command_that_is_still_starting(tmp_path: Path, number: signal.Signals, status: int) -> None:
    """From the first moment at which the program can hear a signal."""
    process = begin(tmp_path, "serve", *LINK)
    wait_until_caught(process.pid, signal.SIGTERM)
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == status, err
    assert "Traceback" not in err


def wait_until_caught(pid: int, number: int) -> None:
    """Until the process has a handler of its own for a signal, by what the kernel says of it."""
    while True:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:") and int(line.split()[1], 16) >> (number - 1) & 1:
                return
