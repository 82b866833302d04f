"""The link budget: what share of a serial line is used, measured over the last ten seconds."""

from __future__ import annotations

from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.wire import codec
from sortie.metrics.load import LineMeter

BAUD = 57_600
HEARTBEAT = codec.dialect.MAVLink_heartbeat_message(2, 3, 81, 0, 3, 3)


def test_the_share_is_of_the_last_ten_seconds() -> None:
    """1440 of 5760 bytes each second are 25 %; what was an hour ago does not count."""
    endpoint, meter = Endpoint(1), LineMeter()
    line = endpoint.open_link("line", baud=BAUD)
    for second in range(30):
        busy = second < 15
        endpoint.receive(line, bytes(5760 if busy else 1440), second * 1000, 0)
        meter.sample((endpoint,), second * 1000)
    assert meter.use(endpoint, line) == {"in_percent": 25.0, "out_percent": 0.0}
    assert meter.due_ms == 30_000


def test_what_is_sent_counts_too() -> None:
    endpoint, meter = Endpoint(1), LineMeter()
    line = endpoint.open_link("line", baud=BAUD)
    for second in range(5):
        meter.sample((endpoint,), second * 1000)
        for _ in range(10):
            endpoint.send(HEARTBEAT, line)
        endpoint.take_bytes(line)
    assert meter.use(endpoint, line)["out_percent"] == 3.6


def test_links_without_a_rate_and_lines_just_opened_have_no_budget() -> None:
    endpoint, meter = Endpoint(1), LineMeter()
    link, line = endpoint.open_link("udp"), endpoint.open_link("line", baud=BAUD)
    assert meter.use(endpoint, line) == {}
    meter.sample((endpoint,), 0)
    assert (meter.use(endpoint, link), meter.use(endpoint, line)) == ({}, {})
    meter.sample((endpoint,), 1000)
    assert meter.use(endpoint, link) == {}
    endpoint.close_link(link)
    meter.sample((endpoint,), 2000)
    assert meter.use(endpoint, line) == {"in_percent": 0.0, "out_percent": 0.0}
