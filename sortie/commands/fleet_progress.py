"""What a person sees of a fleet: a line for each vehicle that fits on the terminal and one for the rest, plain lines
otherwise. All of it on stderr."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from autopilot.context.events import Event, StatusText
from autopilot.mav import Severity
from sortie.commands.progress import flight_fields
from sortie.logs.terminal import Line, Terminal, style_of

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
        self.terminal = Terminal(stream)
        self._worst = Severity.DEBUG if self.tells_all else Severity.WARNING

    @property
    def tells_all(self) -> bool:
        """Is it so small that all texts are shown?"""
        return len(self._services) <= _TEXTS_OF

    def observe(self, number: int, events: list[Event], now_ms: int) -> None:
        for event in events:
            if isinstance(event, StatusText) and event.severity <= self._worst:
                self.terminal.say(
                    f"{now_ms / 1000.0:8.1f} s  {self._labels[number]:>4}: {event.words}", style_of(event.severity)
                )

    def refresh(self, wall_s: float) -> None:
        """Draw the view anew, if it is time."""
        self.terminal.draw(wall_s, self.lines)

    def lines(self, height: int) -> list[Line]:
        """As many vehicles as `height` lines hold, and the phases of the others summed up in one."""
        fits = len(self._services)
        if fits > height - _OTHER_LINES:
            fits = max(height - _OTHER_LINES - 1, 0)
        shown: list[Line] = [self._line(number) for number in range(fits)]
        rest = Counter(service.phase for service in self._services[fits:])
        if rest:
            shown.append(
                f"{sum(rest.values())} more: " + ", ".join(f"{count} {phase}" for phase, count in rest.items())
            )
        return shown

    def _line(self, number: int) -> Line:
        service = self._services[number]
        time_s = service.vehicle.state.time_ms / 1000.0
        return [f"{self._labels[number]:>4}", f"{time_s:6.1f} s", *flight_fields(service)]
