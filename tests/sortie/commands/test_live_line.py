"""The live line fits into the terminal."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace
from typing import Any

import pytest

from autopilot.context.events import StatusText
from autopilot.mav import Severity
from sortie.commands.progress import Progress

FACTS = {
    "mode": "ALT_HOLD", "armed": True, "item": 112, "items": 5000, "distance_m": 12345.6, "height_m": 101.2,
    "speed_mps": 12.3, "battery_percent": 100.0,
}  # fmt: skip
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal(io.StringIO):
    """Says that it is one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def drawn(monkeypatch):
    """Draws one line on a terminal of `columns` and gives what was written, without control sequences."""

    def draw(columns: int) -> str:
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("LINES", "25")
        terminal = Terminal()
        service: Any = SimpleNamespace(now_ms=1_234_560, facts=lambda: FACTS)
        progress = Progress(service, terminal)
        progress.phase = "preflight"
        progress.terminal.start()
        progress.refresh(1.0)
        written = terminal.getvalue()
        progress.terminal.stop()
        return CONTROL.sub("", written)

    return draw


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_the_line_never_wraps(drawn, columns):
    """One that wraps is not drawn over but left behind."""
    lines = [line for line in re.split(r"[\r\n]+", drawn(columns)) if line.strip()]
    assert len(lines) == 1
    assert len(lines[0]) <= columns


def test_what_matters_is_visible_in_80_columns(drawn):
    """Phase, item, distance, battery and speed-up come first, even in a long flight."""
    line = drawn(80)
    for fact in ("preflight", "item 112 of 5000", "12346 m to go", "battery 100%", "x1 "):
        assert fact in line


def test_plain_lines_without_a_terminal():
    """No live line, only what happens."""
    stream = io.StringIO()
    service: Any = SimpleNamespace(now_ms=0, facts=lambda: FACTS)
    progress = Progress(service, stream)
    progress.terminal.start()
    progress.refresh(1.0)
    progress.observe([StatusText(Severity.INFO, "Reached command #1")], 12_840)
    assert stream.getvalue() == "    12.8 s  Reached command #1\n"
