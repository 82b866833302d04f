"""The live line fits into the terminal."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from autopilot.context.events import StatusText
from autopilot.mav import Severity
from sortie.commands.progress import Progress
from sortie.logs import terminal as view
from sortie.logs.run_log import LOGGER
from sortie.logs.terminal import run_log_shown
from tests.fakes.shown_vehicle import FACTS, standing

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal(io.StringIO):
    """Says that it is one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def drawn(monkeypatch):
    """Draws one line on a terminal of `columns` and gives what was written, without control sequences."""

    def draw(columns: int, facts: dict[str, Any] = FACTS) -> str:
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("LINES", "25")
        terminal = Terminal()
        progress = Progress([standing(1_234_560, "preflight", facts)], [""], terminal)
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
    for fact in ("preflight", "item 112 of 5000", "12346 m to go", "battery 100%", "x1"):
        assert fact in line


@pytest.mark.parametrize("columns", range(30, 130, 5))
def test_no_value_is_cut(drawn, columns):
    """What does not fit is left out whole: a height of "23.6 m" was one of 236 m, or a mode "HE"."""
    whole = drawn(200).strip()
    cut = drawn(columns).strip()
    assert whole.startswith(cut)
    assert whole == cut or whole[len(cut) :].startswith("  ")


def test_a_usual_flight_shows_height_and_mode_in_80_columns(drawn):
    line = drawn(
        80,
        {**FACTS, "mode": "AUTO", "item": 2, "items": 6, "distance_m": 58.0, "height_m": 10.0, "battery_percent": 96.0},
    )
    assert "10 m up" in line and "AUTO" in line


def test_run_log_stands_above_the_view_of_a_service_and_nowhere_else(monkeypatch):
    """`sortie serve` said nothing after its first line: links, arming, refusals, in colour where they are bad."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        with run_log_shown(view.Terminal(stream)):
            LOGGER.error("GO refused: no mission", extra={"vehicle_s": 4.0})
            LOGGER.warning("vehicle time lags", extra={"told": True})
        LOGGER.error("after the end")
        assert ("     4.0 s  GO refused: no mission" in CONTROL.sub("", stream.getvalue())) is shown
        assert ("\x1b[1;31m" in stream.getvalue()) is shown
        assert "after the end" not in stream.getvalue()
        assert "lags" not in stream.getvalue(), "printed already"


def test_no_colour_where_it_is_not_wanted(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    with run_log_shown(view.Terminal(stream)):
        LOGGER.warning("link 2 took nothing")
    assert "took nothing" in stream.getvalue()
    assert "\x1b[33" not in stream.getvalue() and ";33m" not in stream.getvalue()


def test_plain_lines_without_a_terminal():
    """No live line, only what happens."""
    stream = io.StringIO()
    progress = Progress([standing(0, "idle", FACTS)], [""], stream)
    progress.terminal.start()
    progress.refresh(1.0)
    progress.observe(0, [StatusText(Severity.INFO, "Reached command #1")], 12_840)
    assert stream.getvalue() == "    12.8 s  Reached command #1\n"
