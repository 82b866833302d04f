"""What a person sees while a command runs, on stderr: lines that stay and, on a terminal, a view below them that is
drawn anew. Where it goes to a file or a pipe there are the lines alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.live import Live


class Terminal:
    """See the module. `every_s`: the view is drawn no more often, seconds of the wall. `keeps`: its last state stays
    when it is closed."""

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
        """Close the view; lines are printed as before."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    @property
    def is_open(self) -> bool:
        """Is there a view?"""
        return self._live is not None

    def say(self, text: str) -> None:
        """One line that stays."""
        if self._live is not None:
            self._live.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=self._out, flush=True)

    def draw(self, wall_s: float, lines: Callable[[int], list[str]]) -> None:
        """Draw `lines(height of the terminal)`, if there is a view and its time has come. A line that wraps could not
        be drawn over: what is too long is cut, so the least important comes last in it."""
        if self._live is None or wall_s < self._next_s:
            return
        self._next_s = wall_s + self._every_s
        from rich.text import Text

        text = "\n".join(lines(self._live.console.height))
        self._live.update(Text(text, no_wrap=True, overflow="crop"), refresh=True)
