"""The two ends of the sortie messages, one at a time: the depot's client, and the skimmer's service."""

from __future__ import annotations

import pytest

from autopilot.mav import Result
from autopilot.mission.storage import MissionStorage
from depot.decisions.depot_controller import DepotController
from depot.messages import CommandMessage, DepotCommand, RequestResult, Status
from depot.skimmer.skimmer_controller import SkimmerController
from depot.wire import wire
from depot.wire.depot import DepotClient
from depot.wire.skimmer import SkimmerService
from mavlink_bridge.clients.base import Target
from mavlink_bridge.clients.command import command_long
from mavlink_bridge.routing.service import Outgoing, Peer
from mavlink_bridge.wire.codec import dialect
from tests.fakes.loop_run import PROFILE, LoopBench

NOW_MS = 1_000_000
SKIMMER = Target()
RETRY_MS = round(1000.0 * PROFILE.heartbeat.retry_s)


@pytest.fixture
def depot() -> DepotClient:
    """The client of a depot that has asked for nothing yet."""
    controller = LoopBench().loop.depot
    controller.take_requests()
    return DepotClient(controller, SKIMMER)


def orders(outgoing: list[Outgoing]) -> list[DepotCommand | None]:
    """What is commanded."""
    commands = [each.message for each in outgoing if each.message.get_type() == "COMMAND_LONG"]
    return [wire.order_of(message.command, message.param1) for message in commands]


def test_a_status_that_asks_for_it_is_acknowledged_and_those_of_others_are_not_heard(depot: DepotClient) -> None:
    """Each depot has one skimmer."""
    for system, wants_ack, acknowledged in ((1, True, [5]), (1, False, []), (2, True, [])):
        depot.controller.memory.status = None
        message = wire.pack_status(Status(seq=5, wants_ack=wants_ack))
        depot.handle_message(message, Peer(0, system, 1), NOW_MS)
        tunnels = [each.message for each in depot.take_outgoing() if each.message.get_type() == "TUNNEL"]
        acks = [tunnel for tunnel in tunnels if tunnel.payload_type == wire.STATUS_ACK]
        assert [wire.read_status_ack(wire.tunnel_data(ack)) for ack in acks] == acknowledged
        assert (depot.controller.memory.status is not None) is (system == 1)


@pytest.mark.parametrize("hears", [False, True])
def test_a_request_waits_behind_a_closed_window(
    depot: DepotClient, hears: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is repeated when it may be heard, and not counted as unanswered before."""
    monkeypatch.setattr(DepotController, "hears", hears)
    monkeypatch.setattr(depot.controller, "handle_timeout", lambda now_ms: None)
    depot._start(CommandMessage(DepotCommand.RECALL), NOW_MS)
    depot.handle_timeout(NOW_MS)
    assert orders(depot.take_outgoing()) == [DepotCommand.RECALL]
    depot.handle_timeout(NOW_MS + RETRY_MS)
    assert orders(depot.take_outgoing()) == ([DepotCommand.RECALL] if hears else [])


def test_a_request_ends_the_one_before_it(depot: DepotClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is not repeated any more."""
    monkeypatch.setattr(DepotController, "hears", True)
    monkeypatch.setattr(depot.controller, "handle_timeout", lambda now_ms: None)
    for order in (DepotCommand.RECALL, DepotCommand.CLEARANCE):
        depot._start(CommandMessage(order), NOW_MS)
        depot.handle_timeout(NOW_MS)
        assert orders(depot.take_outgoing()) == [order]
    depot.handle_timeout(NOW_MS + RETRY_MS)
    assert orders(depot.take_outgoing()) == [DepotCommand.CLEARANCE]


@pytest.mark.parametrize(
    ("acknowledged", "ends"),
    [(DepotCommand.RECALL, True), (DepotCommand.REPORT, False), (None, True)],
    ids=["this order", "a report, asked for beside it", "a skimmer that does not say which"],
)
def test_an_order_is_acknowledged_by_its_own_acknowledgement(
    depot: DepotClient, acknowledged: DepotCommand | None, ends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A skimmer that was asked for a report heard nothing of the recall that was lost."""
    answers: list[RequestResult] = []
    monkeypatch.setattr(depot.controller, "handle_answer", lambda request, answer, now_ms: answers.append(answer))
    depot._start(CommandMessage(DepotCommand.RECALL), NOW_MS)
    ack = dialect.MAVLink_command_ack_message(wire.CMD_ORDER, Result.ACCEPTED, 0, int(acknowledged or 0), 200, 191)
    depot.handle_message(ack, Peer(0, 1, 1), NOW_MS)
    assert answers == ([RequestResult.ACCEPTED] if ends else [])


@pytest.mark.parametrize("order", [DepotCommand.RECALL, DepotCommand.REPORT])
def test_a_skimmer_says_which_order_it_acknowledges(order: DepotCommand) -> None:
    service = SkimmerService(LoopBench().loop.skimmer, MissionStorage())
    client = command_long(SKIMMER, *wire.command_of(order))
    client.start(NOW_MS)
    service.handle_message(client.take_outgoing()[0].message, Peer(0, 200, 191), NOW_MS)
    (ack,) = [each.message for each in service.take_outgoing() if each.message.get_type() == "COMMAND_ACK"]
    assert ack.result_param2 == order


@pytest.mark.parametrize("whole", [False, True])
def test_each_status_comes_with_a_heartbeat_where_no_autopilot_sends_one(whole: bool) -> None:
    controller = LoopBench().loop.skimmer
    service = SkimmerService(controller, MissionStorage(), whole=whole)
    controller.reports.take()
    controller.reports.memory.out.append(Status(seq=1))
    service._collect()
    kinds = [each.message.get_type() for each in service.take_outgoing()]
    assert kinds == (["HEARTBEAT", "TUNNEL"] if whole else ["TUNNEL"])


@pytest.mark.parametrize("powered", [False, True])
def test_a_skimmer_without_power_hears_nothing(powered: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SkimmerController, "powered", powered)
    service = SkimmerService(LoopBench().loop.skimmer, MissionStorage())
    service.controller.reports.take()
    client = command_long(SKIMMER, *wire.command_of(DepotCommand.TOTAL_ABORT))
    client.start(NOW_MS)
    (order,) = client.take_outgoing()
    service.handle_message(order.message, Peer(0, 200, 191), NOW_MS)
    acks = [each for each in service.take_outgoing() if each.message.get_type() == "COMMAND_ACK"]
    assert len(acks) == int(powered)
