"""Events and texts of a controller's parts for the core's next pass."""

from __future__ import annotations

from autopilot.context.events import StatusText
from autopilot.mav import Severity


class VehicleNews:
    """Events and texts. `events`: bits of `VehicleEvent` since the last pass."""

    def __init__(self) -> None:
        self.events = 0
        self._texts: list[StatusText] = []

    def say(self, severity: Severity, text: str) -> None:
        self._texts.append(StatusText(severity, text))

    def warn(self, text: str) -> None:
        self.say(Severity.WARNING, text)

    def take_texts(self) -> list[StatusText]:
        """Take the texts since the last call."""
        texts, self._texts = self._texts, []
        return texts

    def __bool__(self) -> bool:
        """True if there are events or texts."""
        return bool(self.events or self._texts)
