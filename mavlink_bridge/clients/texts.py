"""Assembly of STATUSTEXT chunks: a text of more than 50 bytes arrives in several messages (mavlink.io, STATUSTEXT)."""

from __future__ import annotations

from autopilot.interface.texts import printable
from mavlink_bridge.routing.service import Message

_CHUNK = 50
_MOST_WAITING = 16


class TextAssembler:
    """Assembler for the STATUSTEXTs of one vehicle, in order. `texts`: (MAV_SEVERITY, text) of the complete ones. A
    text with a lost chunk is dropped when 16 others have begun."""

    def __init__(self) -> None:
        self.texts: list[tuple[int, str]] = []
        self._begun: dict[int, list[str]] = {}

    def take(self, message: Message) -> None:
        chunk = printable(str(message.text))
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
        if len(chunk) < _CHUNK:  # pymavlink decodes each byte to one character
            del self._begun[number]
            self.texts.append((int(message.severity), "".join(parts)))

    def newest(self, severity: int) -> str | None:
        """Newest text of this or a worse severity (MAV_SEVERITY: 0 is the worst); None: there is none."""
        return next((text for grade, text in reversed(self.texts) if grade <= severity), None)
