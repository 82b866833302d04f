"""What a person sees of a flight: a live line on a terminal, plain lines otherwise. All of it on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from autopilot.events import Event, StatusText

if TYPE_CHECKING:
    from rich.live import Live

    from sortie.nodes.vehicle import Service

REFRESH_S = 0.2


class Progress:
    """Follows a service. `observe` is called with each pass's events, `refresh` now and then with the wall time."""

    def __init__(self, service: Service, stream: TextIO | None = None) -> None:
        self.service = service
        self.phase = "starting"
        self._stream = sys.stderr if stream is None else stream
        self._live: Live | None = None
        self._next_refresh = 0.0
        self._last = (0.0, 0)
        self._speedup = 1.0

    def start(self) -> None:
        """Begin the live view when the stream is a terminal."""
        if not self._stream.isatty():
            return
        from rich.console import Console
        from rich.live import Live

        self._live = Live(console=Console(file=self._stream), auto_refresh=False, transient=True)
        self._live.start()

    def stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def say(self, text: str) -> None:
        """One line that stays."""
        if self._live is not None:
            self._live.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=self._stream, flush=True)

    def observe(self, events: list[Event], now_ms: int) -> None:
        for event in events:
            if isinstance(event, StatusText):
                self.say(f"{now_ms / 1000.0:8.1f} s  {event.text}")

    def refresh(self, wall_s: float) -> None:
        """Redraw, at most every `REFRESH_S` of wall time."""
        if self._live is None or wall_s < self._next_refresh:
            return
        self._next_refresh = wall_s + REFRESH_S
        now_ms = self.service.now_ms
        then, then_ms = self._last
        if then and wall_s > then:
            self._speedup = (now_ms - then_ms) / 1000.0 / (wall_s - then)
        self._last = (wall_s, now_ms)
        from rich.text import Text

        # A line that wraps could not be drawn over: what is too long is cut, the least important first.
        self._live.update(Text(self._line(now_ms), no_wrap=True, overflow="crop"), refresh=True)

    def _line(self, now_ms: int) -> str:
        facts = self.service.facts()
        return (
            f"{now_ms / 1000.0:7.1f} s  {self.phase:<9} item {facts['item']} of {facts['items']}  "
            f"{facts['distance_m']:5.0f} m to go  battery {facts['battery_percent']:3.0f}%  x{self._speedup:<5.3g} "
            f"{facts['height_m']:5.1f} m up  {facts['speed_mps']:4.1f} m/s  {facts['mode']}"
        )
