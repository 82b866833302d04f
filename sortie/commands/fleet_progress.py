"""What a person sees of a fleet: a line for each vehicle that fits on the terminal and one for the rest, plain lines
otherwise. All of it on stderr."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from autopilot.events import Event, StatusText
from autopilot.mav import Severity

if TYPE_CHECKING:
    from rich.live import Live

    from sortie.nodes.vehicle import Service

REFRESH_S = 0.2
_OTHER_LINES = 2
_TEXTS_OF = 10
"""Fleets up to this size have all their texts shown; of larger ones warnings and worse."""


class FleetProgress:
    """Follows vehicles. `observe` is called with each pass's events of one, `refresh` now and then."""

    def __init__(self, services: Sequence[Service], labels: Sequence[str], stream: TextIO | None = None) -> None:
        self._services = tuple(services)
        self._labels = tuple(labels)
        self.phases = ["starting"] * len(self._services)
        self._stream = sys.stderr if stream is None else stream
        self._worst = Severity.DEBUG if len(self._services) <= _TEXTS_OF else Severity.WARNING
        self._live: Live | None = None
        self._next_refresh = 0.0

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

    def observe(self, number: int, events: list[Event], now_ms: int) -> None:
        for event in events:
            if isinstance(event, StatusText) and event.severity <= self._worst:
                self.say(f"{now_ms / 1000.0:8.1f} s  {self._labels[number]:>4}: {event.text}")

    def refresh(self, wall_s: float) -> None:
        """Redraw, at most every `REFRESH_S` of wall time."""
        if self._live is None or wall_s < self._next_refresh:
            return
        self._next_refresh = wall_s + REFRESH_S
        from rich.text import Text

        lines = self.lines(self._live.console.height)
        self._live.update(Text("\n".join(lines), no_wrap=True, overflow="crop"), refresh=True)

    def lines(self, height: int) -> list[str]:
        """As many vehicles as `height` lines hold, and the phases of the others summed up in one."""
        fits = len(self._services)
        if fits > height - _OTHER_LINES:
            fits = max(height - _OTHER_LINES - 1, 0)
        shown = [self._line(number) for number in range(fits)]
        rest = Counter(self.phases[fits:])
        if rest:
            shown.append(
                f"{sum(rest.values())} more: " + ", ".join(f"{count} {phase}" for phase, count in rest.items())
            )
        return shown

    def _line(self, number: int) -> str:
        service = self._services[number]
        facts = service.facts()
        return (
            f"{self._labels[number]:>4} {service.now_ms / 1000.0:7.1f} s  {self.phases[number]:<9} "
            f"item {facts['item']} of {facts['items']}  {facts['distance_m']:5.0f} m to go  "
            f"battery {facts['battery_percent']:3.0f}%  {facts['height_m']:5.1f} m up  {facts['mode']}"
        )
