"""Depot controller as a MAVLink client of its skimmer. The clients retry; their outcome is the controller's answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum

from autopilot.context.turns import earliest
from autopilot.mav import Cmd, Frame, Result
from autopilot.mission.items import MissionItem
from depot.decisions.depot_controller import DepotController
from depot.messages import CommandMessage, DataPackage, MissionPlan, Request, RequestResult, Upload
from depot.wire import wire
from depot.wire.packages import PackageClient, PartOutcome, packages_of
from mavlink_bridge.clients.base import Client, Retry, Target
from mavlink_bridge.clients.command import CommandClient, CommandOutcome, command_long
from mavlink_bridge.clients.group import ClientGroup
from mavlink_bridge.clients.mission_upload import MissionUpload
from mavlink_bridge.clients.outcome import TransferOutcome
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker

_TAKEOFF_HEIGHT_M = 15.0


class PlanClient(Client):
    """Client that sends a plan's header until it is acknowledged."""

    handles = frozenset(("TUNNEL",))
    outcome: PartOutcome | None
    silence = PartOutcome.TIMEOUT

    def __init__(self, target: Target, plan: MissionPlan, retry: Retry) -> None:
        super().__init__(target, retry)
        self._plan = plan

    def _handle(self, message: Message, now_ms: int) -> None:
        if message.payload_type != wire.PLAN_ACK:
            return
        ack = wire.read_plan_ack(wire.tunnel_data(message))
        if ack is not None and ack[0] == self._plan.number:
            self._end(PartOutcome.ACCEPTED if ack[1] else PartOutcome.REFUSED)

    def _repeat(self) -> None:
        self._send(wire.pack_plan(self._plan, self.target.system, self.target.component))


def plan_items(plan: MissionPlan) -> list[MissionItem]:
    """Waypoints of the plan as mission items (absolute altitude)."""
    return [MissionItem(Cmd.NAV_WAYPOINT, Frame.GLOBAL, x=lat, y=lon, z=alt) for lat, lon, alt in plan.waypoints]


def flown_items(plan: MissionPlan, pad_m: float | None = None, photo_m: float = 0.0) -> list[MissionItem]:
    """Mission items of a vehicle that flies the plan in AUTO.

    They are the takeoff, the way to the first waypoint (entry of the harvest zone), then the others repeated for ever,
    with a photo every `photo_m`. `pad_m`: altitude of the dock, for a vehicle whose heights count from where it was
    armed.
    """
    second = 4  # item number behind home, takeoff, the first waypoint and its photos
    items = [MissionItem(Cmd.NAV_TAKEOFF, Frame.GLOBAL_RELATIVE_ALT, z=_TAKEOFF_HEIGHT_M), *plan_items(plan)]
    if pad_m is not None:
        items[1:] = [replace(item, frame=Frame.GLOBAL_RELATIVE_ALT, z=item.z - pad_m) for item in items[1:]]
    if len(plan.waypoints) == 1:
        return [*items, replace(items[1], command=Cmd.NAV_LOITER_UNLIM)]
    photos = MissionItem(Cmd.DO_SET_CAM_TRIGG_DIST, Frame.GLOBAL, param1=photo_m, param3=1.0)
    again = MissionItem(Cmd.DO_JUMP, Frame.GLOBAL, param1=float(second), param2=-1.0)
    return [*items[:2], photos, *items[2:], again]


