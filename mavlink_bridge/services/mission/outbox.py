"""What the mission service has to say: acknowledgements and texts."""

from __future__ import annotations

from autopilot.mav import MissionResult, Severity
from mavlink_bridge.codec import dialect
from mavlink_bridge.messages import MissionAck
from mavlink_bridge.services.base import Message, Outgoing, Peer

_TEXT_SIZE = 50


class Outbox:
    """Messages in the order in which they are to leave."""

    def __init__(self) -> None:
        self._waiting: list[Outgoing] = []

    def send(self, message: Message, peer: Peer) -> None:
        """To the link of `peer`; the message already names its ids."""
        self._waiting.append(Outgoing(message, peer.link))

    def announce(self, message: Message) -> None:
        """To all links."""
        self._waiting.append(Outgoing(message))

    def ack(self, peer: Peer, kind: int, result: MissionResult, plan_id: int = 0) -> None:
        """MISSION_ACK; `plan_id` is the checksum of the plan that was just stored."""
        self.send(MissionAck(peer.system, peer.component, int(result), kind, plan_id), peer)

    def text(self, severity: Severity, text: str, peer: Peer | None = None) -> None:
        """STATUSTEXT in one piece, to all links or to that of `peer`."""
        data = text.encode("ascii", "replace")[:_TEXT_SIZE]
        message = dialect.MAVLink_statustext_message(int(severity), data)
        self._waiting.append(Outgoing(message, None if peer is None else peer.link))

    def take(self) -> list[Outgoing]:
        waiting, self._waiting = self._waiting, []
        return waiting
