"""Progress of flights on stderr: on a terminal a live line for each vehicle that fits and one for all others, otherwise
plain lines."""

from __future__ import annotations

import logging
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from autopilot.context.events import Event, StatusText
from autopilot.interface import report
from autopilot.mav import Severity
from sortie.logs.terminal import BAD, DOUBT, Field, Line, Terminal, style_of

if TYPE_CHECKING:
    from sortie.assembly.program import Program
    from sortie.nodes.vehicle import VehicleService
    from sortie.runtime.signals import Signals

_SMOOTH = 0.2
"""Weight of a new measurement of the speed-up (five a second), so that the number is steady."""
_LOW, _EMPTY = 30.0, 15.0
"""Battery levels below which it is coloured, percent."""
_OTHER_LINES = 2
_TEXTS_OF = 10
"""Largest fleet of which all texts are shown; for larger ones only warnings and worse."""


class Progress:
    """Progress display of all vehicles. `observe` takes the events of a pass of one vehicle; `refresh` draws, with real
    time. `labels`: an empty one for a lone vehicle."""

    def __init__(self, services: Sequence[VehicleService], labels: Sequence[str], stream: TextIO | None = None) -> None:
        self._services = tuple(services)
        self._labels = tuple(labels)
        self.terminal = Terminal(stream)
        self._worst = Severity.DEBUG if len(self._services) <= _TEXTS_OF else Severity.WARNING
        self._last = (0.0, 0)
        self._speedup = 1.0

    @property
    def shown_level(self) -> int:
        """Lowest level of run.log's lines that are shown."""
        return logging.INFO if self._worst is Severity.DEBUG else logging.WARNING

    def observe(self, number: int, events: list[Event], now_ms: int) -> None:
        """Print the texts of a vehicle."""
        who = f"{self._labels[number]:>4}: " if self._labels[number] else ""
        for event in events:
            if isinstance(event, StatusText) and event.severity <= self._worst:
                self.terminal.say(f"{now_ms / 1000.0:8.1f} s  {who}{event.words}", style_of(event.severity))

    def refresh(self, wall_s: float) -> None:
        """Redraw the display if it is time."""
        self.terminal.draw(wall_s, lambda height: self._drawn_at(wall_s, height))

    def _drawn_at(self, wall_s: float, height: int) -> list[Line]:
        now_ms = self._services[0].vehicle.state.time_ms
        then_s, then_ms = self._last
        if then_s and wall_s > then_s:
            present = (now_ms - then_ms) / 1000.0 / (wall_s - then_s)
            self._speedup += (present - self._speedup) * _SMOOTH
        self._last = (wall_s, now_ms)
        return self.lines(height)

    def lines(self, height: int) -> list[Line]:
        """Return a line for each vehicle that fits into `height` lines, and one with the phases of all others."""
        fits = len(self._services)
        if 1 < fits > height - _OTHER_LINES:
            fits = max(height - _OTHER_LINES - 1, 0)
        shown: list[Line] = [self._line(number) for number in range(fits)]
        rest = Counter(phase_of(service) for service in self._services[fits:])
        if rest:
            shown.append(
                f"{sum(rest.values())} more: " + ", ".join(f"{count} {phase}" for phase, count in rest.items())
            )
        return shown

    def _line(self, number: int) -> Line:
        service, label = self._services[number], self._labels[number]
        time_s = service.vehicle.state.time_ms / 1000.0
        if label:
            return [f"{label:>4}", f"{time_s:6.1f} s", *flight_fields(service)]
        pace = f"x{float(f'{self._speedup:.2g}'):g}"
        return [f"{time_s:8.1f} s", *flight_fields(service, pace)]


def progress_of(run: Program) -> Progress:
    return Progress(run.vehicles.services, [spec.label for spec in run.vehicles.specs])


@contextmanager
def last_word(signals: Signals, logs: Path) -> Iterator[None]:
    """Report at the end that a signal has stopped the vehicle, and where the logs are."""
    try:
        yield
    finally:
        if signals.number is not None:
            name = signal.Signals(signals.number).name
            print(f"sortie: stopped by {name}; logs in {logs}", file=sys.stderr, flush=True)


def phase_of(service: VehicleService) -> str:
    """Return the state of the flight manager; without one, whether the vehicle is armed."""
    flights = service.autopilot.flights
    return ("armed" if service.autopilot.facts.armed else "disarmed") if flights is None else flights.state.name.lower()


def flight_fields(service: VehicleService, pace: str = "") -> list[Field]:
    """Return the state of a vehicle, most important first. A line of 80 columns has room for phase, item, distance,
    battery and `pace`, and usually height and mode."""
    autopilot, row, items = service.autopilot, service.vehicle.state.report, service.item_count
    percent, home = 100.0 * float(row[report.BATT_FRACTION]), autopilot.facts.home
    height_m = 0.0 if home is None else float(row[report.ALT]) - home.alt
    fields: list[Field] = [(f"{phase_of(service):<9}", "bold")]
    if items:
        item = autopilot.sequencer.current_nav_index()
        fields += [f"item {item} of {items}", f"{float(row[report.WP_DISTANCE]):3.0f} m to go"]
    fields.append((f"battery {percent:.0f}%", BAD if percent < _EMPTY else DOUBT if percent < _LOW else ""))
    if pace:
        fields.append(pace)
    return [*fields, f"{height_m:z3.0f} m up", autopilot.modes.spec.name, f"{float(row[report.GROUND_SPEED]):4.1f} m/s"]
