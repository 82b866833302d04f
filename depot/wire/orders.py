"""The depot's orders at a vehicle whose command protocol is served already: rows of its table of commands.

USER_2 is the orders'; of USER_1 only GO goes to the skimmer controller, which hands it to the flight manager when it
undocks (seed 002); the flight manager's other commands stay its own.
"""

from __future__ import annotations

from autopilot.mav import Result
from autopilot.result import Outcome
from depot.messages import Answer
from depot.skimmer.skimmer_controller import SkimmerController
from depot.wire import wire
from mavlink_bridge.services.commands.context import UNSUPPORTED, Context, Row
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.commands.service import CommandService


def serve_orders(commands: CommandService, controller: SkimmerController, offset_ms: int) -> None:
    """From now on `commands` takes the orders for `controller`. `offset_ms`: the loop's time at vehicle time 0."""

    def serve(command: Command, context: Context) -> Outcome:
        order = wire.order_of(command.number, command.param(1))
        if order is not None:
            accepted = controller.handle_order(order, context.now_ms + offset_ms) is Answer.ACCEPTED
            return Outcome(Result.ACCEPTED if accepted else Result.TEMPORARILY_REJECTED)
        flights = context.autopilot.flights
        if command.number != wire.CMD_GO or flights is None:
            return UNSUPPORTED
        return flights.command(command.whole(1), context.now_ms)

    for number in (wire.CMD_GO, wire.CMD_ORDER):
        commands.register(number, Row(serve, required=(1,), at_once=True, query=number == wire.CMD_ORDER))
