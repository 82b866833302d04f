"""A station that watches recordings on a link in memory."""

from __future__ import annotations

from typing import Any

from mavlink_bridge.wire.codec import decode, payload
from mavlink_bridge.wire.framing import FrameReader, FrameWriter
from sortie.incident.recording import Recording
from sortie.incident.shown import ShownRecording, ShownRecordings

GCS = (255, 190)


def raise_it(error: Exception, where: str) -> None:
    raise error


class Watcher:
    """A station on a link of shown recordings."""

    def __init__(self, *recordings: Recording, speed: float = 1.0) -> None:
        shown = [
            ShownRecording(recording, system, speed=speed, on_error=raise_it)
            for system, recording in enumerate(recordings, start=1)
        ]
        self.node = ShownRecordings(shown)
        self.link = self.node.network.open_link("test")
        self._reader, self._writer = FrameReader(), FrameWriter(*GCS)
        self.now_ms = 0

    def watch(self, until_ms: int) -> list[tuple[int, int, Any]]:
        """(link time in ms, system, message) of all that comes until then."""
        heard = []
        while self.now_ms <= until_ms:
            self.node.serve_links(self.now_ms)
            heard += [(self.now_ms, frame.system, decode(frame.msg_id, frame.payload)) for frame in self._frames()]
            due_ms = self.node.next_link_deadline_ms()
            assert due_ms is not None and due_ms >= self.now_ms
            self.now_ms = max(due_ms, self.now_ms + 1)
        return heard

    def _frames(self) -> list[Any]:
        return self._reader.receive(self.node.network.out_queue(self.link).take(), self.now_ms)

    def ask(self, message: Any) -> list[Any]:
        """What is answered at once, to the first system."""
        self.node.network.receive(self.link, self._writer.frame(*payload(message)), self.now_ms, 0)
        return [decode(frame.msg_id, frame.payload) for frame in self._frames()]
