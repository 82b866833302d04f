"""Every command of the program, as far as it is let go before a signal ends it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from tests.fakes.program import wait_for

Begin = Callable[..., Any]
LINK = ("--link", "tcpin:127.0.0.1:0")
PLAN = str(Path(__file__).parents[2] / "examples" / "square.waypoints")
STUDY = str(Path(__file__).parents[2] / "examples" / "studies" / "gps-loss.toml")
LOG = "flight.tlog"
"""A pipe that nobody writes: who reads a log there waits."""


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
    Row(("rehearse", "fifo.plan")),
    Row(("rehearse", PLAN, "--flights", "100000"), "sortie: rehearsing"),
    Row(("loop", "--state-dir", "state"), "sortie 1 "),
    Row(("loop", "--state-dir", "state", "--profile", "drone-box", "--speedup", "1"), "profile drone-box"),
    Row(("loop", "--state-dir", "state", "--profile", "drone-box", "--vehicle", SILENT)),
    Row(("loop", "--state-dir", "state", "--profile", "drone-box", "--speedup", "1", "--web"), "the page is at"),
    Row(("campaign", "run", "fifo.plan", "--out", "out")),
    Row(("campaign", "run", STUDY, "--out", "out", "--workers", "1"), " runs, "),
    Row(("flash", "--simulate"), "simulated board"),
    Row(("flash", "firmware.bin", "--board-id", "9", "--port", "nowhere", "--yes")),
    Row(("report", LOG)),
    Row(("radio", "tcpin:127.0.0.1:0", "tcpin:127.0.0.1:0"), "between"),
    Row(("web", "--connect", "tcpin:127.0.0.1:0", "--listen", "127.0.0.1:0"), "the page is at"),
    Row(("convert", LOG, "--to", "csv")),
    Row(("replay", LOG)),
    Row(("reproduce", LOG)),
    Row(("aerialist", LOG)),
    Row(("conform", SILENT)),
    Row(("go", "--connect", SILENT)),
    Row(("abort", "--connect", SILENT)),
    Row(("status", "--connect", SILENT)),
    Row(("param", "list", "--connect", SILENT)),
)


AT_ONCE = frozenset({"doctor"})
"""Commands that wait for nothing and nobody: they look, print and have ended before a signal could come."""


def start(folder: Path, row: Row, silent: socket.socket, begin: Begin) -> Any:
    """The command, begun by `begin`, as far as its row says."""
    (folder / "firmware.bin").write_bytes(bytes(4096))
    os.mkfifo(folder / "fifo.plan")  # nobody writes: who reads a plan from it waits
    os.mkfifo(folder / LOG)
    port = silent.getsockname()[1]
    process = begin(folder, *(word.format(port=port) for word in row.command))
    if row.until is not None:
        wait_for(process, row.until)
    elif SILENT in row.command:
        silent.accept()
    else:
        wait_until_caught(process.pid, signal.SIGTERM)
    return process


def wait_until_caught(pid: int, number: int) -> None:
    """Until the process has a handler of its own for a signal, by what the kernel says of it."""
    moment = Event()  # nobody tells
    while True:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:") and int(line.split()[1], 16) >> (number - 1) & 1:
                return
        moment.wait(0.005)
