"""STATUSTEXT put together again: a text of more than 50 bytes comes in chunks (mavlink.io, STATUSTEXT)."""

from __future__ import annotations

from mavlink_bridge.routing.service import Message

_CHUNK = 50
_MOST_WAITING = 16


class TextAssembler:
    """Takes the STATUSTEXT messages of one vehicle in order. `texts`: (MAV_SEVERITY, text) of all that are complete;
    a text with a lost chunk is never complete, and given up when 16 others have begun since."""

    def __init__(self) -> None:
        self.texts: list[tuple[int, str]] = []
        self._begun: dict[int, list[str]] = {}

    def take(self, message: Message) -> None:
        """Take in a STATUSTEXT."""
        chunk = str(message.text)
        number, sequence = int(message.id), int(message.chunk_seq)
        if number == 0:
            self.texts.append((int(message.severity), chunk))
            return
        if sequence == 0:
            self._begun.pop(number, None)
            self._begun[number] = []
            while len(self._begun) > _MOST_WAITING:
                self._begun.pop(next(iter(self._begun)))
        parts = self._begun.get(number)
        if parts is None or len(parts) != sequence:
            self._begun.pop(number, None)
            return
        parts.append(chunk)
        if len(chunk) < _CHUNK:  # pymavlink makes one character of each byte
            del self._begun[number]
            self.texts.append((int(message.severity), "".join(parts)))

    def newest(self, severity: int) -> str | None:
        """The newest text at least as severe (MAV_SEVERITY: 0 is the worst), or None."""
        return next((text for grade, text in reversed(self.texts) if grade <= severity), None)
