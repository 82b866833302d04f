"""Whatever comes in on a link, the page goes on: every message of the dialect with any content."""

from __future__ import annotations

import json
from random import Random

import msgspec

from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import FrameWriter
from sortie.web.rest import frame_json, heard_json
from sortie.web.traffic import Traffic
from sortie.web.watch import VehicleWatch


def test_any_message_of_any_content_is_shown_or_passed_over():
    """From autopilots of every kind and from others; facts, mavlink2rest's tree and its single messages stay JSON."""
    random = Random(19)
    now_ms = [0]
    traffic = Traffic(lambda: now_ms[0])
    watch = VehicleWatch(traffic, control=True)
    endpoint = Endpoint(254, 190, on_frame=traffic.hear)
    endpoint.add_service(watch.clients)
    endpoint.add_service(watch)
    link = endpoint.open_link("memory")
    told = []
    traffic.listeners.append(lambda frame: told.append(frame_json(frame)))
    for turn in range(4):
        for system in (0, 1, 2, 255):
            writer = FrameWriter(system, random.choice((0, 1, 191)))
            for msg_id in codec.dialect.mavlink_map:
                now_ms[0] += 20
                layout = codec.definition(msg_id)
                payload = random.randbytes(layout.size) if turn else bytes((255,)) * layout.size
                endpoint.receive(link, writer.frame(msg_id, payload, layout.crc_extra), now_ms[0], 0)
                endpoint.handle_timeouts(now_ms[0], 0)
                endpoint.take_bytes(link)
        msgspec.json.encode(watch.facts(now_ms[0]))
    assert len(told) > 4 * len(codec.dialect.mavlink_map)
    assert watch.vehicles
    json.dumps(told, allow_nan=False)
    json.dumps(heard_json(traffic, "", lambda at_ms: at_ms / 1000.0), allow_nan=False)
