"""What a person sees of a flight: a live line on a terminal, plain lines otherwise. All of it on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from autopilot.context.events import Event, StatusText
from sortie.logs.terminal import Terminal

if TYPE_CHECKING:
    from sortie.nodes.vehicle import Service


class Progress:
    """Follows a service. `observe` is called with each pass's events, `refresh` now and then with the wall time."""

    def __init__(self, service: Service, stream: TextIO | None = None) -> None:
        self.service = service
        self.phase = "starting"
        self.terminal = Terminal(stream)
        self._last = (0.0, 0)
        self._speedup = 1.0

    def observe(self, events: list[Event], now_ms: int) -> None:
        for event in events:
            if isinstance(event, StatusText):
                self.terminal.say(f"{now_ms / 1000.0:8.1f} s  {event.words}")

    def refresh(self, wall_s: float) -> None:
        """Draw the view anew, if it is time."""
        self.terminal.draw(wall_s, lambda height: [self._drawn_at(wall_s)])

    def _drawn_at(self, wall_s: float) -> str:
        now_ms = self.service.now_ms
        then, then_ms = self._last
        if then and wall_s > then:
            self._speedup = (now_ms - then_ms) / 1000.0 / (wall_s - then)
        self._last = (wall_s, now_ms)
        return self._line(now_ms)

    def _line(self, now_ms: int) -> str:
        facts = self.service.facts()
        return (
            f"{now_ms / 1000.0:7.1f} s  {self.phase:<9} item {facts['item']} of {facts['items']}  "
            f"{facts['distance_m']:5.0f} m to go  battery {facts['battery_percent']:3.0f}%  x{self._speedup:<5.3g} "
            f"{facts['height_m']:5.1f} m up  {facts['speed_mps']:4.1f} m/s  {facts['mode']}"
        )
