"""What a person sees of a flight: a live line on a terminal, plain lines otherwise. All of it on stderr."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from autopilot.context.events import Event, StatusText
from sortie.logs.terminal import BAD, DOUBT, Field, Terminal, style_of

if TYPE_CHECKING:
    from sortie.nodes.vehicle import Service
    from sortie.runtime.signals import Signals

_SMOOTH = 0.2
"""Share of a new look at the speed-up, five a second: the figure would never stand still."""
_LOW, _EMPTY = 30.0, 15.0
"""Percent of the battery below which it has a colour."""


class Progress:
    """Follows a service. `observe` is called with each pass's events, `refresh` now and then with the wall time."""

    def __init__(self, service: Service, stream: TextIO | None = None) -> None:
        self.service = service
        self.terminal = Terminal(stream)
        self._last = (0.0, 0)
        self._speedup = 1.0

    def observe(self, events: list[Event], now_ms: int) -> None:
        for event in events:
            if isinstance(event, StatusText):
                self.terminal.say(f"{now_ms / 1000.0:8.1f} s  {event.words}", style_of(event.severity))

    def refresh(self, wall_s: float) -> None:
        """Draw the view anew, if it is time."""
        self.terminal.draw(wall_s, lambda height: [self._drawn_at(wall_s)])

    def _drawn_at(self, wall_s: float) -> list[Field]:
        now_ms = self.service.now_ms
        then, then_ms = self._last
        if then and wall_s > then:
            present = (now_ms - then_ms) / 1000.0 / (wall_s - then)
            self._speedup += (present - self._speedup) * _SMOOTH
        self._last = (wall_s, now_ms)
        pace = f"x{float(f'{self._speedup:.2g}'):g}"
        return [f"{now_ms / 1000.0:8.1f} s", *flight_fields(self.service, pace)]


@contextmanager
def last_word(signals: Signals, logs: Path) -> Iterator[None]:
    """Tells of a service that a signal has ended, and where its logs are."""
    try:
        yield
    finally:
        if signals.number is not None:
            name = signal.Signals(signals.number).name
            print(f"sortie: stopped by {name}; logs in {logs}", file=sys.stderr, flush=True)


def flight_fields(service: Service, pace: str = "") -> list[Field]:
    """How things stand with a vehicle, the most important first: a line of 80 columns has its phase, item, distance,
    battery and `pace`, and most of the time its height and mode."""
    facts = service.facts()
    percent = facts["battery_percent"]
    fields: list[Field] = [(f"{service.phase:<9}", "bold")]
    if facts["items"]:
        fields += [f"item {facts['item']} of {facts['items']}", f"{facts['distance_m']:3.0f} m to go"]
    fields.append((f"battery {percent:.0f}%", BAD if percent < _EMPTY else DOUBT if percent < _LOW else ""))
    if pace:
        fields.append(pace)
    return [*fields, f"{facts['height_m']:z3.0f} m up", facts["mode"], f"{facts['speed_mps']:4.1f} m/s"]
