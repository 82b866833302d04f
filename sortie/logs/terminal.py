"""Output for people on stderr: permanent lines and, on a terminal, a view below them that is redrawn. Without a
terminal there are only lines without colours; NO_COLOR disables colours on a terminal too (https://no-color.org)."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

from autopilot.mav import Severity
from sortie.logs.run_log import LOGGER

if TYPE_CHECKING:
    from rich.live import Live

Field = str | tuple[str, str]
"""Text, or text with a style of rich ("bold", "red")."""
Line = str | Sequence[Field]
"""Line of the view: text, cut with an ellipsis at the terminal's width, or fields, of which those are shown that fit
completely."""
_BETWEEN: Final = "  "
GOOD, DOUBT, BAD = "green", "yellow", "bold red"


def style_of(severity: Severity) -> str:
    """Return the colour of a vehicle's text."""
    return BAD if severity <= Severity.ERROR else DOUBT if severity == Severity.WARNING else ""


class Terminal:
    """Terminal with lines and a view. `every_s`: shortest interval of redraws, s of real time. `keeps`: the last view
    stays after closing."""

    def __init__(self, stream: TextIO | None = None, *, every_s: float = 0.2, keeps: bool = False) -> None:
        self._stream = stream
        self._every_s = every_s
        self._keeps = keeps
        self._live: Live | None = None
        self._next_s = 0.0

    @property
    def _out(self) -> TextIO:
        return sys.stderr if self._stream is None else self._stream

    def start(self) -> None:
        """Open the view if the stream is a terminal."""
        if not self._out.isatty():
            return
        from rich.console import Console
        from rich.live import Live

        self._live = Live(console=Console(file=self._out), auto_refresh=False, transient=not self._keeps)
        self._live.start()

    def stop(self) -> None:
        """Close the view; lines are still printed."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    @property
    def is_open(self) -> bool:
        """True while there is a view."""
        return self._live is not None

    def say(self, text: str, style: str = "") -> None:
        """Print a permanent line, with colour while there is a view."""
        if self._live is not None:
            self._live.console.print(text, style=style or None, markup=False, highlight=False, soft_wrap=True)
        else:
            print(text, file=self._out, flush=True)

    def draw(self, wall_s: float, lines: Callable[[int], Sequence[Line]]) -> None:
        """Draw `lines(height of the terminal)` if there is a view and it is time. Lines must not wrap, so the least
        important fields at their end are left out."""
        if self._live is None or wall_s < self._next_s:
            return
        self._next_s = wall_s + self._every_s
        from rich.text import Text

        console = self._live.console
        rows = [Text.assemble(*fitted(line, console.width)) for line in lines(console.height)]
        self._live.update(Text("\n", no_wrap=True, overflow="ellipsis").join(rows), refresh=True)


def fitted(line: Line, width: int) -> list[Field]:
    """Return the fields of a line that fit into `width` columns, with two columns between them."""
    if isinstance(line, str):
        return [line]
    shown: list[Field] = []
    remaining = width
    for field in line:
        text = field if isinstance(field, str) else field[0]
        needed = len(text) + (len(_BETWEEN) if shown else 0)
        if needed > remaining:
            break
        shown += [_BETWEEN, field] if shown else [field]
        remaining -= needed
    return shown


class _RunLogLines(logging.Handler):
    """Handler that shows lines of run.log on a terminal, except records marked `told`, which were already printed."""

    def __init__(self, terminal: Terminal, level: int) -> None:
        super().__init__(level)
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "told", False):
            return
        at_s = getattr(record, "vehicle_s", None)
        when = "   sortie: " if at_s is None else f"{at_s:8.1f} s  "
        style = BAD if record.levelno >= logging.ERROR else DOUBT if record.levelno >= logging.WARNING else ""
        self._terminal.say(when + record.getMessage(), style)


@contextmanager
def run_log_shown(terminal: Terminal, level: int = logging.INFO) -> Iterator[None]:
    """Open the view and show lines of run.log at `level` and above. Without a terminal nothing is shown; run.log has
    them."""
    terminal.start()
    lines = _RunLogLines(terminal, level)
    if terminal.is_open:
        LOGGER.addHandler(lines)
    try:
        yield
    finally:
        LOGGER.removeHandler(lines)
        terminal.stop()
