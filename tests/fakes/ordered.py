"""A command of a ground station to a vehicle of a session, and its result."""

from __future__ import annotations

from mavlink_bridge.wire.codec import command_message
from sortie.api.link import SessionLink


def command(link: SessionLink, number: int, *params: float, to: int = 1, within_s: float = 10.0) -> int:
    """The result of a COMMAND_LONG to a component; what came before is dropped."""
    link.messages()
    link.send(command_message(1, to, number, *params))
    return int(link.receive("COMMAND_ACK", within_s, lambda ack: ack.command == number).result)
