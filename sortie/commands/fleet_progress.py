"""What a person sees of a fleet: a line for each vehicle that fits on the terminal and one for the rest, plain lines
otherwise. All of it on stderr."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from autopilot.context.events import Event, StatusText
from autopilot.mav import Severity
from sortie.logs.terminal import Terminal

if TYPE_CHECKING:
    from sortie.nodes.vehicle import Service

_OTHER_LINES = 2
_TEXTS_OF = 10
"""Fleets up to this size have all their texts shown; of larger ones warnings and worse."""


class FleetProgress:
    """Follows vehicles. `observe` is called with each pass's events of one, `refresh` now and then."""

    def __init__(self, services: Sequence[Service], labels: Sequence[str], stream: TextIO | None = None) -> None:
        self._services = tuple(services)
        self._labels = tuple(labels)
        self.phases = ["starting"] * len(self._services)
        self.terminal = Terminal(stream)
        self._worst = Severity.DEBUG if len(self._services) <= _TEXTS_OF else Severity.WARNING

    def observe(self, number: int, events: list[Event], now_ms: int) -> None:
        for event in events:
            if isinstance(event, StatusText) and event.severity <= self._worst:
                self.terminal.say(f"{now_ms / 1000.0:8.1f} s  {self._labels[number]:>4}: {event.words}")

    def refresh(self, wall_s: float) -> None:
        """Draw the view anew, if it is time."""
        self.terminal.draw(wall_s, self.lines)

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
            f"{self._labels[number]:>4} {service.vehicle.state.time_ms / 1000.0:7.1f} s  {self.phases[number]:<9} "
            f"item {facts['item']} of {facts['items']}  {facts['distance_m']:5.0f} m to go  "
            f"battery {facts['battery_percent']:3.0f}%  {facts['height_m']:5.1f} m up  {facts['mode']}"
        )
