"""A case that leaves a transfer of a plan in the middle leaves none to the next case."""

from __future__ import annotations

from typing import Any

from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect as m
from mavlink_bridge.wire.framing import FrameReader
from sortie.conform.exchange import OTHER_STATION, STATION, Exchange
from sortie.conform.facts import Heard, VehicleFound

CANCELLED = 15


def sent(exchange: Exchange) -> list[tuple[int, Any]]:
    frames = FrameReader().receive(exchange.take(), 0)
    return [(frame.system, codec.decode(frame.msg_id, frame.payload)) for frame in frames]


def test_an_upload_that_has_no_end_is_cancelled() -> None:
    """Of each station and type; one that was accepted is not. An error may be the answer to another question."""
    exchange = Exchange(VehicleFound(system=1, component=1), 1500, 1)
    for sender, kind in ((STATION, 0), (STATION, 1), (OTHER_STATION, 0)):
        exchange.send(m.MAVLink_mission_count_message(1, 1, 3, kind), sender)
    frame = FrameReader().receive(exchange.frame(m.MAVLink_ping_message(0, 0, 0, 0)), 0)[0]
    exchange.record(Heard(m.MAVLink_mission_ack_message(*STATION, 0, 1), frame, 0))
    exchange.record(Heard(m.MAVLink_mission_ack_message(*STATION, 1, 0), frame, 0))
    exchange.take()
    exchange.cancel_transfers()
    told = {(system, message.get_type(), message.type, message.mission_type) for system, message in sent(exchange)}
    assert told == {(255, "MISSION_ACK", CANCELLED, 0), (252, "MISSION_ACK", CANCELLED, 0)}
    exchange.cancel_transfers()
    assert sent(exchange) == []


def test_a_download_that_was_not_acknowledged_is_cancelled() -> None:
    exchange = Exchange(VehicleFound(system=1, component=1), 1500, 1)
    for kind in (0, 1):
        exchange.send(m.MAVLink_mission_request_list_message(1, 1, kind))
    exchange.send(m.MAVLink_mission_ack_message(1, 1, 0, 0))
    exchange.take()
    exchange.cancel_transfers()
    assert [(message.type, message.mission_type) for _, message in sent(exchange)] == [(CANCELLED, 1)]
