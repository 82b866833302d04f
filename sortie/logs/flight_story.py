"""Lines about a flight for the run log: the vehicle's texts with their levels, and its modes, with vehicle time."""

from __future__ import annotations

import logging

from autopilot.context.events import Event, ModeChanged, StatusText
from autopilot.interface.reasons import ModeReason
from autopilot.mav import Severity
from autopilot.vehicles.kinds import vehicle_class
from sortie.logs.run_log import LOGGER, FlownLine

_LEVELS = {
    Severity.EMERGENCY: logging.CRITICAL,
    Severity.ALERT: logging.CRITICAL,
    Severity.CRITICAL: logging.ERROR,
    Severity.ERROR: logging.ERROR,
    Severity.WARNING: logging.WARNING,
    Severity.NOTICE: logging.INFO,
    Severity.INFO: logging.INFO,
    Severity.DEBUG: logging.DEBUG,
}


class FlightStory:
    """Observer that writes these lines. `kind`: kind of vehicle, for mode names; `name`: name of a fleet's vehicle."""

    def __init__(self, kind: str, name: str = "") -> None:
        self._prefix = f"vehicle {name}: " if name else ""
        self._modes = vehicle_class(kind).modes

    def observe(self, events: list[Event], now_ms: int) -> None:
        """Write a line for each text and each change of mode."""
        for event in events:
            if isinstance(event, StatusText):
                self._tell(_LEVELS[event.severity], event.words, now_ms)
            elif isinstance(event, ModeChanged):
                why = "" if event.reason is ModeReason.UNKNOWN else f" ({event.reason.text})"
                self._tell(logging.INFO, f"mode {self._modes.name_of(event.number) or event.number}{why}", now_ms)

    def _tell(self, level: int, text: str, now_ms: int) -> None:
        if LOGGER.isEnabledFor(level):
            LOGGER.handle(FlownLine(level, self._prefix + text, now_ms / 1000.0))