class DepotClient(Speaker):
    """Service on the depot's endpoint for one of its skimmers. One request runs at a time; a report may be requested at
    any time. `offset_ms`: loop time minus vehicle time."""

    clock: Clock = "vehicle"
    handles = frozenset(("TUNNEL", "COMMAND_ACK", "MISSION_ACK", "MISSION_REQUEST", "MISSION_REQUEST_INT"))

    def __init__(
        self,
        controller: DepotController,
        target: Target,
        items: Callable[[MissionPlan], list[MissionItem]] = plan_items,
        *,
        offset_ms: int = 0,
    ) -> None:
        super().__init__()
        self.controller = controller
        self._items = items
        self._target = target
        self._offset_ms = offset_ms
        beats = controller.profile.heartbeat
        self._retry = Retry(round(beats.retry_s * 1000.0), beats.attempts)
        self._clients = ClientGroup()
        self._waiting: tuple[Request, Client] | None = None  # request that waits for its answer
        self._packages: list[DataPackage] = []  # packages of the present upload that are still to be sent

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        now_ms += self._offset_ms
        if message.get_type() == "TUNNEL" and message.payload_type == wire.STATUS:
            self._status(message, peer, now_ms)
        self._clients.handle_message(message, peer, now_ms)
        self._pump(now_ms)

    def _status(self, message: Message, peer: Peer, now_ms: int) -> None:
        status = wire.read_status(wire.tunnel_data(message))
        if status is None or peer.system != self._target.system:
            return
        self.controller.handle_status(status, now_ms)
        if status.wants_ack:
            ack = wire.pack_status_ack(status.seq, peer.system, peer.component)
            self._out.append(Outgoing(ack, peer.link))

    def handle_timeout(self, now_ms: int) -> None:
        now_ms += self._offset_ms
        if self._clients.busy and self.controller.hears:  # while the window is closed, no request times out
            self._clients.handle_timeout(now_ms)
        self.controller.handle_timeout(now_ms)
        self._pump(now_ms)

    def next_deadline_ms(self) -> int | None:
        due = self.controller.next_deadline_ms()
        if self._clients.busy and self.controller.hears:
            due = earliest((due, self._clients.next_deadline_ms()))
        return None if due is None else due - self._offset_ms

    def _pump(self, now_ms: int) -> None:
        """Give an ended request to the controller and start new ones until there is nothing to do."""
        while True:
            ended, waiting = False, self._waiting
            if waiting is not None and waiting[1].done:
                ended, self._waiting = True, None
                self._ended(*waiting, now_ms)
            requests = self.controller.take_requests()
            for request in requests:
                self._start(request, now_ms)
            if not ended and not requests:
                break
        self._out += self._clients.take_outgoing()

    def _start(self, request: Request, now_ms: int) -> None:
        if isinstance(request, Upload):
            self._ask(request, MissionUpload(self._target, self._items(request.plan)), now_ms)
        elif request.answered:
            self._ask(request, self._command(request), now_ms)
        else:
            self._clients.drop(self._clients.start(self._command(request), now_ms))

    def _command(self, request: CommandMessage) -> CommandClient:
        """Client of an order. All but GO are one command, and reports are asked for beside them, so that an
        acknowledgement says which order it answers; 0: the skimmer does not say it."""
        command, param1 = wire.command_of(request.order)
        told = (0, request.order)
        return command_long(
            self._target,
            command,
            param1,
            retry=self._retry,
            is_answer=lambda ack: command != wire.CMD_ORDER or ack.result_param2 in told,
        )

    def _ask(self, request: Request, client: Client, now_ms: int) -> None:
        """Start a request; it replaces the one that is under way."""
        if self._waiting is not None:
            self._clients.drop(self._waiting[1])
        self._waiting = request, self._clients.start(client, now_ms)

    def _ended(self, request: Request, client: Client, now_ms: int) -> None:
        following = self._next_part(request, client)
        if following is None:
            self.controller.handle_answer(request, _answer(client.outcome), now_ms)
        else:
            self._ask(request, following, now_ms)

    def _next_part(self, request: Request, client: Client) -> Client | None:
        """Next part of an upload: waypoints, then data packages, then the plan's header."""
        if not isinstance(request, Upload) or _answer(client.outcome) is not RequestResult.ACCEPTED:
            return None
        if isinstance(client, MissionUpload):
            self._packages = packages_of(request.plan)
        elif not isinstance(client, PackageClient):
            return None
        if self._packages:
            return PackageClient(self._target, request.plan.number, self._packages.pop(0), self._retry)
        return PlanClient(self._target, request.plan, self._retry)


def _answer(outcome: IntEnum | None) -> RequestResult:
    if outcome in (TransferOutcome.TIMEOUT, CommandOutcome.TIMEOUT, PartOutcome.TIMEOUT):
        return RequestResult.SILENCE
    return RequestResult.ACCEPTED if outcome == Result.ACCEPTED else RequestResult.REFUSED
