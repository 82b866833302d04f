"""Why the controller cannot be armed, in its own words ("PreArm: ..." texts)."""

from __future__ import annotations

from typing import Final

_PREFIX: Final = "PreArm: "
_ASK_EVERY_MS: Final = 5000
_MOST: Final = 10


class PreArmTexts:
    """The texts of the last round of checks. A text that was said again after others begins a new round."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._ask_ms = 0

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(self._found) or ("the flight controller's checks do not pass",)

    def hear(self, text: str) -> None:
        """A STATUSTEXT."""
        if not text.startswith(_PREFIX):
            return
        reason = text[len(_PREFIX) :]
        if reason in self._found:
            self._found.clear()
        if len(self._found) < _MOST:
            self._found.append(reason)

    def clear(self) -> None:
        self._found.clear()

    def should_ask(self, now_ms: int) -> bool:
        """Is it time to ask for the checks (401)? Not more often than every 5 s, and only while nothing is known."""
        if self._found or now_ms < self._ask_ms:
            return False
        self._ask_ms = now_ms + _ASK_EVERY_MS
        return True
