"""Bytes of a link to messages, also those that pymavlink's own parser does not know."""

from __future__ import annotations

from typing import Any

from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameReader


class MessageReader:
    """Each message has its sender and its sequence number in its header."""

    def __init__(self) -> None:
        self._reader = FrameReader()

    def parse_buffer(self, data: bytes) -> list[Any]:
        """As pymavlink's parser names it."""
        messages = []
        for frame in self._reader.receive(data):
            message = codec.decode(frame.msg_id, frame.payload)
            assert message is not None, frame.msg_id
            header = message.get_header()
            header.srcSystem, header.srcComponent, header.seq = frame.system, frame.component, frame.sequence
            messages.append(message)
        return messages
