"""News that a controller's parts have for the core in its next pass."""

from __future__ import annotations

from autopilot.context.events import StatusText
from autopilot.mav import Severity


class VehicleNews:
    """`events`: bits of `VehicleEvent` since the last pass. Texts are for people."""

    def __init__(self) -> None:
        self.events = 0
        self._texts: list[StatusText] = []

    def say(self, severity: Severity, text: str) -> None:
        self._texts.append(StatusText(severity, text))

    def warn(self, text: str) -> None:
        self.say(Severity.WARNING, text)

    def take_texts(self) -> list[StatusText]:
        """Take the texts for people, and forget them."""
        texts, self._texts = self._texts, []
        return texts

    def __bool__(self) -> bool:
        """True when there is news for a pass."""
        return bool(self.events or self._texts)
