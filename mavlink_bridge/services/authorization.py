"""Arm authorization: sends ARM_AUTHORIZATION_REQUEST to the authorizer and handles its COMMAND_ACK."""

from __future__ import annotations

from autopilot.mav import Cmd, Component
from autopilot.safety.authorization import ArmAuthorization
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer
from mavlink_bridge.wire.codec import command_message


class AuthorizationService:
    """Service of arm authorization, in vehicle time."""

    clock: Clock = "vehicle"
    handles = frozenset({"COMMAND_ACK"})

    def __init__(self, authorization: ArmAuthorization, endpoint: Endpoint) -> None:
        self._authorization = authorization
        self._endpoint = endpoint
        self._requested = False

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        if message.command == Cmd.ARM_AUTHORIZATION_REQUEST and peer.system == self._authorization.authorizer:
            self._authorization.answer(message.result, message.progress, message.result_param2)

    def handle_timeout(self, now_ms: int) -> None:
        self._authorization.update(now_ms)

    def next_deadline_ms(self) -> int | None:
        return self._authorization.due_ms

    def take_outgoing(self) -> list[Outgoing]:
        """Send the request once, on the links where the authorizer was heard; on all links if it was not heard."""
        waits, requested = self._authorization.due_ms is not None, self._requested
        self._requested = waits
        if requested or not waits:
            return []
        system, authorizer = self._endpoint.system_id, self._authorization.authorizer
        request = command_message(authorizer, Component.ALL, Cmd.ARM_AUTHORIZATION_REQUEST, system)
        return [Outgoing(request, link) for link in self._endpoint.heard(authorizer)] or [Outgoing(request)]
