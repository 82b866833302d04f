"""Skimmer controller on the wire: plans, orders and acknowledgements in, statuses out.

A skimmer without an autopilot takes its orders here. On a vehicle with an autopilot they are rows of its command table
(`serve_orders`). USER_2 carries orders. Of USER_1 only GO goes to the skimmer controller, which gives it to the flight
manager when it undocks (seed 002); the other commands of USER_1 are the flight manager's.
"""

from __future__ import annotations

from autopilot.flight.system import FlightSystem
from autopilot.interface.result import Outcome
from autopilot.mav import Cmd, Result
from autopilot.mission.storage import MissionStorage
from depot.messages import RequestResult
from depot.skimmer.skimmer_controller import SkimmerController
from depot.wire import wire
from depot.wire.packages import PACKAGE, PackageStore
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.commands.context import UNSUPPORTED, CommandRow, Context
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.wire.codec import dialect


class SkimmerService(Speaker):
    """Service on the vehicle's endpoint.

    A plan's waypoints arrive in `mission` by the mission protocol, its data packages in `packages`. `whole`: this
    service sends the heartbeats and takes commands; otherwise the autopilot does (`serve_orders`). `offset_ms`: loop
    time minus vehicle time.
    """

    clock: Clock = "vehicle"

    def __init__(
        self, controller: SkimmerController, mission: MissionStorage, *, whole: bool = True, offset_ms: int = 0
    ) -> None:
        self.controller = controller
        self.handles = frozenset(("TUNNEL", "COMMAND_LONG") if whole else ("TUNNEL",))
        self._mission = mission
        self._heartbeats = whole
        self._offset_ms = offset_ms
        self._packages = PackageStore()
        super().__init__()

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        now_ms += self._offset_ms
        if not self.controller.powered:
            return
        if message.get_type() == "TUNNEL":
            self._tunnel(message, peer, now_ms)
        else:
            self._command(message, peer, now_ms)
        self._collect()

    def _tunnel(self, message: Message, peer: Peer, now_ms: int) -> None:
        data = wire.tunnel_data(message)
        if message.payload_type == wire.STATUS_ACK:
            seq = wire.read_status_ack(data)
            if seq is not None:
                self.controller.handle_ack(seq, now_ms)
        elif message.payload_type == PACKAGE:
            answer = self._packages.take(data, peer.system, peer.component)
            if answer is not None:
                self._out.append(Outgoing(answer, peer.link))
        elif message.payload_type == wire.PLAN:
            number = int.from_bytes(data[:4], "little")
            flown = (item for item in self._mission.items() if item.command == Cmd.NAV_WAYPOINT)
            places = tuple((item.x, item.y, item.z) for item in flown)
            plan = wire.read_plan(data, places, self._packages.limits(number))
            accepted = plan is not None and self.controller.handle_plan(plan, now_ms)
            answer = wire.pack_plan_ack(number, accepted, peer.system, peer.component)
            self._out.append(Outgoing(answer, peer.link))

    def _command(self, message: Message, peer: Peer, now_ms: int) -> None:
        order = wire.order_of(message.command, message.param1)
        if order is None:
            result = Result.UNSUPPORTED
        else:
            accepted = self.controller.handle_order(order, now_ms) is RequestResult.ACCEPTED
            result = Result.ACCEPTED if accepted else Result.TEMPORARILY_REJECTED
        ids = peer.system, peer.component
        ack = dialect.MAVLink_command_ack_message(message.command, result, 0, int(order or 0), *ids)
        self._out.append(Outgoing(ack, peer.link))

    def handle_timeout(self, now_ms: int) -> None:
        self.controller.handle_timeout(now_ms + self._offset_ms)
        self._collect()

    def next_deadline_ms(self) -> int | None:
        return self.controller.next_deadline_ms() - self._offset_ms

    def _collect(self) -> None:
        for status in self.controller.reports.take():
            if self._heartbeats:
                self._out.append(Outgoing(wire.heartbeat(status)))
            self._out.append(Outgoing(wire.pack_status(status)))


def serve_orders(
    commands: CommandService, controller: SkimmerController, flights: FlightSystem | None, offset_ms: int
) -> None:
    """Let `commands` give orders to `controller` and the other commands of USER_1 to `flights`. `offset_ms`: loop time
    minus vehicle time."""

    def serve(command: Command, context: Context) -> Outcome:
        order = wire.order_of(command.number, command.param(1))
        if order is not None:
            accepted = controller.handle_order(order, context.now_ms + offset_ms) is RequestResult.ACCEPTED
            return Outcome(Result.ACCEPTED if accepted else Result.TEMPORARILY_REJECTED, detail=int(order))
        if command.number != wire.CMD_GO or flights is None:
            return UNSUPPORTED
        return flights.command(command.whole(1), context.now_ms)

    for number in (wire.CMD_GO, wire.CMD_ORDER):
        commands.register(number, CommandRow(serve, required=(1,), at_once=True, query=number == wire.CMD_ORDER))
