"""Commands GO, ABORT and STATUS of the flight manager over MAVLink.

As COMMAND_LONG: MAV_CMD_USER_1 with the command id in param1; result_param2 of the COMMAND_ACK is state + 256 x
countdown in seconds. As TUNNEL of payload type 32800: the payload is the command id byte. STATUS is answered with the
two packed bytes of seed 002 (state, countdown in seconds); GO and ABORT have no answer, because a refusal is a
STATUSTEXT.

Clock: vehicle time, in which the countdown runs.
"""

from __future__ import annotations

from typing import Final

from autopilot.flight.lifecycle import FlightCommand
from autopilot.flight.system import FlightSystem
from autopilot.interface.result import Outcome
from autopilot.mav import Cmd, Result
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.commands.context import CommandRow, Context
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.wire.codec import dialect

TUNNEL_TYPE: Final = 32800
_TUNNEL_BYTES: Final = 128


class FlightService(Speaker):
    """Service of the flight manager; serves MAV_CMD_USER_1 through `commands`."""

    clock: Clock = "vehicle"
    handles = frozenset({"TUNNEL"})

    def __init__(self, flights: FlightSystem, commands: CommandService) -> None:
        self._flights = flights
        super().__init__()
        commands.register(Cmd.USER_1, CommandRow(self._serve_command, required=(1,), at_once=True))

    def _serve_command(self, command: Command, context: Context) -> Outcome:
        number = command.param(1)
        if number not in set(FlightCommand):
            return Outcome(Result.UNSUPPORTED)
        return self._flights.command(int(number), context.now_ms)

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        number = tunnelled(message)
        if number == FlightCommand.STATUS:
            self._answer_status(peer, now_ms)
        elif number is not None:
            self._flights.command(number, now_ms)

    def _answer_status(self, peer: Peer, now_ms: int) -> None:
        status = self._flights.ask_status(now_ms)
        if status is not None:
            payload = bytes(status).ljust(_TUNNEL_BYTES, b"\0")
            answer = dialect.MAVLink_tunnel_message(peer.system, peer.component, TUNNEL_TYPE, len(status), payload)
            self._out.append(Outgoing(answer, peer.link))


def tunnelled(message: Message) -> int | None:
    """Command id in a TUNNEL; None: it has the payload of another protocol, or no command."""
    commands = message.payload_type == TUNNEL_TYPE and message.payload_length == 1
    return int(message.payload[0]) if commands else None
